"""Propagation: a few slices are drawn, the slices between them are filled, one structure or all at once.

Drawn slices keep every voxel. What is filled cannot overlap: a voxel belongs to the structure whose signed
distance is largest there (shape-based interpolation after Raya SP, Udupa JK, IEEE Trans Med Imaging 1990;9:32–42,
here along the motion of the structures).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.segmentation.demons import Channels, warped
from MuscleMyopathyLib.segmentation.signed_distance import distances_of_labels, labels_of_distances
from MuscleMyopathyLib.segmentation.slice_motion import (
    Arrival,
    by_image,
    by_motion,
    by_shape,
    displacements_to_first,
    locally_normalised,
)

Labels = npt.NDArray[np.integer]


class PropagationMethod(StrEnum):
    """How the slices between two drawn ones are filled."""

    SHAPE = "shape"
    """The average of the signed distances, nothing moving."""
    MOTION = "motion"
    """The same along the motion of the structures; needs no image."""
    GUIDED = "guided"
    """Along the motion of the images, registered from slice to slice both ways and held to the shapes drawn."""


class Origin(StrEnum):
    """Where the voxels of a slice come from."""

    DRAWN = "drawn"
    PROPAGATED = "propagated"
    EXTRAPOLATED = "extrapolated"


@dataclass(frozen=True)
class PropagationParameters:
    """What the user may choose about propagation.

    Attributes:
        method: See `PropagationMethod`.
        extrapolate_mm: How far beyond the first and the last drawn slice contours are carried on, along the image
            alone; 0 fills only between drawn slices.
        doubtful_confidence: Below this confidence a row says that the slice should be looked at, 0–1.
    """

    method: PropagationMethod = PropagationMethod.GUIDED
    extrapolate_mm: float = 0.0
    doubtful_confidence: float = 0.7

    def __post_init__(self) -> None:
        if self.extrapolate_mm < 0:
            raise ValueError("extrapolate_mm must not be negative.")
        if not 0 <= self.doubtful_confidence <= 1:
            raise ValueError("doubtful_confidence must lie between 0 and 1.")


@dataclass(frozen=True)
class Propagation:
    """A propagated segmentation.

    Attributes:
        segmentation: On the grid drawn on, with the labels drawn with.
        slices: One row per structure and slice, in the order of the slices. ``structure``, ``side``, ``slice``
            (from 0), ``origin`` (see `Origin`), ``confidence``, ``area_cm2``, ``problem``. The confidence is the
            Dice coefficient of what the drawn slices before and after it say alone: 1 where drawn, NaN where
            extrapolated. A structure that is drawn on both sides of a slice and found nowhere in it keeps its row.
    """

    segmentation: Segmentation
    slices: pd.DataFrame


COLUMNS = ["structure", "side", "slice", "origin", "confidence", "area_cm2", "problem"]


def propagate(
    drawn: Segmentation,
    image: sitk.Image | None = None,
    parameters: PropagationParameters | None = None,
    *,
    structures: Collection[Structure] | None = None,
    drawn_slices: Collection[int] | None = None,
    progress: Progress = silent,
) -> Propagation:
    """Fill the slices between drawn ones.

    Args:
        drawn: Structures, drawn in some slices (the first array axis).
        image: The image on its grid, of any contrast; None for the methods ``shape`` and ``motion``.
        parameters: Method and limits.
        structures: Which structures to propagate; None for all. The others keep their voxels everywhere.
        drawn_slices: The slices to trust, from 0; what these structures have in other slices is replaced. None
            takes every slice that holds one of them. A structure that a drawn slice lacks is not there.
        progress: Receives fraction and text.

    Raises:
        InputError: Nothing is drawn, or only one slice and nothing is to be extrapolated; a slice or a structure
            asked for is not there.
        GeometryError: Image and segmentation do not share a grid.
        ParameterError: The method needs an image.
    """
    parameters = parameters or PropagationParameters()
    job = _Job.prepare(drawn, image, parameters, structures, drawn_slices)
    steps = [(first, last) for first, last in pairwise(job.drawn) if last - first > 1]
    for number, (first, last) in enumerate(steps):
        progress(number / (len(steps) + 1), f"propagating: slices {first + 2} to {last}")
        job.fill_between(first, last)
    progress(len(steps) / (len(steps) + 1), "propagating: beyond the drawn slices")
    for start, stop, step in job.beyond(parameters.extrapolate_mm):
        job.extrapolate(start, stop, step)
    progress(1.0, "propagating: done")
    return job.result()


@dataclass
class _Job:
    """One propagation under way: the box around what is drawn, and the labels filled so far."""

    drawn_on: Segmentation
    parameters: PropagationParameters
    labels: tuple[int, ...]
    drawn: list[int]
    box: tuple[slice, slice, slice]
    before: Labels
    filled: Labels
    image: Channels | None
    origin: dict[int, Origin] = field(default_factory=dict)
    confidence: dict[tuple[int, int], float] = field(default_factory=dict)
    remarks: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def prepare(
        cls,
        drawn: Segmentation,
        image: sitk.Image | None,
        parameters: PropagationParameters,
        structures: Collection[Structure] | None,
        drawn_slices: Collection[int] | None,
    ) -> _Job:
        chosen = drawn.structures.values() if structures is None else structures
        wanted = [drawn.label_of(structure) for structure in chosen]
        slices = _drawn_slices(drawn.array, wanted, drawn_slices, parameters)
        if image is not None:
            require_same_geometry(drawn.image, image, "segmentation", "image")
        elif parameters.method is PropagationMethod.GUIDED:
            raise ParameterError(
                f"The method '{parameters.method}' needs the image that was drawn on. "
                "Give it, or choose the method 'motion'."
            )
        elif parameters.extrapolate_mm > 0:
            raise ParameterError("Extrapolating beyond the drawn slices needs the image. Give it.")
        filled = np.array(drawn.array, dtype=np.int64)
        undrawn = np.setdiff1d(np.arange(len(filled)), slices)
        filled[undrawn] = np.where(np.isin(filled[undrawn], wanted), 0, filled[undrawn])
        labels = tuple(label for label in wanted if (filled[slices] == label).any())
        column_mm, row_mm, _ = drawn.image.GetSpacing()
        box = _box(np.isin(filled, labels), (row_mm, column_mm))
        return cls(
            drawn,
            parameters,
            labels,
            slices,
            box,
            filled[box].copy(),
            filled,
            None
            if image is None
            else locally_normalised(sitk.GetArrayViewFromImage(image)[box], (row_mm, column_mm)),
            dict.fromkeys(slices, Origin.DRAWN),
        )

    @property
    def pixel_mm(self) -> tuple[float, float]:
        column_mm, row_mm, _ = self.drawn_on.image.GetSpacing()
        return row_mm, column_mm

    def fill_between(self, first: int, last: int) -> None:
        ends = self.before[first], self.before[last]
        labels = [label for label in self.labels if any((end == label).any() for end in ends)]
        one_sided = [label for label in labels if not all((end == label).any() for end in ends)]
        for index, arrival in enumerate(self._arrivals(first, last, labels, one_sided), start=first + 1):
            found = labels_of_distances(arrival.blended, labels)
            ways = [labels_of_distances(way, labels) for way in (arrival.forwards, arrival.backwards)]
            self._put(index, found, Origin.PROPAGATED)
            for label in labels:
                self.confidence[index, label] = _dice(*(way == label for way in ways))
                if label in one_sided:
                    self.confidence[index, label] = 0.0
                    self.remarks[index, label] = (
                        f"ends somewhere between slices {first + 1} and {last + 1}, taken to be half way"
                    )
                elif not (found == label).any():
                    self.remarks[index, label] = (
                        f"lost between slices {first + 1} and {last + 1}: draw it in one more"
                    )
                elif self.confidence[index, label] < self.parameters.doubtful_confidence:
                    self.remarks[index, label] = (
                        f"slices {first + 1} and {last + 1} do not agree about it: look at it, or draw one more"
                    )

    def _arrivals(
        self, first: int, last: int, labels: Sequence[int], one_sided: Collection[int]
    ) -> Iterator[Arrival]:
        first_ends, last_ends = distances_of_labels([self.before[first], self.before[last]], labels, self.pixel_mm)
        ends, count = (first_ends, last_ends), last - first - 1
        in_both = [place for place, label in enumerate(labels) if label not in one_sided]
        if self.parameters.method is PropagationMethod.GUIDED:
            assert self.image is not None
            return by_image(ends, in_both, self.image[first : last + 1], self.pixel_mm)
        if self.parameters.method is PropagationMethod.MOTION:
            return by_motion(ends, in_both, count, self.pixel_mm)
        return by_shape(ends, count)

    def beyond(self, reach_mm: float) -> Iterator[tuple[int, int, int]]:
        """Yield the first and last slice, and the direction, of each extrapolation."""
        count = int(reach_mm / self.drawn_on.image.GetSpacing()[2] + 1e-6)
        lowest, highest = max(0, self.drawn[0] - count), min(len(self.filled) - 1, self.drawn[-1] + count)
        if lowest < self.drawn[0]:
            yield self.drawn[0], lowest, -1
        if highest > self.drawn[-1]:
            yield self.drawn[-1], highest, 1

    def extrapolate(self, start: int, stop: int, step: int) -> None:
        assert self.image is not None
        labels = [label for label in self.labels if (self.before[start] == label).any()]
        slices = list(range(start, stop + step, step))
        (distances,) = distances_of_labels([self.before[start]], labels, self.pixel_mm)
        displacements = displacements_to_first(self.image[slices], self.pixel_mm)
        end = "first" if step < 0 else "last"
        for index, displacement in zip(slices[1:], displacements[1:], strict=True):
            self._put(index, labels_of_distances(warped(distances, displacement), labels), Origin.EXTRAPOLATED)
            distance_mm = abs(index - start) * self.drawn_on.image.GetSpacing()[2]
            for label in labels:
                self.confidence[index, label] = np.nan
                self.remarks[index, label] = f"extrapolated {distance_mm:.0f} mm beyond the {end} drawn slice"

    def _put(self, index: int, found: npt.NDArray[np.int64], origin: Origin) -> None:
        plane = self.filled[index][self.box[1:]]
        free = plane == 0
        plane[free] = found[free]
        self.origin[index] = origin

    def result(self) -> Propagation:
        column_mm, row_mm, _ = self.drawn_on.image.GetSpacing()
        rows: list[list[object]] = []
        for index, origin in sorted(self.origin.items()):
            counts = np.bincount(self.filled[index].ravel(), minlength=max(self.labels) + 1)
            for label in self.labels:
                confidence = 1.0 if origin is Origin.DRAWN else self.confidence.get((index, label), np.nan)
                remark = self.remarks.get((index, label), "")
                if counts[label] or remark.startswith("lost"):
                    structure = self.drawn_on.structures[label]
                    area_cm2 = counts[label] * row_mm * column_mm / 100
                    key = [structure.code, str(structure.side), index]
                    rows.append([*key, str(origin), confidence, area_cm2, remark])
        array = self.filled.astype(self.drawn_on.array.dtype)
        segmentation = Segmentation.from_array(array, self.drawn_on.structures, self.drawn_on.image)
        return Propagation(segmentation, pd.DataFrame(rows, columns=COLUMNS))


def _drawn_slices(
    array: Labels, labels: Sequence[int], asked_for: Collection[int] | None, parameters: PropagationParameters
) -> list[int]:
    holding = np.flatnonzero(np.isin(array, labels).any(axis=(1, 2))).tolist()
    if asked_for is not None:
        empty = sorted(set(asked_for) - set(holding))
        if empty:
            named = ", ".join(str(index + 1) for index in empty)
            raise InputError(
                f"Slice {named} (counted from 1) holds none of the structures. Name slices that hold them."
            )
        holding = sorted(set(asked_for))
    if not holding:
        raise InputError("Nothing is drawn yet. Draw the structures in at least two slices.")
    if len(holding) == 1 and parameters.extrapolate_mm == 0:
        raise InputError(
            f"Only slice {holding[0] + 1} is drawn. Draw a second one: the slices between the two are filled."
        )
    return holding


MARGIN_MM = 15.0


def _box(mask: npt.NDArray[np.bool_], pixel_mm: tuple[float, float]) -> tuple[slice, slice, slice]:
    """Return all slices, and the rows and columns of the mask with a margin."""
    sides = [slice(None)]
    for axis, size_mm in zip((1, 2), pixel_mm, strict=True):
        used = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
        margin = int(np.ceil(MARGIN_MM / size_mm))
        sides.append(slice(max(0, int(used[0]) - margin), int(used[-1]) + margin + 1))
    return sides[0], sides[1], sides[2]


def _dice(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    together = int(first.sum() + second.sum())
    return 2 * int((first & second).sum()) / together if together else 0.0
