"""Each muscle's volume and confidence, and what is implausible about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage

from MuscleMyopathyLib.anatomy import OTHER_SIDE, Side, Structure
from MuscleMyopathyLib.segmentation.network.card import ExpectedPlace
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER

Labels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LEAST_CONFIDENCE = 0.5
SCATTERED = 0.75
"""A muscle is one piece: in each slice its largest part holds at least this share of it."""
UNLIKE = 2.0
"""Left and right of a muscle differ by less than this factor where both legs are seen."""
SMALLEST_SHARE = 0.002
"""Least share of a leg's labelled muscle volume that any of the muscles has."""
FAR = 0.35
"""A muscle's middle lies within this share of the leg's size from where it is expected."""

COLUMNS = ["structure", "side", "volume_cm3", "confidence", "slices", "problem"]


def structure_table(
    labels: Labels,
    confidence: Floats,
    structures: Sequence[Structure],
    spacing_mm: tuple[float, float, float],
    expected: Mapping[str, ExpectedPlace],
) -> pd.DataFrame:
    """Return one row per structure: volume, mean probability, slices, and a problem in words.

    Args:
        labels: Own label numbers (slice, row, column), along the patient's axes.
        confidence: Probability of the label at each voxel.
        structures: Those that were looked for.
        spacing_mm: Distance of slices, rows and columns.
        expected: Where each muscle is expected, by code.
    """
    voxel_cm3 = float(np.prod(spacing_mm)) / 1000
    if labels.any():
        # Only what is labelled counts, and only places relative to each other.
        box = ndimage.find_objects((labels > 0).astype(np.uint8))[0]
        labels, confidence = labels[box], confidence[box]
    counts = np.bincount(labels.ravel(), minlength=256)
    sums = np.bincount(labels.ravel(), weights=confidence.ravel(), minlength=256)
    slices = {int(label): 0 for label in np.unique(labels)}
    for part in labels:
        for label in np.unique(part):
            slices[int(label)] += 1
    off_place = _off_place(labels, structures, spacing_mm, expected)
    rows = []
    for structure in structures:
        label = structure.label
        count = int(counts[label])
        problems = []
        if count == 0:
            problems.append("not found")
        else:
            mean = sums[label] / count
            if mean < LEAST_CONFIDENCE:
                problems.append(f"the network is unsure of it (mean probability {mean:.2f})")
            whole = _largest_share(labels == label)
            if whole < SCATTERED:
                problems.append(f"scattered: its largest parts hold {100 * whole:.0f} % of it")
            leg = sum(int(counts[other.label]) for other in structures if other.side is structure.side)
            if count < SMALLEST_SHARE * leg:
                problems.append(f"very small: {100 * count / leg:.2f} % of this leg's muscle")
            if structure in off_place:
                problems.append(off_place[structure])
            problems += _unlike_other_side(labels, structure, structures)
        rows.append(
            {
                "structure": structure.code,
                "side": str(structure.side),
                "volume_cm3": count * voxel_cm3 if count else float("nan"),
                "confidence": sums[label] / count if count else float("nan"),
                "slices": slices.get(label, 0),
                "problem": "; ".join(problems),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _largest_share(mask: npt.NDArray[np.bool_]) -> float:
    """Return the share of a mask that lies in the largest part of each slice."""
    total = largest = 0
    for part in mask[mask.any(axis=(1, 2))]:
        sizes = np.bincount(ndimage.label(part)[0].ravel())[1:]
        total, largest = total + int(sizes.sum()), largest + int(sizes.max())
    return largest / max(total, 1)


def _unlike_other_side(labels: Labels, structure: Structure, structures: Sequence[Structure]) -> list[str]:
    """Return a problem if the muscle is much larger or smaller than the other side's, where both are seen."""
    other_side = OTHER_SIDE[structure.side]
    sides = {side: [s.label for s in structures if s.side is side] for side in (structure.side, other_side)}
    if not all(sides.values()):
        return []
    both = [part for part in labels if all(np.isin(part, numbers).any() for numbers in sides.values())]
    own = sum(int((part == structure.label).sum()) for part in both)
    other = sum(int((part == Structure(structure.code, other_side).label).sum()) for part in both)
    if own and other and own > UNLIKE * other:
        return [f"{own / other:.1f} times as large as on the {other_side} side"]
    if own and other and other > UNLIKE * own:
        return [f"{other / own:.1f} times smaller than on the {other_side} side"]
    return []


def _off_place(
    labels: Labels,
    structures: Sequence[Structure],
    spacing_mm: tuple[float, float, float],
    expected: Mapping[str, ExpectedPlace],
) -> dict[Structure, str]:
    """Return a problem for each structure whose middle lies far from where it is expected."""
    found: dict[Structure, list[float]] = {}
    for side in SIDE_NUMBER:
        own = [structure for structure in structures if structure.side is side]
        outward = 1 if side is Side.LEFT else -1
        for part in labels:
            muscle = np.isin(part, [structure.label for structure in own])
            if not muscle.any():
                continue
            middle = _middle_mm(muscle, spacing_mm)
            extent = float(np.sqrt(muscle.sum() * spacing_mm[1] * spacing_mm[2]))
            for structure in own:
                place = expected.get(structure.code)
                mask = part == structure.label
                if place is None or not mask.any():
                    continue
                back, across = (_middle_mm(mask, spacing_mm) - middle) / extent
                away = float(np.hypot(back - place.backward, outward * across - place.outward))
                found.setdefault(structure, []).append(away - 2 * place.spread)
    return {
        structure: "not where it is expected in the leg's cross-section"
        for structure, away in found.items()
        if np.median(away) > FAR
    }


def _middle_mm(mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    rows, columns = np.nonzero(mask)
    return np.array([rows.mean() * spacing_mm[1], columns.mean() * spacing_mm[2]])
