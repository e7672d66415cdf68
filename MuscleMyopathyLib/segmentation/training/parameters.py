"""Parameters of a training, as its YAML file holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.parameters import from_mapping, to_mapping
from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters
from MuscleMyopathyLib.segmentation.training.pairs import PairSource
from MuscleMyopathyLib.segmentation.training.sources import DigitalLimbSource, LabelMapSource, Source
from MuscleMyopathyLib.segmentation.training.synthesis import SynthesisParameters


@dataclass(frozen=True)
class Schedule:
    """How long and how fast the network learns.

    Attributes:
        steps: Steps in all.
        batch: Images per step.
        learning_rate: Of AdamW.
        warm_up: Steps until the full learning rate.
        cool_down: Last steps, over which the learning rate falls to 0 along a cosine.
        weight_decay: Of AdamW.
        average: Share of the averaged weights that survives a step; the averaged weights are what is kept.
        log_every: Steps between lines in the log.
        checkpoint_every: Steps between checkpoints.
        check_every: Steps between checks; a multiple of ``log_every``.
    """

    steps: int = 20000
    batch: int = 8
    learning_rate: float = 1e-3
    warm_up: int = 100
    cool_down: int = 4000
    weight_decay: float = 1e-4
    average: float = 0.998
    log_every: int = 50
    checkpoint_every: int = 250
    check_every: int = 500


@dataclass(frozen=True)
class TrainingParameters:
    """One training.

    Attributes:
        name: Of the network.
        seed: Of weights and images.
        label_maps, digital_limbs: The anatomy.
        check_limbs: Digital limbs that are never trained on, for the checks.
        pairs: Real images with labels; the weight of each is its share of all images, the anatomy has the rest.
        start_from: Folder of a network whose weights the training starts from; empty for random weights.
        network, synthesis, schedule: See there.
    """

    name: str = "muscles"
    seed: int = 0
    label_maps: tuple[LabelMapSource, ...] = ()
    digital_limbs: tuple[DigitalLimbSource, ...] = ()
    check_limbs: tuple[DigitalLimbSource, ...] = ()
    pairs: tuple[PairSource, ...] = ()
    start_from: str = ""
    network: NetworkParameters = field(default_factory=NetworkParameters)
    synthesis: SynthesisParameters = field(default_factory=SynthesisParameters)
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def sources(self) -> tuple[Source, ...]:
        """All anatomy, in the order in which its cross-sections are numbered."""
        return (*self.label_maps, *self.digital_limbs)


def read_training(path: Path) -> TrainingParameters:
    """Read the parameters of a training from a YAML file.

    Raises:
        InputError: No such file, or not YAML.
        ParameterError: A name or value in it is unknown or refused.
    """
    if not path.is_file():
        raise InputError(f"There is no training file {path}.")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(values, Mapping):
        raise InputError(f"{path} holds no parameters of a training.")
    return training_from_mapping(values)


def training_from_mapping(values: Mapping[str, Any]) -> TrainingParameters:
    """Return the parameters that plain values describe."""
    values = dict(values)
    kinds = {
        "label_maps": LabelMapSource,
        "digital_limbs": DigitalLimbSource,
        "check_limbs": DigitalLimbSource,
        "pairs": PairSource,
    }
    for name, kind in kinds.items():
        listed = values.get(name, ())
        if not isinstance(listed, list | tuple):
            raise ParameterError(f"{name} must be a list of sources.")
        values[name] = tuple(from_mapping(kind, item) for item in listed)
    return from_mapping(TrainingParameters, values)


def training_to_mapping(parameters: TrainingParameters) -> dict[str, Any]:
    """Return plain values that `training_from_mapping` reads back."""
    return to_mapping(parameters)
