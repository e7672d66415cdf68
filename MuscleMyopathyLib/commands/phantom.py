"""``muscle-myopathy phantom``: the images and the truth of the digital limb as files."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.commands.options import any_path
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.option(
    "--region",
    type=click.Choice([str(region) for region in Region]),
    default="thigh",
    show_default=True,
    help="Limb segment.",
)
@click.option(
    "--pattern",
    type=click.Choice(["healthy", "LGMDR2", "IMNM", "PM", "DM", "ADM"]),
    default="LGMDR2",
    show_default=True,
    help="Which muscles are replaced by fat or oedematous.",
)
@click.option("--severity", type=float, default=0.7, show_default=True, help="0 (healthy) to 1 (the full extent).")
@click.option("--seed", type=int, default=0, show_default=True, help="Number of the simulated subject.")
@click.option("--output", type=any_path, required=True, help="Folder for the images.")
@click.option("--truth", type=any_path, help="Folder for what the images truly show: muscles, fat fraction, T2.")
@progress_option
def command(
    region: str, pattern: str, severity: float, seed: int, output: Path, truth: Path | None, progress_mode: str
) -> None:
    """Write a simulated examination: T1w, STIR, water and fat of both legs.

    The digital limb is a phantom, never evidence about patients; everything made from these files says so.
    """
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
    from MuscleMyopathyLib.study.phantom_case import write_phantom

    with reporting(progress_mode) as report:
        parameters = LimbParameters(region=Region(region), pattern=Pattern(pattern), severity=severity, seed=seed)
        write_phantom(parameters, output, truth, report.progress)
        report.result(output, f"Simulated images: {output}")
