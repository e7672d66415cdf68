"""Features of many structures, sequences and readings of a case in one call, in parallel processes if wished."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.checksums import checksum
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.radiomics.engine import pyradiomics
from MuscleMyopathyLib.radiomics.feature_table import FeatureTable, same_values
from MuscleMyopathyLib.radiomics.measuring import CaseImages, Task, measure_all
from MuscleMyopathyLib.radiomics.preprocessing import measured_regions, preprocess
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset
from MuscleMyopathyLib.radiomics.structure_extractor import GreyLevels, StructureFeatures

FEW_GREY_LEVELS = 16
"""Fewer grey levels than this after discretisation are warned of: texture features then say little."""


@dataclass(frozen=True)
class DrawnRegions:
    """The regions that one reader drew in one session.

    Attributes:
        segmentation: What was drawn.
        reader: Who drew it.
        session: Which reading of that reader, from 1.
        sequences: The sequences that it is meant for; all of them where empty.
    """

    segmentation: Segmentation
    reader: str = ""
    session: int = 1
    sequences: tuple[str, ...] = ()


def extract_features(
    images: Mapping[str, sitk.Image],
    regions: Segmentation | Sequence[DrawnRegions],
    preset: RadiomicsPreset,
    *,
    case: str = "",
    region: str = "",
    workers: int = 1,
    progress: Progress = silent,
) -> FeatureTable:
    """Extract radiomics features with PyRadiomics, identical to its ``execute`` for each structure.

    Args:
        images: 3D images by the name of their sequence (``T1w``, ``water``).
        regions: One segmentation for all images, or several readings, each on the grid of its images.
        preset: Preprocessing and parameters.
        case: Identifier of the case, for the table.
        region: Limb segment of structures that belong to both (``thigh`` or ``calf``), for the table.
        workers: Processes that share the structures; 1 works in this one.
        progress: Told of each structure; may raise `Cancelled`, which ends the workers within about a second.

    Returns:
        One row per sequence, reading, structure and side, in this order; a structure that cannot be measured keeps
        its row with the reason.

    Raises:
        GeometryError: An image and a segmentation do not share one grid; both are shown.
        InputError: No image or region, a reading of a sequence without image, an image with voxels that are no
            number.
        ParameterError: ``workers`` is below 1, or slices are chosen that the image does not have.
        MissingPackageError: PyRadiomics is not installed.
    """
    if workers < 1:
        raise ParameterError(f"workers = {workers}: at least one process is needed.")
    pyradiomics()
    readings = (DrawnRegions(regions),) if isinstance(regions, Segmentation) else tuple(regions)
    _check_inputs(images, readings)
    prepared = {name: preprocess(image, preset.preprocessing) for name, image in images.items()}
    measured = [measured_regions(reading.segmentation, preset.preprocessing) for reading in readings]
    tasks = [
        Task(sequence, index, label, structure, int(np.count_nonzero(drawn.array == label)))
        for sequence in images
        for index, (reading, drawn) in enumerate(zip(readings, measured, strict=True))
        if not reading.sequences or sequence in reading.sequences
        for label, structure in drawn.structures.items()
    ]
    case_images = CaseImages(prepared, [drawn.image for drawn in measured], preset)
    results = measure_all(case_images, tasks, workers, progress)
    keys = [
        {
            "case": case,
            "reader": readings[task.reading].reader,
            "session": readings[task.reading].session,
            "sequence": task.sequence,
            "region": _region(task.structure, region),
            "structure": task.structure.code,
            "side": str(task.structure.side),
        }
        for task in tasks
    ]
    return FeatureTable(
        table=_table(keys, [results[task] for task in tasks]),
        grey_levels=_grey_level_table(keys, [results[task] for task in tasks]),
        preset=preset,
        provenance={
            "packages": {name: importlib.metadata.version(name) for name in ("pyradiomics", "numpy", "SimpleITK")},
            "preset": preset.name,
            "preset_sha256": preset.content_hash,
            "images_sha256": {name: checksum(image) for name, image in images.items()},
            "labels_sha256": [checksum(reading.segmentation.image) for reading in readings],
        },
    )


def _check_inputs(images: Mapping[str, sitk.Image], readings: Sequence[DrawnRegions]) -> None:
    if not images:
        raise InputError("There is no image to extract features from.")
    if not any(reading.segmentation.structures for reading in readings):
        raise InputError("There is no structure to extract features of: the segmentation names none.")
    for reading in readings:
        missing = sorted(set(reading.sequences) - set(images))
        if missing:
            raise InputError(
                f"Regions are drawn for {', '.join(missing)}, and the images are: {', '.join(images)}."
            )
        for name in reading.sequences or images:
            drawn_by = f" of {reading.reader}, session {reading.session}" if reading.reader else ""
            require_same_geometry(
                images[name], reading.segmentation.image, f"{name} image", f"segmentation{drawn_by}"
            )


def _region(structure: Structure, given: str) -> str:
    regions = structure.type.regions
    return str(regions[0]) if len(regions) == 1 else given


def _table(keys: list[dict[str, Any]], results: list[StructureFeatures]) -> pd.DataFrame:
    rows = []
    for key, result in zip(keys, results, strict=True):
        levels = result.grey_levels.get("original") or next(iter(result.grey_levels.values()), None)
        errors, warnings = _grey_level_remarks(result.grey_levels)
        rows.append(
            {
                **key,
                "voxel_count": result.voxel_count,
                "grey_levels": pd.NA if levels is None else levels.count,
                "problem": result.problem or errors,
                "warning": warnings,
            }
        )
    information = pd.DataFrame(rows).astype({"grey_levels": "Int64"})
    features = pd.DataFrame([dict(result.values) for result in results], index=information.index, dtype=float)
    table = pd.concat([information, features], axis="columns")
    missing = features.isna().sum(axis="columns")
    remarks = [
        f"{count} of {features.shape[1]} features have no value" if count and not result.problem else ""
        for count, result in zip(missing, results, strict=True)
    ]
    columns = (table["warning"], remarks, same_values(table))
    table["warning"] = ["; ".join(filter(None, texts)) for texts in zip(*columns, strict=True)]
    return table


def _grey_level_remarks(grey_levels: Mapping[str, GreyLevels]) -> tuple[str, str]:
    """Return the error and the warning about image types whose discretisation leaves too little.

    An image type whose few values are all told apart (local binary patterns have ten codes) lost nothing.
    """
    single = [name for name, levels in grey_levels.items() if levels.count == 1]
    few = [
        f"{name} {levels.count}"
        for name, levels in grey_levels.items()
        if 1 < levels.count < FEW_GREY_LEVELS and levels.count < levels.distinct_values
    ]
    error = f"one grey level, so that texture features say nothing: {', '.join(single)}" if single else ""
    return error, f"fewer than {FEW_GREY_LEVELS} grey levels: {', '.join(few)}" if few else ""


def _grey_level_table(keys: list[dict[str, Any]], results: list[StructureFeatures]) -> pd.DataFrame:
    rows = [
        {
            **key,
            "image_type": image_type,
            "grey_levels": levels.count,
            "distinct_values": levels.distinct_values,
        }
        for key, result in zip(keys, results, strict=True)
        for image_type, levels in result.grey_levels.items()
    ]
    return pd.DataFrame(rows, columns=[*keys[0], "image_type", "grey_levels", "distinct_values"])
