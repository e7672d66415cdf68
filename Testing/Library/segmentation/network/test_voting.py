"""Votes of sequences and of turned views."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, class_index
from MuscleMyopathyLib.segmentation.network.limb_views import limb_views
from MuscleMyopathyLib.segmentation.network.voting import (
    UNSEEN,
    turned,
    turned_back,
    view_probabilities,
    within_region,
)
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER
from Testing.Library.segmentation.network.geometric_engine import GeometricEngine


def disc(row: float, column: float, radius: float = 8, size: int = 96) -> np.ndarray:
    rows, columns = np.indices((size, size))
    return (np.hypot(rows - row, columns - column) <= radius).astype(np.float32)


def test_turning_there_and_back_changes_little():
    plane = disc(30, 60)
    back = turned(turned(plane[None], 12.0, 0.0), -12.0, 0.0)[0]
    assert 2 * ((back > 0.5) & (plane > 0.5)).sum() / ((back > 0.5).sum() + (plane > 0.5).sum()) > 0.95


def test_a_turn_moves_what_is_off_the_middle():
    seen = turned(disc(20, 47.5)[None], 12.0, 0.0)[0]
    row, column = (where.mean() for where in np.nonzero(seen > 0.5))
    assert np.hypot(row - 47.5, column - 47.5) == pytest.approx(27.5, abs=0.6)
    assert abs(column - 47.5) == pytest.approx(27.5 * np.sin(np.deg2rad(12)), abs=0.6)


@pytest.mark.parametrize("angle", [12.0, -12.0, 45.0, 0.0])
def test_what_a_turned_look_says_is_brought_back_as_the_view_was_turned(angle):
    look = np.random.default_rng(1).normal(size=(96, 96, 3)).astype(np.float32)
    pixels = np.arange(0, 96 * 96, 7)
    expected = turned(np.moveaxis(look, -1, 0), -angle, UNSEEN).reshape(3, -1)[:, pixels].T
    np.testing.assert_allclose(turned_back(look, angle, pixels), expected, atol=1e-4)


class Disagreeing(GeometricEngine):
    """Says RF with 0.6 for bright images, rules RF out for dark ones; VL is possible in both."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        size = images.shape[-1]
        result = np.zeros((len(images), len(CLASSES), size, size), np.float32)
        for image, probabilities in zip(images, result, strict=True):
            first = float(image.mean()) > 0.2
            probabilities[class_index("RF")] = 0.6 if first else 0.0
            probabilities[class_index("VL")] = 0.4 if first else 0.5
            probabilities[class_index("VM")] = 0.0 if first else 0.5
        return result


def test_a_class_that_one_sequence_rules_out_is_not_chosen():
    side_map = np.zeros((1, 96, 96), np.uint8)
    side_map[0, 8:88, 8:88] = 2
    bright = np.where(side_map == 2, 1.0, 0.0).astype(np.float32)
    dark = np.zeros_like(bright)
    dark[0, 40:44, 40:44] = 1
    views = limb_views(side_map, SIDE_NUMBER, (10.0, 2.2, 2.2), GeometricEngine.view)
    ((_, votes),) = view_probabilities(Disagreeing(), {"T1w": bright, "STIR": dark}, side_map, views)
    assert (votes.argmax(axis=0)[8:88, 8:88] == class_index("VL")).all()
    np.testing.assert_allclose(votes.sum(axis=0), 1, atol=1e-5)


def test_within_a_region_the_other_regions_muscles_have_no_probability():
    votes = np.full((len(CLASSES), 4, 4), 1 / len(CLASSES), np.float32)
    thigh = within_region(votes, CLASSES, Region.THIGH)
    assert (thigh[class_index("SOL")] == 0).all()
    np.testing.assert_allclose(thigh.sum(axis=0), 1, atol=1e-5)
