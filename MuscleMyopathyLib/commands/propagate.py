"""``muscle-myopathy propagate``: a few drawn slices in, the slices between them filled."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.map_options import read_one_image, series_path
from MuscleMyopathyLib.commands.options import any_path, existing_file, label_scheme_option, slice_numbers
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.option(
    "--labels", type=existing_file, required=True, help="Label image or DICOM SEG, drawn in a few slices."
)
@label_scheme_option
@click.option(
    "--image",
    type=series_path,
    help="The image it was drawn on, or the folder of its DICOM series; for the method 'guided'.",
)
@click.option(
    "--method",
    type=click.Choice(["guided", "motion", "shape"]),
    default="guided",
    show_default=True,
    help="Along the image from slice to slice; along the motion of the shapes; plain shape interpolation.",
)
@click.option("--structures", metavar="CODE,CODE,…", help="Only these, such as RF_left,VL_left. Default: all.")
@click.option(
    "--drawn-slices",
    metavar="N,N,…",
    callback=slice_numbers,
    help="Slices to trust, counted from 0; the others are replaced. Default: every slice that holds something.",
)
@click.option(
    "--extrapolate-mm",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="How far to go on beyond the first and the last drawn slice.",
)
@click.option("--output", type=any_path, required=True, help="Label image to write; a table lies beside.")
@progress_option
def command(
    labels: Path,
    label_scheme: str,
    image: Path | None,
    method: str,
    structures: str | None,
    drawn_slices: tuple[int, ...] | None,
    extrapolate_mm: float,
    output: Path,
    progress_mode: str,
) -> None:
    """Fill the slices between drawn ones; drawn slices keep every voxel.

    Beside the label image lie a table (.slices.csv) that says for every structure and slice whether it was drawn,
    propagated or extrapolated, with its confidence, and the provenance (.provenance.json).
    """
    from MuscleMyopathyLib.anatomy import Structure
    from MuscleMyopathyLib.imaging.files import image_suffix, require_image_suffix, write_image
    from MuscleMyopathyLib.output import require_other_than_inputs, require_writable, write_json, write_table
    from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file
    from MuscleMyopathyLib.segmentation.propagation import (
        PropagationMethod,
        PropagationParameters,
        propagate,
    )
    from MuscleMyopathyLib.study.provenance import image_provenance

    with reporting(progress_mode) as report:
        require_image_suffix(output)
        require_writable(output.parent)
        require_other_than_inputs([output], [labels, image])
        report.progress(0.0, "reading")
        drawn_on = read_one_image(image) if image else None
        drawn = read_segmentation_file(labels, label_scheme, drawn_on)
        parameters = PropagationParameters(PropagationMethod(method), extrapolate_mm)
        made = propagate(
            drawn,
            drawn_on,
            parameters,
            structures=[Structure.parse(one.strip()) for one in structures.split(",")] if structures else None,
            drawn_slices=drawn_slices,
            progress=report.progress,
        )
        write_image(made.segmentation.image, output)
        stem = output.name.removesuffix(image_suffix(output) or "")
        write_table(made.slices, output.with_name(f"{stem}.slices.csv"))
        inputs = {"labels": drawn.image} | ({} if drawn_on is None else {"image": drawn_on})
        rows = made.slices[made.slices["problem"] != ""]
        problems = [
            f"slice {row['slice'] + 1}, {row['structure']} {row['side']}: {row['problem']}"
            for row in rows.to_dict("records")
        ]
        write_json(image_provenance(inputs, parameters, problems), output.with_name(f"{stem}.provenance.json"))
        origins = made.slices.drop_duplicates("slice")["origin"].value_counts()
        report.note(", ".join(f"{count} slices {origin}" for origin, count in origins.items()) + ".")
        for problem in problems:
            report.note(f"  note: {problem}")
        report.result(output, f"Labels: {output}")
