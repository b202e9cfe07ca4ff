"""dicomedit: the DicomEdit language in Python."""
