"""Echoes of separate scans moved onto the first one, where the limb moved between them.

Every echo must show the same tissue: a voxel's shift mixes up water and fat along every edge. Each later magnitude
is aligned to the first within the slices (affine: shift, turn, stretch and shear) by mutual information, since
echoes in and out of phase differ in contrast; slices several millimetres thick tell nothing of motion across them.
 Real and imaginary part are then interpolated, not the phase, which jumps at ±π.
Source: Mattes et al., IEEE Trans Med Imaging 2003;22:120.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.qmri.phase import ComplexEchoes

LARGEST_DISPLACEMENT_MM = 15.0
"""An alignment that moves the limb further within one examination has failed."""

_AROUND_MM = 12.0
_SAMPLES = 200_000
# Thinning and smoothing (mm) within the slices.
_LEVELS = ((4, 2.0), (2, 1.0), (1, 0.5))
# Of an affine transform's twelve numbers, those that stay within the slice.
_IN_PLANE = (1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0)


def aligned_echoes(echoes: ComplexEchoes, progress: Progress = silent) -> tuple[ComplexEchoes, str]:
    """Return the echoes on the first one's anatomy, and how far each was moved, in words.

    Raises:
        GeometryError: An echo cannot be aligned, or only by moving it implausibly far.
    """
    flat = [_without_place(magnitude) for magnitude in echoes.magnitudes]
    around = _limb(flat[0])
    magnitudes, phases, moves = [flat[0]], [], []
    voxels = np.arange(flat[0].GetNumberOfPixels())
    for number, moving in enumerate(flat[1:], start=2):
        progress((number - 2) / len(flat[1:]), f"aligning echo {number}")
        transform = _alignment(flat[0], moving, around, number)
        mean, largest = _displacement_mm(transform, around)
        if largest > LARGEST_DISPLACEMENT_MM:
            raise GeometryError(
                f"Aligning echo {number} to the first moved the limb by up to {largest:.0f} mm: the alignment "
                "failed. Separate water and fat without it, and look at the residual map."
            )
        moves.append(f"echo {number} by {mean:.1f} mm on average, {largest:.1f} mm at most")
        own = replace(
            echoes,
            magnitudes=(echoes.magnitudes[number - 1],),
            phases=(echoes.phases[number - 1],),
            times_ms=echoes.times_ms[number - 1 : number],
        )
        signal = own.at(voxels)[0].reshape(sitk.GetArrayViewFromImage(flat[0]).shape)
        real, imaginary = (_resampled(part, flat[0], transform) for part in (signal.real, signal.imag))
        magnitudes.append(_image(np.hypot(real, imaginary), echoes.like))
        phases.append(_image(np.arctan2(imaginary, real), echoes.like))
    first = sitk.Cast(echoes.phases[0], sitk.sitkFloat32) * echoes.radians_per_unit
    moved = replace(
        echoes,
        magnitudes=(echoes.magnitudes[0], *magnitudes[1:]),
        phases=(first, *phases),
        radians_per_unit=1.0,
    )
    return moved, f"Echoes aligned to the first within the slices: {'; '.join(moves)}."


def _without_place(image: sitk.Image) -> sitk.Image:
    """Return the image with the slices' own axes, so that the third is across them."""
    flat = sitk.Cast(image, sitk.sitkFloat32)
    flat.SetOrigin((0.0, 0.0, 0.0))
    flat.SetDirection(np.eye(3).ravel().tolist())
    return flat


def _limb(magnitude: sitk.Image) -> sitk.Image:
    """Return the limb and a rim of air, whose edge tells most about motion."""
    column_mm, row_mm, _ = magnitude.GetSpacing()
    radius = (round(_AROUND_MM / column_mm), round(_AROUND_MM / row_mm), 0)
    return sitk.BinaryDilate(sitk.OtsuThreshold(magnitude, 0, 1), radius)


def _alignment(fixed: sitk.Image, moving: sitk.Image, around: sitk.Image, number: int) -> sitk.AffineTransform:
    """Return where the points of the first echo lie in another one, from coarse to fine."""
    transform = sitk.AffineTransform(3)
    transform.SetCenter(fixed.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in fixed.GetSize()]))
    for shrink, sigma_mm in _LEVELS:
        registration = sitk.ImageRegistrationMethod()
        registration.SetMetricAsMattesMutualInformation(32)
        registration.SetMetricFixedMask(around)
        coarse, moved = (_coarser(image, shrink, sigma_mm) for image in (fixed, moving))
        registration.SetMetricSamplingStrategy(registration.REGULAR)
        registration.SetMetricSamplingPercentage(min(1.0, _SAMPLES / coarse.GetNumberOfPixels()), 1)
        # The filtered gradient needs four slices; the plain one does with any number.
        registration.MetricUseFixedImageGradientFilterOff()
        registration.MetricUseMovingImageGradientFilterOff()
        registration.SetInterpolator(sitk.sitkLinear)
        registration.SetOptimizerAsRegularStepGradientDescent(
            learningRate=1.0, minStep=1e-3, numberOfIterations=200, relaxationFactor=0.6
        )
        registration.SetOptimizerScalesFromPhysicalShift()
        registration.SetOptimizerWeights(_IN_PLANE)
        registration.SetInitialTransform(transform, inPlace=True)
        try:
            registration.Execute(coarse, moved)
        except RuntimeError as error:
            raise GeometryError(
                f"Echo {number} could not be aligned to the first ({str(error).strip().splitlines()[-1]}). "
                "Separate water and fat without aligning the echoes, and look at the residual map."
            ) from error
    return transform


def _coarser(image: sitk.Image, shrink: int, sigma_mm: float) -> sitk.Image:
    """Return the image smoothed and thinned within the slices; not across them, where there are few."""
    smooth = sitk.DiscreteGaussian(image, variance=(sigma_mm**2, sigma_mm**2, 0.0))
    return sitk.Shrink(smooth, (shrink, shrink, 1))


def _displacement_mm(transform: sitk.AffineTransform, around: sitk.Image) -> tuple[float, float]:
    """Return how far the limb's voxels move, on average and at most."""
    slices, rows, columns = np.nonzero(sitk.GetArrayViewFromImage(around))
    places = np.stack([columns, rows, slices], axis=1) * np.array(around.GetSpacing())
    matrix = np.array(transform.GetMatrix()).reshape(3, 3)
    center, translation = np.array(transform.GetCenter()), np.array(transform.GetTranslation())
    moved = np.linalg.norm((places - center) @ matrix.T + center + translation - places, axis=1)
    return float(moved.mean()), float(moved.max())


def _resampled(
    values: npt.NDArray[np.float32], grid: sitk.Image, transform: sitk.Transform
) -> npt.NDArray[np.float32]:
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(grid)
    return np.asarray(sitk.GetArrayFromImage(sitk.Resample(image, grid, transform, sitk.sitkLinear, 0.0)))


def _image(values: npt.NDArray[np.float32], like: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(like)
    return image
