"""Scripts of other programs as scripts of version 6."""
