"""The panels of the module, in the order of its step bar. A new panel is one line here."""

from __future__ import annotations

from typing import Any

from .case import CasePanel
from .classify import ClassifyPanel
from .features import FeaturesPanel
from .panel import Panel
from .qmri import QmriPanel
from .readers import ReadersPanel
from .score import ScorePanel
from .segment import SegmentPanel

PANELS: tuple[type[Panel], ...] = (
    CasePanel,
    SegmentPanel,
    QmriPanel,
    FeaturesPanel,
    ReadersPanel,
    ScorePanel,
    ClassifyPanel,
)


def make_panels(module: Any) -> dict[str, Panel]:
    """Return a panel of each kind by its name, for the module's widget."""
    panels = (kind(module) for kind in PANELS)
    return {panel.name: panel for panel in panels}
