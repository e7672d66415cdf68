"""Tests of the example pictures: their muscle's content is the level's, and they say what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.scoring.example_pictures import (
    COARSE,
    SIZE_PIXELS,
    example_content,
    scales_with_examples,
    severity_of,
    write_example_pictures,
)
from MuscleMyopathyLib.scoring.scale_files import available_scales, picture_path, read_scale
from MuscleMyopathyLib.scoring.suggestion import suggested_level

LARGEST_FILE = 20_000


@pytest.mark.parametrize("code", ["0", "1", "3", "4"])
def test_the_pictured_muscle_has_the_share_of_fat_voxels_of_its_level(code: str) -> None:
    share = example_content("mercuri-modified", severity_of("mercuri-modified", code))
    assert suggested_level(share) == code


@pytest.mark.parametrize("name", scales_with_examples())
def test_every_level_of_a_scale_with_examples_ships_a_small_picture(name: str) -> None:
    file = available_scales()[name]
    for level in read_scale(name).targets[0].levels:
        path = picture_path(file, level)
        assert path is not None, level.code
        assert path.stat().st_size < LARGEST_FILE
        assert sitk.ReadImage(str(path)).GetSize() == (SIZE_PIXELS, SIZE_PIXELS)


def test_shipped_pictures_of_rising_levels_grow_brighter_in_the_muscle() -> None:
    file = available_scales()["stir-oedema"]
    paths = [picture_path(file, level) for level in read_scale("stir-oedema").targets[0].levels]
    means = [np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))).mean() for path in paths]
    assert means == sorted(means)


def test_pictures_are_written_for_every_level(tmp_path: Path) -> None:
    # On their own grid they are made by the command (Testing/Library/commands/test_score.py).
    written = write_example_pictures(read_scale("stir-oedema"), tmp_path / "pictures", grid=COARSE)
    assert list(written) == ["0", "1", "2", "3"]
    assert all(path.is_file() for path in written.values())


def test_a_scale_without_examples_is_refused_with_those_that_have_some(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="mercuri-modified"):
        write_example_pictures(read_scale("ild-hrct"), tmp_path)
