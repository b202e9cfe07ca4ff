"""Tools for those who write scripts."""
