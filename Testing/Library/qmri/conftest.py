"""Echo trains for the tests of T2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Series


def image_of(array: npt.NDArray[np.generic], spacing: tuple[float, float, float] = (2.0, 2.0, 6.0)) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    return image


def in_blank_air(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return an array (slice, row, column) within air that the scanner blanked."""
    return np.pad(array, ((0, 0), (16, 16), (16, 16)))


def series_of(echoes: Sequence[npt.NDArray[np.generic]], times_ms: Sequence[float] = ()) -> Series:
    """Return a multi-echo series of arrays (slice, row, column)."""
    images = tuple(image_of(echo) for echo in echoes)
    several = images if len(images) > 1 else ()
    return Series("train", images[0], Role.MULTI_ECHO_SE, "made by a test", several, tuple(times_ms))


def magnitude(
    signal: npt.NDArray[np.floating], noise_sd: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return the magnitude of a signal in complex noise."""
    noisy = signal + noise_sd * (rng.standard_normal(signal.shape) + 1j * rng.standard_normal(signal.shape))
    return np.abs(noisy).astype(np.float32)
