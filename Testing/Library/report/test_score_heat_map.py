"""Tests of the heat map of a scoring study."""

from __future__ import annotations

from pathlib import Path

from MuscleMyopathyLib.report.score_heat_map import draw_heat_map
from MuscleMyopathyLib.scoring.scale_files import read_scale


def test_the_picture_names_muscles_diagnoses_with_their_numbers_and_the_notice(tmp_path: Path) -> None:
    (tmp_path / "heat_map.csv").write_text(
        "structure,side,C1,C2,C3\nRF,left,4,2,\nRF,right,3,1,0\n", encoding="utf-8"
    )
    cases = "case,diagnosis\nC1,LGMDR2\nC2,LGMDR2\nC3,IMNM\n"
    (tmp_path / "heat_map_cases.csv").write_text(cases, encoding="utf-8")
    path = draw_heat_map(tmp_path, read_scale("mercuri-modified"), "Simulated.")
    assert path == tmp_path / "heat_map.svg"
    picture = path.read_text(encoding="utf-8")
    for text in ("RF left", "RF right", "LGMDR2 (2)", "IMNM (1)", "Simulated.", "white: not scored"):
        assert f"<!-- {text}" in picture or text in picture, text


def test_without_diagnoses_there_is_no_picture(tmp_path: Path) -> None:
    assert draw_heat_map(tmp_path, read_scale("mercuri-modified")) is None
    assert list(tmp_path.iterdir()) == []
