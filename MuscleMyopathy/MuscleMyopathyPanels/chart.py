"""The chart of fat fractions, left beside right, as a picture for the panel and as PNG and SVG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

DOTS_PER_INCH = 100
ROW_INCHES = 0.34
MARGIN_INCHES = 0.75


def has_chart(measures: Any) -> bool:
    """Tell whether there is a fat fraction to draw."""
    from MuscleMyopathyLib.report.charts import structure_rows

    return bool(structure_rows(measures))


def write_chart(measures: Any, path: Path, width_pixels: int = 450) -> None:
    """Draw mean, quartiles and percentiles 5 and 95 of the fat fraction per structure and side into a file.

    Args:
        measures: Table of measures, one row per structure and side.
        path: File ending in ``.png`` or ``.svg``.
        width_pixels: Width of the picture.
    """
    from matplotlib.figure import Figure

    from MuscleMyopathyLib.anatomy import SIDE_COLORS
    from MuscleMyopathyLib.report.charts import structure_rows

    rows = structure_rows(measures)
    height = MARGIN_INCHES + ROW_INCHES * len(rows)
    figure = Figure(figsize=(width_pixels / DOTS_PER_INCH, height), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    labelled = set()
    for place, row in enumerate(rows):
        for number, mark in enumerate(row.marks):
            y = place + (0.0 if len(row.marks) == 1 else 0.36 * (number - 0.5))
            color = SIDE_COLORS[mark.side]
            label = None if mark.side in labelled else mark.side.value
            labelled.add(mark.side)
            axes.plot([mark.p5, mark.p95], [y, y], color=color, linewidth=1)
            axes.plot([mark.p25, mark.p75], [y, y], color=color, linewidth=4, alpha=0.45, solid_capstyle="butt")
            axes.plot([mark.mean], [y], "o", color=color, markersize=4.5, label=label)
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(_("fat fraction (%): mean, quartiles, percentiles 5 and 95"), fontsize=8)
    axes.grid(axis="x", linewidth=0.4)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="outside upper right", ncols=3, fontsize=8, frameon=False)
    figure.savefig(path)
