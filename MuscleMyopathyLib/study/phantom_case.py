"""The digital limb as a case, and as files that tell whoever reads them that they are simulated."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from pathlib import Path

from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.image_file_series import write_sidecar
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.label_schemes import write_itksnap_labels
from MuscleMyopathyLib.output import require_writable, write_json
from MuscleMyopathyLib.parameters import to_mapping
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.case import WEI_EXAMINATION, phantom_series
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.sequences import (
    GradientEchoTrain,
    InversionRecovery,
    Sequence,
    SpinEcho,
    SpinEchoTrain,
)
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE, Case, PhantomTruth
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK

ECHO_EXAMINATION: tuple[Sequence, ...] = (SpinEcho(), InversionRecovery(), GradientEchoTrain())
"""T1w, STIR, and complex gradient echoes from which water and fat are to be separated."""

SNR_OF_TRAINS = 50.0


def phantom_case(
    parameters: LimbParameters,
    progress: Progress = silent,
    *,
    sequences: Many[Sequence] = WEI_EXAMINATION,
    spin_echoes: bool = False,
) -> Case:
    """Return the digital limb as a case: its simulated series, and its true muscles as the segmentation.

    Args:
        parameters: The simulated subject and the grid.
        progress: Told of every slice.
        sequences: What is acquired on that grid.
        spin_echoes: Whether a spin-echo train is acquired too, as usual on a grid of its own with voxels of twice
            the size, so that the muscles have to be carried to it.
    """
    series, limb = phantom_series(
        parameters, sequences, progress=portion(progress, 0.0, 0.7 if spin_echoes else 1.0)
    )
    truth = PhantomTruth(limb.fat_fraction_percent, limb.t2_water_ms)
    if spin_echoes:
        series += _spin_echoes(parameters, portion(progress, 0.7, 1.0))
    # One simulated subject lies still in one simulated scanner.
    frame = f"2.25.{parameters.seed + 1}"
    return Case(
        identifier=phantom_identifier(parameters),
        region=parameters.region,
        series=tuple(replace(one, frame_of_reference_uid=frame) for one in series),
        muscles=limb.muscles,
        phantom=True,
        reader="phantom truth",
        truth=truth,
    )


def _spin_echoes(parameters: LimbParameters, progress: Progress) -> tuple[Series, ...]:
    fine = parameters.protocol
    column_mm, row_mm = fine.pixel_mm
    coarse = replace(fine, columns=fine.columns // 2, rows=fine.rows // 2, pixel_mm=(2 * column_mm, 2 * row_mm))
    limb = make_limb(replace(parameters, protocol=coarse), portion(progress, 0.0, 0.6))
    return acquire(
        limb, SpinEchoTrain(), snr=SNR_OF_TRAINS, seed=parameters.seed, progress=portion(progress, 0.6, 1.0)
    )


def write_phantom(
    parameters: LimbParameters, folder: Path, truth_folder: Path | None = None, progress: Progress = silent
) -> None:
    """Write the digital limb's series as NIfTI files named by role, its truth if asked for, and the mark.

    The mark (``phantom.json``: the notice and all parameters) makes everything that is later computed from the
    folder say that it comes from a phantom.

    Args:
        parameters: The simulated subject.
        folder: For the images.
        truth_folder: For the true muscles, compartments, fat fraction and water T2; apart from the images, so that
            nobody takes them for images of the examination.
        progress: Receives the fraction done.

    Raises:
        OutputError: A folder cannot be written.
    """
    require_writable(folder)
    if truth_folder is not None:
        require_writable(truth_folder)
    write_json({"notice": PHANTOM_NOTICE, "parameters": to_mapping(parameters)}, folder / PHANTOM_MARK)
    series, limb = phantom_series(parameters, progress=portion(progress, 0.0, 0.8))
    progress(0.8, "writing the images")
    for one in series:
        name = f"{parameters.region}_{_file_word(one.role)}"
        for echo, image in enumerate(one.echoes or (one.image,)):
            path = folder / f"{name}{f'_echo-{echo + 1}' if one.echoes else ''}.nii.gz"
            write_image(image, path)
            write_sidecar(one, path, echo, {"PulseSequenceDetails": one.acquisition.sequence_name})
    if truth_folder is not None:
        _write_truth(limb, truth_folder)
    progress(1.0, "done")


def phantom_identifier(parameters: LimbParameters) -> str:
    """Return a name for a phantom's case that nobody takes for a patient."""
    return f"phantom-{parameters.pattern}-{parameters.region}-{parameters.seed:03d}"


def _write_truth(limb: Limb, folder: Path) -> None:
    write_json({"notice": PHANTOM_NOTICE}, folder / PHANTOM_MARK)
    _write_segmentation(limb.muscles, folder / "muscles.nii.gz")
    _write_segmentation(limb.compartments, folder / "compartments.nii.gz")
    write_image(limb.fat_fraction_percent, folder / "fat_fraction_percent.nii.gz")
    write_image(limb.t2_water_ms, folder / "t2_water_ms.nii.gz")


def _write_segmentation(segmentation: Segmentation, path: Path) -> None:
    write_image(segmentation.image, path)
    write_itksnap_labels(segmentation.structures, path.with_name(f"{path.name.removesuffix('.nii.gz')}.txt"))


def _file_word(role: Role) -> str:
    return str(role).replace(" ", "-")
