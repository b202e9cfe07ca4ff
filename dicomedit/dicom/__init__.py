"""Elements, tag paths, private blocks, character sets: DICOM without scripts and without files."""
