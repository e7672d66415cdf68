"""A case's results as a folder: written whole, and read back for the report and the scene.

``case.json`` is written last: a folder without it is not finished.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_image, write_image
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Acquisition, Series
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.output import require_writable, write_json, write_table
from MuscleMyopathyLib.study.case import Case, CaseResult

MANIFEST = "case.json"
_SEGMENTATIONS = ("compartments", "whole_muscle", "muscles")
_TABLES = ("measures", "measures_by_slice", "problems")


def write_results(result: CaseResult, folder: Path) -> None:
    """Write a case's results into a folder, made if need be; what an earlier run left there is replaced.

    Images and maps are NIfTI (the fat-fraction map in percent, single precision), each segmentation a label
    image with its label scheme beside it, tables CSV.

    Raises:
        OutputError: The folder cannot be written.
    """
    require_writable(folder / "images")
    manifest = folder / MANIFEST
    manifest.unlink(missing_ok=True)
    series = [
        _write_series(one, folder / "images", number) for number, one in enumerate(result.case.series, start=1)
    ]
    fraction = folder / "fat_fraction.nii.gz"
    if result.fat_fraction_percent is None:
        fraction.unlink(missing_ok=True)
    else:
        write_image(sitk.Cast(result.fat_fraction_percent, sitk.sitkFloat32), fraction)
    segmentations = {name: getattr(result, name) for name in _SEGMENTATIONS}
    segmentations["muscles_as_given"] = result.case.muscles
    for name, segmentation in segmentations.items():
        path = folder / f"{name}.nii.gz"
        if segmentation is None:
            path.unlink(missing_ok=True)
        else:
            _write_segmentation(segmentation, path)
    for name in _TABLES:
        write_table(getattr(result, name), folder / f"{name}.csv")
    case = result.case
    write_json(
        {
            "case": case.identifier,
            "region": str(case.region),
            "reader": case.reader,
            "session": case.session,
            "phantom": case.phantom,
            "series": series,
            "parameters": dict(result.parameters),
            "provenance": dict(result.provenance),
        },
        manifest,
    )


def read_results(folder: Path) -> CaseResult:
    """Read the results that `write_results` wrote.

    Raises:
        InputError: The folder holds no finished results.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise InputError(f"{folder} holds no finished results: {MANIFEST} is missing. Run the case again.")
    try:
        return _read(folder, json.loads(manifest.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{manifest} cannot be read ({error}). Run the case again.") from error


def _read(folder: Path, manifest: dict[str, Any]) -> CaseResult:

    def segmentation(name: str) -> Segmentation | None:
        return _read_segmentation(folder / f"{name}.nii.gz")

    case = Case(
        identifier=manifest["case"],
        region=Region(manifest["region"]),
        series=tuple(_read_series(entry, folder) for entry in manifest["series"]),
        muscles=segmentation("muscles_as_given"),
        phantom=manifest["phantom"],
        reader=manifest["reader"],
        session=manifest["session"],
    )
    fraction = folder / "fat_fraction.nii.gz"
    return CaseResult(
        case=case,
        fat_fraction_percent=read_image(fraction) if fraction.is_file() else None,
        compartments=segmentation("compartments"),
        whole_muscle=segmentation("whole_muscle"),
        muscles=segmentation("muscles"),
        measures=_read_table(folder / "measures.csv"),
        measures_by_slice=_read_table(folder / "measures_by_slice.csv"),
        problems=_read_table(folder / "problems.csv"),
        parameters=manifest["parameters"],
        provenance=manifest["provenance"],
    )


def _write_series(series: Series, folder: Path, number: int) -> dict[str, Any]:
    files = []
    for echo, image in enumerate(series.echoes or (series.image,), start=1):
        suffix = f"_echo-{echo}" if series.echoes else ""
        path = folder / f"{number:02d}_{str(series.role).replace(' ', '-')}{suffix}.nii.gz"
        write_image(image, path)
        files.append(f"{folder.name}/{path.name}")
    return {
        "name": series.name,
        "role": str(series.role),
        "reason": series.reason,
        "files": files,
        "echo_times_ms": list(series.echo_times_ms),
        "acquisition": dataclasses.asdict(series.acquisition),
        "problems": list(series.problems),
    }


def _read_series(entry: dict[str, Any], folder: Path) -> Series:
    images = tuple(read_image(folder / name) for name in entry["files"])
    return Series(
        name=entry["name"],
        image=images[0],
        role=Role(entry["role"]),
        reason=entry["reason"],
        echoes=images if len(images) > 1 else (),
        echo_times_ms=tuple(entry["echo_times_ms"]),
        acquisition=Acquisition(**entry["acquisition"]),
        problems=tuple(entry["problems"]),
    )


def _write_segmentation(segmentation: Segmentation, path: Path) -> None:
    write_json(
        {"labels": {str(label): s.identifier for label, s in segmentation.structures.items()}},
        _scheme_path(path),
    )
    write_image(segmentation.image, path)


def _read_segmentation(path: Path) -> Segmentation | None:
    return Segmentation(read_image(path), read_label_scheme(_scheme_path(path))) if path.is_file() else None


def _scheme_path(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".nii.gz") + ".labels.json")


def _read_table(path: Path) -> pd.DataFrame:
    texts = ("case", "reader", "sequence", "region", "structure", "side", "stage", "problem")
    table = pd.read_csv(path, dtype=dict.fromkeys(texts, str))
    present = [name for name in texts if name in table.columns]
    table[present] = table[present].fillna("")
    return table
