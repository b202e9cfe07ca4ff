"""The version of this tool, for the journal: asking the installed package for it takes longer."""

VERSION = "0.1.0"
