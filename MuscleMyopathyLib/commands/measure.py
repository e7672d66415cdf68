"""``muscle-myopathy measure``: the measures of a segmentation on a fat-fraction map, as CSV."""

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
    labels: Path,
    label_scheme: str,
    preset: Path | None,
    erosion_mm: float | None,
    by_slice: bool,
    output: Path,
    progress_mode: str,
) -> None:
    """Measure the fat fraction and size of every structure of a label image.

    The table states both definitions of a structure's fat fraction: the mean of the voxels' ratios
    (ff_mean_percent) and the ratio of the sums (ff_ratio_of_sums_percent).
    """
    from MuscleMyopathyLib.imaging.files import read_image, read_label_image
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.label_schemes import read_label_scheme
    from MuscleMyopathyLib.output import write_table
    from MuscleMyopathyLib.parameters import read_preset
    from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
    from MuscleMyopathyLib.qmri.measures import MeasureParameters, measure_structures
    from MuscleMyopathyLib.qmri.vendor_map import fat_fraction_from_vendor_map

    if (water is None) != (fat is None) or (water is None) == (ff_map is None):
        raise click.UsageError("Give either --water and --fat, or --ff-map.")
    with reporting(progress_mode) as report:
        parameters = read_preset(MeasureParameters, preset) if preset else MeasureParameters()
        if erosion_mm is not None:
            parameters = dataclasses.replace(parameters, erosion_mm=erosion_mm)
        report.progress(0.0, "reading")
        segmentation = Segmentation(read_label_image(labels), read_label_scheme(label_scheme))
        images = {}
        if ff_map is not None:
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
        measures = measure_structures(segmentation, percent, **images, parameters=parameters)
        write_table(measures.by_slice if by_slice else measures.volume, output)
        report.result(output, f"Measures: {output}")
