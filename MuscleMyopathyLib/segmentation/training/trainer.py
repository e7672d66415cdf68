"""Trains the network: steps, averaged weights, checkpoints that survive a stop, a log."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from MuscleMyopathyLib.output import write_json
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.segmentation.network.architecture import make_network
from MuscleMyopathyLib.segmentation.network.card import network_name, read_card
from MuscleMyopathyLib.segmentation.network.engine import CARD, NetworkEngine
from MuscleMyopathyLib.segmentation.training.batches import Batch, StepBatches
from MuscleMyopathyLib.segmentation.training.checking import check_dice
from MuscleMyopathyLib.segmentation.training.loss import marginal_loss, merging_matrices
from MuscleMyopathyLib.segmentation.training.pairs import Pairs, unlabelled_in
from MuscleMyopathyLib.segmentation.training.parameters import TrainingParameters, training_to_mapping
from MuscleMyopathyLib.segmentation.training.sources import Anatomy

CHECKPOINT = "checkpoint.pt"
LOG = "log.csv"
STAGES = "stages.json"


def read_stages(folder: Path) -> list[dict[str, Any]]:
    """Return the stages of a training so far: the step from which each held, and its parameters."""
    path = folder / STAGES
    stages: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return stages


@dataclass
class Trainer:
    """A network while it learns.

    Args:
        parameters: See `TrainingParameters`.
        anatomy: The cross-sections to synthesise from.
        folder: For checkpoints and the log.
        rank: Number of this process among those that share the work; the first one writes.
        pairs: Real pairs, one entry per source of the parameters.
        compiled: Whether torch.compile makes the steps faster (by a fifth; needs a C++ compiler and a minute).
    """

    parameters: TrainingParameters
    anatomy: Anatomy
    folder: Path
    rank: int = 0
    compiled: bool = False
    pairs: Sequence[Pairs] = ()

    def __post_init__(self) -> None:
        import torch

        torch.manual_seed(self.parameters.seed)
        self.network = make_network(self.parameters.network)
        if self.parameters.start_from:
            engine = NetworkEngine(Path(self.parameters.start_from))
            self.network.load_state_dict(engine.weights())
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        schedule = self.parameters.schedule
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.step = 0
        self._forward = torch.compile(self.network) if self.compiled else self.network
        classes = self.parameters.network.classes
        labelled = [{classes[number] for number in np.unique(part.labels)} for part in self.pairs]
        unlabelled = [*self.anatomy.unlabelled, *(unlabelled_in(names, classes) for names in labelled)]
        self._merging = merging_matrices(unlabelled, classes)

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
        batches = StepBatches(self.parameters, self.anatomy, self.rank, self.pairs)
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

    def run(self, check: Anatomy | None = None, progress: Progress = silent) -> None:
        """Learn until the schedule's last step.

        Args:
            check: Anatomy that is not trained on; the log then tells the Dice of the averaged weights on it.
            progress: Receives the fraction done, step and loss; raising `Cancelled` in it leaves the last
                checkpoint to resume from.
        """
        if self.rank == 0:
            self._record_stage()
        schedule = self.parameters.schedule
        losses: list[float] = []
        started = time.monotonic()
        for batch in self.images():
            losses.append(self.learn(batch))
            last = self.step == schedule.steps
            if self.rank == 0 and (self.step % schedule.checkpoint_every == 0 or last):
                self.save()
            if self.rank == 0 and (self.step % schedule.log_every == 0 or last):
                seconds = (time.monotonic() - started) / len(losses)
                due = check is not None and (self.step % schedule.check_every == 0 or last)
                dice = check_dice(self.network, self.averaged, self.parameters, check) if due and check else None
                loss = float(np.mean(losses))
                self._log(loss, seconds, dice)
                text = f"step {self.step} of {schedule.steps}, loss {loss:.3f}, {seconds:.2f} s a step"
                progress(self.step / schedule.steps, text if dice is None else f"{text}, Dice {dice:.3f}")
                losses, started = [], time.monotonic()

    def _record_stage(self) -> None:
        """Note from which step on which parameters hold, so that the card can tell how the weights came about."""
        stages = read_stages(self.folder)
        parameters = training_to_mapping(self.parameters)
        if self.parameters.start_from:
            # A card names the network, not a folder of the machine that it was trained on.
            parameters["start_from"] = network_name(read_card(Path(self.parameters.start_from) / CARD))
        if not stages or stages[-1]["parameters"] != parameters:
            self.folder.mkdir(parents=True, exist_ok=True)
            stages.append({"from_step": self.step, "parameters": parameters})
            write_json(stages, self.folder / STAGES)

    def _log(self, loss: float, seconds: float, dice: float | None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / LOG
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["step", "loss", "learning_rate", "seconds_per_step", "check_dice"])
            rate = f"{self.learning_rate(self.step - 1):.2e}"
            writer.writerow(
                [self.step, f"{loss:.4f}", rate, f"{seconds:.3f}", "" if dice is None else f"{dice:.4f}"]
            )
