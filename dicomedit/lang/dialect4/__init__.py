"""DicomEdit 4: the older language, imported only when a script of it is compiled."""
