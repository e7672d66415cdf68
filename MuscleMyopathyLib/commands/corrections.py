"""``muscle-myopathy corrections``: accept corrections, learn from them, list versions and go back."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.commands.map_options import read_one_image
from MuscleMyopathyLib.commands.options import existing_file, existing_folder, label_scheme_option
from MuscleMyopathyLib.commands.reporting import progress_option, reporting

library_option = click.option(
    "--library",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the local library; it never leaves this machine.",
)


@click.group()
def command() -> None:
    """Learn from corrected segmentations, on this machine alone.

    Accept corrections with 'add'; 'finetune' makes a new version of the network, which is used only where it is
    not worse on corrections held back and on a check set; 'versions' lists all of them and 'rollback' goes back.
    """


@command.command()
@library_option
@click.option("--case", required=True, help="Pseudonym of the case; no name of a patient.")
@click.option("--region", type=click.Choice([str(region) for region in Region]), required=True)
@click.option(
    "--image",
    "images",
    multiple=True,
    required=True,
    metavar="ROLE=FILE",
    help="Image on the grid of the labels, such as T1w=t1.nii.gz, or the folder of its DICOM series; may be given "
    "several times.",
)
@click.option("--labels", type=existing_file, required=True, help="Corrected label image or DICOM SEG.")
@label_scheme_option
@progress_option
def add(
    library: Path,
    case: str,
    region: str,
    images: tuple[str, ...],
    labels: Path,
    label_scheme: str,
    progress_mode: str,
) -> None:
    """Accept a correction: images and labels are copied into the library without their headers."""
    from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file
    from MuscleMyopathyLib.segmentation.corrections.library import PAIRS, CorrectionLibrary

    named = dict(_named(text) for text in images)
    with reporting(progress_mode) as report:
        read = {role: read_one_image(path) for role, path in named.items()}
        corrected = read_segmentation_file(labels, label_scheme, next(iter(read.values())))
        pair = CorrectionLibrary(library).add(case, Region(region), read, corrected)
        use = "held back for the check" if pair.held_back else "to train on"
        report.result(library / PAIRS / pair.name, f"Accepted as {pair.name}, {use}.")


@command.command("list")
@library_option
@progress_option
def list_pairs(library: Path, progress_mode: str) -> None:
    """List the accepted corrections."""
    from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary

    with reporting(progress_mode) as report:
        for pair in CorrectionLibrary(library).pairs():
            use = "held back" if pair.held_back else "training"
            report.note(
                f"{pair.name}  {pair.accepted}  {pair.case}  {pair.region}  {use}  {', '.join(pair.images)}"
            )
        report.result(library, f"Library: {library}")


@command.command()
@library_option
@click.option("--network", type=existing_folder, help="Network to begin with. Default: the shipped one.")
@click.option(
    "--replay",
    type=existing_file,
    help="Cross-sections of a training (anatomy.npz) instead of the digital limb's.",
)
@click.option("--steps", type=click.IntRange(min=1), default=200, show_default=True, help="Training steps.")
@click.option("--learning-rate", type=float, default=2e-4, show_default=True)
@progress_option
def finetune(
    library: Path,
    network: Path | None,
    replay: Path | None,
    steps: int,
    learning_rate: float,
    progress_mode: str,
) -> None:
    """Fine-tune the network in use on the accepted corrections, and use the result only if it is not worse."""
    from MuscleMyopathyLib.parameters import from_mapping
    from MuscleMyopathyLib.resources import resource
    from MuscleMyopathyLib.segmentation.corrections.finetuning import FineTuningParameters
    from MuscleMyopathyLib.segmentation.corrections.learning import learn
    from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions
    from MuscleMyopathyLib.segmentation.network.engine import SHIPPED

    with reporting(progress_mode) as report:
        parameters = from_mapping(FineTuningParameters, {"steps": steps, "learning_rate": learning_rate})
        first = network or resource("Models", SHIPPED)
        made = learn(library, first, parameters, anatomy=replay, progress=report.progress)
        for name, reason in made.refused.items():
            report.note(f"  left out: correction {name}: {reason}")
        report.result(NetworkVersions(library).network(made.version), f"Version {made.version}. {made.reason}")


@command.command("versions")
@library_option
@progress_option
def list_versions(library: Path, progress_mode: str) -> None:
    """List the versions of the network with their figures."""
    from MuscleMyopathyLib.segmentation.corrections.versions import VERSIONS, NetworkVersions

    with reporting(progress_mode) as report:
        rows = list(NetworkVersions(library).table().itertuples())
        for row in rows:
            report.note(f"{'*' if row.in_use else ' '} {row.version}  {row.date}  {row.reason}")
        said = (
            "The version in use is marked by *."
            if rows
            else "Nothing was learned yet: the shipped network is used."
        )
        report.result(library / VERSIONS, said)


@command.command()
@library_option
@click.option("--to", "version", type=click.IntRange(min=0), required=True, help="Number of the version.")
@progress_option
def rollback(library: Path, version: int, progress_mode: str) -> None:
    """Go back (or forward) to a version; its output is the same as ever."""
    from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions

    with reporting(progress_mode) as report:
        versions = NetworkVersions(library)
        versions.use(version, "rolled back by the user")
        report.result(versions.network(), f"Version {version} is in use.")


def _named(text: str) -> tuple[str, Path]:
    role, found, file = text.partition("=")
    if not found or not role or not Path(file).exists():
        raise click.BadParameter(
            f"{text!r} is not ROLE=FILE with an existing file or folder.", param_hint="--image"
        )
    return role, Path(file)
