"""One style for scripts."""
