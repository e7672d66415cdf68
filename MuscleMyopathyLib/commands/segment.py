"""``muscle-myopathy segment``: structures by any method, as a label image with a table."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.commands.map_options import read_one_image, series_path
from MuscleMyopathyLib.commands.options import (
    LABEL_SCHEMES,
    any_path,
    existing_file,
    existing_folder,
    preset_option,
    side_option,
    slice_numbers,
)
from MuscleMyopathyLib.commands.reporting import progress_option, reporting

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleMyopathyLib.progress import Progress
    from MuscleMyopathyLib.segmentation.methods import SegmentationOutcome

METHODS = ("compartments", "muscles", "weights", "propagate")


@click.command()
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="compartments",
    show_default=True,
    help="Compartments need no weights; muscles by the network of this project; by weights of others; the slices "
    "between drawn ones.",
)
@click.option("--water", type=series_path, help="Water image: a file, or the folder of a DICOM series.")
@click.option("--fat", type=series_path, help="Fat image.")
@click.option("--t1w", type=series_path, help="T1-weighted image.")
@click.option(
    "--image",
    "more_images",
    multiple=True,
    metavar="NAME=FILE",
    help="Further image by role or name, such as STIR=stir.nii.gz; may be given several times. Images vote on "
    "the muscles; for weights of others they are the input channels, in this order.",
)
@click.option("--region", type=click.Choice([str(region) for region in Region]), help="Limb segment.")
@side_option
@preset_option
@click.option("--structures", metavar="CODE,CODE,…", help="Only these, such as RF_left,VL_left. Default: all.")
@click.option("--network", type=existing_folder, help="Muscles: network with card and weights; the shipped one.")
@click.option("--weights", type=click.Path(exists=True, path_type=Path), help="Weights of others: file or folder.")
@click.option("--trust", is_flag=True, help="Your word that a TorchScript file, which is a program, may run.")
@click.option("--labels", type=existing_file, help="Propagate: label image or DICOM SEG, drawn in a few slices.")
@click.option("--label-scheme", metavar="NAME|FILE", help=f"What labels mean: {LABEL_SCHEMES}.")
@click.option(
    "--drawn-slices",
    metavar="N,N,…",
    callback=slice_numbers,
    help="Propagate: slices to trust, counted from 0. Default: every slice that holds something.",
)
@click.option(
    "--whole-muscle",
    type=any_path,
    help="Compartments: also write the whole muscle (inside the deep fascia, without bone, eroded for the "
    "epimysium) here.",
)
@click.option("--confidence", type=any_path, help="Also write the probability of each voxel's label here.")
@click.option(
    "--dicom-seg",
    type=any_path,
    help="Also write a DICOM SEG (.dcm) here; it refers to the DICOM series whose folder is the first image.",
)
@click.option("--output", type=any_path, required=True, help="Label image to write (.nii.gz, .nrrd or .mha).")
@progress_option
def command(output: Path, confidence: Path | None, progress_mode: str, **options: Any) -> None:
    """Segment compartments or muscles, left and right.

    Beside the label image lie an ITK-SNAP label description (.txt), a table with volume, confidence and warning
    of every structure (.structures.csv), and where it comes from (.provenance.json).
    """
    from MuscleMyopathyLib.imaging.dicom_segmentation_export import write_dicom_segmentation
    from MuscleMyopathyLib.imaging.files import image_suffix, require_image_suffix, write_image
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.label_schemes import write_itksnap_labels
    from MuscleMyopathyLib.output import require_other_than_inputs, require_writable, write_json, write_table
    from MuscleMyopathyLib.study.provenance import image_provenance

    def write(segmentation: Segmentation, path: Path) -> Path:
        write_image(segmentation.image, path)
        stem = path.with_name(path.name.removesuffix(image_suffix(path) or ""))
        write_itksnap_labels(segmentation.structures, stem.with_name(f"{stem.name}.txt"))
        return stem

    with reporting(progress_mode) as report:
        for path in filter(None, (output, confidence, options["whole_muscle"])):
            require_image_suffix(path)
            require_writable(path.parent)
        dicom_seg = options["dicom_seg"]
        _require_sense(options, confidence)
        wanted = _structures(options)
        report.progress(0.0, "reading")
        files = _image_files(options)
        require_other_than_inputs(
            [output, confidence, options["whole_muscle"], dicom_seg], [*files.values(), options["labels"]]
        )
        dicom_files = _dicom_files(dicom_seg, files) if dicom_seg is not None else ()
        images = {name: read_one_image(path) for name, path in files.items()}
        parameters = _parameters(options)
        outcome = _run(options, images, parameters, report.progress)
        problems = [*_problems_of_files(files, images), *outcome.problems]
        if options["whole_muscle"] is not None:
            write(_whole_muscle(outcome, parameters), options["whole_muscle"])
        if wanted is not None:
            outcome = outcome.only(wanted)
        stem = write(outcome.segmentation, output)
        write_table(outcome.structures, stem.with_name(f"{stem.name}.structures.csv"))
        if dicom_seg is not None:
            write_dicom_segmentation(outcome.segmentation, dicom_files, dicom_seg)
        if confidence is not None and outcome.confidence is not None:
            write_image(outcome.confidence, confidence)
        record = image_provenance(images, parameters, problems)
        write_json(
            {**record, "made_by": outcome.made_by},
            stem.with_name(f"{stem.name}.provenance.json"),
        )
        for problem in problems:
            report.note(f"  note: {problem}")
        for row in outcome.structures[outcome.structures["problem"] != ""].itertuples():
            report.note(f"  note: {row.structure} {row.side}: {row.problem}")
        report.result(output, f"{outcome.made_by.capitalize()}: {output}")


def _require_sense(options: dict[str, Any], confidence: Path | None) -> None:
    """Refuse options that the method cannot follow, before long work begins."""
    from MuscleMyopathyLib.errors import InputError

    method = options["method"]
    if options["whole_muscle"] is not None and method != "compartments":
        raise InputError("--whole-muscle follows from the compartments: use it with --method compartments.")
    if confidence is not None and method not in ("muscles", "weights"):
        raise InputError(f"--confidence: only networks give probabilities, and --method {method} is none.")
    if options["preset"] is not None and method == "weights":
        raise InputError("--preset: weights of others bring their settings along in their own files.")


def _structures(options: dict[str, Any]) -> list[Structure] | None:
    wanted = options["structures"]
    return [Structure.parse(one.strip()) for one in wanted.split(",")] if wanted else None


def _image_files(options: dict[str, Any]) -> dict[str, Path]:
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.imaging.roles import Role

    files = {
        str(role): options[name]
        for role, name in ((Role.WATER, "water"), (Role.FAT, "fat"), (Role.T1W, "t1w"))
        if options[name]
    }
    for text in options["more_images"]:
        name, _, file = text.partition("=")
        if not name or not file or name in files:
            raise InputError(f"--image {text}: write it as NAME=FILE, each name once, such as STIR=stir.nii.gz.")
        files[name] = Path(file)
    return files


def _dicom_files(output: Path, images: dict[str, Path]) -> tuple[Path, ...]:
    """Return the files that a DICOM SEG refers to: those of the first image, on whose grid the result lies."""
    from MuscleMyopathyLib.errors import InputError, OutputError
    from MuscleMyopathyLib.imaging.dicom_segmentation_export import require_highdicom
    from MuscleMyopathyLib.imaging.folder import find_series
    from MuscleMyopathyLib.output import require_writable

    require_highdicom()
    if output.suffix.lower() != ".dcm":
        raise OutputError(f"--dicom-seg {output.name}: name the file NAME.dcm.")
    require_writable(output.parent)
    first = next(iter(images.values()), None)
    if first is None or not first.is_dir():
        raise InputError(
            "--dicom-seg refers to the slices that were segmented: give the folder of the DICOM series as the "
            "first image, or leave --dicom-seg out."
        )
    return find_series(first)[0].files


def _problems_of_files(files: dict[str, Path], images: dict[str, sitk.Image]) -> list[str]:
    """Return in words which images are one slice of a DICOM series, or do not tell how they lie."""
    from MuscleMyopathyLib.imaging.files import image_suffix
    from MuscleMyopathyLib.imaging.nifti import NIFTI_SUFFIXES, orientation_problem

    untold = [orientation_problem(path) for path in files.values() if image_suffix(path) in NIFTI_SUFFIXES]
    return [text for text in untold if text] + [
        f"{name} is a single slice, {path.name}. Give the folder of its DICOM series to segment all its slices."
        for name, path in files.items()
        if images[name].GetSize()[2] == 1 and path.is_file() and image_suffix(path) is None
    ]


def _parameters(options: dict[str, Any]) -> Any:
    """Return the method's parameters; None for weights of others, which declare theirs in their own files."""
    from MuscleMyopathyLib.parameters import read_preset
    from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
    from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
    from MuscleMyopathyLib.segmentation.propagation import PropagationParameters

    kinds: dict[str, Any] = {
        "compartments": CompartmentParameters,
        "muscles": MuscleParameters,
        "propagate": PropagationParameters,
    }
    kind = kinds.get(options["method"])
    if kind is None:
        return None
    parameters = read_preset(kind, options["preset"]) if options["preset"] else kind()
    if options["side"] is not None and options["method"] != "propagate":
        parameters = dataclasses.replace(parameters, only_side=Side(options["side"]))
    return parameters


