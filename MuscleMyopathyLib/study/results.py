"""A case's results as a folder: written whole, and read back for the report and the scene.

``case.json`` is written last: a folder without it is not finished.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_image, write_image
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.transfer_records import transfer_from_record, transfer_record
from MuscleMyopathyLib.output import require_writable, write_json, write_table
from MuscleMyopathyLib.qmri.map_kinds import MapKind
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE, Case, CaseMap, CaseResult, CaseTransfer
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK
from MuscleMyopathyLib.study.result_files import (
    read_segmentation,
    read_series,
    read_table,
    write_segmentation,
    write_series,
)

MANIFEST = "case.json"
_SEGMENTATIONS = ("compartments", "whole_muscle", "muscles")
_TABLES = ("measures", "measures_by_slice", "problems")
_TABLES_OF_MAPS = ("map_measures", "map_measures_by_slice", "t2_against_fat")


def write_results(result: CaseResult, folder: Path) -> None:
    """Write a case's results into a folder, made if need be; what an earlier run left there is replaced.

    Images and maps are NIfTI (the fat-fraction map in percent, single precision), images with a sidecar of their
    echo times, so that a case can be made of them anew; each segmentation is a label image with its label scheme
    beside it, tables are CSV. Simulated images are marked as such. Maps of other series lie in ``maps``, the
    structures that were carried to their grids in ``transfers``. The truth of a phantom is no result and is not
    written.

    Raises:
        OutputError: The folder cannot be written.
    """
    require_writable(folder / "images")
    manifest = folder / MANIFEST
    manifest.unlink(missing_ok=True)
    series = [
        write_series(one, folder / "images", number) for number, one in enumerate(result.case.series, start=1)
    ]
    mark = folder / "images" / PHANTOM_MARK
    if result.case.phantom:
        write_json({"notice": PHANTOM_NOTICE}, mark)
    else:
        mark.unlink(missing_ok=True)
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
            write_segmentation(segmentation, path)
    for name in _TABLES:
        write_table(getattr(result, name), folder / f"{name}.csv")
    for name in _TABLES_OF_MAPS:
        if getattr(result, name).empty:
            (folder / f"{name}.csv").unlink(missing_ok=True)
        else:
            write_table(getattr(result, name), folder / f"{name}.csv")
    maps = _write_maps(result, _emptied(folder / "maps"))
    transfers = _write_transfers(result, _emptied(folder / "transfers"))
    case = result.case
    write_json(
        {
            "case": case.identifier,
            "region": str(case.region),
            "reader": case.reader,
            "session": case.session,
            "phantom": case.phantom,
            "series": series,
            "maps": maps,
            "transfers": transfers,
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
        return read_segmentation(folder / f"{name}.nii.gz")

    case = Case(
        identifier=manifest["case"],
        region=Region(manifest["region"]),
        series=tuple(read_series(entry, folder) for entry in manifest["series"]),
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
        measures=read_table(folder / "measures.csv"),
        measures_by_slice=read_table(folder / "measures_by_slice.csv"),
        problems=read_table(folder / "problems.csv"),
        maps=tuple(_read_map(entry, folder) for entry in manifest.get("maps", ())),
        map_measures=read_table(folder / "map_measures.csv"),
        map_measures_by_slice=read_table(folder / "map_measures_by_slice.csv"),
        transfers=tuple(_read_transfer(entry, folder, case) for entry in manifest.get("transfers", ())),
        t2_against_fat=read_table(folder / "t2_against_fat.csv"),
        parameters=manifest["parameters"],
        provenance=manifest["provenance"],
    )


def _emptied(folder: Path) -> Path:
    """Return a folder of this module's own files without those of an earlier run."""
    for path in (*folder.glob("*.nii.gz"), *folder.glob("*.csv"), *folder.glob("*.labels.json")):
        path.unlink()
    return folder


def _write_maps(result: CaseResult, folder: Path) -> list[dict[str, str]]:
    entries = []
    for one in result.maps:
        require_writable(folder)
        path = folder / f"{_file_word(one.sequence)}_{one.kind.file_name}.nii.gz"
        write_image(one.image, path)
        entries.append(
            {
                "kind": one.kind.file_name,
                "sequence": one.sequence,
                "method": one.method,
                "file": f"{folder.name}/{path.name}",
            }
        )
    return entries


def _read_map(entry: dict[str, str], folder: Path) -> CaseMap:
    kind = MapKind.of_file_name(entry["kind"])
    return CaseMap(kind, entry["sequence"], read_image(folder / entry["file"]), entry["method"])


def _write_transfers(result: CaseResult, folder: Path) -> list[dict[str, Any]]:
    entries = []
    for one in result.transfers:
        require_writable(folder)
        path = folder / f"{_file_word(one.structures)}_on_{_file_word(one.sequence)}.nii.gz"
        write_segmentation(one.transfer.segmentation, path)
        volumes = path.with_name(path.name.replace(".nii.gz", ".volumes.csv"))
        write_table(one.transfer.volumes, volumes)
        entries.append(
            {
                "structures": one.structures,
                "sequence": one.sequence,
                "source": one.source,
                "labels": f"{folder.name}/{path.name}",
                "volumes": f"{folder.name}/{volumes.name}",
                **transfer_record(one.transfer),
            }
        )
    return entries


def _read_transfer(entry: dict[str, Any], folder: Path, case: Case) -> CaseTransfer:
    segmentation = read_segmentation(folder / entry["labels"])
    target = next((one for one in case.series if str(one.role) == entry["sequence"]), None)
    if segmentation is None or target is None:
        raise InputError(f"{entry['labels']} or its series is missing in {folder}. Run the case again.")
    transfer = transfer_from_record(entry, segmentation, read_table(folder / entry["volumes"]))
    return CaseTransfer(entry["structures"], entry["sequence"], entry["source"], target.image, transfer)


def _file_word(text: str) -> str:
    return text.replace(" ", "-")
