"""MRML nodes to library types and back; runs in the application and on the slicer-core wheel."""
