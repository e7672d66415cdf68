"""``muscle-myopathy features``: radiomics features of one case as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from MuscleMyopathyLib.commands.feature_options import (
    chosen_preset,
    image_files,
    label_file,
    merge_sides_option,
    radiomics_preset_option,
    slices_option,
)
from MuscleMyopathyLib.commands.options import any_path, existing_folder, label_scheme_option, region_option
from MuscleMyopathyLib.commands.reporting import Reporter, progress_option, reporting
from MuscleMyopathyLib.progress import portion

if TYPE_CHECKING:
    from MuscleMyopathyLib.radiomics.feature_table import FeatureTable
    from MuscleMyopathyLib.study.feature_inputs import FeatureInputs

_MANY_PROBLEMS = 20


@click.command()
@click.argument("folder", type=existing_folder, required=False)
@click.option(
    "--image", "images", multiple=True, metavar="SEQUENCE=FILE", help="An image, e.g. T1w=t1.nii.gz; repeatable."
)
@click.option(
    "--labels",
    multiple=True,
    metavar="[READER[:SESSION]=]FILE",
    help="Label image on the grid of the images, e.g. R1:2=second.nii.gz; repeatable.",
)
@label_scheme_option
@click.option(
    "--segmentation",
    type=click.Choice(["muscles", "whole_muscle", "compartments"]),
    help="Which segmentation of a results folder. Default: muscles, else whole_muscle.",
)
@click.option("--sequence", "sequences", multiple=True, help="Only this image of FOLDER; repeatable.")
@radiomics_preset_option
@slices_option
@merge_sides_option
@region_option
@click.option("--case", default="", help="Name of the case in the tables; a pseudonym.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that share the structures.",
)
@click.option(
    "--output", type=any_path, required=True, help="CSV file to write; its provenance lies beside (.json)."
)
@click.option("--fused", type=any_path, help="Also write regions and sequences side by side as CSV here.")
@click.option("--grey-levels", type=any_path, help="Also write the grey levels per image type as CSV here.")
@progress_option
def command(
    folder: Path | None,
    images: tuple[str, ...],
    labels: tuple[str, ...],
    label_scheme: str,
    segmentation: str | None,
    sequences: tuple[str, ...],
    preset: str,
    slices: str | None,
    merge_sides: bool | None,
    region: str | None,
    case: str,
    workers: int,
    output: Path,
    fused: Path | None,
    grey_levels: Path | None,
    progress_mode: str,
) -> None:
    """Extract radiomics features of one case.

    FOLDER holds the results of 'muscle-myopathy case', or the images of a case (then give --labels). Single files
    can be named instead:

    \b
      muscle-myopathy features --image T1w=t1.nii.gz --image water=w.nii.gz \\
        --labels muscles.nii.gz --preset wei2023 --slices proximal,middle,distal --output features.csv

    One row per sequence, reading, structure and side; what could not be measured keeps its row with the reason.
    """
    from MuscleMyopathyLib.radiomics.extraction import extract_features
    from MuscleMyopathyLib.study.feature_inputs import inputs_from_files, inputs_from_folder, with_sequences
    from MuscleMyopathyLib.study.feature_outputs import write_features

    if (folder is None) == (not images):
        raise click.UsageError("Give either a folder or --image SEQUENCE=FILE.")
    if images and not labels:
        raise click.UsageError("Give what is drawn on the images: --labels FILE.")
    with reporting(progress_mode) as report:
        chosen = chosen_preset(preset, slices, merge_sides)
        report.progress(0.0, "reading")
        label_files = [label_file(text) for text in labels]
        inputs: FeatureInputs
        if folder is None:
            named = image_files(images)
            inputs = inputs_from_files(named, label_files, label_scheme, case=case, region=region or "")
        else:
            inputs = inputs_from_folder(
                folder,
                label_files,
                label_scheme,
                segmentation=segmentation or "",
                case=case,
                progress=portion(report.progress, 0.0, 0.05),
            )
        inputs = with_sequences(inputs, sequences)
        features = extract_features(
            inputs.images,
            inputs.readings,
            chosen,
            case=inputs.case,
            region=inputs.region,
            workers=workers,
            progress=portion(report.progress, 0.05, 0.98),
        )
        write_features(features, output, fused=fused, grey_levels=grey_levels, phantom=inputs.phantom)
        report.progress(1.0, "done")
        _list_problems(features, report)
        simulated = " (simulated images: a phantom)" if inputs.phantom else ""
        report.result(output, f"Features{simulated}: {output}")


def _list_problems(features: FeatureTable, report: Reporter) -> None:
    table = features.table
    rows = table[(table["problem"] != "") | (table["warning"] != "")]
    for row in rows.head(_MANY_PROBLEMS).itertuples():
        where = " ".join(filter(None, map(str, (row.sequence, row.reader, row.structure, row.side))))
        report.note(f"  note: {where}: {'; '.join(filter(None, (str(row.problem), str(row.warning))))}")
    if len(rows) > _MANY_PROBLEMS:
        report.note(f"  note: {len(rows) - _MANY_PROBLEMS} further rows have notes, which stand in the table")
