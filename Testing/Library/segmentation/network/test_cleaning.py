"""Islands in a slice."""

from __future__ import annotations

import numpy as np

from MuscleMyopathyLib.segmentation.network.cleaning import without_islands


def test_small_islands_go_and_large_parts_stay():
    labels = np.zeros((20, 40), np.uint8)
    labels[2:12, 2:12] = 5
    labels[2:8, 20:27] = 5
    labels[15:17, 30:32] = 5
    labels[15:17, 5:7] = 9
    cleaned = without_islands(labels, 0.25)
    assert (cleaned[2:12, 2:12] == 5).all()
    assert (cleaned[2:8, 20:27] == 5).all()
    assert (cleaned[15:17, 30:32] == 0).all()
    assert (cleaned == 9).sum() == 4


def test_without_a_limit_nothing_goes():
    labels = np.random.default_rng(0).integers(0, 4, (30, 30)).astype(np.uint8)
    assert (without_islands(labels, 0.0) == labels).all()
