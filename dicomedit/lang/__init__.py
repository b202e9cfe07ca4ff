"""Scripts: from text to a program that edits data sets. Knows no files."""
