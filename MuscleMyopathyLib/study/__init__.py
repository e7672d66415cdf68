"""A case from end to end: inputs, pipeline, results on disk, provenance."""
