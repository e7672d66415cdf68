"""A small limb image with two muscles on each side, and PyRadiomics alone to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from threadpoolctl import threadpool_limits

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.radiomics.engine import pyradiomics, quiet
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset

SHAPE = (12, 40, 60)
STRUCTURES = {
    1: Structure("RF", Side.LEFT),
    2: Structure("VL", Side.LEFT),
    101: Structure("RF", Side.RIGHT),
    102: Structure("VL", Side.RIGHT),
}


@pytest.fixture(autouse=True)
def one_thread_of_linear_algebra() -> Iterator[None]:
    """On shared cores the threads of PyRadiomics' eigenvalue solver mostly wait for one another."""
    with threadpool_limits(1):
        yield


def _like(array: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((2.0, 2.0, 6.0))
    image.SetOrigin((-60.0, -40.0, 100.0))
    return image


@pytest.fixture
def limb_image() -> sitk.Image:
    """Smooth and noisy intensities from about 0 to 1,500, 16-bit integers."""
    rng = np.random.default_rng(7)
    z, y, x = np.indices(SHAPE)
    wave = 700 + 300 * np.sin(x / 7) + 200 * np.cos(y / 5 + z / 3)
    return _like((wave + rng.normal(0, 80, SHAPE)).clip(0).astype(np.int16))


@pytest.fixture
def limb_regions() -> Segmentation:
    """Four ellipsoids; the first column of the image is the patient's right."""
    labels = np.zeros(SHAPE, np.uint8)
    z, y, x = np.indices(SHAPE)
    for label, (cy, cx, ry, rx) in {
        101: (14, 12, 6, 5),
        102: (28, 14, 7, 9),
        1: (14, 44, 6, 6),
        2: (28, 45, 8, 9),
    }.items():
        labels[((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 + ((z - 5.5) / 5.2) ** 2 <= 1] = label
    return Segmentation(_like(labels), STRUCTURES)


def _plain_features(image: sitk.Image, labels: sitk.Image, label: int, preset: RadiomicsPreset) -> pd.Series:
    with quiet():
        extractor = pyradiomics("radiomics.featureextractor").RadiomicsFeatureExtractor(dict(preset.pyradiomics))
        result = extractor.execute(image, labels, label=label)
    return pd.Series({k: float(v) for k, v in result.items() if not k.startswith("diagnostics")})


@pytest.fixture
def plain_features() -> Callable[..., pd.Series]:
    """What PyRadiomics' own ``execute`` gives for image, labels, label and preset, without its diagnostics."""
    return _plain_features


ROUNDING_TO_ZERO = 1e-6


def _largest_relative_difference(first: pd.Series, second: pd.Series) -> float:
    assert list(first.index) == list(second.index)
    a, b = first.to_numpy(float), second.to_numpy(float)
    equal = (a == b) | (np.isnan(a) & np.isnan(b))
    # A cluster shade that is zero but for the rounding of its sum (1e-16 here, 2e-16 there) is equal.
    return float(np.where(equal, 0.0, np.abs(a - b) / np.maximum(np.abs(a), ROUNDING_TO_ZERO)).max())


@pytest.fixture
def largest_relative_difference() -> Callable[[pd.Series, pd.Series], float]:
    """The largest |a − b| / |a| over features of the same names, |a| taken as at least 1e-6; NaN equals NaN."""
    return _largest_relative_difference
