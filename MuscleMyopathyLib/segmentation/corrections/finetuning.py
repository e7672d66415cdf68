"""Fine-tuning on accepted corrections, with replay, and the check that decides whether the result is used.

The idea of DAFNE (Santini F et al., arXiv 2302.06352), done so that nothing is lost: each step mixes corrected
views with synthetic images such as the network was trained on, a new version is used only where it is not worse on
corrections held back and on the check set, and every version is kept.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.segmentation.corrections.augmentation import augmented
from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary, Pair
from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions
from MuscleMyopathyLib.segmentation.corrections.views import (
    CorrectedViews,
    corrected_views,
    exchanged_labels,
    joined,
)
from MuscleMyopathyLib.segmentation.network.engine import WEIGHTS, NetworkEngine, load_network, write_network
from MuscleMyopathyLib.segmentation.training.batches import Batch
from MuscleMyopathyLib.segmentation.training.checking import mean_dice, overlaps
from MuscleMyopathyLib.segmentation.training.parameters import Schedule, TrainingParameters
from MuscleMyopathyLib.segmentation.training.sources import Anatomy
from MuscleMyopathyLib.segmentation.training.trainer import Trainer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class FineTuningParameters:
    """What the user may choose about fine-tuning.

    Attributes:
        steps: Training steps.
        batch: Images per step.
        learning_rate: Of AdamW; a tenth to a fifth of the training's.
        corrected_share: Share of each batch that shows corrections; the rest is replay, 0–1.
        tolerance: By how much Dice a new version may be lower on the check set, which is only sampled, 0–1.
        seed: Of the order of images and their changes.
    """

    steps: int = 200
    batch: int = 8
    learning_rate: float = 2e-4
    corrected_share: float = 0.5
    tolerance: float = 0.005
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 2:
            raise ValueError("steps must be at least 1 and batch at least 2.")
        if not 0 < self.corrected_share < 1:
            raise ValueError("corrected_share must lie between 0 and 1.")
        if self.learning_rate <= 0 or self.tolerance < 0:
            raise ValueError("learning_rate must be above 0 and tolerance not negative.")


class Batches(Protocol):
    """Images of each step by its number, as `training.batches.StepBatches` gives them."""

    def __getitem__(self, step: int) -> Batch: ...


@dataclass(frozen=True)
class Replay:
    """What keeps a network from forgetting.

    Attributes:
        anatomy: The sources that the batches number; which classes each does not label.
        batches: Images of each step.
        check: From a network and its weights to the mean Dice on the check set, whose images are never trained on.
    """

    anatomy: Anatomy
    batches: Callable[[TrainingParameters], Batches]
    check: Callable[[torch.nn.Module, Mapping[str, torch.Tensor], TrainingParameters], float]


@dataclass(frozen=True)
class FineTuning:
    """The outcome of fine-tuning.

    Attributes:
        version: Number of the version made.
        promoted: Whether it is in use now.
        reason: Why, or why not.
        refused: Corrections that were left out, by name, with the reason.
        dice_held_back: Mean Dice on corrections held back, before and after.
        dice_check: Mean Dice on the check set, before and after.
    """

    version: int
    promoted: bool
    reason: str
    refused: dict[str, str]
    dice_held_back: tuple[float, float]
    dice_check: tuple[float, float]


def fine_tune(
    library: CorrectionLibrary,
    versions: NetworkVersions,
    replay: Replay,
    parameters: FineTuningParameters | None = None,
    progress: Progress = silent,
) -> FineTuning:
    """Fine-tune the version in use on the library's pairs, and use the result where it is not worse.

    Args:
        library: The accepted corrections.
        versions: The networks; the new one is kept among them whatever the check says.
        replay: What was learned before.
        parameters: Steps, learning rate, tolerance.
        progress: Receives fraction and text.

    Raises:
        InputError: There is no pair to train on or none held back, after those that were refused.
        MissingPackageError: torch, MONAI or safetensors is not installed.
    """
    import torch

    parameters = parameters or FineTuningParameters()
    folder = versions.network()
    engine = NetworkEngine(folder)
    refused: dict[str, str] = {}
    views = _views(library, engine, refused, portion(progress, 0.0, 0.2))
    training = [one for pair, one in views if not pair.held_back]
    held_back = [one for pair, one in views if pair.held_back]
    if not training or not held_back:
        raise InputError(
            f"Fine-tuning needs corrections of at least two cases, one of them held back for the check; there are "
            f"{len(training)} to train on and {len(held_back)} held back"
            + "".join(f"; {name} was refused: {reason}" for name, reason in refused.items())
            + ". Accept more corrections."
        )
    base = load_network(engine.card, folder / WEIGHTS)
    before = {name: value.detach().clone() for name, value in base.state_dict().items()}
    plan = _plan(engine, parameters)
    with tempfile.TemporaryDirectory() as scratch:
        anatomy = dataclasses.replace(replay.anatomy, unlabelled=(*replay.anatomy.unlabelled, ()))
        trainer = Trainer(plan, anatomy, Path(scratch))
        trainer.network.load_state_dict(before)
        trainer.averaged = {name: value.clone() for name, value in before.items()}
        mixed = _Mixed(replay.batches(plan), joined(training), parameters, len(anatomy.unlabelled) - 1)
        learning = portion(progress, 0.2, 0.85)
        for step in range(parameters.steps):
            loss = trainer.learn(mixed[step])
            learning((step + 1) / parameters.steps, f"step {step + 1} of {parameters.steps}, loss {loss:.2f}")
        # As they will be read back.
        after = {name: value.to(torch.float16).float() for name, value in trainer.averaged.items()}
        progress(0.85, "checking against corrections held back and the check set")
        outcome = _judge(
            (views_dice(base, before, held_back), views_dice(base, after, held_back)),
            (replay.check(base, before, plan), replay.check(base, after, plan)),
            parameters.tolerance,
        )
        result = FineTuning(versions.next_number(), *outcome[:2], refused, *outcome[2:])
        record = _record(result, versions.in_use(), [pair.name for pair, _ in views], parameters)
        card = dataclasses.replace(
            engine.card,
            version=f"{engine.card.version}+{result.version}",
            training={**engine.card.training, "fine_tuning": record},
        )
        write_network(Path(scratch) / "network", card, trainer.averaged)
        versions.keep(Path(scratch) / "network", record)
    if result.promoted:
        versions.use(result.version, result.reason)
    progress(1.0, result.reason)
    return result


def views_dice(
    network: torch.nn.Module, weights: Mapping[str, torch.Tensor], views: Sequence[CorrectedViews]
) -> float:
    """Return the mean Dice over the muscles in corrected views, of some weights in a network."""
    import torch

    total: Any = 0
    network.eval()
    with torch.inference_mode():
        for one in views:
            for start in range(0, len(one.images), 4):
                images = torch.from_numpy(one.images[start : start + 4])[:, None]
                logits = torch.func.functional_call(network, dict(weights), (images,))
                found = logits.argmax(1).numpy()
                total = total + overlaps(found, one.targets[start : start + 4], logits.shape[1])
    return mean_dice(total)


class _Mixed:
    """Batches of replay in which the first images are replaced by corrected views."""

    def __init__(
        self, replay: Batches, views: CorrectedViews, parameters: FineTuningParameters, source: int
    ) -> None:
        self._replay, self._views, self._parameters, self._source = replay, views, parameters, source

    def __getitem__(self, step: int) -> Batch:
        import torch

        images, targets, sources = self._replay[step]
        count = max(1, round(self._parameters.corrected_share * len(images)))
        random = np.random.default_rng([self._parameters.seed, step, 77])
        chosen = random.integers(len(self._views.images), size=count)
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        shown, wanted = augmented(
            torch.from_numpy(self._views.images[chosen])[:, None],
            torch.from_numpy(self._views.targets[chosen]),
            generator,
        )
        kept = slice(count, None)
        return (
            torch.cat([shown, images[kept]]),
            torch.cat([wanted, targets[kept]]),
            torch.cat([torch.full((count,), self._source), sources[kept]]),
        )


def _views(
    library: CorrectionLibrary, engine: NetworkEngine, refused: dict[str, str], progress: Progress
) -> list[tuple[Pair, CorrectedViews]]:
    """Read the pairs; those whose labels are exchanged or that cannot be used are refused."""
    views = []
    pairs = library.pairs()
    for number, pair in enumerate(pairs):
        progress(number / len(pairs), f"reading correction {pair.name}")
        try:
            images, corrected = library.read(pair)
            one = corrected_views(images, corrected, pair.region, engine)
        except InputError as error:
            refused[pair.name] = str(error)
            continue
        exchanged = exchanged_labels(one, engine.classes)
        if exchanged:
            places = ", ".join(f"{drawn} lies where {found} is" for drawn, found in exchanged)
            refused[pair.name] = f"its labels look exchanged: {places}"
        else:
            views.append((pair, one))
    return views


def _plan(engine: NetworkEngine, parameters: FineTuningParameters) -> TrainingParameters:
    plan = TrainingParameters(name=engine.card.name, seed=parameters.seed, network=engine.card.network)
    return dataclasses.replace(
        plan,
        synthesis=dataclasses.replace(plan.synthesis, size=engine.view.size),
        schedule=Schedule(
            steps=parameters.steps,
            batch=parameters.batch,
            learning_rate=parameters.learning_rate,
            warm_up=max(1, parameters.steps // 20),
            cool_down=max(1, parameters.steps // 3),
            average=0.97,
        ),
    )


def _judge(
    held_back: tuple[float, float], check: tuple[float, float], tolerance: float
) -> tuple[bool, str, tuple[float, float], tuple[float, float]]:
    figures = (
        f"corrections held back {held_back[0]:.3f} before, {held_back[1]:.3f} after; "
        f"check set {check[0]:.3f} before, {check[1]:.3f} after"
    )
    worse = [
        name
        for name, (old, new), allowed in (
            ("on corrections held back", held_back, 0.0),
            ("on the check set", check, tolerance),
        )
        if not new >= old - allowed
    ]
    if worse:
        return False, f"Not used, because it is worse {' and '.join(worse)}: {figures}.", held_back, check
    return True, f"In use: {figures}.", held_back, check


def _record(result: FineTuning, parent: int, pairs: list[str], parameters: FineTuningParameters) -> dict[str, Any]:
    return {
        "version": result.version,
        "parent": parent,
        "pairs": pairs,
        "refused": result.refused,
        "dice_held_back_before": result.dice_held_back[0],
        "dice_held_back": result.dice_held_back[1],
        "dice_check_before": result.dice_check[0],
        "dice_check": result.dice_check[1],
        "promoted": result.promoted,
        "reason": result.reason,
        "parameters": dataclasses.asdict(parameters),
    }
