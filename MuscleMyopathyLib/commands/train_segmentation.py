"""``muscle-myopathy train-segmentation``: train the muscle network on images synthesised from anatomy."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import any_path, existing_file, existing_folder
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("config", type=existing_file)
@click.option(
    "--data", type=existing_folder, default=Path(), help="Folder that the label maps' paths are relative to."
)
@click.option("--output", type=any_path, required=True, help="Folder for checkpoints, log and the network.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in the output folder.")
@click.option(
    "--processes", type=click.IntRange(1), default=1, show_default=True, help="Processes that share each step."
)
@click.option("--compiled", is_flag=True, help="Let torch.compile make the steps faster (needs a C++ compiler).")
@progress_option
def command(
    config: Path, data: Path, output: Path, resume: bool, processes: int, compiled: bool, progress_mode: str
) -> None:
    """Train a network as the YAML file CONFIG says; Resources/Training holds the shipped network's.

    A training that was stopped goes on with --resume, with the same images as if it had not been stopped. CONFIG
    may change between stages; the network's card tells all of them. With 'kind: volume' in CONFIG a 3D network of
    one muscle is trained and tested on digital limbs.
    """
    from MuscleMyopathyLib.output import require_writable
    from MuscleMyopathyLib.segmentation.training.parameters import read_training
    from MuscleMyopathyLib.segmentation.training.training_run import train
    from MuscleMyopathyLib.segmentation.volume_training.parameters import is_volume_training, read_volume_training
    from MuscleMyopathyLib.segmentation.volume_training.training import train_volume_network

    with reporting(progress_mode) as report:
        require_writable(output.parent)
        if is_volume_training(config):
            weights = train_volume_network(
                read_volume_training(config), output, resume=resume, progress=report.progress
            )
            report.result(weights, f"Network: {weights}")
            return
        parameters = read_training(config)
        network = train(
            parameters,
            data,
            output,
            resume=resume,
            processes=processes,
            compiled=compiled,
            progress=report.progress,
        )
        report.result(network, f"Network: {network}")
