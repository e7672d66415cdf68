"""Slices by level between landmarks, or by hand."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.radiomics.slices import SliceChoice, choose_slices, keep_slices

HEAD_LAST = (1, 0, 0, 0, 1, 0, 0, 0, 1)
HEAD_FIRST = (1, 0, 0, 0, -1, 0, 0, 0, -1)
SAGITTAL = (0, 0, 1, 1, 0, 0, 0, 1, 0)


def drawn(first: int, last: int, direction: tuple[int, ...] = HEAD_LAST, count: int = 21) -> Segmentation:
    labels = np.zeros((count, 4, 4), np.uint8)
    labels[first : last + 1, 1:3, 1:3] = 1
    image = sitk.GetImageFromArray(labels)
    image.SetDirection(direction)
    return Segmentation(image, {1: Structure("RF")})


def test_all_slices_are_measured_where_nothing_is_chosen() -> None:
    assert choose_slices(drawn(3, 5), SliceChoice()) == tuple(range(21))


def test_levels_run_from_the_uppermost_drawn_slice_downwards_when_slices_go_up() -> None:
    choice = SliceChoice(levels=("proximal", "middle", "distal"))
    assert choose_slices(drawn(0, 20), choice) == (5, 10, 15)
    assert choose_slices(drawn(0, 20), SliceChoice(levels=(0.25,))) == (15,)


def test_levels_run_the_other_way_when_slices_go_down() -> None:
    assert choose_slices(drawn(0, 20, HEAD_FIRST), SliceChoice(levels=(0.25,))) == (5,)


def test_given_landmarks_replace_the_ends_of_the_drawing() -> None:
    choice = SliceChoice(levels=(0.5,), proximal_slice=20, distal_slice=10)
    assert choose_slices(drawn(0, 4), choice) == (15,)


def test_slices_by_hand_are_sorted_and_taken_once() -> None:
    assert choose_slices(drawn(0, 20), SliceChoice(slices=(7, 3, 7))) == (3, 7)


def test_only_the_kept_slices_hold_labels() -> None:
    kept = keep_slices(drawn(0, 20), (4, 9))
    assert set(np.flatnonzero(kept.array.any(axis=(1, 2)))) == {4, 9}


def test_a_slice_outside_the_image_is_refused_with_the_range() -> None:
    with pytest.raises(ParameterError, match="no slice 21: the image has 0 to 20"):
        choose_slices(drawn(0, 20), SliceChoice(slices=(21,)))


def test_an_empty_segmentation_has_no_levels() -> None:
    with pytest.raises(InputError, match="empty"):
        choose_slices(drawn(1, 0), SliceChoice(levels=(0.5,)))


def test_levels_along_sagittal_slices_are_refused() -> None:
    with pytest.raises(InputError, match="not axial"):
        choose_slices(drawn(0, 20, SAGITTAL), SliceChoice(levels=(0.5,)))


@pytest.mark.parametrize("level", ["upper", 1.2, -0.1])
def test_an_unknown_level_is_refused_with_the_known_names(level: float | str) -> None:
    with pytest.raises(ParameterError, match="proximal, middle, distal"):
        SliceChoice(levels=(level,))


def test_levels_and_slices_together_are_refused() -> None:
    with pytest.raises(ParameterError, match="not both"):
        SliceChoice(levels=(0.5,), slices=(3,))
