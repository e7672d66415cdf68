"""The sources of anatomy: label maps of real limbs, and digital limbs, read into cross-sections."""

from __future__ import annotations

import dataclasses
import fnmatch
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.nifti import read_nifti
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Sex
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.progress import Progress, each, silent
from MuscleMyopathyLib.segmentation.network.classes import BACKGROUND, BONE, CLASSES, OTHER, class_index
from MuscleMyopathyLib.segmentation.training.cross_sections import (
    CANVAS,
    PIXEL_MM,
    UNNAMED_MUSCLE,
    CrossSection,
    cross_section,
    limb_slices,
    sections_of_limb,
    undivided_sides,
)

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LabelMapSource:
    """Label maps of one labelling scheme.

    Attributes:
        name: For the card and the log.
        files: Pattern of files below the data folder, e.g. ``labelmaps/*.nii.gz``.
        scheme: Label scheme (label_schemes.py).
        weight: Share of the training images, relative to the other sources.
        unlabelled: Classes that these maps do not label; in the loss they count as `OTHER`.
        leave_out: Patterns of file names that are not used.
    """

    name: str
    files: str
    scheme: str
    weight: float
    unlabelled: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class DigitalLimbSource:
    """Digital limbs.

    Attributes:
        name: For the card and the log.
        region: Thigh or calf.
        subjects: How many.
        first_seed: Seed of the first subject; the others follow.
        weight: Share of the training images.
    """

    name: str
    region: Region
    subjects: int
    first_seed: int
    weight: float


Source: TypeAlias = LabelMapSource | DigitalLimbSource


@dataclass(frozen=True)
class Anatomy:
    """All cross-sections of a training.

    Attributes:
        labels, fascia, depth: As of `CrossSection`, stacked.
        source: Index of each cross-section's source.
        names: Names of the sources.
        weights: Their shares, summing to 1.
        unlabelled: Per source the classes that it does not label.
        files: Per source what was read.
    """

    labels: Labels
    fascia: npt.NDArray[np.int8]
    depth: Labels
    source: Labels
    names: tuple[str, ...]
    weights: tuple[float, ...]
    unlabelled: tuple[tuple[str, ...], ...]
    files: tuple[tuple[str, ...], ...] = field(default=())


def sections_of_file(path: Path, scheme: str) -> Iterator[CrossSection]:
    """Yield the cross-sections of both limbs of one label map."""
    image = sitk.DICOMOrient(read_nifti(path), "LPS")
    labels, sided = _class_labels(np.asarray(sitk.GetArrayFromImage(image)).astype(np.int64), scheme)
    x, y, z = image.GetSpacing()
    spacing_mm = (z, y, x)
    if sided is None:
        right, left = undivided_sides(labels, spacing_mm)
    else:
        right, left = np.where(sided == 2, labels, 0), np.where(sided == 1, labels, 0)
    for limb, mirrored in ((right, False), (left, True)):
        slices = limb_slices(limb.astype(np.uint8), spacing_mm, mirrored, muscles_only=True)
        yield from sections_of_limb(slices, 2 if z > 10 else 0)


def _class_labels(labels: npt.NDArray[np.int64], scheme: str) -> tuple[Labels, Labels | None]:
    """Return class numbers, and 1 left / 2 right where the scheme divides the sides."""
    structures = read_label_scheme(scheme)
    classes = np.zeros(labels.shape, np.uint8)
    sides = np.zeros(labels.shape, np.uint8)
    for label, structure in structures.items():
        where = labels == label
        classes[where] = class_index(structure.code)
        sides[where] = {Side.BOTH: 0, Side.LEFT: 1, Side.RIGHT: 2}[structure.side]
    return classes, sides if sides.any() else None


