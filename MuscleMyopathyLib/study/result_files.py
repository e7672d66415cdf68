"""The files of a case's results: series, segmentations with their label schemes, tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.imaging.files import read_image, write_image
from MuscleMyopathyLib.imaging.image_file_series import write_sidecar
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Acquisition, Series
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.output import write_json


def write_series(series: Series, folder: Path, number: int) -> dict[str, Any]:
    """Write the images of a series, each with its sidecar, and return its entry in the manifest."""
    files = []
    for echo, image in enumerate(series.echoes or (series.image,)):
        suffix = f"_echo-{echo + 1}" if series.echoes else ""
        path = folder / f"{number:02d}_{str(series.role).replace(' ', '-')}{suffix}.nii.gz"
        write_image(image, path)
        write_sidecar(series, path, echo)
        files.append(f"{folder.name}/{path.name}")
    return {
        "name": series.name,
        "role": str(series.role),
        "reason": series.reason,
        "files": files,
        "echo_times_ms": list(series.echo_times_ms),
        "acquisition": dataclasses.asdict(series.acquisition),
        "frame_of_reference_uid": series.frame_of_reference_uid,
        "problems": list(series.problems),
    }


def read_series(entry: Mapping[str, Any], folder: Path) -> Series:
    """Read a series by its entry in the manifest."""
    images = tuple(read_image(folder / name) for name in entry["files"])
    return Series(
        name=entry["name"],
        image=images[0],
        role=Role(entry["role"]),
        reason=entry["reason"],
        echoes=images if len(images) > 1 else (),
        echo_times_ms=tuple(entry["echo_times_ms"]),
        acquisition=Acquisition(**entry["acquisition"]),
        frame_of_reference_uid=entry.get("frame_of_reference_uid"),
        problems=tuple(entry["problems"]),
    )


def write_segmentation(segmentation: Segmentation, path: Path) -> None:
    """Write a label image with its label scheme beside it."""
    write_json(
        {"labels": {str(label): s.identifier for label, s in segmentation.structures.items()}},
        _scheme_path(path),
    )
    write_image(segmentation.image, path)


def read_segmentation(path: Path) -> Segmentation | None:
    """Read a label image with its label scheme; None where there is none."""
    return Segmentation(read_image(path), read_label_scheme(_scheme_path(path))) if path.is_file() else None


def _scheme_path(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".nii.gz") + ".labels.json")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table of results, its texts as texts; empty where there is none."""
    if not path.is_file():
        return pd.DataFrame()
    texts = ("case", "reader", "sequence", "region", "structure", "side", "stage", "quantity", "problem")
    table = pd.read_csv(path, dtype=dict.fromkeys(texts, str))
    present = [name for name in texts if name in table.columns]
    table[present] = table[present].fillna("")
    return table
