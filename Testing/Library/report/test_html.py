from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import OutputError
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.report.html import render_report, write_report
from MuscleMyopathyLib.study.case import NOT_A_DEVICE_NOTICE, PHANTOM_NOTICE, CaseResult

VOID = {"meta", "col", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """A page taken apart: its text, its tags, what it refers to; refuses tags that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.identifiers: list[str] = []
        self.references: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.identifiers.append(value or "")
            if name in ("href", "src", "xlink:href", "srcset", "data", "action"):
                self.references.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def words(page: str) -> str:
    return re.sub(r"\s+", " ", Page(page).text)


def test_the_page_holds_the_numbers_of_the_table(a_case_result: CaseResult) -> None:
    text = words(render_report(a_case_result))
    for _, row in a_case_result.measures.iterrows():
        assert f"{row['ff_mean_percent']:.1f} ± {row['ff_sd_percent']:.1f}" in text
        assert f"{row['volume_cm3']:.1f}" in text
        assert f"{row['lean_volume_cm3']:.1f}" in text


def test_the_page_says_what_was_measured_with_what(a_case_result: CaseResult) -> None:
    text = words(render_report(a_case_result))
    assert "from “fat image” (F) and “water image” (W)" in text
    assert "the description says 'water'" in text
    assert "TE 3.45 ms" in text
    assert "mean of voxelwise ratios" in text
    assert "ΣF / Σ(F + W)" in text
    assert "2 × the median of the air" in text
    assert "Whole muscle: 1.5 mm inwards" in text


def test_the_page_names_case_problem_version_date_and_checksum(a_case_result: CaseResult) -> None:
    text = words(render_report(a_case_result))
    for expected in (
        "P-017",
        "cut off at the image's edge",
        "MuscleMyopathy 9.8.7",
        "2026-03-04 05:06 UTC",
        "0123abcd",
        NOT_A_DEVICE_NOTICE,
    ):
        assert expected in text


def test_only_the_page_of_a_phantom_says_that_it_is_one(a_case_result: CaseResult) -> None:
    of_a_phantom = replace(a_case_result, case=replace(a_case_result.case, phantom=True))
    assert PHANTOM_NOTICE in words(render_report(of_a_phantom))
    assert "phantom" not in words(render_report(a_case_result))


def test_a_hostile_identifier_and_texts_stay_text(a_case_result: CaseResult) -> None:
    hostile = "<script>alert('x')</script>\"&"
    series = tuple(replace(one, name=hostile, reason=hostile) for one in a_case_result.case.series)
    problems = pd.DataFrame([{"stage": hostile, "structure": hostile, "side": hostile, "problem": hostile}])
    case = replace(a_case_result.case, identifier=hostile, reader=hostile, series=series)
    keyed = a_case_result.measures.assign(case=hostile)
    inputs = {**a_case_result.provenance, "inputs": [{hostile: hostile}]}
    result = replace(a_case_result, case=case, problems=problems, measures=keyed, provenance=inputs)
    page = Page(render_report(result))
    assert "script" not in page.tags
    assert page.text.count("<script>alert('x')</script>\"&") >= 9


def test_the_page_loads_nothing_and_runs_nothing(a_case_result: CaseResult) -> None:
    text = render_report(a_case_result)
    page = Page(text)
    assert not {"script", "link", "iframe", "object", "embed"} & set(page.tags)
    assert all(reference.startswith(("#", "data:image/png;base64,")) for reference in page.references)
    assert not re.search(r"https?:|@import|url\((?!#)", text)
    assert "default-src 'none'" in text


def test_every_link_of_the_page_leads_somewhere_and_identifiers_are_unique(a_case_result: CaseResult) -> None:
    page = Page(render_report(a_case_result))
    assert len(set(page.identifiers)) == len(page.identifiers)
    assert {reference[1:] for reference in page.references if reference.startswith("#")} <= set(page.identifiers)


def test_a_case_without_fat_fraction_says_why_and_is_still_a_page(a_case_result: CaseResult) -> None:
    columns = [c for c in a_case_result.measures if c.startswith("ff_")] + ["lean_volume_cm3"]
    nothing = dict.fromkeys(columns, float("nan"))
    result = replace(
        a_case_result,
        case=replace(a_case_result.case, series=a_case_result.case.series[:1]),
        fat_fraction_percent=None,
        measures=a_case_result.measures.assign(**nothing),
        measures_by_slice=a_case_result.measures_by_slice.assign(**nothing),
    )
    text = words(render_report(result))
    assert "Not measured: the case has neither water and fat images nor a fat-fraction map." in text
    assert "23.0" in text


def test_tables_read_back_from_disk_show_no_nan(a_case_result: CaseResult) -> None:
    missing = a_case_result.problems.assign(structure=float("nan"), side=None)
    assert "nan" not in words(render_report(replace(a_case_result, problems=missing))).split()


def test_the_report_is_written_where_asked_and_progress_ends_at_one(
    a_case_result: CaseResult, tmp_path: Path
) -> None:
    fractions: list[float] = []
    path = write_report(a_case_result, tmp_path / "new" / "report.html", lambda f, _: fractions.append(f))
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_write_that_fails_leaves_the_earlier_report_and_no_half_file(
    a_case_result: CaseResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("earlier", encoding="utf-8")
    write = Path.write_text

    def disk_full(self: Path, data: str, **options: str) -> int:
        write(self, data[:100], **options)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", disk_full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_report(a_case_result, path)
    assert path.read_text(encoding="utf-8") == "earlier"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_that_cannot_be_made_is_an_output_error(a_case_result: CaseResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(a_case_result, tmp_path / "file" / "report.html")


def test_cancelling_passes_through_and_writes_nothing(a_case_result: CaseResult, tmp_path: Path) -> None:
    def cancel(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_report(a_case_result, tmp_path / "report.html", cancel)
    assert list(tmp_path.iterdir()) == []


def test_drawing_leaves_the_settings_of_matplotlib_alone(a_case_result: CaseResult) -> None:
    before = dict(mpl.rcParams)
    render_report(a_case_result)
    assert dict(mpl.rcParams) == before
