"""The digital limb as a case, and as files that tell whoever reads them that they are simulated."""

from __future__ import annotations

from pathlib import Path

from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import write_itksnap_labels
from MuscleMyopathyLib.output import require_writable, write_json
from MuscleMyopathyLib.parameters import to_mapping
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.limb import Limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE, Case
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK


def phantom_case(parameters: LimbParameters, progress: Progress = silent) -> Case:
    """Return the digital limb as a case: its simulated series, and its true muscles as the segmentation."""
    series, limb = phantom_series(parameters, progress=progress)
    return Case(
        identifier=phantom_identifier(parameters),
        region=parameters.region,
        series=series,
        muscles=limb.muscles,
        phantom=True,
        reader="phantom truth",
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
        if not one.echoes:
            write_image(one.image, folder / f"{name}.nii.gz")
        for number, echo in enumerate(one.echoes, start=1):
            write_image(echo, folder / f"{name}_echo-{number}.nii.gz")
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
