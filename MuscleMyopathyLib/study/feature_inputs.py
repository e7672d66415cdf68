"""The inputs of one case's features: images by sequence and what was drawn on them, from files or a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_image
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import OWN_SCHEME, read_label_scheme
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions
from MuscleMyopathyLib.study.drawn_regions import read_drawn_regions
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK, CaseFiles, read_case
from MuscleMyopathyLib.study.results import MANIFEST, read_results

RESULT_SEGMENTATIONS = ("muscles", "whole_muscle", "compartments")


@dataclass(frozen=True)
class LabelFile:
    """A label image on the command line.

    Attributes:
        path: The file.
        reader: Who drew it; empty where it is not stated.
        session: Which reading of that reader, from 1.
    """

    path: Path
    reader: str = ""
    session: int = 1


@dataclass(frozen=True)
class FeatureInputs:
    """What features are extracted from.

    Attributes:
        images: 3D images by the name of their sequence.
        readings: What was drawn on them.
        case: The case's name.
        region: ``thigh``, ``calf``, or empty where it is not stated.
        phantom: Whether the images are simulated.
    """

    images: Mapping[str, sitk.Image]
    readings: tuple[DrawnRegions, ...]
    case: str
    region: str
    phantom: bool


def inputs_from_files(
    images: Mapping[str, Path],
    labels: Sequence[LabelFile],
    label_scheme: str = OWN_SCHEME,
    *,
    case: str = "",
    region: str = "",
) -> FeatureInputs:
    """Read images and label images that are named one by one.

    Raises:
        InputError: A file cannot be read, or a label image holds none of the scheme's labels.
    """
    folders = {path.parent for path in images.values()}
    return FeatureInputs(
        images={sequence: read_image(path) for sequence, path in images.items()},
        readings=_readings(labels, label_scheme),
        case=case,
        region=region,
        phantom=any((folder / PHANTOM_MARK).is_file() for folder in folders),
    )


def inputs_from_folder(
    folder: Path,
    labels: Sequence[LabelFile] = (),
    label_scheme: str = OWN_SCHEME,
    *,
    segmentation: str = "",
    case: str = "",
    progress: Progress = silent,
) -> FeatureInputs:
    """Read a case's images from its results folder, or from a folder of DICOM, NIfTI or NRRD files.

    Args:
        folder: The folder; results are known by their ``case.json``.
        labels: Label images; where there are none, a segmentation of the results is taken.
        label_scheme: What the labels mean.
        segmentation: Which segmentation of the results (`RESULT_SEGMENTATIONS`); the muscles, or where there are
            none the whole muscle, where empty.
        case: Another name for the case.
        progress: Told of every series.

    Raises:
        InputError: As `read_results` or `read_case`; or nothing is drawn.
    """
    if (folder / MANIFEST).is_file():
        result = read_results(folder)
        read, held = result.case, {name: getattr(result, name) for name in RESULT_SEGMENTATIONS}
    else:
        read, held = read_case(CaseFiles(folder=folder), identifier=case or None, progress=progress), {}
    readings = _readings(labels, label_scheme)
    if not readings:
        drawn = _chosen(folder, held, segmentation)
        readings = (DrawnRegions(drawn, reader=read.reader, session=read.session),)
    return FeatureInputs(
        images={str(series.role): series.image for series in read.series},
        readings=readings,
        case=case or read.identifier,
        region=str(read.region),
        phantom=read.phantom,
    )


def with_sequences(inputs: FeatureInputs, sequences: Sequence[str]) -> FeatureInputs:
    """Return the inputs with only these images; all of them where none is named.

    Raises:
        InputError: There is no such image.
    """
    missing = [name for name in sequences if name not in inputs.images]
    if missing:
        raise InputError(f"There is no image {', '.join(missing)}. There are: {', '.join(inputs.images)}.")
    return replace(inputs, images={name: inputs.images[name] for name in sequences or inputs.images})


def _readings(labels: Sequence[LabelFile], label_scheme: str) -> tuple[DrawnRegions, ...]:
    scheme = read_label_scheme(label_scheme)
    # A scheme made for this file names structures on purpose; a shipped one names all that could be there.
    on_purpose = bool(Path(label_scheme).suffix)
    return tuple(
        DrawnRegions(
            read_drawn_regions(one.path, scheme, all_expected=on_purpose), reader=one.reader, session=one.session
        )
        for one in labels
    )


def _chosen(folder: Path, held: Mapping[str, Segmentation | None], wanted: str) -> Segmentation:
    there = {name: segmentation for name, segmentation in held.items() if segmentation is not None}
    if wanted and wanted not in there:
        raise InputError(f"{folder} has no segmentation {wanted}. It has: {', '.join(there) or 'none'}.")
    if not there:
        raise InputError(f"Nothing is drawn on the images of {folder}. Give a label image with --labels.")
    return there[wanted] if wanted else next(iter(there.values()))
