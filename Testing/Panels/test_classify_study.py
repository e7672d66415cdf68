"""The half "Study" of the panel Classify: a cohort is checked, validated, charted, made into a model; clicked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.modeling.package.archive import load_model
from Testing.Panels.host import pythonqt, start

pytest.importorskip("skops", reason="needs skops: pip install muscle-myopathy[learning]")

RECIPE = """
description: Scaled features
steps: [z-score]
classifiers: [LR, LDA]
validation: {scheme: repeated-k-fold, folds: 3, repeats: 4}
"""


def write_cohort(folder: Path, outcomes: list[str]) -> Path:
    """Write features of as many patients as outcomes, one feature with the second class's signal."""
    rng = np.random.default_rng(1)
    signal = np.array([0.0 if name == outcomes[0] else 1.5 for name in outcomes])
    names = [f"P{number:02d}" for number in range(len(outcomes))]
    features = {"case": names, "t2_ms": 40 + 4 * (signal + rng.normal(size=len(names)))}
    for number in range(3):
        features[f"noise_{number}"] = rng.normal(size=len(names))
    folder.mkdir(exist_ok=True)
    pd.DataFrame(features).to_csv(folder / "features.csv", index=False)
    patients = pd.DataFrame(
        {"participant_id": names, "group": outcomes, "site": (["A", "A", "B", "B"] * 6)[: len(names)]}
    )
    patients.to_csv(folder / "participants.tsv", sep="\t", index=False)
    return folder / "features.csv"


@pytest.fixture
def panel(module: Any, tmp_path: Path) -> Any:
    """Return the panel's study half on 24 patients, twelve of each class, with a small recipe."""
    module.stepBar.buttons["classify"].click()
    start.process_events()
    panel = module.panels["classify"]
    panel.ui.tabs.currentIndex = 1
    (tmp_path / "small.yaml").write_text(RECIPE, encoding="utf-8")
    panel.study.recipe.take_file(tmp_path / "small.yaml")
    pythonqt.FileDialog.answers.append([write_cohort(tmp_path / "cohort", ["DM", "PM"] * 12)])
    panel.ui.cohortButton.click()
    start.process_events()
    return panel


def validate(panel: Any, wait_until: Callable[..., None]) -> None:
    """Click Validate and wait for the end."""
    assert panel.ui.validateButton.enabled, panel.ui.validateButton.toolTip
    panel.ui.validateButton.click()
    wait_until(lambda: not panel.busy)
    assert panel.study.results.there, panel.messages.label.text


@pytest.fixture(scope="module")
def validation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the command line leaves for the panel's cohort and recipe."""
    folder = tmp_path_factory.mktemp("validation")
    table = write_cohort(folder / "cohort", ["DM", "PM"] * 12)
    (folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
    arguments = ["validate", table, "--outcomes", table.with_name("participants.tsv"), "--outcome", "group"]
    arguments += ["--recipe", folder / "small.yaml", "--without-icc", "--output", folder / "out"]
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    return folder / "out"


@pytest.fixture
def validated(panel: Any, validation: Path, tmp_path: Path) -> Any:
    """Return the panel as it is after a job that left this validation."""
    shutil.copytree(validation, tmp_path / "out")
    panel.study.results.place(tmp_path / "out")
    start.process_events()
    return panel


def shown_classes(panel: Any) -> dict[str, str]:
    table = panel.ui.classesTable
    return {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount)}


def test_the_outcome_is_found_in_the_patients_table_with_its_counts(panel: Any) -> None:
    assert panel.ui.participantsEdit.text == "participants.tsv"
    assert panel.ui.outcomeBox.currentText == "group"
    assert shown_classes(panel) == {"DM": "12", "PM": "12"}
    assert "24 patients (12 DM, 12 PM) and 4 features" in panel.ui.cohortLabel.text


