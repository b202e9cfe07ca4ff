"""Send to and receive from DICOM peers (PS3.4 Annex B, PS3.7, PS3.8)."""
