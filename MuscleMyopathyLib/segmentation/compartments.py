"""The compartments of each limb: subcutaneous fat, lean tissue and fat inside the deep fascia, bone, skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Progress, each, portion, silent
from MuscleMyopathyLib.segmentation.bone import find_bones
from MuscleMyopathyLib.segmentation.contrast import Contrast
from MuscleMyopathyLib.segmentation.fascia import fascia_contours
from MuscleMyopathyLib.segmentation.field_of_view import cut_off, size_doubt
from MuscleMyopathyLib.segmentation.inputs import read_images
from MuscleMyopathyLib.segmentation.outline import eroded
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.segmentation.patient_axes import PatientAxes
from MuscleMyopathyLib.segmentation.plausibility import out_of_proportion
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, SideDivision, divide

Mask = npt.NDArray[np.bool_]

CODES = ("LEAN", "IMAT", "SAT", "BONE", "SKIN")
STAGE = "compartments"
DEFAULT_PARAMETERS = CompartmentParameters()
PROBLEM_COLUMNS = ["stage", "structure", "side", "problem"]


@dataclass(frozen=True)
class CompartmentResult:
    """The compartments and what could not be found.

    Attributes:
        compartments: LEAN, IMAT, SAT, BONE and SKIN by side, under this extension's own label numbers.
        side_map: 0 background, 1 left, 2 right: the whole of each leg.
        problems: One row per thing not found: ``stage``, ``structure``, ``side``, ``problem``. Slices are
            counted from 1 in stored order.
    """

    compartments: Segmentation
    side_map: sitk.Image
    problems: pd.DataFrame


def segment_compartments(
    *,
    water: sitk.Image | None = None,
    fat: sitk.Image | None = None,
    t1w: sitk.Image | None = None,
    region: Region,
    parameters: CompartmentParameters = DEFAULT_PARAMETERS,
    progress: Progress = silent,
) -> CompartmentResult:
    """Find the compartments of each leg from a Dixon pair, or from one T1-weighted image.

    Args:
        water: Water image, with ``fat``.
        fat: Fat image on the same grid.
        t1w: One image instead of the pair; used only without it.
        region: Thigh or calf.
        parameters: See `CompartmentParameters`.
        progress: Receives the fraction done and the leg worked on.

    Raises:
        GeometryError: Water and fat lie on different grids.
        InputError: No usable image was given, or no limb is in it, or the side of a single leg cannot be told.
    """
    progress(0.0, "finding the outline of the legs")
    images = read_images(water, fat, t1w)
    axes, contrast, outline = images.axes, images.contrast, images.outline
    division = divide(images, region, parameters.only_side)
    problems = [Problem(None, side, text) for side, text in division.remarks]
    problems += _problems_of_outline(contrast, outline, division, axes)
    labels = np.zeros(outline.shape, dtype=np.uint8)
    structures: dict[int, Structure] = {}
    sides = [side for side, number in SIDE_NUMBER.items() if (division.side_map == number).any()]
    for side in each(sides, portion(progress, 0.1, 1.0), lambda side: f"compartments of the {side} {region}"):
        limb = division.side_map == SIDE_NUMBER[side]
        structures |= {s.label: s for s in (Structure(code, side) for code in CODES)}
        problems += _label_limb(labels, contrast, limb, side, region, division, axes, parameters)
    problems += _problems_of_proportion(labels, axes)
    progress(1.0, "compartments found")
    return CompartmentResult(
        Segmentation(axes.image(labels), structures),
        axes.image(division.side_map),
        pd.DataFrame([problem.row() for problem in problems], columns=PROBLEM_COLUMNS),
    )


@dataclass(frozen=True)
class Problem:
    """One thing not found, in words."""

    structure: str | None
    side: Side
    text: str

    def row(self) -> dict[str, str]:
        return {
            "stage": STAGE,
            "structure": self.structure or "",
            "side": str(self.side),
            "problem": self.text,
        }


def _problems_of_outline(
    contrast: Contrast, outline: Mask, division: SideDivision, axes: PatientAxes
) -> list[Problem]:
    problems = []
    if contrast.inverted:
        problems.append(
            Problem(
                None,
                Side.BOTH,
                "The layer under the skin is darker than the muscles: this is no T1w image without fat "
                "suppression. Fat was taken to be dark; lean and fat are less sure than usual.",
            )
        )
    doubt = size_doubt(outline, axes)
    if doubt:
        problems.append(Problem(None, Side.BOTH, doubt))
    for side, number in SIDE_NUMBER.items():
        limb = (division.side_map == number) & ~division.pelvis[:, None, None]
        problems += [Problem(None, *found) for found in cut_off(limb, side, axes)]
    for index in range(len(outline)):
        number = axes.slice_number(index)
        if not outline[index].any():
            problems.append(Problem(None, Side.BOTH, f"Slice {number}: no limb, hardly any signal."))
        elif division.pelvis[index]:
            text = f"Slice {number}: pelvis, above the thighs; not segmented."
            problems.append(Problem(None, Side.BOTH, text))
        elif division.joined[index]:
            text = (
                f"Slice {number}: the legs are joined (groin); they are divided at the mid-line, and the inner "
                "border of the thigh follows the slices below."
            )
            problems.append(Problem(None, Side.BOTH, text))
    return problems


def _problems_of_proportion(labels: npt.NDArray[np.uint8], axes: PatientAxes) -> list[Problem]:
    def area(side: Side) -> npt.NDArray[np.integer]:
        inside = [Structure(code, side).label for code in ("LEAN", "IMAT", "BONE")]
        return np.asarray(np.isin(labels, inside).sum(axis=(1, 2)))

    return [
        Problem(
            "MUSCLE",
            found.side,
            f"Slice {axes.slice_number(found.index)}: inside the deep fascia the {found.side} side is "
            f"{found.percent:.0f} % larger than the other slices lead to expect. Look at its outline.",
        )
        for found in out_of_proportion(area(Side.LEFT), area(Side.RIGHT))
    ]


def _label_limb(
    labels: npt.NDArray[np.uint8],
    contrast: Contrast,
    limb: Mask,
    side: Side,
    region: Region,
    division: SideDivision,
    axes: PatientAxes,
    parameters: CompartmentParameters,
) -> list[Problem]:
    """Write the labels of one limb into ``labels``; return what was not found."""
    spacing = axes.spacing_mm
    in_plane = np.array(spacing[1:])
    problems = []
    bones, tracks = find_bones(contrast, limb, region, spacing)
    contours = fascia_contours(contrast, limb, spacing, ~division.pelvis)
    label = {code: Structure(code, side).label for code in CODES}
    for index in range(len(limb)):
        number = axes.slice_number(index)
        if not limb[index].any():
            if division.side_map[index].any():
                problems.append(Problem(None, side, f"Slice {number}: this leg was not found."))
            continue
        for name, track in tracks.items():
            if index not in track and not division.pelvis[index]:
                problems.append(
                    Problem(
                        "BONE",
                        side,
                        f"Slice {number}: the {name} was not found; it counts as tissue in the fascia.",
                    )
                )
        if division.pelvis[index]:
            continue
        contour = contours.get(index)
        if contour is None:
            problems.append(
                Problem("LEAN", side, f"Slice {number}: the deep fascia was not found; not segmented.")
            )
            continue
        inside = contour.rays.inside(contour.radius_mm, limb[index].shape) & limb[index]
        bone = bones[index]
        inner = inside & ~bone
        lean = contrast.fat_percent[index] < parameters.lean_fat_threshold_percent
        slice_labels = labels[index]
        under_skin = eroded(limb[index], parameters.skin_thickness_mm, in_plane)
        slice_labels[limb[index] & ~under_skin] = label["SKIN"]
        slice_labels[under_skin] = label["SAT"]
        slice_labels[inner & lean] = label["LEAN"]
        slice_labels[inner & ~lean] = label["IMAT"]
        slice_labels[bone] = label["BONE"]
    return problems