def test_a_typo_in_the_outcome_is_listed_and_can_be_left_out(panel: Any, tmp_path: Path) -> None:
    table = write_cohort(tmp_path / "typo", ["DM", "PM"] * 11 + ["DM", "Pm"])
    panel.node.cohortParticipants = ""
    panel.study.cohort.take(table)
    start.process_events()
    assert "'Pm' for 'PM'" in panel.ui.cohortLabel.text
    assert "'PM' 11" in panel.ui.cohortLabel.text
    assert not panel.ui.validateButton.enabled
    assert "typos" in panel.ui.validateButton.toolTip
    items = [panel.ui.classesTable.item(row, 0) for row in range(3)]
    next(item for item in items if item.text() == "Pm").setCheckState(pythonqt.QtCore.Qt.CheckState.Unchecked)
    start.process_events()
    assert "23 patients (12 DM, 11 PM)" in panel.ui.cohortLabel.text
    assert panel.ui.validateButton.enabled


def test_an_outcome_of_one_class_is_refused(panel: Any) -> None:
    panel.ui.classesTable.item(0, 0).setCheckState(pythonqt.QtCore.Qt.CheckState.Unchecked)
    start.process_events()
    assert "one class only" in panel.ui.cohortLabel.text
    assert not panel.ui.validateButton.enabled


