"""The images of each training step, synthesised from the anatomy."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from MuscleMyopathyLib.segmentation.training.parameters import TrainingParameters
from MuscleMyopathyLib.segmentation.training.sources import Anatomy
from MuscleMyopathyLib.segmentation.training.synthesis import synthesise

if TYPE_CHECKING:
    import torch

Batch: TypeAlias = "tuple[torch.Tensor, torch.Tensor, torch.Tensor]"
"""Images (image, 1, row, column), class numbers (image, row, column), and the index of each image's source."""


class StepBatches:
    """The images of each step, by the step's number.

    Every step draws from generators seeded with the training's seed and the step's number, so a training that was
    stopped and resumed sees the same images as one that was not.
    """

    def __init__(self, parameters: TrainingParameters, anatomy: Anatomy, rank: int = 0) -> None:
        self.parameters, self.anatomy, self.rank = parameters, anatomy, rank
        self._of_source = [np.flatnonzero(anatomy.source == number) for number in range(len(anatomy.names))]

    def __getitem__(self, step: int) -> Batch:
        """Return images, class numbers and the index of each image's source."""
        import torch

        random = np.random.default_rng([self.parameters.seed, step, self.rank])
        sources = random.choice(len(self._of_source), self.parameters.schedule.batch, p=self.anatomy.weights)
        chosen = [int(random.choice(self._of_source[source])) for source in sources]
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        labels, fascia, depth = (
            torch.from_numpy(array[chosen])
            for array in (self.anatomy.labels, self.anatomy.fascia, self.anatomy.depth)
        )
        images, targets = synthesise(labels, fascia, depth, self.parameters.synthesis, generator)
        return images, targets, torch.from_numpy(sources)
