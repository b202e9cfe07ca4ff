"""What a script does, or did to a file, in plain words."""
