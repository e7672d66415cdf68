"""Tests of parameter dataclasses and presets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.parameters import from_mapping, read_preset, to_mapping


class Method(StrEnum):
    FAST = "fast"
    EXACT = "exact"


@dataclass(frozen=True)
class Inner:
    erosion_mm: float = 0.0

    def __post_init__(self) -> None:
        if self.erosion_mm < 0:
            raise ValueError("erosion_mm must be 0 or more")


@dataclass(frozen=True)
class Outer:
    method: Method = Method.FAST
    inner: Inner = field(default_factory=Inner)
    levels: tuple[int, ...] = (1, 2)
    smooth: bool = True
    side: Method | None = None


def test_what_is_written_reads_back_equal() -> None:
    parameters = Outer(Method.EXACT, Inner(2.5), (4,), False)
    assert from_mapping(Outer, to_mapping(parameters)) == parameters


def test_a_whole_number_serves_where_a_decimal_is_wanted() -> None:
    value = from_mapping(Inner, {"erosion_mm": 2}).erosion_mm
    assert isinstance(value, float)
    assert value == 2.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"erosion": 2}, "no parameter erosion. It has: inner, levels, method, side, smooth"),
        ({"method": "slow"}, "not one of: fast, exact"),
        ({"inner": {"erosion_mm": -1}}, "must be 0 or more"),
        ({"inner": {"erosion_mm": "two"}}, "not a float"),
        ({"smooth": 1}, "not a bool"),
    ],
)
def test_unknown_names_and_impossible_values_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        from_mapping(Outer, values)


def test_a_preset_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("method: exact\ninner:\n  erosion_mm: 1.5\n")
    assert read_preset(Outer, path) == Outer(Method.EXACT, Inner(1.5))


def test_an_empty_preset_means_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing set\n")
    assert read_preset(Outer, path) == Outer()


@pytest.mark.parametrize(
    ("content", "message"), [("a: [", "not a YAML file"), ("- 1\n- 2\n", "holds no parameters")]
)
def test_a_damaged_preset_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_preset(Outer, path)


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text("method: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(InputError, match="not a YAML file"):
        read_preset(Outer, path)
