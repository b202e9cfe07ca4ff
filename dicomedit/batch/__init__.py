"""Scripts applied to data sets and files: one, or a folder of them."""
