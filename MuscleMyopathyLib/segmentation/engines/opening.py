"""Opens whatever weights the user names: which kind they are is read from the files."""

from __future__ import annotations

import zipfile
from pathlib import Path

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.label_schemes import LabelScheme
from MuscleMyopathyLib.segmentation.engines.described import (
    described_weights,
    musclemap_description,
    torchscript,
)
from MuscleMyopathyLib.segmentation.engines.description import EngineDescription, read_description
from MuscleMyopathyLib.segmentation.engines.engine import VolumeEngine
from MuscleMyopathyLib.segmentation.engines.monai_bundle import monai_bundle
from MuscleMyopathyLib.segmentation.engines.nnunet import NNUNetEngine

KINDS = (
    "a folder with plans.json and dataset.json (nnU-Net v2), a folder or zip with configs/ and models/ (MONAI "
    "bundle), or a weights file (.pt, .pth, .ts, .safetensors) with a .yaml or MuscleMap's .json of the same name "
    "beside it"
)


def open_engine(path: Path, *, scheme: LabelScheme | None = None, trusted: bool = False) -> VolumeEngine:
    """Return the network that a file or folder holds.

    Args:
        path: What the user named; nothing is searched for or downloaded.
        scheme: From the label numbers of an nnU-Net dataset to structures, where its names do not tell.
        trusted: The user's word that a TorchScript file comes from a source to trust: it is a program.

    Raises:
        InputError: It is none of the kinds, or one of them with something wrong.
        MissingPackageError: torch or MONAI is not installed.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    if path.is_dir():
        if (path / "plans.json").is_file() or (path / "dataset.json").is_file():
            return NNUNetEngine(path, scheme)
        if (path / "configs").is_dir():
            return monai_bundle(path)
        raise InputError(f"{path} is no network. A network is {KINDS}.")
    if path.suffix == ".zip":
        return monai_bundle(path)
    if path.suffix in (".pt", ".pth", ".ts", ".safetensors"):
        description = _description(path)
        if _is_torchscript(path):
            return torchscript(path, description, trusted=trusted)
        return described_weights(path, description)
    raise InputError(f"{path} is no network. A network is {KINDS}.")


def _description(weights: Path) -> EngineDescription:
    """Read the YAML beside weights, else the JSON of MuscleMap."""
    of_musclemap = weights.with_suffix(".json")
    if not weights.with_suffix(".yaml").is_file() and of_musclemap.is_file():
        return musclemap_description(of_musclemap)
    return read_description(weights.with_suffix(".yaml"))


def _is_torchscript(path: Path) -> bool:
    """Tell TorchScript from a state dict: both are zip archives of torch, and only the first holds code."""
    if path.suffix == ".ts":
        return True
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in name for name in archive.namelist())
