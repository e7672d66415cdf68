"""Tests of ``muscle-myopathy validate``: what a user types, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.modeling.validation.files import read_validation
from Testing.Library.modeling.synthetic_cohort import signal_table

RECIPE = """
steps: [z-score, {cap: {patients_per_feature: 5}}]
classifiers: [LDA, k-NN]
validation: {folds: 3, repeats: 2}
"""


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    signal_table({"IMNM": 16, "LGMDR2": 14}).to_csv(tmp_path / "cohort.csv", index=False)
    (tmp_path / "mine.yaml").write_text(RECIPE)
    return tmp_path


def validate(folder: Path, *arguments: object) -> Result:
    fixed = (folder / "cohort.csv", "--recipe", folder / "mine.yaml", "--output", folder / "out")
    return CliRunner().invoke(cli, ["validate", *map(str, (*fixed, *arguments))])


def test_both_modes_are_validated_side_by_side_with_a_report(cohort: Path) -> None:
    result = validate(cohort, "--outcome", "group", "--classes", "IMNM,LGMDR2")
    assert result.exit_code == 0, result.output
    out = cohort / "out"
    assert {path.name for path in out.iterdir()} == {
        "paper", "nested", "work", "summary.csv", "optimism.csv", "report.html", "provenance.json", "so_far.csv",
    }  # fmt: skip
    assert "nested: k-NN: AUC" in result.output
    assert "DeLong" in (out / "report.html").read_text(encoding="utf-8")
    assert read_validation(out / "nested").classes == ("IMNM", "LGMDR2")
    provenance = json.loads((out / "provenance.json").read_text())
    assert provenance["recipe"]["classifiers"] == ["LDA", "k-NN"]
    assert provenance["modes"] == ["paper", "nested"]
    assert [one["role"] for one in provenance["inputs"]] == ["features"]


def test_the_command_line_overrules_the_recipe(cohort: Path) -> None:
    result = validate(
        cohort, "--outcome", "group", "--mode", "nested", "--folds", 4, "--repeats", 1, "--classifier", "LDA",
        "--permutations", 4,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    found = read_validation(cohort / "out" / "nested")
    assert (found.recipe.validation.folds, found.recipe.validation.repeats) == (4, 1)
    assert found.recipe.classifiers == ("LDA",)
    assert found.permutation["permutations"].tolist() == [4]
    assert f"p {found.permutation['p'].item():.3g} by 4 shuffles" in result.output
    assert not (cohort / "out" / "optimism.csv").exists()


def test_another_table_is_the_external_test(cohort: Path) -> None:
    other = signal_table({"IMNM": 6, "LGMDR2": 5}, seed=5)
    other.assign(case="other-" + other["case"]).to_csv(cohort / "other.csv", index=False)
    result = validate(cohort, "--outcome", "group", "--mode", "nested", "--external", cohort / "other.csv")
    assert result.exit_code == 0, result.output
    tested = read_validation(cohort / "out" / "nested").predictions
    assert tested["patient"].str.startswith("other-").all()
    assert len(tested) == 22


def test_a_program_reads_progress_and_the_result_as_json_lines(cohort: Path) -> None:
    result = validate(cohort, "--outcome", "group", "--progress", "json")
    lines = [json.loads(line) for line in result.output.splitlines()]
    fractions = [line["fraction"] for line in lines if "fraction" in line]
    assert fractions == sorted(fractions)
    assert lines[-1] == {"result": str(cohort / "out" / "report.html")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--outcome", "diagnosis"), "no column 'diagnosis'"),
        (("--outcome", "group", "--folds", "15"), "LGMDR2 has fewer patients"),
        (("--outcome", "group", "--classes", "IMNM,LGMD"), "'IMNM' 16, 'LGMDR2' 14"),
        (("--outcome", "group", "--classifier", "KNN"), "There are: LDA, QDA"),
        (("--outcome", "group", "--scheme", "leave-one-centre-out"), "--centre"),
        (("--outcome", "group", "--scheme", "external"), "--external"),
        (("--outcome", "group", "--columns", "thigh.*"), "no feature that fits thigh"),
    ],
)
def test_what_cannot_be_done_ends_with_the_reason(cohort: Path, arguments: tuple[str, ...], words: str) -> None:
    result = validate(cohort, *arguments)
    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_reading_is_a_reader_and_a_session(cohort: Path) -> None:
    result = validate(cohort, "--outcome", "group", "--reading", "A")
    assert result.exit_code == 2
    assert "reader, colon, session" in result.output


def test_a_phantoms_cohort_is_marked(cohort: Path) -> None:
    table = pd.read_csv(cohort / "cohort.csv").assign(phantom=True)
    table.to_csv(cohort / "cohort.csv", index=False)
    result = validate(cohort, "--outcome", "group", "--mode", "nested")
    assert result.exit_code == 0, result.output
    assert json.loads((cohort / "out" / "provenance.json").read_text())["phantom"] is True
    assert "phantom" in (cohort / "out" / "report.html").read_text(encoding="utf-8").casefold()


def test_each_of_several_models_has_a_page_with_all_classifiers_that_the_report_leads_to(cohort: Path) -> None:
    sets = "feature_sets: [{name: first, columns: [feature_0]}, {name: second, columns: ['feature_[1-3]']}]\n"
    (cohort / "mine.yaml").write_text(RECIPE + sets)
    result = validate(cohort, "--outcome", "group", "--mode", "nested", "--repeats", 1)
    assert result.exit_code == 0, result.output
    report = (cohort / "out" / "report.html").read_text(encoding="utf-8")
    for name in ("first", "second"):
        assert f'<a href="{name}/report.html">{name}</a>' in report
        page = (cohort / "out" / name / "report.html").read_text(encoding="utf-8")
        assert "LDA against k-NN" in page


def test_a_classifier_that_never_predicts_is_told_with_the_reason(cohort: Path) -> None:
    table = signal_table({"IMNM": 16, "LGMDR2": 14})
    # Two features of which one follows from the other: the covariance of every class is singular.
    table["feature_1"] = 2 * table["feature_0"]
    table.to_csv(cohort / "cohort.csv", index=False)
    (cohort / "mine.yaml").write_text(
        "steps: [z-score]\nclassifiers: [QDA]\nvalidation: {folds: 3, repeats: 1}\n", encoding="utf-8"
    )
    result = validate(cohort, "--outcome", "group", "--mode", "nested", "--columns", "feature_[01]")
    assert result.exit_code == 0, result.output
    assert "nested: QDA: no prediction (classifier: The covariance matrix of class" in result.output
    assert "nan" not in result.output


def test_patients_with_rows_of_two_outcomes_are_validated_without_a_comparison(cohort: Path) -> None:
    table = pd.read_csv(cohort / "cohort.csv")
    other = table[:1].assign(group="LGMDR2")
    pd.concat([table, other]).to_csv(cohort / "cohort.csv", index=False)
    result = validate(cohort, "--outcome", "group", "--mode", "nested")
    assert result.exit_code == 0, result.output
    assert "1 patient has rows of different outcomes" in result.output
    assert "DeLong" not in (cohort / "out" / "report.html").read_text(encoding="utf-8")
    refused = validate(cohort, "--outcome", "group", "--mode", "nested", "--permutations", 5)
    assert refused.exit_code == 1
    assert "leave the test out (--permutations 0)" in refused.output
