"""The images of each training step, synthesised from the anatomy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from MuscleMyopathyLib.segmentation.training.pairs import Pairs, augmented
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

    Args:
        parameters: Of the training.
        anatomy: Cross-sections to synthesise from; its sources come first.
        rank: Number of this process among those that share a step.
        pairs: Real pairs by source, which come after the anatomy's sources.
    """

    def __init__(
        self,
        parameters: TrainingParameters,
        anatomy: Anatomy,
        rank: int = 0,
        pairs: Sequence[Pairs] = (),
    ) -> None:
        self.parameters, self.anatomy, self.rank, self.pairs = parameters, anatomy, rank, pairs
        self._of_source = [np.flatnonzero(anatomy.source == number) for number in range(len(anatomy.names))]
        self._of_source += [np.arange(len(part.images)) for part in pairs]
        total = sum(source.weight for source in parameters.pairs) if pairs else 0.0
        shares = [(1 - total) * weight for weight in anatomy.weights]
        self._shares = np.array(shares + ([source.weight for source in parameters.pairs] if pairs else []))

    def __getitem__(self, step: int) -> Batch:
        """Return images, class numbers and the index of each image's source."""
        import torch

        random = np.random.default_rng([self.parameters.seed, step, self.rank])
        sources = np.sort(
            random.choice(
                len(self._of_source), self.parameters.schedule.batch, p=self._shares / self._shares.sum()
            )
        )
        chosen = np.array([int(random.choice(self._of_source[source])) for source in sources])
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        parts: list[tuple[torch.Tensor, torch.Tensor]] = []
        real = sources >= len(self.anatomy.names)
        if not real.all():
            labels, fascia, depth = (
                torch.from_numpy(array[chosen[~real]])
                for array in (self.anatomy.labels, self.anatomy.fascia, self.anatomy.depth)
            )
            parts.append(synthesise(labels, fascia, depth, self.parameters.synthesis, generator))
        if real.any():
            drawn = [
                (self.pairs[source - len(self.anatomy.names)], index)
                for source, index in zip(sources[real], chosen[real], strict=True)
            ]
            images = torch.from_numpy(np.stack([pairs.images[index] for pairs, index in drawn]))
            classes = torch.from_numpy(np.stack([pairs.labels[index] for pairs, index in drawn]))
            parts.append(augmented(images, classes, self.parameters.synthesis, generator))
        return (
            torch.cat([images for images, _ in parts]),
            torch.cat([classes for _, classes in parts]),
            torch.from_numpy(sources),
        )
