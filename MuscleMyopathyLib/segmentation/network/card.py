"""The card of a network: what it is, what it was trained on, what it was measured on, how images are prepared."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.anatomy import structure_type
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.output import write_json
from MuscleMyopathyLib.parameters import from_mapping, to_mapping
from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters
from MuscleMyopathyLib.segmentation.network.classes import TISSUES
from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid

FORMAT = "muscle-myopathy network, version 1"


@dataclass(frozen=True)
class ExpectedPlace:
    """Where a muscle's middle lies in a cross-section, from the training's anatomy.

    Attributes:
        outward: Distance to the lateral side of the middle of all muscle, in units of the muscles' extent (the
            square root of their area).
        backward: The same to the back.
        spread: Standard deviation of both over cross-sections.
    """

    outward: float
    backward: float
    spread: float


@dataclass(frozen=True)
class NetworkCard:
    """What stands beside the weights as ``card.json``.

    Attributes:
        name: Of the network.
        version: Of its weights.
        intended_use: What it is for, and what it is not for.
        network: Its architecture and classes.
        view: How a limb is laid before it.
        weights_sha256: Checksum of the weights file.
        training: What it was trained on and how: sources, files, seeds, steps, stages, parameters.
        figures: What was measured, and on what.
        limits: Known weaknesses, in words.
        expected_places: Where each muscle lies in a cross-section, by code: outward, backward, spread.
    """

    name: str
    version: str
    intended_use: str
    network: NetworkParameters
    view: ViewGrid
    weights_sha256: str
    training: dict[str, Any] = field(default_factory=dict)
    figures: tuple[dict[str, Any], ...] = ()
    limits: tuple[str, ...] = ()
    expected_places: dict[str, Any] = field(default_factory=dict)


def network_name(card: NetworkCard) -> str:
    """Return name and version, for messages, tables and provenance."""
    return f"{card.name} {card.version}"


def read_card(path: Path) -> NetworkCard:
    """Read a card.

    Raises:
        InputError: No such file, or it is not a card that this version understands.
    """
    if not path.is_file():
        raise InputError(f"There is no network card {path}. A network is a folder with card.json and its weights.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format") != FORMAT:
            raise InputError(f"{path} is not a card of {FORMAT!r}.")
        card = from_mapping(NetworkCard, values)
        for name in card.network.classes:
            if name not in TISSUES:
                structure_type(name)
    except (ValueError, KeyError, TypeError, AttributeError, ParameterError) as error:
        raise InputError(f"{path} is not a network card ({error}).") from error
    return card


def write_card(card: NetworkCard, path: Path) -> None:
    """Write a card that `read_card` reads back."""
    write_json({"format": FORMAT, **to_mapping(card)}, path)
