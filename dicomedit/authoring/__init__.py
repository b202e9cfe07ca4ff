"""Help for the people who write scripts: what a script gets wrong before it sees a file."""
