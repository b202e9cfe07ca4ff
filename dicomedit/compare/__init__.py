"""Data sets side by side, for people who review what a script did."""
