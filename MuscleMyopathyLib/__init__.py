"""Quantitative muscle MRI in myopathies: the library under the 3D Slicer extension MuscleMyopathy.

Importing this package loads none of its parts; each part is imported where it is used.
"""

__version__ = "0.1.0"
