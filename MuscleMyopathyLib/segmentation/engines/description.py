"""The small YAML file beside weights: the label table and how images are prepared for them.

name: our thigh network
inputs: [T1w]
labels: {1: RF_left, 2: RF_right}
ignored: [3]
orientation: RAS
spacing_mm: [1, 1, -1]
normalisation: z-score of non-zero
window: [128, 128]
network: {name: UNet, spatial_dims: 2, in_channels: 1, out_channels: 4, channels: [16, 32], strides: [2]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.parameters import from_mapping


class Normalisation(StrEnum):
    """How the values of a channel are scaled, over the whole volume."""

    NONE = "none"
    Z_SCORE = "z-score"
    Z_SCORE_NONZERO = "z-score of non-zero"
    """Mean and standard deviation of the voxels that are not 0, which alone are changed."""
    RANGE = "0 to 1"
    """From the lowest to the highest value."""
    PERCENTILES = "percentiles 1 to 99"
    """From the 1st to the 99th percentile, limited to 0 to 1."""


@dataclass(frozen=True)
class EngineDescription:
    """What must be known to run weights of others.

    Attributes:
        name: Of the network.
        inputs: What each input channel is, such as ``T1w``; the order counts.
        labels: From class number (1 and higher; 0 is background) to structure, such as ``RF_left``, or ``RF``
            where the network does not tell the sides apart.
        ignored: Class numbers that are no structure of this extension, such as the femur.
        orientation: The direction to which the array's axes grow, as MONAI and nibabel write it.
        spacing_mm: Along those axes; -1 keeps the image's own.
        normalisation: See `Normalisation`.
        window: Size of the sliding window; two numbers for a network that sees slices, three for volumes.
        overlap: Of neighbouring windows, 0 to below 1.
        foreground_margin: Voxels around what is brighter than 0 to which the image is cropped; -1 does not crop.
        network: A network of MONAI by ``name`` with its arguments; empty for TorchScript, which brings its own.
        remarks: What the user should know, in words.
    """

    name: str
    inputs: tuple[str, ...]
    labels: Mapping[int, str]
    window: tuple[int, ...]
    ignored: tuple[int, ...] = ()
    orientation: str = "RAS"
    spacing_mm: tuple[float, ...] = (-1.0, -1.0, -1.0)
    normalisation: Normalisation = Normalisation.Z_SCORE_NONZERO
    overlap: float = 0.5
    foreground_margin: int = -1
    network: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ValueError("inputs must name at least one channel.")
        if len(self.window) not in (2, 3) or min(self.window) < 1:
            raise ValueError("window must be two or three positive numbers.")
        if len(self.spacing_mm) != 3 or any(step <= 0 and step != -1 for step in self.spacing_mm):
            raise ValueError("spacing_mm must be three positive numbers, or -1 to keep the image's own.")
        if not 0 <= self.overlap < 1:
            raise ValueError("overlap must lie between 0 and 1.")
        if sorted(set(self.orientation.translate(str.maketrans("RAI", "LPS")))) != ["L", "P", "S"]:
            raise ValueError("orientation must be three letters such as RAS.")
        if not self.labels:
            raise ValueError("labels must name at least one structure.")
        numbers = sorted([*self.structures, *self.ignored])
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(
                f"labels and ignored must together number every class from 1 on, each once; they number {numbers}."
            )

    @property
    def structures(self) -> dict[int, Structure]:
        """From class number to structure."""
        return {int(number): Structure.parse(identifier) for number, identifier in self.labels.items()}

    @property
    def classes(self) -> int:
        """Number of output channels, the background included."""
        return 1 + len(self.labels) + len(self.ignored)


def read_description(path: Path) -> EngineDescription:
    """Read the YAML file beside weights.

    Raises:
        InputError: No such file, or it does not describe a network.
    """
    if not path.is_file():
        raise InputError(
            f"There is no file {path}. Weights need a YAML file of the same name beside them, with their label "
            "table and the preparation of images; see Resources/Docs/weights-of-others.md."
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(values, Mapping):
            raise InputError(
                f"{path} does not describe a network: expected lines such as 'labels: {{1: RF_left}}'."
            )
        return from_mapping(EngineDescription, values)
    except (yaml.YAMLError, UnicodeDecodeError, ParameterError, AttributeError) as error:
        raise InputError(f"{path} does not describe a network: {error}") from error
