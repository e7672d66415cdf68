"""Trains a MONAI 3D U-Net on digital examinations, and tests it on others: Dice per case."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.output import replacing, write_json, write_table, write_text
from MuscleMyopathyLib.progress import Progress, each, portion, silent
from MuscleMyopathyLib.segmentation.engines.dividing import segment_with
from MuscleMyopathyLib.segmentation.engines.engine import VolumeEngine, require_torch
from MuscleMyopathyLib.segmentation.engines.monai_networks import make_monai_network
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from MuscleMyopathyLib.segmentation.volume_training.examinations import (
    Examination,
    Volume,
    digital_examination,
    volume_of,
)
from MuscleMyopathyLib.segmentation.volume_training.parameters import (
    DigitalExaminations,
    VolumeTrainingParameters,
    description_to_mapping,
    volume_training_to_mapping,
)

if TYPE_CHECKING:
    import torch

CHECKPOINT, LOG, DICE, RECORD = "checkpoint.pt", "log.csv", "dice.csv", "training.json"
LOG_EVERY = 20


def train_volume_network(
    parameters: VolumeTrainingParameters, folder: Path, *, resume: bool = False, progress: Progress = silent
) -> Path:
    """Train, write the weights with their description, and test.

    Args:
        parameters: See `VolumeTrainingParameters`.
        folder: For the checkpoint, ``log.csv``, the network (``NAME.safetensors`` with ``NAME.yaml``, which
            `engines.opening.open_engine` opens), ``dice.csv`` and ``training.json``.
        resume: Take up the checkpoint in the folder.
        progress: Receives fraction and text.

    Returns:
        The weights file.

    Raises:
        InputError: A checkpoint would be overwritten, or there is none to resume from.
        MissingPackageError: torch, MONAI or safetensors is not installed.
    """
    require_torch()
    import safetensors.torch

    checkpoint = folder / CHECKPOINT
    if resume != checkpoint.is_file():
        raise InputError(
            f"There is no checkpoint in {folder} to resume from. Start without --resume."
            if resume
            else f"{folder} already holds a training. Resume it with --resume, or choose another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    subjects = _examinations(parameters, parameters.training, portion(progress, 0.0, 0.2))
    volumes = [volume_of(subject, parameters) for subject in subjects]
    network = _learn(parameters, volumes, folder, portion(progress, 0.2, 0.85))
    weights = folder / f"{parameters.name}.safetensors"
    with replacing(weights) as temporary:
        temporary.write_bytes(safetensors.torch.save(dict(network.state_dict())))
    text = yaml.safe_dump(description_to_mapping(parameters.description), sort_keys=False, allow_unicode=True)
    write_text(text, weights.with_suffix(".yaml"))
    others = _examinations(parameters, parameters.testing, portion(progress, 0.85, 0.95))
    table = dice_per_case(open_engine(weights), others, parameters)
    write_table(table, folder / DICE)
    record = {
        "parameters": volume_training_to_mapping(parameters),
        "trained_on": [subject.case for subject in subjects],
        "tested_on": [subject.case for subject in others],
        "dice_mean": float(table["dice"].mean()),
        "dice_lowest": float(table["dice"].min()),
    }
    write_json(record, folder / RECORD)
    progress(1.0, f"Dice {record['dice_mean']:.3f} on {len(others)} cases not trained on")
    return weights


def dice_per_case(
    engine: VolumeEngine, examinations: Sequence[Examination], parameters: VolumeTrainingParameters
) -> pd.DataFrame:
    """Return a row per case and side.

    Columns: ``case``, ``structure``, ``side``, ``dice``, ``volume_cm3`` (found), ``truth_cm3``.
    """
    rows = []
    for examination in examinations:
        found = segment_with(engine, [examination.image], parameters.region).segmentation
        cm3 = float(np.prod(examination.image.GetSpacing())) / 1000
        for side in (Side.LEFT, Side.RIGHT):
            structure = Structure(parameters.structure, side)
            ours, truth = found.mask(structure), examination.muscles.mask(structure)
            dice = 2 * int((ours & truth).sum()) / max(1, int(ours.sum() + truth.sum()))
            key = [examination.case, structure.code, str(side)]
            rows.append([*key, dice, int(ours.sum()) * cm3, int(truth.sum()) * cm3])
    return pd.DataFrame(rows, columns=["case", "structure", "side", "dice", "volume_cm3", "truth_cm3"])


def _examinations(
    parameters: VolumeTrainingParameters, chosen: DigitalExaminations, progress: Progress
) -> list[Examination]:
    seeds = range(chosen.first_seed, chosen.first_seed + chosen.subjects)
    return [
        digital_examination(parameters, seed)
        for seed in each(seeds, progress, lambda seed: f"digital limb {seed}")
    ]


def _learn(
    parameters: VolumeTrainingParameters, volumes: Sequence[Volume], folder: Path, progress: Progress
) -> torch.nn.Module:
    import torch
    from monai.losses.dice import DiceCELoss

    torch.manual_seed(parameters.seed)
    network = make_monai_network(parameters.description.network, parameters.name)
    optimiser = torch.optim.AdamW(network.parameters(), parameters.learning_rate)
    loss_of = DiceCELoss(to_onehot_y=True, softmax=True, batch=True)
    start, losses = 0, []
    if (folder / CHECKPOINT).is_file():
        state: dict[str, Any] = torch.load(folder / CHECKPOINT, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        start = int(state["step"])
    network.train()
    for step in range(start, parameters.steps):
        for group in optimiser.param_groups:
            group["lr"] = parameters.learning_rate * (0.5 + 0.5 * math.cos(math.pi * step / parameters.steps))
        images, truth = _windows(volumes, parameters, step)
        loss = loss_of(network(images), truth)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
        if (step + 1) % parameters.checkpoint_every == 0 or step + 1 == parameters.steps:
            with replacing(folder / CHECKPOINT) as temporary:
                torch.save(
                    {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1},
                    temporary,
                )
        if (step + 1) % LOG_EVERY == 0 or step + 1 == parameters.steps:
            _log(folder / LOG, step + 1, float(np.mean(losses)))
            progress((step + 1) / parameters.steps, f"step {step + 1}, loss {np.mean(losses):.3f}")
            losses = []
    return network.eval()


def _windows(
    volumes: Sequence[Volume], parameters: VolumeTrainingParameters, step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images and truths of one step, drawn by its number: (window, 1, x, y, z) each."""
    import torch

    random = np.random.default_rng([parameters.seed, step])
    images, truths = [], []
    for number in range(parameters.batch):
        volume = volumes[int(random.integers(len(volumes)))]
        short = [max(0, size - length) for size, length in zip(parameters.window, volume.truth.shape, strict=True)]
        image = np.pad(volume.image[0], [(0, missing) for missing in short])
        truth = np.pad(volume.truth, [(0, missing) for missing in short])
        if number % 2 == 0:
            places = np.argwhere(truth)
            middle = places[int(random.integers(len(places)))]
        else:
            middle = np.array([random.integers(length) for length in truth.shape])
        low = [
            int(np.clip(centre - size // 2, 0, length - size))
            for centre, size, length in zip(middle, parameters.window, truth.shape, strict=True)
        ]
        box = tuple(slice(start, start + size) for start, size in zip(low, parameters.window, strict=True))
        shown, wanted = image[box], truth[box]
        if random.random() < 0.5:
            # Mirrored, a left thigh is a right one: the muscle has one label for both.
            shown, wanted = shown[::-1], wanted[::-1]
        shown = shown * random.uniform(0.8, 1.25) + random.normal(0, 0.1)
        shown = shown + random.normal(0, random.uniform(0, 0.15), shown.shape)
        images.append(np.ascontiguousarray(shown, np.float32))
        truths.append(np.ascontiguousarray(wanted))
    return torch.from_numpy(np.stack(images))[:, None], torch.from_numpy(np.stack(truths))[:, None]


def _log(path: Path, step: int, loss: float) -> None:
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "loss"])
        writer.writerow([step, f"{loss:.4f}"])
