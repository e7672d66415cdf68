"""Two classifiers compared on the same patients: areas, errors, resamples, repeated cross-validation."""
