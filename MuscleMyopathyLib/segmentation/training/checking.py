"""How well the network does on images that it was not trained on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.segmentation.network.classes import OTHER
from MuscleMyopathyLib.segmentation.training.batches import StepBatches
from MuscleMyopathyLib.segmentation.training.parameters import TrainingParameters
from MuscleMyopathyLib.segmentation.training.sources import Anatomy

if TYPE_CHECKING:
    import torch

BATCHES = 8
CHECK_SEED = 1_000_003
"""The check images are the same in every check, and none of the training's."""


def check_dice(
    network: torch.nn.Module,
    weights: Mapping[str, torch.Tensor],
    parameters: TrainingParameters,
    anatomy: Anatomy,
) -> float:
    """Return the mean Dice over the muscles in synthetic images of anatomy that is not trained on.

    Args:
        network: The architecture.
        weights: The weights to check, which replace the network's own for this call.
        parameters: Of the training; the synthesis is the same.
        anatomy: Cross-sections, all muscles labelled.
    """
    import torch

    batches = StepBatches(dataclasses.replace(parameters, seed=CHECK_SEED), anatomy)
    counts = np.zeros((3, len(parameters.network.classes)))
    network.eval()
    with torch.inference_mode():
        for number in range(BATCHES):
            images, targets, _ = batches[number]
            logits = torch.func.functional_call(network, dict(weights), (images,))
            counts += overlaps(logits.argmax(1).numpy(), targets.numpy(), counts.shape[1])
    network.train()
    return mean_dice(counts)


def overlaps(
    found: npt.NDArray[np.integer], truth: npt.NDArray[np.integer], classes: int
) -> npt.NDArray[np.float64]:
    """Return per class the pixels found, the true ones, and those common to both: (3, class)."""
    return np.stack(
        [
            np.bincount(values.ravel(), minlength=classes).astype(np.float64)
            for values in (found, truth, found[found == truth])
        ]
    )


def mean_dice(counts: npt.NDArray[np.float64]) -> float:
    """Return the mean Dice over the muscles that are in the truth, from the counts of `overlaps`."""
    found, truth, both = counts[:, OTHER + 1 :]
    shown = truth > 0
    return float(np.mean(2 * both[shown] / (found + truth)[shown])) if shown.any() else float("nan")
