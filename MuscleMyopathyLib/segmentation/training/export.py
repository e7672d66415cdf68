"""A trained network as it ships: averaged weights, and a card that says what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from MuscleMyopathyLib.segmentation.network.card import NetworkCard, network_name, read_card
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, OTHER
from MuscleMyopathyLib.segmentation.network.engine import CARD, write_network
from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid
from MuscleMyopathyLib.segmentation.training.cross_sections import PIXEL_MM, UNNAMED_MUSCLE
from MuscleMyopathyLib.segmentation.training.parameters import TrainingParameters
from MuscleMyopathyLib.segmentation.training.sources import Anatomy

INTENDED_USE = (
    "Outlines of thigh and calf muscles on axial MR images of adults, as a first draft that a reader looks at and "
    "corrects; for research. Not a medical device, not for diagnosis without a reader."
)


def expected_places(anatomy: Anatomy, sample: int = 1500) -> dict[str, list[float]]:
    """Return where each muscle lies in a cross-section: outward, backward, spread (see `ExpectedPlace`)."""
    chosen = np.unique(np.linspace(0, len(anatomy.labels) - 1, sample).round().astype(int))
    found: dict[int, list[tuple[float, float]]] = {}
    for labels in anatomy.labels[chosen]:
        muscle = (labels > OTHER) & (labels != UNNAMED_MUSCLE)
        if not muscle.any():
            continue
        middle = [where.mean() for where in np.nonzero(muscle)]
        extent = np.sqrt(muscle.sum())
        for number in np.unique(labels[muscle]):
            row, column = (where.mean() for where in np.nonzero(labels == number))
            found.setdefault(int(number), []).append(((middle[1] - column) / extent, (row - middle[0]) / extent))
    return {
        CLASSES[number]: [
            *(round(float(value), 4) for value in np.mean(places, axis=0)),
            round(float(np.sqrt(np.var(places, axis=0).mean())), 4),
        ]
        for number, places in sorted(found.items())
    }


def export_network(
    checkpoint: Path,
    parameters: TrainingParameters,
    anatomy: Anatomy,
    folder: Path,
    *,
    version: str,
    stages: list[dict[str, Any]],
    figures: tuple[Mapping[str, Any], ...] = (),
    limits: tuple[str, ...] = (),
) -> None:
    """Write the averaged weights of a checkpoint and their card.

    Args:
        checkpoint: As the trainer wrote it.
        parameters: Of the training's last stage.
        anatomy: What it was trained on.
        folder: For ``card.json`` and the weights.
        version: Of the weights.
        stages: What was done from which step on, and why.
        figures: What was measured, and on what.
        limits: Known weaknesses.
    """
    import torch

    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    card = NetworkCard(
        name=parameters.name,
        version=version,
        intended_use=INTENDED_USE,
        network=parameters.network,
        view=ViewGrid(parameters.synthesis.size, PIXEL_MM),
        weights_sha256="",
        training={
            "steps": int(state["step"]),
            "stages": stages,
            "sources": [
                {"name": name, "share": round(weight, 4), "unlabelled": list(unlabelled), "files": list(files)}
                for name, weight, unlabelled, files in zip(
                    anatomy.names, anatomy.weights, anatomy.unlabelled, anatomy.files, strict=True
                )
            ],
            "pairs": [{"name": pair.name, "share": pair.weight} for pair in parameters.pairs],
            **_beginning(parameters),
        },
        figures=tuple(dict(figure) for figure in figures),
        limits=limits,
        expected_places=expected_places(anatomy),
    )
    write_network(folder, card, state["averaged"])


def _beginning(parameters: TrainingParameters) -> dict[str, Any]:
    """Return what the weights that a training started from were trained on."""
    if not parameters.start_from:
        return {}
    card = read_card(Path(parameters.start_from) / CARD)
    return {"started_from": {"network": network_name(card), **card.training}}
