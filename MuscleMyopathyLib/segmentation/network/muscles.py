"""The muscles of each leg by a network: from images of an examination to labels, confidence and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure, muscles, structure_type
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.segmentation.field_of_view import beyond_view, cut_off, size_doubt
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, TISSUES
from MuscleMyopathyLib.segmentation.network.cleaning import without_islands
from MuscleMyopathyLib.segmentation.network.engine import Engine, NetworkEngine
from MuscleMyopathyLib.segmentation.network.legs import find_legs
from MuscleMyopathyLib.segmentation.network.limb_views import LimbView, limb_views
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from MuscleMyopathyLib.segmentation.network.sequences import VotingImages, read_voting_images
from MuscleMyopathyLib.segmentation.network.structure_table import structure_table
from MuscleMyopathyLib.segmentation.network.voting import seconds_per_view, view_probabilities, within_region
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, SideDivision

Labels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

STAGE = "muscles"
PROBLEM_COLUMNS = ["stage", "structure", "side", "problem"]
LEAST_MUSCLE_IN_SLICE = 0.05
DEFAULT_PARAMETERS = MuscleParameters()


@dataclass(frozen=True)
class MuscleResult:
    """The muscles, how sure they are, and what could not be found.

    Attributes:
        region: The limb segment, as given or as recognised.
        muscles: Muscles by side, under this extension's own label numbers, on the grid of the first image.
        confidence: Probability of the label at each voxel, 0 to 1; 0 where there is none.
        structures: One row per structure: ``structure``, ``side``, ``volume_cm3``, ``confidence`` (mean
            probability, 0 to 1), ``slices``, ``problem`` (in words, empty if none).
        problems: One row per thing not found or doubtful: ``stage``, ``structure``, ``side``, ``problem``.
        engine: Name and version of the network.
    """

    region: Region
    muscles: Segmentation
    confidence: sitk.Image
    structures: pd.DataFrame
    problems: pd.DataFrame
    engine: str


def segment_muscles(
    images: Mapping[str, sitk.Image],
    *,
    region: Region | None = None,
    parameters: MuscleParameters = DEFAULT_PARAMETERS,
    engine: Engine | None = None,
    progress: Progress = silent,
) -> MuscleResult:
    """Segment the muscles of each leg.

    The legs are found and told apart by geometry (sides.py); each is laid before the network by itself, left ones
    mirrored, and a leg's labels are written inside that leg only, so left and right cannot be exchanged. The
    network is asked whether it agrees (legs.py): legs that cross unseen between two slices are found so.

    Args:
        images: Images of one examination by role or name, all voting; labels come on the grid of the first.
        region: Thigh or calf; None lets the network recognise it.
        parameters: See `MuscleParameters`.
        engine: What segments a view; the shipped network by default.
        progress: Receives the fraction done and the slice worked on; told the expected time at the start.

    Raises:
        InputError: No usable image, no limb in it, no limb of the region asked for, or the side of a single leg
            cannot be told.
        MissingPackageError: PyTorch or MONAI is not installed.
    """
    progress(0.0, "finding the legs")
    voting = read_voting_images(images)
    engine = engine or NetworkEngine()
    progress(0.1, "recognising the region")
    legs = find_legs(voting, engine, region, parameters)
    region, division, side_map = legs.region, legs.division, legs.side_map
    axes = voting.limbs.axes
    views = limb_views(side_map, SIDE_NUMBER, axes.spacing_mm, engine.view)
    within = portion(progress, 0.15, 0.95)
    seconds = len(views) * seconds_per_view(engine, len(voting.values) * len(parameters.turns_degrees))
    within(0.0, f"{len(views)} cross-sections: about {max(1, round(seconds))} s")

    label_of = class_labels(engine.classes, region, parameters.detailed_muscles)
    labels = np.zeros(side_map.shape, np.uint8)
    confidence = np.zeros(side_map.shape, np.float32)
    votes_of_views = view_probabilities(engine, voting.values, side_map, views, parameters.turns_degrees)
    for number, (view, votes) in enumerate(votes_of_views, start=1):
        limb = side_map[view.index] == SIDE_NUMBER[view.side]
        probabilities = within_region(votes, engine.classes, region)
        _write(labels[view.index], confidence[view.index], view, probabilities, limb, label_of[view.side])
        within(number / len(views), f"slice {axes.slice_number(view.index)}, {view.side} {region}")
    for part, sure in zip(labels, confidence, strict=True):
        part[:] = without_islands(part, parameters.smallest_island)
        sure[part == 0] = 0
    sides = sorted({view.side for view in views})
    structures = [
        Structure(code, side) for side in sides for code in label_codes(region, parameters.detailed_muscles)
    ]
    table = structure_table(labels, confidence, structures, axes.spacing_mm, engine.expected_places)
    view_mm = engine.view.size * engine.view.pixel_mm
    problems = _problems(division, legs.doubts, table, voting, labels, side_map, view_mm)
    progress(1.0, "muscles found")
    return MuscleResult(
        region,
        Segmentation(axes.image(labels), {structure.label: structure for structure in structures}),
        axes.image(confidence),
        table,
        problems,
        engine.name,
    )


def label_codes(region: Region, detailed: bool) -> list[str]:
    """Return the codes of the muscles that a region's labels hold."""
    trained = [structure_type(code) for code in CLASSES if code not in TISSUES]
    if detailed:
        return [kind.code for kind in trained if region in kind.regions]
    codes = {HEADS.get(kind.code, kind.code) for kind in trained}
    return [kind.code for kind in muscles(region) if kind.code in codes]


