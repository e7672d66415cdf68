"""``muscle-myopathy segment-with``: muscles by weights of others, from a file that the user names."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.commands.map_options import read_one_image, series_path
from MuscleMyopathyLib.commands.options import LABEL_SCHEMES, any_path, side_option
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("weights", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--image",
    "images",
    type=series_path,
    multiple=True,
    required=True,
    help="Image, a file or the folder of a DICOM series; one per input channel of the network, in its order.",
)
@click.option("--region", type=click.Choice([str(region) for region in Region]), required=True)
@side_option
@click.option(
    "--label-scheme", metavar="NAME|FILE", help=f"What the labels of an nnU-Net dataset mean: {LABEL_SCHEMES}."
)
@click.option("--trust", is_flag=True, help="Your word that a TorchScript file, which is a program, may run.")
@click.option("--output", type=any_path, required=True, help="Label image to write.")
@click.option("--confidence", type=any_path, help="Also write the probability of each voxel's label here.")
@progress_option
def command(
    weights: Path,
    images: tuple[Path, ...],
    region: str,
    side: str | None,
    label_scheme: str | None,
    trust: bool,
    output: Path,
    confidence: Path | None,
    progress_mode: str,
) -> None:
    """Segment muscles with weights of others.

    WEIGHTS is a MONAI bundle (folder or zip), a results folder of nnU-Net v2, or a weights file of torch or
    safetensors with its description (.yaml, or MuscleMap's .json) beside it. Nothing is downloaded.
    """
    from MuscleMyopathyLib.imaging.checksums import checksum
    from MuscleMyopathyLib.imaging.files import image_suffix, require_image_suffix, write_image
    from MuscleMyopathyLib.imaging.geometry import describe_geometry
    from MuscleMyopathyLib.label_schemes import read_label_scheme, write_itksnap_labels
    from MuscleMyopathyLib.output import require_other_than_inputs, require_writable, write_json
    from MuscleMyopathyLib.segmentation.engines.dividing import segment_with
    from MuscleMyopathyLib.segmentation.engines.opening import open_engine
    from MuscleMyopathyLib.study.provenance import environment

    with reporting(progress_mode) as report:
        for path in filter(None, (output, confidence)):
            require_image_suffix(path)
            require_writable(path.parent)
        require_other_than_inputs([output, confidence], images)
        report.progress(0.0, "opening the network")
        engine = open_engine(
            weights, scheme=read_label_scheme(label_scheme) if label_scheme else None, trusted=trust
        )
        read = [read_one_image(path) for path in images]
        only_side = Side(side) if side else Side.BOTH
        made = segment_with(engine, read, Region(region), report.progress, only_side=only_side)
        write_image(made.segmentation.image, output)
        stem = output.name.removesuffix(image_suffix(output) or "")
        write_itksnap_labels(made.segmentation.structures, output.with_name(f"{stem}.txt"))
        if confidence is not None:
            write_image(made.confidence, confidence)
        names = [f"{channel} ({number})" for number, channel in enumerate(engine.inputs, start=1)]
        record = {
            **environment(),
            "inputs": [
                {"role": name, "geometry": describe_geometry(image), "sha256": checksum(image)}
                for name, image in zip(names, read, strict=True)
            ],
            "network": made.engine,
            "remarks": list(made.remarks),
        }
        write_json(record, output.with_name(f"{stem}.provenance.json"))
        for remark in made.remarks:
            report.note(f"  note: {remark}")
        report.result(output, f"Labels: {output}")
