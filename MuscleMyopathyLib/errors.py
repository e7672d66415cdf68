"""Errors that stop a whole task: each says what is wrong, with which input, and what to do.

What concerns a single structure, slice or file is no error but a row with a ``problem`` in words.
"""

from __future__ import annotations


class MuscleMyopathyError(Exception):
    """Base of every error that this package raises on purpose; its text is meant for the user."""


class InputError(MuscleMyopathyError):
    """An input cannot be used: missing, unreadable, empty, or not what the task needs."""


class GeometryError(MuscleMyopathyError):
    """Images that must share a grid or a place in space do not, or an image has no regular grid."""


class ParameterError(MuscleMyopathyError):
    """A parameter, preset or option has an unknown name or an impossible value."""


class OutputError(MuscleMyopathyError):
    """A result cannot be written."""


class MissingPackageError(MuscleMyopathyError):
    """A package that this task needs is not installed; the text says how to get it."""
