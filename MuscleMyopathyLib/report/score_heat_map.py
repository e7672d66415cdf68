"""The heat map of a scoring study: muscle by case, ordered by diagnosis, as a picture."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.output import replacing
from MuscleMyopathyLib.scoring.scale import Scale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_INCHES, COLUMN_INCHES = 0.17, 0.13


def draw_heat_map(folder: Path, scale: Scale, notice: str = "", suffix: str = ".svg") -> Path | None:
    """Draw ``heat_map.csv`` of a scoring study's results into ``heat_map.svg`` (or ``.png``) beside it.

    Args:
        folder: Results as `reproducibility.scoring_results.write_scoring_results` leaves them.
        scale: The forms' scale: its levels are the steps of the colour bar.
        notice: Stands under the picture, such as that all is simulated.
        suffix: ``.svg`` or ``.png``.

    Returns:
        The picture; None where the results hold no heat map.

    Raises:
        OutputError: The folder cannot be written.
    """
    if not (folder / "heat_map.csv").is_file():
        return None
    scores = pd.read_csv(folder / "heat_map.csv").set_index(["structure", "side"])
    diagnoses = pd.read_csv(folder / "heat_map_cases.csv")["diagnosis"].fillna("not known").to_numpy()
    path = folder / f"heat_map{suffix}"
    with replacing(path) as temporary:
        _figure(scores, diagnoses, scale, notice).savefig(temporary, bbox_inches="tight")
    return path


def _figure(scores: pd.DataFrame, diagnoses: npt.NDArray[np.object_], scale: Scale, notice: str) -> Figure:
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm
    from matplotlib.figure import Figure

    codes = {level.value: level.code for target in scale.targets for level in target.levels}
    values = sorted(codes)
    rows, columns = scores.shape
    figure = Figure(figsize=(2.5 + COLUMN_INCHES * columns, 1.2 + ROW_INCHES * rows))
    axes = figure.add_subplot()
    colors = colormaps["cividis_r"].resampled(len(values)).with_extremes(bad="white")
    edges = [value - 0.5 for value in values] + [values[-1] + 0.5]
    image = axes.imshow(
        np.ma.masked_invalid(scores.to_numpy(dtype=float)),
        aspect="auto",
        cmap=colors,
        norm=BoundaryNorm(edges, colors.N),
    )
    axes.set_yticks(range(rows), [f"{structure} {side}" for structure, side in scores.index], fontsize=7)
    starts = [0, *(np.flatnonzero(diagnoses[1:] != diagnoses[:-1]) + 1), columns]
    for start, stop in pairwise(starts):
        axes.text(
            (start + stop - 1) / 2,
            -1,
            f"{diagnoses[start]} ({stop - start})",
            ha="center",
            va="bottom",
            fontsize=9,
        )
    for start in starts[1:-1]:
        axes.axvline(start - 0.5, color="white", linewidth=3)
    axes.set_xticks([])
    axes.set_xlabel(
        "cases, by falling total within each diagnosis" + (f"\n{notice}" if notice else ""), fontsize=8
    )
    bar = figure.colorbar(image, ax=axes, ticks=values, fraction=0.03, pad=0.02)
    bar.ax.set_yticklabels([codes[value] for value in values])
    bar.set_label(f"{scale.name} (white: not scored)", fontsize=8)
    return figure
