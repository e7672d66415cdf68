"""Views of single limbs: the way there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleMyopathyLib.anatomy import Side
from MuscleMyopathyLib.segmentation.network.limb_views import (
    LimbView,
    ViewGrid,
    interpolation_weights,
    limb_views,
    normalised,
)

SHAPE = (120, 200)


def leg(centre: tuple[float, float] = (60.0, 70.0), radius: float = 40.0) -> np.ndarray:
    rows, columns = np.indices(SHAPE)
    return np.hypot(rows - centre[0], columns - centre[1]) <= radius


@settings(max_examples=25, deadline=None)
@given(
    side=st.sampled_from([Side.LEFT, Side.RIGHT]),
    centre=st.tuples(st.floats(45, 75), st.floats(55, 145)),
    spacing=st.tuples(st.floats(0.7, 1.6), st.floats(0.7, 1.6)),
)
def test_what_is_seen_in_a_view_comes_back_to_its_place(side, centre, spacing):
    mask = leg((centre[0] + 8, centre[1] - 12), 14)
    view = LimbView(0, side, centre, spacing, ViewGrid(128, 1.3))
    seen = view.mask(mask)
    window, back = view.on_slice(seen[None].astype(np.float32), SHAPE)
    found = np.zeros(SHAPE, bool)
    found[window] = back[0] > 0.5
    assert 2 * (found & mask).sum() / (found.sum() + mask.sum()) > 0.93


def test_a_left_limb_is_seen_mirrored():
    mask = leg((60, 90), 10)
    right = LimbView(0, Side.RIGHT, (60, 70), (1.3, 1.3), ViewGrid(128, 1.3)).mask(mask)
    left = LimbView(0, Side.LEFT, (60, 70), (1.3, 1.3), ViewGrid(128, 1.3)).mask(mask)
    assert (right == left[:, ::-1]).all()
    assert np.nonzero(right)[1].mean() > 64 > np.nonzero(left)[1].mean()


def test_the_other_leg_is_not_seen():
    both = leg() | leg((60, 155))
    image = np.where(both, np.float32(100), np.float32(0))
    view = LimbView(0, Side.RIGHT, (60.0, 70.0), (1.0, 1.0), ViewGrid(160, 1.3))
    seen = view.image(image, leg())
    assert view.mask(leg((60, 155))).any()
    assert seen[view.mask(leg((60, 155), 35))].max() == 0
    assert seen[view.mask(leg(radius=35))].min() > 0.9


def test_the_brightness_of_the_image_does_not_matter():
    random = np.random.default_rng(1).uniform(10, 100, SHAPE).astype(np.float32)
    view = LimbView(0, Side.RIGHT, (60.0, 70.0), (1.0, 1.0), ViewGrid(64, 1.3))
    np.testing.assert_allclose(view.image(random, leg()), view.image(7 * random, leg()), rtol=1e-5)


def test_an_empty_limb_gives_an_empty_view():
    assert not normalised(np.ones((4, 4), np.float32), np.zeros((4, 4), bool)).any()


@pytest.mark.parametrize("step", [0.5, 1.0, 2.5])
def test_interpolation_keeps_a_constant_and_averages_finer_pixels(step):
    places = np.arange(3, 30, step)
    weights = interpolation_weights(places, 40, step)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    checkered = (np.arange(40) % 2).astype(np.float32)
    if step > 2:
        np.testing.assert_allclose(weights @ checkered, 0.5, atol=0.12)


def test_beyond_the_image_there_is_nothing():
    assert not interpolation_weights(np.array([-5.0, 45.0]), 40, 1.0).any()


def test_each_limb_of_each_slice_has_a_view_at_its_middle():
    side_map = np.zeros((3, *SHAPE), np.uint8)
    side_map[0][leg()] = 2
    side_map[1][leg()] = 2
    side_map[1][leg((60, 155))] = 1
    views = limb_views(side_map, {Side.LEFT: 1, Side.RIGHT: 2}, (5.0, 1.0, 1.0), ViewGrid())
    assert [(view.index, view.side) for view in views] == [(0, Side.RIGHT), (1, Side.LEFT), (1, Side.RIGHT)]
    assert views[1].centre == (60.0, 155.0)
