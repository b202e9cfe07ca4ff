"""The command line: arguments to library calls to text and exit status."""