def _run(
    options: dict[str, Any], images: dict[str, sitk.Image], parameters: Any, progress: Progress
) -> SegmentationOutcome:
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.label_schemes import read_label_scheme
    from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file
    from MuscleMyopathyLib.segmentation import methods

    method = options["method"]
    region = Region(options["region"]) if options["region"] else None
    if method == "propagate":
        if options["labels"] is None:
            raise InputError("Propagating needs what was drawn: give --labels.")
        image = next(iter(images.values()), None)
        drawn = read_segmentation_file(options["labels"], options["label_scheme"], image)
        return methods.by_propagation(
            drawn,
            image,
            parameters,
            structures=_structures(options),
            drawn_slices=options["drawn_slices"],
            progress=progress,
        )
    if method == "muscles":
        return methods.by_network(images, region, parameters, options["network"], progress)
    if region is None:
        raise InputError("Say what the images show: --region thigh or --region calf.")
    if method == "compartments":
        return methods.by_compartments(images, region, parameters, progress)
    if options["weights"] is None:
        raise InputError("Weights of others come from a file or folder that you name: give --weights.")
    scheme = read_label_scheme(options["label_scheme"]) if options["label_scheme"] else None
    return methods.by_weights(
        images,
        region,
        options["weights"],
        scheme=scheme,
        trusted=options["trust"],
        only_side=Side(options["side"]) if options["side"] else Side.BOTH,
        progress=progress,
    )


def _whole_muscle(outcome: SegmentationOutcome, parameters: Any) -> Any:
    from MuscleMyopathyLib.segmentation.whole_muscle import whole_muscle

    return whole_muscle(outcome.segmentation, parameters.epimysium_erosion_mm)
