"""A training from its parameters to a network on disk: anatomy, steps on one or more processes, export."""

from __future__ import annotations

import multiprocessing
import socket
from pathlib import Path

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.segmentation.training.export import export_network
from MuscleMyopathyLib.segmentation.training.pairs import read_pairs
from MuscleMyopathyLib.segmentation.training.parameters import TrainingParameters
from MuscleMyopathyLib.segmentation.training.sources import (
    Anatomy,
    load_anatomy,
    read_anatomy,
    with_shares,
    write_anatomy,
)
from MuscleMyopathyLib.segmentation.training.trainer import CHECKPOINT, Trainer, read_stages

ANATOMY, CHECK_ANATOMY = "anatomy.npz", "check-anatomy.npz"
NETWORK = "network"


def train(
    parameters: TrainingParameters,
    data_folder: Path,
    folder: Path,
    *,
    resume: bool = False,
    processes: int = 1,
    compiled: bool = False,
    progress: Progress = silent,
) -> Path:
    """Train a network and write it.

    Args:
        parameters: See `TrainingParameters`.
        data_folder: What the patterns of the label maps are relative to.
        folder: For the cross-sections, checkpoints, ``log.csv`` and the network.
        resume: Take up the checkpoint in the folder; without it a folder with a checkpoint is refused.
        processes: Share each step among so many processes, each with one batch.
        compiled: See `Trainer`.
        progress: Receives the fraction done and what is done; with several processes only at start and end.

    Returns:
        The folder of the network: card and weights.

    Raises:
        InputError: No usable anatomy; a checkpoint that would be overwritten, or none to resume from.
    """
    checkpoint = folder / CHECKPOINT
    if resume and not checkpoint.is_file():
        raise InputError(f"There is no checkpoint in {folder} to resume from. Start without --resume.")
    if checkpoint.is_file() and not resume:
        raise InputError(f"{folder} already holds a training. Resume it with --resume, or choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    anatomy = _anatomy(parameters, data_folder, folder, portion(progress, 0.0, 0.1))
    if processes == 1:
        _work(0, 1, parameters, data_folder, folder, compiled, "", portion(progress, 0.1, 1.0))
    else:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            meeting = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        start = multiprocessing.get_context("spawn").Process
        workers = [
            start(
                target=_work,
                args=(rank, processes, parameters, data_folder, folder, compiled, meeting, silent),
                daemon=True,
            )
            for rank in range(processes)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if any(worker.exitcode for worker in workers):
            raise InputError(f"A training process ended early; its message stands above. {folder} can be resumed.")
    export_network(checkpoint, parameters, anatomy, folder / NETWORK, version="1", stages=read_stages(folder))
    progress(1.0, "network written")
    return folder / NETWORK


def _anatomy(parameters: TrainingParameters, data_folder: Path, folder: Path, progress: Progress) -> Anatomy:
    """Return the cross-sections, read once and kept in the folder; shares may change between stages."""
    sources = parameters.sources
    if not sources:
        raise InputError("The training names no anatomy: give label_maps or digital_limbs.")
    kept = load_anatomy(folder / ANATOMY) if (folder / ANATOMY).is_file() else None
    if kept is None or kept.names != tuple(source.name for source in sources):
        kept = read_anatomy(sources, data_folder, progress)
        write_anatomy(kept, folder / ANATOMY)
    if parameters.check_limbs and not (folder / CHECK_ANATOMY).is_file():
        write_anatomy(read_anatomy(parameters.check_limbs, data_folder), folder / CHECK_ANATOMY)
    return with_shares(kept, sources)


def _work(
    rank: int,
    processes: int,
    parameters: TrainingParameters,
    data_folder: Path,
    folder: Path,
    compiled: bool,
    meeting: str,
    progress: Progress,
) -> None:
    import torch

    if processes > 1:
        torch.set_num_threads(1)
        torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=processes)
    anatomy = with_shares(load_anatomy(folder / ANATOMY), parameters.sources)
    pairs = [read_pairs(source, data_folder) for source in parameters.pairs]
    trainer = Trainer(parameters, anatomy, folder, rank, compiled, pairs)
    if (folder / CHECKPOINT).is_file():
        trainer.resume()
    check = load_anatomy(folder / CHECK_ANATOMY) if parameters.check_limbs else None
    trainer.run(check, progress)
    if processes > 1:
        torch.distributed.destroy_process_group()
