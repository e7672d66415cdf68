"""Tests of structures carried from one series to another."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.imaging.transfer import TransferParameters, transfer_structures
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import T2W


@pytest.fixture(scope="module")
def drawn() -> tuple[Segmentation, Series]:
    """Return the muscles of a limb and the T2w that they were drawn on, of one patient and frame of reference."""
    limb = make_limb(
        LimbParameters(protocol=Protocol(190, 100, (2.0, 2.0), thickness_mm=3, spacing_mm=3, slices=16))
    )
    (t2w,) = acquire(limb, T2W, snr=40)
    return limb.muscles, dataclasses.replace(t2w, patient_key="a", frame_of_reference_uid="1.2")


def tilted(series: Series, spacing: tuple[float, float, float]) -> Series:
    """Return the series on an oblique grid of other voxels that holds all of it."""
    image = series.image
    turn = sitk.Euler3DTransform((0, 0, 0), 0.12, -0.08, 0.05)
    size = [
        int(1.15 * n * s / t) + 14 for n, s, t in zip(image.GetSize(), image.GetSpacing(), spacing, strict=True)
    ]
    grid = sitk.Image(*size, sitk.sitkFloat32)
    grid.SetSpacing(spacing)
    grid.SetDirection(turn.GetMatrix())
    middle = np.array(image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()]))
    half = np.array(turn.GetMatrix()).reshape(3, 3) @ ((np.array(size) - 1) / 2 * np.array(spacing))
    grid.SetOrigin((middle - half).tolist())
    return dataclasses.replace(series, name="T2 map", image=sitk.Resample(image, grid))


def test_there_and_back_over_another_resolution_and_obliquity_keeps_every_volume_within_two_percent(
    drawn: tuple[Segmentation, Series],
) -> None:
    muscles, t2w = drawn
    target = tilted(t2w, (1.5, 1.5, 2.5))
    there = transfer_structures(muscles, t2w, target)
    assert there.overlap_percent == 100.0
    assert there.problems == ()
    assert there.volumes["change_percent"].abs().max() < 2
    back = transfer_structures(there.segmentation, target, t2w)
    total = back.volumes["volume_after_cm3"] / there.volumes["volume_before_cm3"]
    np.testing.assert_allclose(total, 1, atol=0.02)
    drawn_voxels = muscles.array > 0
    assert (back.segmentation.array == muscles.array)[drawn_voxels].mean() > 0.9


def test_two_patients_are_refused(drawn: tuple[Segmentation, Series]) -> None:
    muscles, t2w = drawn
    with pytest.raises(InputError, match="belong to two patients"):
        transfer_structures(muscles, t2w, dataclasses.replace(t2w, patient_key="b"))


def test_another_frame_of_reference_is_refused_without_the_users_word(drawn: tuple[Segmentation, Series]) -> None:
    muscles, t2w = drawn
    other = dataclasses.replace(t2w, frame_of_reference_uid="1.3")
    with pytest.raises(InputError, match="different frames of reference"):
        transfer_structures(muscles, t2w, other)
    allowed = transfer_structures(muscles, t2w, other, TransferParameters(same_space=True))
    assert "the user stated" in allowed.problems[0]


def test_an_unknown_frame_of_reference_is_said(drawn: tuple[Segmentation, Series]) -> None:
    muscles, t2w = drawn
    result = transfer_structures(muscles, t2w, dataclasses.replace(t2w, frame_of_reference_uid=None))
    assert "do not tell the frame of reference" in result.problems[0]


def test_series_without_overlap_are_refused_with_both_geometries(drawn: tuple[Segmentation, Series]) -> None:
    muscles, t2w = drawn
    away = sitk.Image(t2w.image)
    away.SetOrigin((0.0, 0.0, 2000.0))
    with pytest.raises(GeometryError, match="do not reach into"):
        transfer_structures(muscles, t2w, dataclasses.replace(t2w, image=away))


def test_what_lies_outside_the_target_is_named_with_its_share(drawn: tuple[Segmentation, Series]) -> None:
    muscles, t2w = drawn
    half = dataclasses.replace(t2w, name="half", image=t2w.image[:, :, :8])
    result = transfer_structures(muscles, t2w, half)
    assert result.overlap_percent == pytest.approx(50, abs=5)
    assert any("lie inside half" in problem for problem in result.problems)
    assert any(problem.startswith("VL left: its volume changed by -") for problem in result.problems)


def test_refinement_finds_how_far_the_patient_moved(drawn: tuple[Segmentation, Series]) -> None:
    muscles, t2w = drawn
    middle = t2w.image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in t2w.image.GetSize()])
    motion = sitk.Euler3DTransform(middle, 0.0, 0.0, 0.04, (3.0, -4.0, 1.0))
    moved = dataclasses.replace(t2w, image=sitk.Resample(t2w.image, motion))
    truth = sitk.GetArrayFromImage(sitk.Resample(muscles.image, motion, sitk.sitkNearestNeighbor))
    result = transfer_structures(muscles, t2w, moved, TransferParameters(refine=True))
    assert result.refinement is not None
    assert 5.0 < result.refinement.displacement_mm < 8.0
    assert result.refinement.likeness_after > result.refinement.likeness_before
    inside = truth > 0
    assert (muscles.array == truth)[inside].mean() < 0.85
    assert (result.segmentation.array == truth)[inside].mean() > 0.97


def test_slices_with_wide_gaps_are_aligned_within_their_planes() -> None:
    def picture(moved_mm: tuple[float, float]) -> sitk.Image:
        rows, columns = np.indices((100, 120))
        limb = (rows - 50) ** 2 + (columns - 60) ** 2 < 1600
        bone = (rows - 40) ** 2 + (columns - 75) ** 2 < 60
        plane = np.where(limb, 300 + 120 * np.sin(columns / 6) * np.cos(rows / 8), 5) - 250 * bone
        noisy = plane + np.random.default_rng(0).normal(0, 4, (5, 100, 120))
        image = sitk.GetImageFromArray(noisy.astype(np.float32))
        image.SetSpacing((2.0, 2.0, 40.0))
        image.SetOrigin((*moved_mm, 0.0))
        return image

    still, moved = picture((0.0, 0.0)), picture((6.0, -4.0))
    labels = sitk.GetArrayFromImage(still) > 100
    drawn = Segmentation.from_array(labels.astype(np.uint8), {1: Structure("RF", Side.LEFT)}, still)
    source = Series("T1w", still, Role.T1W, "")
    refine = TransferParameters(refine=True)
    found = transfer_structures(drawn, source, Series("T2 map", moved, Role.T2_MAP, ""), refine).refinement
    assert found is not None
    assert found.displacement_mm == pytest.approx(np.hypot(6.0, 4.0), abs=0.3)
    assert found.transform.TransformPoint((0.0, 0.0, 0.0))[2] == pytest.approx(0.0, abs=1e-6)
    same = transfer_structures(drawn, source, Series("T2 map", still, Role.T2_MAP, ""), refine).refinement
    assert same is not None
    assert same.displacement_mm < 0.1
