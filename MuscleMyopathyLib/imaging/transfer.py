"""Structures carried from one series of an examination to another by their place in space, with all checks shown.

Both series must be of one patient and one frame of reference; between them the patient lies still. Where the
patient moved, a rigid refinement moves the structures with the images; its displacement is stated, and how alike
the images are before and after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.geometry import describe_geometry, index_to_lps
from MuscleMyopathyLib.imaging.resampling import overlap_fraction
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.progress import Progress, silent

LARGEST_DISPLACEMENT_MM = 30.0
"""A refinement that moves the limb further has failed: between series of one examination nobody moves that far."""

THICKEST_FOR_ALL_DIRECTIONS_MM = 10.0
"""Slices further apart than this tell only movement within them: shifts and the rotation about their normal."""

_WITHIN_SLICES = (0.0, 0.0, 1.0, 1.0, 1.0, 0.0)
_COARSE_MM, _FINE_MM = 4.0, 1.0

VOLUME_TOLERANCE_PERCENT = 5.0
"""A structure whose volume changes by more is named among the problems."""

VOLUME_COLUMNS = [
    "structure",
    "side",
    "volume_before_cm3",
    "volume_after_cm3",
    "change_percent",
    "inside_percent",
    "displacement_mm",
    "problem",
]


@dataclass(frozen=True)
class TransferParameters:
    """How structures are carried over.

    Attributes:
        refine: Whether to align the images rigidly first.
        same_space: The user's word that two series share their space although their frames of reference differ or
            are unknown for one of them.
        smallest_overlap_percent: Less of the structures inside the target than this is a problem in words.
    """

    refine: bool = False
    same_space: bool = False
    smallest_overlap_percent: float = 95.0


@dataclass(frozen=True)
class Refinement:
    """What the rigid refinement did.

    Attributes:
        transform: From points of the target to points of the source, LPS in mm; an ``Euler3DTransform``.
        displacement_mm: How far the structures' voxels moved, on average.
        largest_displacement_mm: How far the one that moved most did.
        likeness_before: Mutual information of the two images where the structures are; larger is more alike.
        likeness_after: The same after the refinement.
    """

    transform: sitk.Transform
    displacement_mm: float
    largest_displacement_mm: float
    likeness_before: float
    likeness_after: float


@dataclass(frozen=True)
class Transfer:
    """Structures on the target's grid, and how they came there.

    Attributes:
        segmentation: The structures, on the grid of the target.
        volumes: One row per structure: ``structure``, ``side``, ``volume_before_cm3``, ``volume_after_cm3``,
            ``change_percent``, ``inside_percent`` (share of its voxels inside the target), ``displacement_mm``
            (how far its voxels moved on average; 0 without a refinement), ``problem``.
        overlap_percent: Share of all structures' voxels inside the target.
        refinement: What the rigid refinement did; None without one.
        problems: What a reader should know, in words.
    """

    segmentation: Segmentation
    volumes: pd.DataFrame
    overlap_percent: float
    refinement: Refinement | None
    problems: tuple[str, ...]


def transfer_structures(
    segmentation: Segmentation,
    source: Series,
    target: Series,
    parameters: TransferParameters | None = None,
    progress: Progress = silent,
    *,
    refinement: Refinement | None = None,
) -> Transfer:
    """Carry structures to the grid of another series, each voxel by its nearest neighbour.

    Args:
        segmentation: Structures drawn on ``source``.
        source: The series that they were drawn on; its image serves the refinement.
        target: The series to carry them to.
        parameters: Refinement, and the user's word on the frames of reference.
        progress: Told of each stage.
        refinement: One found already between these two series, with other structures; it is taken as it is.

    Raises:
        InputError: The series belong to two patients, or their frames of reference differ without the user's word.
        GeometryError: The structures do not reach into the target, or the refinement went astray.
    """
    parameters = parameters or TransferParameters()
    problems = _same_examination(source, target, parameters)
    if overlap_fraction(segmentation.image, target.image) == 0.0:
        raise _no_overlap(segmentation, target)
    progress(0.1, "aligning" if parameters.refine else "carrying structures over")
    if refinement is None and parameters.refine:
        refinement = _refined(segmentation, source, target)
    transform = sitk.Transform() if refinement is None else refinement.transform
    progress(0.8, "carrying structures over")
    image = sitk.Resample(
        segmentation.image, target.image, transform, sitk.sitkNearestNeighbor, 0, segmentation.image.GetPixelID()
    )
    carried = Segmentation(image, segmentation.structures)
    if not carried.array.any():
        raise _no_overlap(segmentation, target)
    volumes, overlap = _volumes(segmentation, carried, target.image, transform)
    if overlap < parameters.smallest_overlap_percent:
        problems.append(
            f"Only {overlap:.1f} % of the structures lie inside {target.name}; the rest is not measured there."
        )
    named = volumes[volumes["problem"] != ""]
    problems += (named["structure"] + " " + named["side"] + ": " + named["problem"]).tolist()
    progress(1.0, "carried over")
    return Transfer(carried, volumes, overlap, refinement, tuple(problems))


def _same_examination(source: Series, target: Series, parameters: TransferParameters) -> list[str]:
    if (
        source.patient_key is not None
        and target.patient_key is not None
        and source.patient_key != target.patient_key
    ):
        raise InputError(
            f"{source.name} and {target.name} belong to two patients. Structures are carried only within one "
            "examination: choose series of one patient."
        )
    frames = source.frame_of_reference_uid, target.frame_of_reference_uid
    if None in frames:
        unknown = (
            "The files do not tell the frame of reference of both series, so their space was taken as the same. "
            "Look at the structures over the target before measuring."
        )
        return [unknown]
    if frames[0] == frames[1]:
        return []
    if not parameters.same_space:
        raise InputError(
            f"{source.name} and {target.name} have different frames of reference: the scanner does not vouch "
            "that a place in one is the same place in the other (the patient may have left the table). Say that "
            "they share their space if you know so (on the command line: --same-space), and look at the result."
        )
    return ["The frames of reference differ; the user stated that both series share their space."]


def _no_overlap(segmentation: Segmentation, target: Series) -> GeometryError:
    return GeometryError(
        f"The structures do not reach into {target.name}.\n"
        f"  structures: {describe_geometry(segmentation.image)}\n"
        f"  {target.name}: {describe_geometry(target.image)}\n"
        "Choose series of the same part of the limb."
    )


def _volumes(
    before: Segmentation, after: Segmentation, target: sitk.Image, transform: sitk.Transform
) -> tuple[pd.DataFrame, float]:
    z, y, x = np.nonzero(np.isin(before.array, list(before.structures)))
    labels = before.array[z, y, x].astype(np.int64)
    top = max(int(labels.max(initial=0)), max(before.structures)) + 1
    places = np.stack([x, y, z], axis=1) @ index_to_lps(before.image)[:3, :3].T + index_to_lps(before.image)[:3, 3]
    drawn_at, places = places, _moved(places, transform.GetInverse())
    distance = np.bincount(labels, np.linalg.norm(places - drawn_at, axis=1), minlength=top)
    inverse = np.linalg.inv(index_to_lps(target))
    index = places @ inverse[:3, :3].T + inverse[:3, 3]
    inside = ((index >= -0.5) & (index <= np.array(target.GetSize()) - 0.5)).all(axis=1)
    count, within = np.bincount(labels, minlength=top), np.bincount(labels, inside, minlength=top)
    count_after = np.bincount(after.array.reshape(-1).astype(np.int64), minlength=top)
    cm3_before, cm3_after = (float(np.prod(image.GetSpacing())) / 1000 for image in (before.image, after.image))
    rows = []
    for label, structure in before.structures.items():
        volume, carried = count[label] * cm3_before, count_after[label] * cm3_after
        change = 100 * (carried / volume - 1) if volume else np.nan
        share = 100 * within[label] / count[label] if count[label] else np.nan
        moved = distance[label] / count[label] if count[label] else np.nan
        problem = ""
        if not volume:
            problem = "no voxel of this structure in the segmentation"
        elif not carried:
            problem = "no voxel of this structure lies in the target"
        elif abs(change) > VOLUME_TOLERANCE_PERCENT:
            problem = f"its volume changed by {change:+.1f} % ({share:.0f} % of it lies inside the target)"
        rows.append((structure.code, str(structure.side), volume, carried, change, share, moved, problem))
    return pd.DataFrame(rows, columns=VOLUME_COLUMNS), 100 * float(inside.mean()) if inside.size else 0.0


def _moved(places: npt.NDArray[np.float64], transform: sitk.Transform) -> npt.NDArray[np.float64]:
    """Return points in mm after a transform that is linear, shape (n, 3)."""
    origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    axes = np.array([transform.TransformPoint(tuple(unit)) for unit in np.eye(3)]) - origin
    return np.asarray(places @ axes + origin)


def _refined(segmentation: Segmentation, source: Series, target: Series) -> Refinement:
    """Align the source's image to the target's by mutual information around the structures.

    Slices further apart than `THICKEST_FOR_ALL_DIRECTIONS_MM` are aligned within their planes only.
    """
    fixed, moving = (sitk.Cast(series.image, sitk.sitkFloat32) for series in (target, source))
    around = sitk.Resample(
        sitk.BinaryDilate(sitk.Cast(segmentation.image > 0, sitk.sitkUInt8), (5, 5, 0)),
        fixed,
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
        0,
        sitk.sitkUInt8,
    )
    start = sitk.CenteredTransformInitializer(
        sitk.Cast(around, sitk.sitkFloat32),
        sitk.Cast(around, sitk.sitkFloat32),
        sitk.Euler3DTransform(),
        sitk.CenteredTransformInitializerFilter.MOMENTS,
    )
    try:
        before = _likeness(fixed, moving, around, start)
        # Coarse images carry the search over a wide movement, and may lead a small one astray: the best is kept.
        coarse = _aligned(fixed, moving, around, start, _COARSE_MM)
        found = [_aligned(fixed, moving, around, begin, _FINE_MM) for begin in (start, coarse)]
        likeness = [_likeness(fixed, moving, around, transform) for transform in found]
        after, transform = max(zip(likeness, found, strict=True), key=lambda pair: pair[0])
    except RuntimeError as error:
        raise GeometryError(
            f"{source.name} and {target.name} could not be aligned ({str(error).strip().splitlines()[-1]}). "
            "Carry the structures over without refinement and look at them."
        ) from error
    z, y, x = np.nonzero(sitk.GetArrayViewFromImage(around))
    matrix = index_to_lps(fixed)
    places = np.stack([x, y, z], axis=1) @ matrix[:3, :3].T + matrix[:3, 3]
    moved = np.linalg.norm(_moved(places, transform) - places, axis=1)
    if after <= before:
        # No other place is more alike: nothing moved.
        return Refinement(sitk.Euler3DTransform(), 0.0, 0.0, before, before)
    if moved.max() > LARGEST_DISPLACEMENT_MM:
        raise GeometryError(
            f"Aligning {source.name} to {target.name} moved the limb by {moved.max():.0f} mm (likeness "
            f"{before:.3f} before, {after:.3f} after): the alignment failed. Carry the structures "
            "over without refinement and look at them."
        )
    return Refinement(transform, float(moved.mean()), float(moved.max()), before, after)


def _aligned(
    fixed: sitk.Image, moving: sitk.Image, around: sitk.Image, start: sitk.Transform, smoothing_mm: float
) -> sitk.Transform:
    """Return the rigid transform from ``start`` on that makes two images most alike where ``around`` is not 0."""
    fixed, moving = (_smoothed_within_slices(image, smoothing_mm) for image in (fixed, moving))
    registration = _registration(around, start)
    registration.SetMetricSamplingStrategy(registration.REGULAR)
    registration.SetMetricSamplingPercentage(0.2, 1)
    registration.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0, minStep=1e-3, numberOfIterations=150, relaxationFactor=0.6
    )
    registration.SetOptimizerScalesFromPhysicalShift()
    if min(fixed.GetSpacing()[2], moving.GetSpacing()[2]) > THICKEST_FOR_ALL_DIRECTIONS_MM:
        registration.SetOptimizerWeights(_WITHIN_SLICES)
    found = registration.Execute(fixed, moving)
    # An optimizer returns a composite of the one transform that it was given.
    return sitk.Euler3DTransform(sitk.CompositeTransform(found).GetNthTransform(0))


def _likeness(fixed: sitk.Image, moving: sitk.Image, around: sitk.Image, transform: sitk.Transform) -> float:
    """Return the mutual information of two images; the measure itself is negative."""
    return -float(_registration(around, transform).MetricEvaluate(fixed, moving))


def _registration(around: sitk.Image, start: sitk.Transform) -> sitk.ImageRegistrationMethod:
    registration = sitk.ImageRegistrationMethod()
    registration.SetMetricAsMattesMutualInformation(32)
    registration.SetMetricFixedMask(around)
    registration.SetInterpolator(sitk.sitkLinear)
    # By default the gradients are smoothed by the largest voxel spacing, with gapped slices by centimetres: then
    # they lead astray.
    registration.MetricUseMovingImageGradientFilterOff()
    registration.MetricUseFixedImageGradientFilterOff()
    registration.SetInitialTransform(start, inPlace=False)
    return registration


def _smoothed_within_slices(image: sitk.Image, width_mm: float) -> sitk.Image:
    """Smooth an image in its planes only: slices may be few and far apart."""
    return sitk.RecursiveGaussian(sitk.RecursiveGaussian(image, width_mm, direction=0), width_mm, direction=1)
