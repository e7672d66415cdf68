"""An ROC curve with its cut-off, as a picture for the panel and as PNG and SVG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

DOTS_PER_INCH = 100
CURVE_COLOR, POINT_COLOR = "#0072b2", "#d55e00"
"""Blue and vermilion of Okabe and Ito's palette, which colour-blind people tell apart."""


def write_roc(points: Any, row: dict[str, Any], path: Path, width_pixels: int = 320) -> None:
    """Draw a curve, the diagonal of chance, and Youden's cut-off on the curve.

    Args:
        points: ``false_positive_rate`` and ``true_positive_rate`` of one curve.
        row: Its ``area`` with interval, ``cut_off``, ``sensitivity``, ``specificity`` and ``place``.
        path: File ending in ``.png`` or ``.svg``.
        width_pixels: Width and height of the picture.
    """
    from matplotlib.figure import Figure

    inches = width_pixels / DOTS_PER_INCH
    figure = Figure(figsize=(inches, inches), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color="#888888", linewidth=0.8, linestyle="--")
    axes.plot(
        100 * points["false_positive_rate"],
        100 * points["true_positive_rate"],
        color=CURVE_COLOR,
        drawstyle="steps-post",
        label=_("AUC {area:.3f} ({low:.3f} – {high:.3f})").format(
            area=row["area"], low=row["area_low"], high=row["area_high"]
        ),
    )
    axes.plot(
        [100 * (1 - row["specificity"])],
        [100 * row["sensitivity"]],
        "o",
        color=POINT_COLOR,
        label=_("cut-off {value:.4g}").format(value=row["cut_off"]),
    )
    axes.set_xlim(-2, 102)
    axes.set_ylim(-2, 102)
    axes.set_aspect("equal")
    axes.set_title(str(row["place"]), fontsize=9)
    axes.set_xlabel(_("100 − specificity (%)"), fontsize=8)
    axes.set_ylabel(_("sensitivity (%)"), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    figure.savefig(path)
