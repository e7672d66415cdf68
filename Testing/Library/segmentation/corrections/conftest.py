"""A tiny network that knows normal digital thighs, trained once for all tests of a process."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from MuscleMyopathyLib.segmentation.corrections.augmentation import augmented
from MuscleMyopathyLib.segmentation.corrections.finetuning import Replay
from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters
from MuscleMyopathyLib.segmentation.network.card import NetworkCard
from MuscleMyopathyLib.segmentation.network.engine import write_network
from MuscleMyopathyLib.segmentation.training.batches import Batch
from MuscleMyopathyLib.segmentation.training.checking import mean_dice, overlaps
from MuscleMyopathyLib.segmentation.training.parameters import Schedule, TrainingParameters
from MuscleMyopathyLib.segmentation.training.sources import Anatomy
from MuscleMyopathyLib.segmentation.training.trainer import Trainer
from Testing.Library.segmentation.corrections.small_phantoms import GRID, true_views

NORMAL, CHECKED = (1, 2, 3, 4), (11, 12)
NO_SECTIONS = np.zeros((0, 1, 1), np.uint8)
PHANTOMS = Anatomy(
    NO_SECTIONS, NO_SECTIONS.astype(np.int8), NO_SECTIONS, np.zeros(0, np.uint8), ("thighs",), (1.0,), ((),)
)


class NormalViews:
    """Batches of views of normal subjects, changed a little in each step."""

    def __init__(self, parameters: TrainingParameters) -> None:
        self.parameters = parameters
        self.images, self.targets = true_views(NORMAL)

    def __getitem__(self, step: int) -> Batch:
        random = np.random.default_rng([self.parameters.seed, step])
        chosen = random.integers(len(self.images), size=self.parameters.schedule.batch)
        generator = torch.Generator().manual_seed(step)
        images = torch.from_numpy(self.images[chosen])[:, None]
        shown, wanted = augmented(images, torch.from_numpy(self.targets[chosen]), generator)
        return shown, wanted, torch.zeros(len(chosen), dtype=torch.long)


def check(network: torch.nn.Module, weights: Mapping[str, torch.Tensor], parameters: TrainingParameters) -> float:
    """Return the mean Dice on normal subjects that are never trained on."""
    images, targets = true_views(CHECKED)
    network.eval()
    with torch.inference_mode():
        logits = torch.func.functional_call(network, dict(weights), (torch.from_numpy(images)[:, None],))
    return mean_dice(overlaps(logits.argmax(1).numpy(), targets, logits.shape[1]))


@pytest.fixture(scope="session")
def replay() -> Replay:
    return Replay(PHANTOMS, NormalViews, check)


@pytest.fixture(scope="session")
def small_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train and write the network; its folder."""
    folder = tmp_path_factory.mktemp("network")
    torch.set_num_threads(1)
    parameters = TrainingParameters(
        network=NetworkParameters((12, 24, 48), 1),
        schedule=Schedule(steps=220, batch=8, learning_rate=6e-3, warm_up=10, cool_down=120, average=0.95),
    )
    trainer = Trainer(parameters, PHANTOMS, folder)
    batches = NormalViews(parameters)
    for step in range(parameters.schedule.steps):
        trainer.learn(batches[step])
    card = NetworkCard("small", "1", "tests", parameters.network, dataclasses.replace(GRID), "")
    write_network(folder / "network", card, trainer.averaged)
    return folder / "network"
