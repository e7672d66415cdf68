"""Trains the network: steps, averaged weights, checkpoints that survive a stop, a log."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.segmentation.network.architecture import make_network
from MuscleMyopathyLib.segmentation.training.loss import marginal_loss, merging_matrices
from MuscleMyopathyLib.segmentation.training.parameters import TrainingParameters, training_to_mapping
from MuscleMyopathyLib.segmentation.training.sources import Anatomy
from MuscleMyopathyLib.segmentation.training.synthesis import synthesise

if TYPE_CHECKING:
    import torch

Batch: TypeAlias = "tuple[torch.Tensor, torch.Tensor, torch.Tensor]"

CHECKPOINT = "checkpoint.pt"
LOG = "log.csv"


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


@dataclass
class Trainer:
    """A network while it learns.

    Args:
        parameters: See `TrainingParameters`.
        anatomy: The cross-sections to synthesise from.
        folder: For checkpoints and the log.
        rank: Number of this process among those that share the work; the first one writes.
        compiled: Whether torch.compile makes the steps faster (by a fifth; needs a C++ compiler and a minute).
    """

    parameters: TrainingParameters
    anatomy: Anatomy
    folder: Path
    rank: int = 0
    compiled: bool = False

    def __post_init__(self) -> None:
        import torch

        torch.manual_seed(self.parameters.seed)
        self.network = make_network(self.parameters.network)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        schedule = self.parameters.schedule
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.step = 0
        self._forward = torch.compile(self.network) if self.compiled else self.network
        self._merging = merging_matrices(self.anatomy.unlabelled, self.parameters.network.classes)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step: warm-up, constant, cosine to 0."""
        schedule = self.parameters.schedule
        rate = schedule.learning_rate * min(1.0, (step + 1) / schedule.warm_up)
        left = schedule.steps - step
        if left < schedule.cool_down:
            rate *= 0.5 - 0.5 * math.cos(math.pi * left / schedule.cool_down)
        return rate

    def images(self) -> Iterator[Batch]:
        """Yield the batches of the steps that remain."""
        batches = StepBatches(self.parameters, self.anatomy, self.rank)
        for step in range(self.step, self.parameters.schedule.steps):
            yield batches[step]

    def learn(self, batch: Batch) -> float:
        """Do one step; return its loss."""
        import torch

        images, targets, sources = batch
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate(self.step)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits = self._forward(images.contiguous(memory_format=torch.channels_last))
        loss = marginal_loss(logits, targets, self._merging[sources])
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self._share_gradients()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        keep = min(self.parameters.schedule.average, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.averaged[name].lerp_(value, 1 - keep)
        return float(loss.detach())

    def _share_gradients(self) -> None:
        """Average the gradients over all processes, if there are several."""
        import torch

        if not torch.distributed.is_initialized():
            return
        gradients = [part.grad for part in self.network.parameters() if part.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        torch.distributed.all_reduce(flat)
        flat /= torch.distributed.get_world_size()
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].reshape(gradient.shape))
            start += gradient.numel()

    def save(self) -> None:
        """Write the checkpoint to a temporary name, then rename it."""
        import torch

        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "averaged": self.averaged,
            "optimiser": self.optimiser.state_dict(),
            "parameters": json.dumps(training_to_mapping(self.parameters)),
        }
        partial = self.folder / (CHECKPOINT + ".partial")
        torch.save(state, partial)
        partial.replace(self.folder / CHECKPOINT)

    def resume(self) -> None:
        """Take up the checkpoint in the folder."""
        import torch

        state: dict[str, Any] = torch.load(self.folder / CHECKPOINT, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.averaged = state["averaged"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])

    def run(self, progress: Progress = silent) -> None:
        """Learn until the schedule's last step, with checkpoints and a line in the log every 50 steps."""
        schedule = self.parameters.schedule
        losses: list[float] = []
        started = time.monotonic()
        for batch in self.images():
            losses.append(self.learn(batch))
            if self.step % 50 == 0 and self.rank == 0:
                self._log(float(np.mean(losses)), (time.monotonic() - started) / len(losses))
                progress(self.step / schedule.steps, f"step {self.step}, loss {np.mean(losses):.3f}")
                losses, started = [], time.monotonic()
            if self.step % schedule.checkpoint_every == 0 and self.rank == 0:
                self.save()
        if self.rank == 0:
            self.save()

    def _log(self, loss: float, seconds: float) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / LOG
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["step", "loss", "learning_rate", "seconds_per_step"])
            writer.writerow([self.step, f"{loss:.4f}", f"{self.learning_rate(self.step):.2e}", f"{seconds:.3f}"])
