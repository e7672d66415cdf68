"""A MONAI bundle: a folder or a zip with configs/, models/ and its label table in configs/metadata.json.

A bundle's configuration is a program (``_target_`` names what to call, ``$`` an expression to evaluate). It is
read here as plain data and never run: of the network and of the preparation only what stands on a list is
understood, and everything else is refused with what to do about it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.label_schemes import structure_from_text
from MuscleMyopathyLib.segmentation.engines.described import DescribedEngine, described_weights
from MuscleMyopathyLib.segmentation.engines.description import EngineDescription, Normalisation

CONFIGS = ("inference.json", "inference.yaml", "train.json", "train.yaml")
WEIGHTS = ("model.safetensors", "model.pt", "model.pth")
HARMLESS = frozenset({"LoadImage", "EnsureChannelFirst", "EnsureType", "ToTensor", "CastToType", "EnsureTyped"})
"""Steps of the preparation that change no value and no grid."""
LARGEST_ARCHIVE_BYTES = 4 * 2**30


def monai_bundle(path: Path) -> DescribedEngine:
    """Return the network of a bundle.

    Raises:
        InputError: The bundle lacks a part, its configuration goes beyond what is read, its archive leaves its
            folder, or weights and label table do not belong together.
    """
    if path.is_dir():
        return _from_folder(path, path.name)
    with TemporaryDirectory() as folder:
        _unpack(path, Path(folder))
        return _from_folder(_root(Path(folder), path), path.stem)


def bundle_description(metadata: Mapping[str, Any], config: Mapping[str, Any], name: str) -> EngineDescription:
    """Return what a bundle's files say as a description.

    Args:
        metadata: ``configs/metadata.json``.
        config: Its inference or training configuration.
        name: Of the bundle.

    Raises:
        InputError: Something is missing, or goes beyond what is read.
    """
    try:
        formats = metadata["network_data_format"]
        (image,) = formats["inputs"].values()
        output = next(iter(formats["outputs"].values()))
        table = {int(number): str(text) for number, text in output["channel_def"].items()}
        channels = image.get("channel_def") or {
            str(n): f"image {n + 1}" for n in range(int(image["num_channels"]))
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"The bundle {name} does not say in configs/metadata.json what goes in and comes out "
            f"(network_data_format, {error!r})."
        ) from error
    labels, ignored = {}, []
    for number, text in table.items():
        if number == 0:
            continue
        try:
            labels[number] = structure_from_text(text).identifier
        except ParameterError:
            ignored.append(number)
    if not labels:
        raise InputError(
            f"The bundle {name} segments nothing that this extension knows: {', '.join(table.values())}."
        )
    unknown = ", ".join(table[number] for number in ignored)
    values = {
        "name": f"{metadata.get('name', name)} {metadata.get('version', '')}".strip(),
        "inputs": tuple(str(channels[key]) for key in sorted(channels, key=int)),
        "labels": labels,
        "ignored": tuple(ignored),
        "network": _network(config, name),
        "remarks": (f"Left out, for want of a structure here: {unknown}.",) if unknown else (),
        **_preparation(config, name),
        **_window(config, image, name),
    }
    try:
        return EngineDescription(**values)
    except (ValueError, ParameterError) as error:
        raise InputError(f"The bundle {name} cannot be used: {error}") from error


def _from_folder(folder: Path, name: str) -> DescribedEngine:
    metadata = _read(folder / "configs" / "metadata.json", name)
    config = next(
        (_read(folder / "configs" / file, name) for file in CONFIGS if (folder / "configs" / file).is_file()), None
    )
    if config is None:
        raise InputError(f"The bundle {name} has no configs/inference.json.")
    weights = next((folder / "models" / file for file in WEIGHTS if (folder / "models" / file).is_file()), None)
    if weights is None:
        raise InputError(f"The bundle {name} has no weights models/model.pt.")
    return described_weights(weights, bundle_description(metadata, config, name))


def _read(path: Path, name: str) -> Mapping[str, Any]:
    if not path.is_file():
        raise InputError(f"The bundle {name} has no configs/{path.name}; it is incomplete or no MONAI bundle.")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"configs/{path.name} of the bundle {name} cannot be read: {error}") from error
    if not isinstance(values, Mapping):
        raise InputError(f"configs/{path.name} of the bundle {name} holds no settings.")
    return values


def _network(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    definition = config.get("network_def", config.get("network"))
    if not isinstance(definition, Mapping) or "_target_" not in definition:
        raise InputError(f"The bundle {name} has no plain network definition (network_def).")
    arguments = {
        key: _resolved(value, config, name) for key, value in definition.items() if not key.startswith("_")
    }
    return {"name": _target(definition), **arguments}


def _preparation(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    preprocessing = config.get("preprocessing", {})
    steps = preprocessing.get("transforms", []) if isinstance(preprocessing, Mapping) else []
    found: dict[str, Any] = {"normalisation": Normalisation.NONE}
    for step in steps:
        if not isinstance(step, Mapping):
            raise InputError(f"The bundle {name} prepares images by {step!r}, which is no plain step.")
        target = _target(step).removesuffix("d").removesuffix("Dict")
        values = {key: _resolved(value, config, name) for key, value in step.items() if not key.startswith("_")}
        if target == "Orientation":
            found["orientation"] = str(values["axcodes"])
        elif target == "Spacing":
            found["spacing_mm"] = tuple(float(length) for length in values["pixdim"])
        elif target == "NormalizeIntensity" and set(values) <= {"keys", "nonzero", "channel_wise"}:
            nonzero = bool(values.get("nonzero", False))
            found["normalisation"] = Normalisation.Z_SCORE_NONZERO if nonzero else Normalisation.Z_SCORE
        elif target == "ScaleIntensity" and values.get("minv", 0) == 0 and values.get("maxv", 1) == 1:
            found["normalisation"] = Normalisation.RANGE
        elif target == "CropForeground" and set(values) <= {"keys", "source_key", "margin"}:
            found["foreground_margin"] = int(values.get("margin", 0))
        elif target not in HARMLESS:
            raise InputError(
                f"The bundle {name} prepares images by {_target(step)}, which is not read from a bundle. Write "
                "its preparation into a YAML file beside the bare weights instead."
            )
    return found


def _window(config: Mapping[str, Any], image: Mapping[str, Any], name: str) -> dict[str, Any]:
    inferer = config.get("inferer", {})
    inferer = inferer if isinstance(inferer, Mapping) else {}
    size = _resolved(inferer.get("roi_size", image.get("spatial_shape")), config, name)
    if not isinstance(size, list | tuple) or not all(isinstance(length, int) for length in size):
        raise InputError(f"The bundle {name} does not give the size of its window as numbers: {size!r}.")
    return {"window": tuple(size), "overlap": float(_resolved(inferer.get("overlap", 0.25), config, name))}


def _target(definition: Mapping[str, Any]) -> str:
    return str(definition.get("_target_", "")).rsplit(".", maxsplit=1)[-1]


def _resolved(value: Any, config: Mapping[str, Any], name: str, depth: int = 0) -> Any:
    """Follow a reference to a plain value of the same file (``@image_size``); refuse what would be evaluated."""
    if isinstance(value, list | tuple):
        return [_resolved(item, config, name, depth) for item in value]
    if not isinstance(value, str):
        return value
    reference = re.fullmatch(r"@(\w+)", value)
    if reference and reference[1] in config and depth < 4:
        return _resolved(config[reference[1]], config, name, depth + 1)
    if value.startswith(("$", "@", "%")):
        raise InputError(
            f"The bundle {name} holds the expression {value!r} where a value is needed; expressions are not "
            "evaluated, because they can run code. Replace it by its value."
        )
    return value


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                parts = PurePosixPath(entry.filename.replace("\\", "/"))
                if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename:
                    raise InputError(f"{path} would write outside its folder ({entry.filename}). Do not use it.")
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_ARCHIVE_BYTES:
                raise InputError(f"{path} unpacks to more than 4 GB. Unpack it yourself and name the folder.")
            archive.extractall(folder)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise InputError(f"{path} is truncated, damaged or no zip archive ({error}). Copy it again.") from error


def _root(folder: Path, path: Path) -> Path:
    for candidate in (folder, *sorted(entry for entry in folder.iterdir() if entry.is_dir())):
        if (candidate / "configs").is_dir():
            return candidate
    raise InputError(f"{path} is no MONAI bundle: it has no folder configs.")