def sections_of_digital_limb(region: Region, seed: int) -> Iterator[CrossSection]:
    """Yield the cross-sections of both legs of one digital subject."""
    random = np.random.default_rng([seed, 41])
    limb = make_limb(
        LimbParameters(
            region=region,
            seed=seed,
            sex=list(Sex)[int(random.integers(2))],
            size=float(random.uniform(0.8, 1.2)),
            detailed_muscles=True,
            protocol=Protocol(340, 190, (PIXEL_MM, PIXEL_MM), 4.0, float(random.uniform(25, 35)), None, 1, 1),
        )
    )
    muscles, compartments = limb.muscles.array, limb.compartments.array
    for side in (Side.RIGHT, Side.LEFT):
        inside = limb.inside_fascia(side)
        labels = np.where(inside, OTHER, BACKGROUND).astype(np.uint8)
        labels[compartments == Structure("BONE", side).label] = BONE
        for structure in limb.muscles.structures.values():
            if structure.side is side:
                code = structure.code
                number = class_index(code) if code in CLASSES else UNNAMED_MUSCLE
                labels[muscles == structure.label] = number
        for part in limb_slices(labels, (1.0, PIXEL_MM, PIXEL_MM), side is Side.LEFT):
            if part.any():
                yield cross_section(part, part > 0)


def read_anatomy(sources: Sequence[Source], data_folder: Path, progress: Progress = silent) -> Anatomy:
    """Read every source into cross-sections.

    Raises:
        InputError: A pattern matches no file.
    """
    sections: list[CrossSection] = []
    numbers: list[int] = []
    files: list[tuple[str, ...]] = []
    for number, source in enumerate(each(sources, progress, lambda source: f"reading {source.name}")):
        found, names = [], []
        if isinstance(source, DigitalLimbSource):
            for seed in range(source.first_seed, source.first_seed + source.subjects):
                found += list(sections_of_digital_limb(source.region, seed))
            names = [f"seeds {source.first_seed} to {source.first_seed + source.subjects - 1}"]
        else:
            for path in sorted(data_folder.glob(source.files)):
                if not any(fnmatch.fnmatch(path.name, pattern) for pattern in source.leave_out):
                    found += list(sections_of_file(path, source.scheme))
                    names.append(path.name)
        if not found:
            raise InputError(f"The source {source.name} gives no cross-section: nothing usable in {data_folder}.")
        sections += found
        numbers += [number] * len(found)
        files.append(tuple(names))
    anatomy = Anatomy(
        np.stack([section.labels for section in sections]),
        np.stack([section.fascia for section in sections]),
        np.stack([section.depth for section in sections]),
        np.array(numbers, np.uint8),
        tuple(source.name for source in sources),
        (),
        tuple(source.unlabelled if isinstance(source, LabelMapSource) else () for source in sources),
        tuple(files),
    )
    return with_shares(anatomy, sources)


def with_shares(anatomy: Anatomy, sources: Sequence[Source]) -> Anatomy:
    """Return the anatomy with its sources' shares set anew, in the same order."""
    total = sum(source.weight for source in sources)
    return dataclasses.replace(anatomy, weights=tuple(source.weight / total for source in sources))


def write_anatomy(anatomy: Anatomy, path: Path) -> None:
    """Keep the cross-sections in one compressed file of plain arrays."""
    head = {
        "names": anatomy.names,
        "weights": anatomy.weights,
        "unlabelled": anatomy.unlabelled,
        "files": anatomy.files,
        "canvas": CANVAS,
    }
    np.savez_compressed(
        path,
        labels=anatomy.labels,
        fascia=anatomy.fascia,
        depth=anatomy.depth,
        source=anatomy.source,
        head=np.array(json.dumps(head)),
    )


def load_anatomy(path: Path) -> Anatomy:
    """Return what `write_anatomy` kept."""
    with np.load(path, allow_pickle=False) as kept:
        head = json.loads(str(kept["head"]))
        return Anatomy(
            kept["labels"],
            kept["fascia"],
            kept["depth"],
            kept["source"],
            tuple(head["names"]),
            tuple(head["weights"]),
            tuple(tuple(codes) for codes in head["unlabelled"]),
            tuple(tuple(names) for names in head["files"]),
        )