def test_a_file_that_is_no_table_is_refused_in_words(panel: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("case,group\n", encoding="utf-8")
    panel.study.cohort.take(tmp_path / "empty.csv")
    start.process_events()
    assert "holds no row" in panel.ui.cohortLabel.text
    assert "holds no row" in panel.ui.validateButton.toolTip


def test_a_recipe_is_described_and_its_classifiers_can_be_unchecked(panel: Any) -> None:
    panel.ui.recipeBox.currentIndex = panel.ui.recipeBox.findData("nagawa2021")
    panel.ui.recipeBox.activated.emit(panel.ui.recipeBox.currentIndex)
    start.process_events()
    assert "Nagawa et al., Sci Rep 2021;11:9821" in panel.ui.recipeLabel.text
    assert panel.ui.repeatsBox.value == 100
    for row in range(panel.ui.classifiersList.count):
        panel.ui.classifiersList.item(row).setCheckState(pythonqt.QtCore.Qt.CheckState.Unchecked)
    start.process_events()
    assert panel.ui.validateButton.toolTip == "Check at least one classifier."


def test_both_modes_stand_side_by_side_and_the_report_opens(panel: Any, wait_until: Callable[..., None]) -> None:
    validate(panel, wait_until)
    ui = panel.ui
    assert [ui.validationTable.item(row, 0).text() for row in range(ui.validationTable.rowCount)] == ["LR", "LDA"]
    result = {str(one.mode): one for one in panel.study.results._results}
    for column, mode in ((1, "paper"), (2, "nested")):
        expected = f"{result[mode].figure('LR', 'auc')['mean']:.2f}"
        assert ui.validationTable.item(0, column).text().startswith(expected)
    assert "not a medical device" in ui.validationNoticeLabel.text
    assert ui.validationTable.isColumnHidden(4)
    (opened,) = pythonqt.DesktopServices.opened
    assert opened.endswith("report.html")
    ui.metricBox.currentIndex = ui.metricBox.findData("brier")
    ui.metricBox.activated.emit(ui.metricBox.currentIndex)
    expected = f"{result['nested'].figure('LR', 'brier')['mean']:.2f}"
    assert ui.validationTable.item(0, 2).text().startswith(expected)


def test_figures_come_while_it_runs_and_a_cancelled_run_goes_on_where_it_was(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    import slicer

    panel.ui.repeatsBox.value = 60
    start.process_events()
    before = slicer.mrmlScene.GetNumberOfNodes()
    panel.ui.validateButton.click()
    wait_until(lambda: panel.ui.validationTable.rowCount == 2 and panel.ui.validationWidget.isVisible())
    assert "AUC so far" in panel.ui.validationLabel.text
    assert 0.5 < float(panel.ui.validationTable.item(0, 1).text()) <= 1.0
    assert not panel.ui.rocButton.isVisible()
    output = panel.study._output
    panel.ui.cancelButton.click()
    wait_until(lambda: not panel.busy, seconds=5.0)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    done = set((output / "work" / "cases").iterdir())
    assert done
    stamps = {
        path: (path / "predictions.csv").stat().st_mtime_ns for path in done if (path / "case.json").is_file()
    }
    validate(panel, wait_until)
    assert {path: (path / "predictions.csv").stat().st_mtime_ns for path in stamps} == stamps


def test_roc_and_calibration_are_charts_of_the_scene(validated: Any) -> None:
    import slicer

    validated.ui.rocButton.click()
    validated.ui.rocButton.click()
    validated.ui.calibrationButton.click()
    charts = {node.GetTitle(): node for node in slicer.util.getNodesByClass("vtkMRMLPlotChartNode")}
    assert set(charts) == {"ROC, LR", "Calibration, LR"}
    series = [charts["ROC, LR"].GetNthPlotSeriesNode(number).GetName() for number in range(3)]
    nested = next(one for one in validated.study.results._results if str(one.mode) == "nested")
    assert f"nested: AUC {nested.figure('LR', 'auc')['mean']:.2f}" in series


def test_the_selected_classifier_is_trained_saved_and_chosen_for_this_case(
    validated: Any, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    panel = validated
    panel.ui.validationTable.selectRow(1)
    assert panel.ui.saveModelButton.toolTip == "Give the model a name."
    panel.ui.modelNameEdit.text = "DM or PM"
    pythonqt.FileDialog.answers.append(tmp_path / "dm-pm")
    panel.ui.saveModelButton.click()
    wait_until(lambda: not panel.busy)
    package = load_model(tmp_path / "dm-pm.mmyo")
    assert (package.card.name, package.card.classifier) == ("DM or PM", "LDA")
    assert "dm-pm.mmyo" in panel.messages.label.text
    assert panel.ui.modelBox.currentText == "dm-pm"
    assert "✖ Preset: it can classify tables, not images" in panel.ui.fitLabel.text


def test_a_validation_is_exported_without_the_pieces_of_work(validated: Any, tmp_path: Path) -> None:
    pythonqt.FileDialog.answers.append(tmp_path / "exported")
    validated.ui.validationExportButton.click()
    names = {path.name for path in (tmp_path / "exported").iterdir()}
    assert {"report.html", "summary.csv", "optimism.csv", "paper", "nested"} <= names
    assert not {"work", "so_far.csv"} & names


def test_a_table_of_the_scene_is_a_cohort_too(panel: Any, wait_until: Callable[..., None]) -> None:
    from MuscleMyopathyLib.scene.tables import table_node_from_dataframe

    table = pd.read_csv(panel.node.cohortFile)
    panel.node.cohortTable = table_node_from_dataframe(table, "cohort")
    start.process_events()
    assert "24 patients (12 DM, 12 PM)" in panel.ui.cohortLabel.text
    validate(panel, wait_until)


def test_a_missing_package_is_asked_for_at_the_first_validation_and_a_no_runs_nothing(
    panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.metadata

    there = importlib.metadata.version

    def without_skops(name: str) -> str:
        if name == "skops":
            raise importlib.metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(importlib.metadata, "version", without_skops)
    panel.ui.validateButton.click()
    assert "Packages that are needed were not installed." in panel.messages.label.text
    assert "skops" in panel.messages.details.plainText
    assert not panel.busy


def test_a_cohort_that_cannot_be_validated_fails_in_words(panel: Any, wait_until: Callable[..., None]) -> None:
    panel.ui.recipeBox.currentIndex = panel.ui.recipeBox.findData("wei2023")
    panel.ui.recipeBox.activated.emit(panel.ui.recipeBox.currentIndex)
    start.process_events()
    panel.ui.validateButton.click()
    wait_until(lambda: not panel.busy)
    assert "The table has none of the features of the recipe wei2023" in panel.messages.label.text
    assert not panel.study.results.there


def choose(box: Any, value: str) -> None:
    """Choose an entry by its value, as a click does."""
    box.currentIndex = box.findData(value)
    box.activated.emit(box.currentIndex)
    start.process_events()


def write_other_cohort(folder: Path) -> Path:
    """Write 16 other patients of the same kind, in a folder of their own."""
    table = pd.read_csv(write_cohort(folder, ["DM", "PM"] * 8))
    table["case"] = [f"other-{number}" for number in range(16)]
    table.to_csv(folder / "features.csv", index=False)
    patients = pd.read_csv(folder / "participants.tsv", sep="\t")
    patients.assign(participant_id=table["case"]).to_csv(folder / "participants.tsv", sep="\t", index=False)
    return folder / "features.csv"


def test_another_cohort_is_checked_and_tested_on(
    panel: Any, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    ui = panel.ui
    assert not ui.externalEdit.isVisible()
    choose(ui.schemeBox, "external")
    assert ui.externalEdit.isVisible()
    assert ui.validateButton.toolTip == "Choose the table of the other cohort."
    # The cohort itself is no other cohort.
    pythonqt.FileDialog.answers.append([panel.node.cohortFile])
    ui.externalButton.click()
    start.process_events()
    assert "is in both tables, and would train and test" in ui.externalLabel.text
    assert not ui.validateButton.enabled
    panel.node.cohortExternalPatients = ""
    pythonqt.FileDialog.answers.append([write_other_cohort(tmp_path / "other")])
    ui.externalButton.click()
    start.process_events()
    assert ui.externalPatientsEdit.text == "participants.tsv"
    assert "tested on 16 other patients (8 DM, 8 PM)" in ui.externalLabel.text
    validate(panel, wait_until)
    (result,) = panel.study.results._results
    assert set(result.predictions["patient"].str[:5]) == {"other"}
    assert result.recipe.validation.scheme == "external"
    figure = result.figure("LR", "auc")
    expected = f"{figure['mean']:.2f} ({figure['ci_low']:.2f}–{figure['ci_high']:.2f})"
    assert ui.validationTable.item(0, 2).text() == expected
    assert ui.validationTable.horizontalHeaderItem(2).text() == "Other cohort"
    assert [ui.validationTable.isColumnHidden(column) for column in (1, 2, 3)] == [True, False, True]
    assert "another table of patients" in ui.validationLabel.text


def test_each_centre_is_tested_by_the_others(panel: Any, wait_until: Callable[..., None]) -> None:
    choose(panel.ui.schemeBox, "leave-one-centre-out")
    assert panel.ui.validateButton.toolTip == "Choose the column of the centre (Advanced)."
    assert not panel.ui.repeatsBox.enabled
    choose(panel.ui.centreBox, "site")
    validate(panel, wait_until)
    nested = next(one for one in panel.study.results._results if str(one.mode) == "nested")
    assert nested.predictions.groupby("fold")["centre"].nunique().tolist() == [1, 1]
    choose(panel.ui.schemeBox, "")
    assert panel.ui.repeatsBox.value == 4


def test_a_permutation_test_stands_beside_the_figures(panel: Any, wait_until: Callable[..., None]) -> None:
    ui = panel.ui
    ui.permutationsBox.value = 9
    ui.repeatsBox.value = 1
    choose(ui.modeBox, "nested")
    validate(panel, wait_until)
    (result,) = panel.study.results._results
    row = result.permutation.iloc[0]
    assert row["permutations"] == 9
    assert not ui.validationTable.isColumnHidden(4)
    assert ui.validationTable.item(0, 4).text() == f"{row['p']:.3f} ({row['null_mean']:.2f})"


def test_scores_of_a_form_are_further_features(panel: Any, tmp_path: Path) -> None:
    ui = panel.ui
    names = [f"P{number:02d}" for number in range(24)]
    rows = [
        (name, reader, 1, "mercuri-modified", "thigh", structure, "left", (number + len(reader)) % 4)
        for number, name in enumerate(names)
        for reader in ("A", "BB")
        for structure in ("RF", "VL")
    ]
    columns = ["case", "reader", "session", "scale", "region", "structure", "side", "score"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "scores.csv", index=False)
    pythonqt.FileDialog.answers.append([tmp_path / "scores.csv"])
    ui.scoresButton.click()
    start.process_events()
    # Of two readers the first is taken, and the other can be chosen.
    assert [ui.scoresReadingBox.itemData(row) for row in range(ui.scoresReadingBox.count)] == ["", "A:1", "BB:1"]
    assert "and 6 features" in ui.cohortLabel.text
    arguments = panel.study.cohort.arguments()
    assert arguments[arguments.index("--scores-reading") + 1] == "A:1"
    choose(ui.scoresReadingBox, "")
    assert "several rows of P00" in ui.cohortLabel.text
    choose(ui.scoresReadingBox, "BB:1")
    data, _files = panel.study.cohort.read()
    assert "thigh.mercuri-modified.RF_left" in data.features.columns
    assert data.features["thigh.mercuri-modified.RF_left"].tolist()[:3] == [2.0, 3.0, 0.0]
    ui.scoresClearButton.click()
    start.process_events()
    assert "and 4 features" in ui.cohortLabel.text
