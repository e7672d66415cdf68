"""``muscle-myopathy measure``: the measures of a segmentation on a quantitative map, as CSV."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import (
    any_path,
    dixon_options,
    existing_file,
    label_scheme_option,
    preset_option,
)
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@dixon_options
@click.option(
    "--map", "map_file", type=existing_file, help="Another map, in the unit of its quantity; see --quantity."
)
@click.option(
    "--quantity",
    type=click.Choice(["t2", "water_t2", "r2star"]),
    help="What --map shows: T2 or water T2 in ms, R2* in 1/s.",
)
@click.option("--labels", type=existing_file, required=True, help="Label image on the grid of the images.")
@label_scheme_option
@preset_option
@click.option("--erosion-mm", type=float, help="Erode every structure before measuring (overrules the preset).")
@click.option("--by-slice", is_flag=True, help="One row per structure and slice instead of one per structure.")
@click.option("--output", type=any_path, required=True, help="CSV file to write.")
@progress_option
def command(
    water: Path | None,
    fat: Path | None,
    ff_map: Path | None,
    map_file: Path | None,
    quantity: str | None,
    labels: Path,
    label_scheme: str,
    preset: Path | None,
    erosion_mm: float | None,
    by_slice: bool,
    output: Path,
    progress_mode: str,
) -> None:
    """Measure the fat fraction (or T2, R2*) and size of every structure of a label image.

    \b
      muscle-myopathy measure --water W.nii.gz --fat F.nii.gz --labels muscles.nii.gz --output measures.csv
      muscle-myopathy measure --map t2/water_t2.nii.gz --quantity water_t2 --labels on_t2.nii.gz --output t2.csv

    Of the fat fraction, the table states both definitions: the mean of the voxels' ratios (ff_mean_percent) and
    the ratio of the sums (ff_ratio_of_sums_percent).
    """
    from MuscleMyopathyLib.imaging.files import read_image, read_label_image
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.label_schemes import read_label_scheme
    from MuscleMyopathyLib.output import write_table
    from MuscleMyopathyLib.parameters import read_preset
    from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
    from MuscleMyopathyLib.qmri.measures import MeasureParameters, Quantity, measure_map, measure_structures
    from MuscleMyopathyLib.qmri.vendor_map import fat_fraction_from_vendor_map

    if (water is None) != (fat is None) or sum(given is not None for given in (water, ff_map, map_file)) != 1:
        raise click.UsageError("Give either --water and --fat, or --ff-map, or --map.")
    if (map_file is None) != (quantity is None):
        raise click.UsageError("--map and --quantity go together.")
    with reporting(progress_mode) as report:
        parameters = read_preset(MeasureParameters, preset) if preset else MeasureParameters()
        if erosion_mm is not None:
            parameters = dataclasses.replace(parameters, erosion_mm=erosion_mm)
        report.progress(0.0, "reading")
        segmentation = Segmentation(read_label_image(labels), read_label_scheme(label_scheme))
        images = {}
        percent = None
        if map_file is not None:
            report.note(f"Measured as {quantity}: {map_file.name}.")
        elif ff_map is not None:
            percent, note = fat_fraction_from_vendor_map(read_image(ff_map))
            report.note(note)
        else:
            assert water is not None
            assert fat is not None
            images = {"water": read_image(water), "fat": read_image(fat)}
            computed = fat_fraction(images["water"], images["fat"])
            percent = computed.percent
            for problem in computed.problems:
                report.note(f"  note: {problem}")
        report.progress(0.5, "measuring")
        if map_file is not None:
            shown = next(one for one in Quantity if one.prefix == quantity)
            measures = measure_map(segmentation, read_image(map_file), shown, parameters)
        else:
            measures = measure_structures(segmentation, percent, **images, parameters=parameters)
        write_table(measures.by_slice if by_slice else measures.volume, output)
        report.result(output, f"Measures: {output}")
