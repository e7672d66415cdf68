"""``muscle-myopathy cohort``: many cases, one task each, on several processes or a Dask scheduler, resumable."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.feature_options import (
    chosen_preset,
    cluster_options,
    merge_sides_option,
    radiomics_preset_option,
    slices_option,
)
from MuscleMyopathyLib.commands.options import LABEL_SCHEMES, any_path
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.group()
def command() -> None:
    """Work on many cases; a stopped or killed run goes on where it was when the command is repeated.

    Finished cases are recognised by the checksums of their inputs and the preset, not by their files being there.
    """


@command.command("features")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--label-scheme",
    metavar="NAME|FILE",
    help=f"What the labels of a CSV's masks mean, where it has no column Structure: {LABEL_SCHEMES}.",
)
@click.option("--sequence", "sequences", multiple=True, help="Only this sequence of a BIDS folder; repeatable.")
@radiomics_preset_option
@slices_option
@merge_sides_option
@cluster_options
@click.option("--output", type=any_path, required=True, help="Folder for the results.")
@progress_option
def features(
    source: Path,
    label_scheme: str | None,
    sequences: tuple[str, ...],
    preset: str,
    slices: str | None,
    merge_sides: bool | None,
    workers: int,
    scheduler: str,
    output: Path,
    progress_mode: str,
) -> None:
    """Extract the radiomics features of a cohort.

    SOURCE is a CSV file as for PyRadiomics (columns Image, Mask; if wished ID, Label, Structure, Sequence, Region,
    Reader, Session; all others are kept), or a BIDS folder (participants.tsv, sub-…/, derivatives/readings/).

    Writes features.csv, grey_levels.csv, cases.csv (with the columns kept), failures.csv and provenance.json. A
    case that fails never stops the others; its reason stands in failures.csv.
    """
    from MuscleMyopathyLib.study.cohort_bids import read_cohort_bids
    from MuscleMyopathyLib.study.cohort_csv import read_cohort_csv
    from MuscleMyopathyLib.study.cohort_features import measure_cohort

    with reporting(progress_mode) as report:
        chosen = chosen_preset(preset, slices, merge_sides)
        report.progress(0.0, "listing the cases")
        cases = read_cohort_bids(source, sequences) if source.is_dir() else read_cohort_csv(source, label_scheme)
        run = measure_cohort(cases, chosen, output, workers=workers, scheduler=scheduler, progress=report.progress)
        report.note(run.summary)
        simulated = " (simulated images: a phantom)" if any(case.phantom for case in cases) else ""
        report.result(output / "features.csv", f"Features{simulated}: {output / 'features.csv'}")


@command.command("simulate-study")
@click.option(
    "--design",
    type=click.Choice(["wei2023", "nagawa2021"]),
    default="wei2023",
    show_default=True,
    help="Whose study: 30 LGMDR2 and 45 IMNM, or 19 PM, 22 DM and 14 ADM.",
)
@click.option(
    "--region",
    "regions",
    multiple=True,
    type=click.Choice(["thigh", "calf"]),
    help="Only this limb segment of the design; repeatable.",
)
@click.option("--cases", type=click.IntRange(min=2), help="Simulated subjects. Default: as many as in the paper.")
@click.option(
    "--protocol",
    type=click.Choice(["wei2023", "fine", "contiguous", "small"]),
    help="Grid of the digital limb. Default: Wei's, sampled once per voxel.",
)
@click.option("--preset", metavar="NAME|FILE", help="How features are made. Default: the paper's.")
@click.option("--threshold", type=float, help="Lowest ICC that is kept. Default: the paper's (0.81, 0.80).")
@cluster_options
@click.option("--output", type=any_path, required=True, help="Folder for the results.")
@progress_option
def simulate_study_command(
    design: str,
    regions: tuple[str, ...],
    cases: int | None,
    protocol: str | None,
    preset: str | None,
    threshold: float | None,
    workers: int,
    scheduler: str,
    output: Path,
    progress_mode: str,
) -> None:
    """Run a reader study of the digital limb: from images to the features on which two readers agree.

    Wei's design: thigh and calf, T1w and water, the whole muscle on three and two slices. Nagawa's: one STIR slice
    of the thighs. Two readers, one of them twice. Subjects and readers are simulated, and every result says so.

    features_first_reading.csv and participants.tsv (outcome: group) are a cohort for classifiers; see 'validate'
    and 'train'.
    """
    import dataclasses

    from MuscleMyopathyLib.phantom.protocols import PROTOCOLS
    from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters
    from MuscleMyopathyLib.study.simulated_designs import study_design
    from MuscleMyopathyLib.study.simulated_study import StudyParameters, simulate_study, study_preset

    with reporting(progress_mode) as report:
        parameters = StudyParameters(design=study_design(design).within(regions), cases=cases)
        if threshold is not None:
            parameters = dataclasses.replace(parameters, agreement=AgreementParameters(threshold=threshold))
        if protocol is not None:
            parameters = dataclasses.replace(parameters, protocol=PROTOCOLS[protocol])
        result = simulate_study(
            parameters,
            study_preset(preset or parameters.design.preset),
            output,
            workers=workers,
            scheduler=scheduler,
            progress=report.progress,
        )
        report.note(result.summary)
        path = output / "features_reliable.csv"
        report.result(path, f"Features of simulated subjects on which both readers agree: {path}")
