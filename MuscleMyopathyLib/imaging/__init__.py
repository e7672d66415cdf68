"""Series from DICOM, NIfTI, NRRD and MetaImage; their roles; geometry; label images."""
