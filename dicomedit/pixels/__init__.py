"""Pixels: rectangles, and images decoded and blanked frame by frame."""
