"""``muscle-myopathy segment``: compartments without trained weights, as a label image."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.commands.options import any_path, existing_file, preset_option, side_option
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.option("--water", type=existing_file, help="Water image.")
@click.option("--fat", type=existing_file, help="Fat image.")
@click.option("--t1w", type=existing_file, help="T1-weighted image, where there is no water and fat.")
@click.option(
    "--region", type=click.Choice([str(region) for region in Region]), required=True, help="Limb segment."
)
@side_option
@preset_option
@click.option(
    "--whole-muscle",
    type=any_path,
    help="Also write the whole muscle (inside the deep fascia, without bone, eroded for the epimysium) here.",
)
@click.option("--output", type=any_path, required=True, help="Label image to write (.nii.gz, .nrrd or .mha).")
@progress_option
def command(
    water: Path | None,
    fat: Path | None,
    t1w: Path | None,
    region: str,
    side: str | None,
    preset: Path | None,
    whole_muscle: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Segment subcutaneous fat, the inside of the deep fascia (lean and fatty tissue) and bone, left and right.

    Works from a water and a fat image, or from one T1-weighted image. Beside the label image an ITK-SNAP label
    description (.txt) says what the labels mean.
    """
    from MuscleMyopathyLib.imaging.files import read_image, write_image
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.label_schemes import write_itksnap_labels
    from MuscleMyopathyLib.output import require_writable
    from MuscleMyopathyLib.parameters import read_preset
    from MuscleMyopathyLib.segmentation.compartments import segment_compartments
    from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
    from MuscleMyopathyLib.segmentation.whole_muscle import whole_muscle as whole_muscle_of

    def write(segmentation: Segmentation, path: Path) -> None:
        write_image(segmentation.image, path)
        write_itksnap_labels(segmentation.structures, path.with_name(path.name.split(".")[0] + ".txt"))

    with reporting(progress_mode) as report:
        parameters = read_preset(CompartmentParameters, preset) if preset else CompartmentParameters()
        if side is not None:
            parameters = dataclasses.replace(parameters, only_side=Side(side))
        require_writable(output.parent)
        made = segment_compartments(
            water=read_image(water) if water else None,
            fat=read_image(fat) if fat else None,
            t1w=read_image(t1w) if t1w else None,
            region=Region(region),
            parameters=parameters,
            progress=report.progress,
        )
        write(made.compartments, output)
        if whole_muscle is not None:
            write(whole_muscle_of(made.compartments, parameters.epimysium_erosion_mm), whole_muscle)
        for row in made.problems.itertuples():
            report.note(f"  note: {row.structure} {row.side} {row.problem}")
        report.result(output, f"Compartments: {output}")
