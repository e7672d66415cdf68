"""The outline of fat-suppressed images, in which most of a limb is faint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import InversionRecovery, SpinEcho
from MuscleMyopathyLib.segmentation.faint_tissue import with_faint_tissue
from MuscleMyopathyLib.segmentation.outline import body_outline

SPACING_MM = (60.0, 2.0, 2.0)
LEG = (slice(None), slice(20, 80), slice(30, 90))

Mask = npt.NDArray[np.bool_]


def dice(first: Mask, second: Mask) -> float:
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


def magnitude(limb_of: LimbParameters, sequence: object, snr: float) -> npt.NDArray[np.float32]:
    (image,) = (made.image for made in acquire(make_limb(limb_of), sequence, snr=snr, seed=3))
    return sitk.GetArrayFromImage(image).astype(np.float32)


def test_a_stir_image_of_the_digital_limb_has_the_outline_of_its_t1w_image() -> None:
    protocol = Protocol(200, 120, (2.0, 2.0), 6.0, 60.0, None, 1, 2)
    parameters = LimbParameters(region=Region.CALF, seed=11, subcutaneous_fat=1.3, protocol=protocol)
    truth = body_outline(magnitude(parameters, SpinEcho(), 200), SPACING_MM)
    stir = magnitude(parameters, InversionRecovery(), 40)
    bright = body_outline(stir, SPACING_MM)
    assert dice(bright, truth) < 0.9
    assert dice(with_faint_tissue(bright, stir, SPACING_MM), truth) > 0.96


def leg_with_a_tumour(ghost: float = 0.0) -> tuple[npt.NDArray[np.float32], Mask]:
    """Return two noisy slices of faint muscle around something bright, with a ghost of it beside the leg."""
    rows, columns = np.mgrid[:100, :140] * 2.0
    leg = np.hypot(rows - 100, columns - 120) < 60
    tumour = np.hypot(rows - 100, columns - 105) < 20
    plane = np.where(tumour, 450.0, np.where(leg, 50.0, 0.0))
    plane += ghost * 450 * (np.hypot(rows - 100, columns - 235) < 30)
    noise = np.random.default_rng(5).normal(0, 20, (2, 2, 100, 140))
    return np.hypot(plane + noise[0], noise[1]).astype(np.float32), np.stack([leg, leg])


def test_muscle_beside_a_bright_tumour_is_in_the_outline() -> None:
    image, leg = leg_with_a_tumour()
    bright = body_outline(image, SPACING_MM)
    assert dice(bright, leg) < 0.5
    assert dice(with_faint_tissue(bright, image, SPACING_MM), leg) > 0.96


def test_ghosts_beside_the_leg_are_not_added() -> None:
    image, leg = leg_with_a_tumour(ghost=0.05)
    with_ghosts = with_faint_tissue(body_outline(image, SPACING_MM), image, SPACING_MM)
    assert dice(with_ghosts, leg) > 0.96


def test_the_outline_of_a_bright_leg_stays_as_it_is_with_noise_in_a_disc_and_air_masked_beyond() -> None:
    rows, columns = np.mgrid[:100, :140] * 2.0
    leg = np.hypot(rows - 100, columns - 120) < 60
    seen = np.hypot(rows - 100, columns - 140) < 98
    noise = np.random.default_rng(5).normal(0, 12, (2, 2, 100, 140))
    image = np.where(seen, np.hypot(np.where(leg, 600, 0) + noise[0], noise[1]), 0).astype(np.float32)
    bright = body_outline(image, SPACING_MM)
    assert dice(bright, np.stack([leg, leg])) > 0.97
    np.testing.assert_array_equal(with_faint_tissue(bright, image, SPACING_MM), bright)


def test_the_fat_suppressed_images_of_a_real_thigh_have_the_outline_of_its_t1w_images(shared_data: Path) -> None:
    images = {}
    for name in ("T1", "T2FS"):
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(shared_data / "sts001_dicom" / name)))
        images[name] = sitk.Cast(reader.Execute(), sitk.sitkFloat32)
    t1w, suppressed = images["T1"], images["T2FS"]
    outline = sitk.GetImageFromArray(
        body_outline(sitk.GetArrayFromImage(t1w), t1w.GetSpacing()[::-1]).astype(np.uint8)
    )
    outline.CopyInformation(t1w)
    truth = (
        sitk.GetArrayFromImage(sitk.Resample(outline, suppressed, sitk.Transform(), sitk.sitkNearestNeighbor)) > 0
    )
    signal, spacing = sitk.GetArrayFromImage(suppressed), suppressed.GetSpacing()[::-1]
    bright = body_outline(signal, spacing)
    found = with_faint_tissue(bright, signal, spacing)
    assert np.mean([dice(*pair) for pair in zip(bright, truth, strict=True)]) < 0.6
    # Two slices have no sharp border of their own and follow their neighbours.
    assert min(dice(*pair) for pair in zip(found, truth, strict=True)) > 0.9
