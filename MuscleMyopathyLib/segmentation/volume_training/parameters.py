"""Parameters of the training of a volume network, as its YAML file holds them (``kind: volume``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from MuscleMyopathyLib.anatomy import Region, structure_type
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.parameters import from_mapping, to_mapping
from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.segmentation.engines.description import EngineDescription, Normalisation

KIND = "volume"


@dataclass(frozen=True)
class DigitalExaminations:
    """T2w examinations of digital limbs.

    Attributes:
        subjects: How many; their patterns of disease take turns, severity and size are drawn.
        first_seed: Seed of the first subject; the others follow.
    """

    subjects: int
    first_seed: int


@dataclass(frozen=True)
class VolumeTrainingParameters:
    """One training of a MONAI 3D U-Net.

    Attributes:
        name: Of the network and its files.
        region: Thigh or calf.
        structure: Code of the one muscle to find; left and right are told apart afterwards by the legs' place.
        training: Examinations to train on.
        testing: Examinations to test on, never trained on.
        patterns: Distributions of disease that take turns.
        snr: Signal-to-noise ratio of the images.
        protocol: Grid of the examinations.
        spacing_mm: Of the network's volume (x, y, z); -1 keeps the image's own.
        window: Voxels (x, y, z) that the network sees at once.
        channels: Features per level.
        strides: Per level but the first, along x, y and z.
        residual_units: Per level.
        steps: Training steps.
        batch: Windows per step; half of them around the muscle.
        learning_rate: Of AdamW, falling to 0 along a cosine.
        checkpoint_every: Steps between checkpoints.
        seed: Of weights, windows and their changes.
    """

    name: str
    training: DigitalExaminations
    testing: DigitalExaminations
    region: Region = Region.THIGH
    structure: str = "RF"
    patterns: tuple[str, ...] = tuple(pattern.value for pattern in Pattern)
    snr: float = 40.0
    protocol: Protocol = field(
        default_factory=lambda: Protocol(160, 96, (2.375, 2.375), thickness_mm=6, spacing_mm=12)
    )
    spacing_mm: tuple[float, ...] = (3.0, 3.0, -1.0)
    window: tuple[int, ...] = (64, 64, 16)
    channels: tuple[int, ...] = (8, 16, 32, 64)
    strides: tuple[Any, ...] = ((2, 2, 1), (2, 2, 2), (2, 2, 2))
    residual_units: int = 1
    steps: int = 800
    batch: int = 4
    learning_rate: float = 3e-3
    checkpoint_every: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        structure_type(self.structure)
        for pattern in self.patterns:
            Pattern(pattern)
        of_training = range(self.training.first_seed, self.training.first_seed + self.training.subjects)
        of_testing = range(self.testing.first_seed, self.testing.first_seed + self.testing.subjects)
        if set(of_training) & set(of_testing):
            raise ValueError("training and testing must not share a subject: choose seeds further apart.")
        if min(self.steps, self.batch, self.training.subjects, self.testing.subjects) < 1:
            raise ValueError("steps, batch and the numbers of subjects must be at least 1.")

    @property
    def description(self) -> EngineDescription:
        """How the network sees images: what stands beside its weights, and what training uses itself."""
        return EngineDescription(
            name=self.name,
            inputs=("T2w",),
            labels={1: self.structure},
            window=self.window,
            spacing_mm=self.spacing_mm,
            normalisation=Normalisation.Z_SCORE_NONZERO,
            network={
                "name": "UNet",
                "spatial_dims": 3,
                "in_channels": 1,
                "out_channels": 2,
                "channels": list(self.channels),
                "strides": [list(stride) if isinstance(stride, tuple) else stride for stride in self.strides],
                "num_res_units": self.residual_units,
                "norm": "instance",
            },
            remarks=("Trained on the digital limb alone: never evidence about patients.",),
        )


def is_volume_training(path: Path) -> bool:
    """Tell whether a YAML file describes the training of a volume network."""
    return _values(path).get("kind") == KIND


def read_volume_training(path: Path) -> VolumeTrainingParameters:
    """Read the parameters of a training from a YAML file.

    Raises:
        InputError: No such file, or not YAML.
        ParameterError: A name or value in it is unknown or refused.
    """
    values = {name: value for name, value in _values(path).items() if name != "kind"}
    if "strides" in values:
        values["strides"] = tuple(tuple(step) if isinstance(step, list) else step for step in values["strides"])
    return from_mapping(VolumeTrainingParameters, values)


def volume_training_to_mapping(parameters: VolumeTrainingParameters) -> dict[str, Any]:
    """Return plain values that `read_volume_training` reads back from a YAML file."""
    return {"kind": KIND, **to_mapping(parameters)}


def description_to_mapping(description: EngineDescription) -> dict[str, Any]:
    """Return the plain values of the YAML file that stands beside weights."""
    values = to_mapping(description)
    return {name: value for name, value in values.items() if value}


def _values(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"There is no training file {path}.")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} holds no parameters of a training.")
    return values
