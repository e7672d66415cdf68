"""The histogram of intraclass correlations, as a picture for the panel and as PNG and SVG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

DOTS_PER_INCH = 100
COLORS = {"intra": "#0072b2", "inter": "#e69f00"}
"""Blue and orange of Okabe and Ito's palette, which colour-blind people tell apart."""


def write_icc_histogram(icc: Any, threshold: float, path: Path, width_pixels: int = 440) -> None:
    """Draw how many features have which ICC, within and between readers, and the threshold.

    Args:
        icc: Table with ``analysis`` and ``icc``.
        threshold: From where on a feature counts as reliable.
        path: File ending in ``.png`` or ``.svg``.
        width_pixels: Width of the picture.
    """
    import numpy as np
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    names = {"intra": _("intra-reader"), "inter": _("inter-reader")}
    figure = Figure(figsize=(width_pixels / DOTS_PER_INCH, 1.7), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    kinds = [kind for kind in COLORS if (icc["analysis"] == kind).any()]
    # Below 0 agreement is no better than chance: such values share the first bar.
    values = [icc.loc[icc["analysis"] == kind, "icc"].dropna().clip(lower=0.0).to_numpy() for kind in kinds]
    axes.hist(
        values,
        bins=list(np.linspace(0.0, 1.0, 21)),
        color=[COLORS[kind] for kind in kinds],
        label=[names[kind] for kind in kinds],
    )
    axes.axvline(threshold, color="#444444", linewidth=1, linestyle="--")
    axes.set_xlim(0, 1)
    axes.set_xlabel(_("ICC (dashed: {threshold:g})").format(threshold=threshold), fontsize=8)
    axes.set_ylabel(_("features"), fontsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    figure.savefig(path)
