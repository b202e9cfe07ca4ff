"""What is wrong or doubtful about a script, before it sees a file."""
