"""How long a segmentation takes on this machine, told before it starts from the runs it has done."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from .segment_method import MUSCLES

LEARNING = "learning"
"""Fine-tuning, remembered like a method; its slices are training steps."""


def remember(method: str, slices: int, seconds: float) -> None:
    """Keep how long a run took.

    Args:
        method: One of `segment_method.LABELS`, or `LEARNING`.
        slices: Slices worked on, counted once per image.
        seconds: From start to result.
    """
    slicer.app.userSettings().setValue(_key(method), seconds / max(slices, 1))


def estimate(method: str, slices: int) -> str:
    """Return what to expect in words; empty where nothing is known and nothing will be told."""
    known = slicer.app.userSettings().value(_key(method))
    if known is None:
        return (
            _("The first run on this machine measures its speed as it begins.")
            if method in (MUSCLES, LEARNING)
            else ""
        )
    seconds = max(1, round(float(known) * slices))
    told = (
        _("{seconds} s").format(seconds=seconds)
        if seconds < 100
        else _("{minutes} min").format(minutes=round(seconds / 60))
    )
    return _("About {time} on this machine, by its last run.").format(time=told)


def _key(method: str) -> str:
    return f"MuscleMyopathy/SecondsPerSlice/{method}"
