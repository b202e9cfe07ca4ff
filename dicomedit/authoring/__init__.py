"""For the people who write scripts: one style for all, and what a script does in plain words."""
