"""Replay from the digital limb: synthetic images of both regions, and a check set of subjects never trained on."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from pathlib import Path

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.output import replacing
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.segmentation.corrections.finetuning import Replay
from MuscleMyopathyLib.segmentation.training.batches import StepBatches
from MuscleMyopathyLib.segmentation.training.checking import check_dice
from MuscleMyopathyLib.segmentation.training.sources import (
    Anatomy,
    DigitalLimbSource,
    load_anatomy,
    read_anatomy,
    write_anatomy,
)

REPLAYED = tuple(DigitalLimbSource(f"digital {region}", region, 6, 20_000, 1.0) for region in Region)
CHECKED = tuple(DigitalLimbSource(f"digital {region}, check", region, 3, 30_000, 1.0) for region in Region)
UNREADABLE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


def digital_limb_replay(folder: Path, anatomy: Path | None = None, progress: Progress = silent) -> Replay:
    """Return replay of synthetic images, whose cross-sections are made once and kept.

    Args:
        folder: Where the cross-sections are kept.
        anatomy: Cross-sections that a training kept (``anatomy.npz``), replayed instead of the digital limb's; the
            check set stays the same.
        progress: Told while digital limbs are made.

    Raises:
        InputError: The cross-sections of a training cannot be read.
        OutputError: The folder cannot be written to, or the disk is full.
    """
    replayed = _of_training(anatomy) if anatomy else _kept(folder / "replay.npz", REPLAYED, progress)
    checked = _kept(folder / "check.npz", CHECKED, progress)
    return Replay(
        replayed,
        lambda parameters: StepBatches(parameters, replayed),
        lambda network, weights, parameters: check_dice(network, weights, parameters, checked),
    )


def _of_training(path: Path) -> Anatomy:
    try:
        return load_anatomy(path)
    except UNREADABLE as error:
        raise InputError(
            f"{path} holds no cross-sections of a training (anatomy.npz): it is damaged or another file."
        ) from error


def _kept(path: Path, sources: tuple[DigitalLimbSource, ...], progress: Progress) -> Anatomy:
    if path.is_file():
        # Damaged, it is made again, as it was made here.
        with contextlib.suppress(*UNREADABLE):
            return load_anatomy(path)
    made = read_anatomy(sources, Path(), progress)
    with replacing(path) as temporary:
        write_anatomy(made, temporary)
    return load_anatomy(path)
