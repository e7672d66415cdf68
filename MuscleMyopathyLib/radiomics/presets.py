"""Presets: a PyRadiomics parameter file plus our preprocessing, checked as a whole when read.

>>> preset = read_radiomics_preset("wei2023")
>>> sorted(preset.pyradiomics["imageType"])
['Gradient', 'LBP2D', 'Original', 'Wavelet']
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.parameters import from_mapping, to_mapping
from MuscleMyopathyLib.radiomics.engine import pyradiomics, quiet
from MuscleMyopathyLib.radiomics.preprocessing import Preprocessing
from MuscleMyopathyLib.resources import resource

_ABOUT = ("description", "source", "notes")
_PYRADIOMICS = ("imageType", "featureClass", "setting", "voxelSetting")


@dataclass(frozen=True)
class RadiomicsPreset:
    """How features are made.

    Attributes:
        name: Its short name; a user's file is named after the file.
        preprocessing: What happens before PyRadiomics.
        pyradiomics: PyRadiomics' own parameters: ``imageType``, ``featureClass``, ``setting``.
        description: One line.
        source: The paper that it follows, empty for one's own.
        notes: What the paper leaves open, and what was taken.
    """

    name: str
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    pyradiomics: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 (64 hex digits) of everything that decides on values; name and remarks do not."""
        content = {"preprocessing": to_mapping(self.preprocessing), **self.pyradiomics}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values as in the YAML file, which `preset_from_mapping` reads back."""
        return {
            "description": self.description,
            "source": self.source,
            "notes": list(self.notes),
            "preprocessing": to_mapping(self.preprocessing),
            **copy.deepcopy(dict(self.pyradiomics)),
        }


def shipped_presets() -> dict[str, str]:
    """Return the names of the shipped presets with their one-line descriptions, without PyRadiomics."""
    files = sorted(resource("Presets", "Radiomics").glob("*.yaml"))
    return {file.stem: str(_read_yaml(file).get("description", "")) for file in files}


def read_radiomics_preset(name_or_path: str | Path) -> RadiomicsPreset:
    """Read a shipped preset by its name, or a preset or any PyRadiomics parameter file by its path.

    Raises:
        InputError: No such preset or file, or it is not YAML (JSON is YAML).
        ParameterError: It has an unknown key, the known ones are listed; or PyRadiomics refuses a value.
        MissingPackageError: PyRadiomics, which checks its part, is not installed.
    """
    path = Path(name_or_path)
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        path = resource("Presets", "Radiomics", f"{name_or_path}.yaml")
    if not path.is_file():
        raise InputError(f"There is no preset file {path}.")
    return preset_from_mapping(_read_yaml(path), path.stem)


def preset_from_mapping(values: Mapping[str, Any], name: str) -> RadiomicsPreset:
    """Make a preset from plain values, as in the YAML file.

    Raises:
        ParameterError, MissingPackageError: As `read_radiomics_preset`.
    """
    _refuse_unknown(f"The preset {name}", values, [*_ABOUT, "preprocessing", *_PYRADIOMICS])
    preprocessing = values.get("preprocessing") or {}
    if not isinstance(preprocessing, Mapping):
        raise ParameterError(f"The preset {name}: preprocessing is not a list of names and values.")
    parameters = {key: copy.deepcopy(values[key]) for key in _PYRADIOMICS if values.get(key) is not None}
    _check_pyradiomics(parameters, name)
    return RadiomicsPreset(
        name=name,
        preprocessing=from_mapping(Preprocessing, preprocessing),
        pyradiomics=parameters,
        description=str(values.get("description", "")).strip(),
        source=str(values.get("source", "")).strip(),
        notes=tuple(str(note).strip() for note in values.get("notes") or ()),
    )


def with_setting(preset: RadiomicsPreset, **settings: Any) -> RadiomicsPreset:
    """Return the preset with some of PyRadiomics' settings changed, e.g. ``with_setting(preset, binWidth=5)``.

    Raises:
        ParameterError: PyRadiomics has no such setting or refuses the value.
    """
    changed = {**preset.pyradiomics, "setting": {**preset.pyradiomics.get("setting", {}), **settings}}
    _check_pyradiomics(changed, preset.name)
    return dataclasses.replace(preset, pyradiomics=changed)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} is no preset: expected names such as imageType, featureClass and setting.")
    return values


def _refuse_unknown(owner: str, values: Mapping[str, Any], known: list[str]) -> None:
    unknown = sorted(str(key) for key in set(values) - set(known))
    if unknown:
        raise ParameterError(f"{owner} has no {', '.join(unknown)}. Known are: {', '.join(sorted(known))}.")


def _check_pyradiomics(parameters: dict[str, Any], name: str) -> None:
    """Check against PyRadiomics' own schema, after naming unknown keys in a way that helps."""
    radiomics = pyradiomics()
    schema_file, functions_file = radiomics.getParameterValidationFiles()
    schema = yaml.safe_load(Path(schema_file).read_text(encoding="utf-8"))["mapping"]
    for section in parameters:
        if not isinstance(parameters[section], Mapping):
            raise ParameterError(f"The preset {name}: {section} is not a list of names and values.")
    for section in ("setting", "voxelSetting"):
        known = list(schema[section]["mapping"])
        _refuse_unknown(f"The preset {name}: {section}", parameters.get(section, {}), known)
    settings = list(schema["setting"]["mapping"])
    image_types = parameters.get("imageType", {})
    _refuse_unknown(f"The preset {name}: imageType", image_types, list(radiomics.getImageTypes()))
    for image_type, own in image_types.items():
        _refuse_unknown(f"The preset {name}: imageType {image_type}", own or {}, settings)
    classes = radiomics.getFeatureClasses()
    _refuse_unknown(f"The preset {name}: featureClass", parameters.get("featureClass", {}), list(classes))
    for feature_class, features in parameters.get("featureClass", {}).items():
        _refuse_unknown(
            f"The preset {name}: featureClass {feature_class}",
            dict.fromkeys(features or []),
            list(classes[feature_class].getFeatureNames()),
        )
    with quiet():
        schema_checker = pyradiomics("pykwalify.core")
        errors = pyradiomics("pykwalify.errors")
        try:
            schema_checker.Core(
                source_data=parameters, schema_files=[schema_file], extensions=[functions_file]
            ).validate()
        except (errors.PyKwalifyException, ValueError, TypeError) as error:
            raise ParameterError(f"The preset {name}: PyRadiomics refuses it: {error}") from error