HEADS = {"BFL": "BF", "BFS": "BF"}
"""The heads of biceps femoris, which Wei's list counts as one muscle."""


def class_labels(classes: Sequence[str], region: Region, detailed: bool) -> dict[Side, Labels]:
    """Return per side the label number of each class, 0 for what has no label."""
    wanted = set(label_codes(region, detailed))
    tables = {}
    for side in SIDE_NUMBER:
        codes = [name if detailed else HEADS.get(name, name) for name in classes]
        numbers = [Structure(code, side).label if code in wanted else 0 for code in codes]
        tables[side] = np.array(numbers, np.uint8)
    return tables


def _write(
    labels: Labels, confidence: Floats, view: LimbView, probabilities: Floats, limb: Mask, label_of: Labels
) -> None:
    """Write one limb's labels and their probabilities into a slice, inside the limb only.

    The probabilities of classes with one label (the heads of biceps) are added, then the likeliest is taken; what
    has no label (air, fat, bone, the rest) is not added, because it is not one thing.
    """
    numbers = np.array([*(0 for number in label_of if not number), *np.unique(label_of[label_of > 0])], np.uint8)
    parts = [probabilities[label_of == 0], *(probabilities[label_of == n].sum(axis=0)[None] for n in numbers if n)]
    merged = np.concatenate(parts)
    window, values = view.on_slice(merged, (labels.shape[0], labels.shape[1]))
    best = values.argmax(axis=0)
    inside = limb[window] & (numbers[best] > 0)
    labels[window][inside] = numbers[best][inside]
    confidence[window][inside] = values.max(axis=0)[inside]


def _problems(
    division: SideDivision,
    doubts: Sequence[str],
    table: pd.DataFrame,
    voting: VotingImages,
    labels: Labels,
    side_map: Labels,
    view_mm: float,
) -> pd.DataFrame:
    axes = voting.limbs.axes
    rows = [("", str(side), text) for side, text in division.remarks]
    doubts = [*doubts, *filter(None, [size_doubt(voting.limbs.outline, axes)])]
    rows += [("", str(Side.BOTH), doubt) for doubt in doubts]
    for side, limb_number in SIDE_NUMBER.items():
        limb = side_map == limb_number
        found = [*cut_off(limb, side, axes), *beyond_view(limb, side, axes, view_mm)]
        rows += [("", str(side), text) for side, text in found]
    for index, part in enumerate(labels):
        number = axes.slice_number(index)
        if not voting.limbs.outline[index].any():
            rows.append(("", str(Side.BOTH), f"Slice {number}: no limb, hardly any signal."))
        elif division.pelvis[index]:
            rows.append(("", str(Side.BOTH), f"Slice {number}: pelvis, above the thighs; not segmented."))
        else:
            for side, limb_number in SIDE_NUMBER.items():
                limb = side_map[index] == limb_number
                if limb.any() and (part[limb] > 0).mean() < LEAST_MUSCLE_IN_SLICE:
                    text = f"Slice {number}: hardly any muscle was recognised (near a joint?)."
                    rows.append(("", str(side), text))
            if division.joined[index]:
                rows.append(("", str(Side.BOTH), f"Slice {number}: the legs are joined (groin); look at it."))
    doubtful = table[table["problem"] != ""]
    rows += zip(doubtful["structure"], doubtful["side"], doubtful["problem"], strict=True)
    return pd.DataFrame([(STAGE, *row) for row in rows], columns=PROBLEM_COLUMNS)
