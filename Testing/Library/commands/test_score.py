"""Tests of the commands score and classify-eular: what a user types, and what comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("study")
    return folder, call("score", "simulate-study", "--output", folder, "--seed", 1)


def test_one_command_leads_from_75_simulated_cases_to_weis_figures(study: tuple[Path, Result]) -> None:
    folder, result = study
    assert result.exit_code == 0, result.output
    assert "Simulated" in result.stdout
    found = re.search(r"Kappa \(unweighted\) by muscle or item: ([\d.]+) to ([\d.]+)", result.stdout)
    assert found is not None
    assert 0.7 < float(found[1]) < float(found[2]) < 1
    groups = pd.read_csv(folder / "results" / "groups.csv").set_index("structure")
    assert len(groups) == 17
    assert (groups["first_n"] == 30).all()
    assert (groups["second_n"] == 45).all()
    posterior = groups.loc[["SM", "ST", "BF", "SOL", "GM"]]
    assert (posterior["first_mean"] > posterior["second_mean"]).all()
    assert (posterior["p_holm"] < 0.05).all()


def test_agreement_compares_the_raters_named(study: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = study
    raters = ("--first", "R2-simulated:1", "--second", "R1-simulated:1")
    result = call("score", "agreement", folder, *raters, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert "R2-simulated, session 1, against R1-simulated, session 1" in result.stdout
    kappa = pd.read_csv(tmp_path / "kappa.csv")
    assert set(kappa["weights"]) == {"unweighted", "linear", "quadratic"}
    assert len(kappa) == 3 * (34 + 17 + 1)


def test_a_rater_that_is_not_in_the_study_is_an_error_in_words(study: tuple[Path, Result], tmp_path: Path) -> None:
    result = call("score", "agreement", study[0], "--first", "R7:1", "--output", tmp_path)
    assert result.exit_code == 1
    assert "There is no form by R7, session 1" in result.stderr


def test_forms_are_exported_as_csv_and_fhir(study: tuple[Path, Result], tmp_path: Path) -> None:
    result = call("score", "export", study[0], "--output", tmp_path / "scores.csv")
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(tmp_path / "scores.csv")) == 150 * 34
    result = call("score", "export", study[0], "--format", "fhir-r4", "--output", tmp_path / "fhir")
    assert result.exit_code == 0, result.output
    questionnaire = json.loads((tmp_path / "fhir" / "Questionnaire.json").read_text(encoding="utf-8"))
    responses = sorted((tmp_path / "fhir").glob("*_QuestionnaireResponse.json"))
    assert len(responses) == 150
    response = json.loads(responses[0].read_text(encoding="utf-8"))
    assert response["questionnaire"] == f"{questionnaire['url']}|1"
    assert response["identifier"]["value"] == "sub-SIM-001_reader-R1-simulated_session-1"


def test_scores_are_suggested_from_water_fat_and_labels(images: Path, tmp_path: Path) -> None:
    named = {one: images / f"thigh_{one}.nii.gz" for one in ("water", "fat")}
    output = tmp_path / "suggested.csv"
    labels = images.parent / "truth" / "muscles.nii.gz"
    result = call(
        "score",
        "suggest",
        "--water",
        named["water"],
        "--fat",
        named["fat"],
        "--labels",
        labels,
        "--output",
        output,
    )
    assert result.exit_code == 0, result.output
    table = pd.read_csv(output, dtype={"suggested_code": str}).set_index(["structure", "side"])
    drawn = table[table["voxel_count"] > 0]
    assert len(drawn) == 22
    assert drawn.loc[("SM", "left"), "suggested_code"] in ("3", "4")
    assert drawn.loc[("GR", "left"), "suggested_code"] in ("0", "1")


def test_suggest_needs_images_of_a_fat_fraction(images: Path, tmp_path: Path) -> None:
    labels = images.parent / "truth" / "muscles.nii.gz"
    result = call("score", "suggest", "--labels", labels, "--output", tmp_path / "x.csv")
    assert result.exit_code == 2
    assert "Give either --water and --fat, or --ff-map" in result.stderr


def test_cases_are_classified_by_the_eular_acr_criteria(tmp_path: Path) -> None:
    sheet = tmp_path / "cases.csv"
    sheet.write_text("case,age_at_onset,gottron_sign,gottron_papules,biopsy_done\nP-1,55,yes,yes,no\n")
    result = call("classify-eular", sheet, "--output", tmp_path / "classified.csv")
    assert result.exit_code == 0, result.output
    assert "P-1: definite" in result.stdout
    row = pd.read_csv(tmp_path / "classified.csv").iloc[0]
    assert row["score_low"] == 7.5
    assert row["subgroup"] == "DM or ADM"


def test_example_pictures_are_made_of_every_level(tmp_path: Path) -> None:
    result = call("score", "pictures", "stir-oedema", "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [f"stir-oedema-{code}.png" for code in "0123"]
