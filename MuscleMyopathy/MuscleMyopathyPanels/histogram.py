"""The histogram of a map's values in one structure, left over right, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

DOTS_PER_INCH = 100
BINS = 50


def values_by_side(map_node: Any, segmentation_node: Any, code: str, erosion_mm: float) -> dict[str, Any]:
    """Return the map's finite values in a structure by side; sides without a voxel are left out.

    Raises:
        InputError, GeometryError: A node cannot be used.
    """
    import numpy as np
    import SimpleITK as sitk

    from MuscleMyopathyLib.imaging.erosion import eroded_in_plane
    from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
    from MuscleMyopathyLib.scene.volumes import image_from_volume_node

    values = sitk.GetArrayFromImage(image_from_volume_node(map_node))
    segmentation = eroded_in_plane(segmentation_from_node(segmentation_node, map_node), erosion_mm)
    found = {}
    for structure in segmentation.structures.values():
        if structure.code == code:
            inside = values[segmentation.mask(structure)]
            inside = inside[np.isfinite(inside)]
            if inside.size:
                found[structure.side.value] = inside
    return found


def write_histogram(
    by_side: dict[str, Any],
    title: str,
    axis: str,
    limits: tuple[float, float] | None,
    path: Path,
    width: int = 440,
) -> None:
    """Draw the share of voxels per bin, each side in its colour, with the medians, into a PNG or SVG file."""
    import numpy as np
    from matplotlib.figure import Figure

    from MuscleMyopathyLib.anatomy import SIDE_COLORS, Side

    everything = np.concatenate(list(by_side.values()))
    low, high = limits or tuple(np.percentile(everything, (0.5, 99.5)))
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    figure = Figure(figsize=(width / DOTS_PER_INCH, 2.4), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    for side, values in by_side.items():
        color = SIDE_COLORS[Side(side)]
        median = float(np.median(values))
        share = np.full(values.size, 100.0 / values.size)
        inside = values.clip(edges[0], edges[-1])
        axes.hist(inside, edges, weights=share, histtype="stepfilled", color=color, alpha=0.25)
        axes.hist(
            inside,
            edges,
            weights=share,
            histtype="step",
            color=color,
            label=_("{side}: median {median:.1f}, {count} voxels").format(
                side=side, median=median, count=values.size
            ),
        )
        axes.axvline(median, color=color, linewidth=1, linestyle="--")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(_("{axis}; dashed: median").format(axis=axis), fontsize=8)
    axes.set_ylabel(_("% of voxels"), fontsize=8)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=7, frameon=False, loc="upper right")
    figure.savefig(path)
