"""The cross-sections that replay keeps in the library's folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError, OutputError
from MuscleMyopathyLib.segmentation.corrections import replay
from MuscleMyopathyLib.segmentation.training.sources import DigitalLimbSource

ONE = (DigitalLimbSource("digital calf", Region.CALF, 1, 40_000, 1.0),)


@pytest.fixture(autouse=True)
def one_digital_calf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "REPLAYED", ONE)
    monkeypatch.setattr(replay, "CHECKED", ONE)


def test_damaged_cross_sections_are_made_again(tmp_path: Path) -> None:
    made = replay.digital_limb_replay(tmp_path).anatomy
    kept = tmp_path / "replay.npz"
    kept.write_bytes(kept.read_bytes()[:-1000])
    again = replay.digital_limb_replay(tmp_path).anatomy
    np.testing.assert_array_equal(again.labels, made.labels)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["check.npz", "replay.npz"]
    with pytest.raises(InputError, match="holds no cross-sections of a training"):
        replay.digital_limb_replay(tmp_path, text_file(tmp_path))


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        replay.digital_limb_replay(tmp_path / "in the way")


def text_file(folder: Path) -> Path:
    path = folder / "anatomy.npz"
    path.write_text("no archive")
    return path
