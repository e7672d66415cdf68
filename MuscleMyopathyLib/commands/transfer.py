"""``muscle-myopathy transfer``: a label image carried to another series of the examination."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.map_options import read_only_series, series_path
from MuscleMyopathyLib.commands.options import any_path, existing_file, label_scheme_option
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.option("--labels", type=existing_file, required=True, help="Label image.")
@label_scheme_option
@click.option("--from", "source", type=series_path, required=True, help="Series that the labels were drawn on.")
@click.option("--to", "target", type=series_path, required=True, help="Series to carry them to.")
@click.option("--refine", is_flag=True, help="Align the images rigidly first; the displacement is shown.")
@click.option("--same-space", is_flag=True, help="Your word that both series share their space.")
@click.option(
    "--output", type=any_path, required=True, help="Label image to write; a table of volumes lies beside."
)
@progress_option
def command(
    labels: Path,
    label_scheme: str,
    source: Path,
    target: Path,
    refine: bool,
    same_space: bool,
    output: Path,
    progress_mode: str,
) -> None:
    """Carry labels to another series of one examination, by their place in space.

    Refused for two patients, for series that do not overlap, and for different frames of reference unless
    --same-space says otherwise. Writes the labels, volumes before and after as CSV, and the provenance as JSON.
    """
    from MuscleMyopathyLib.imaging.files import image_suffix, read_label_image, write_image
    from MuscleMyopathyLib.imaging.geometry import require_same_geometry
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.imaging.transfer import TransferParameters, transfer_structures
    from MuscleMyopathyLib.label_schemes import read_label_scheme
    from MuscleMyopathyLib.output import require_writable, write_json, write_table
    from MuscleMyopathyLib.study.provenance import image_provenance

    with reporting(progress_mode) as report:
        require_writable(output.parent)
        report.progress(0.0, "reading")
        image = read_label_image(labels)
        drawn_on, carried_to = read_only_series(source), read_only_series(target)
        require_same_geometry(image, drawn_on.image, "label image", "series that it was drawn on")
        present = set(Segmentation(image, read_label_scheme(label_scheme)).array.ravel().tolist())
        scheme = {number: name for number, name in read_label_scheme(label_scheme).items() if number in present}
        parameters = TransferParameters(refine=refine, same_space=same_space)
        result = transfer_structures(
            Segmentation(image, scheme), drawn_on, carried_to, parameters, report.progress
        )
        write_image(result.segmentation.image, output)
        stem = output.name.removesuffix(image_suffix(output) or "")
        write_table(result.volumes, output.with_name(f"{stem}.volumes.csv"))
        inputs = {"labels": image, "source": drawn_on.image, "target": carried_to.image}
        write_json(
            image_provenance(inputs, parameters, result.problems), output.with_name(f"{stem}.provenance.json")
        )
        moved = result.refinement
        if moved is not None:
            report.note(
                f"Aligned: structures moved by {moved.displacement_mm:.1f} mm on average (at most "
                f"{moved.largest_displacement_mm:.1f} mm); mutual information {moved.likeness_before:.3f} before, "
                f"{moved.likeness_after:.3f} after."
            )
        report.note(f"{result.overlap_percent:.1f} % of the structures lie inside the target.")
        for problem in result.problems:
            report.note(f"  note: {problem}")
        report.result(output, f"Labels: {output}")
