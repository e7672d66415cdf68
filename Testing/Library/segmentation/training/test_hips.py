"""Half a pelvis around the muscles of a thigh."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.segmentation.network.classes import BACKGROUND, BONE, OTHER, class_index
from MuscleMyopathyLib.segmentation.training.hips import centred, half_pelvis

RF = class_index("RF")


@pytest.fixture
def thigh() -> np.ndarray:
    """Return a round thigh with one named muscle in front and a femur, 1.3 mm pixels."""
    rows, columns = np.indices((192, 192)) - 96
    labels = np.where(np.hypot(rows, columns) < 45, OTHER, BACKGROUND)
    labels[np.hypot(rows + 30, columns) < 10] = RF
    labels[np.hypot(rows, columns + 5) < 10] = BONE
    return labels.astype(np.uint8)


@pytest.mark.parametrize("seed", range(20))
def test_named_muscles_stay_as_they_are(thigh: np.ndarray, seed: int):
    pelvis = half_pelvis(thigh, 1.3, np.random.default_rng(seed))
    assert np.array_equal(pelvis == RF, thigh == RF)


@pytest.mark.parametrize("seed", range(20))
def test_the_outline_grows_to_the_middle_and_the_back_only(thigh: np.ndarray, seed: int):
    pelvis = half_pelvis(thigh, 1.3, np.random.default_rng(seed))
    (before_top, before_left), (top, left) = (np.argwhere(x != BACKGROUND).min(axis=0) for x in (thigh, pelvis))
    assert top == before_top
    assert left == before_left


def test_hips_differ_in_width_and_bones(thigh: np.ndarray):
    pelves = [half_pelvis(thigh, 1.3, np.random.default_rng(seed)) for seed in range(20)]
    assert np.std([(pelvis != BACKGROUND).sum() for pelvis in pelves]) > 500
    bones = [int((pelvis == BONE).sum()) for pelvis in pelves]
    assert min(bones) < 1.2 * (thigh == BONE).sum()
    assert max(bones) > 3 * (thigh == BONE).sum()


def test_the_same_seed_gives_the_same_pelvis(thigh: np.ndarray):
    first, second = (half_pelvis(thigh, 1.3, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, second)


def test_what_lies_off_the_middle_is_centred(thigh: np.ndarray):
    moved = np.roll(thigh, (12, -9), (0, 1))
    assert np.array_equal(centred(moved), centred(thigh))
