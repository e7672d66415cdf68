"""The panel Readers, clicked: a study on disk, blinding in the scene, real jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.scene.case_nodes import find_case_node
from Testing.Panels.host import pythonqt, start


@pytest.fixture
def panel(loaded: Any, thighs: Path, tmp_path: Path) -> Any:
    """Return the panel, opened on the thighs with their muscles, for reader R1 and an empty study."""
    loaded.panels["case"]._place_true_muscles(thighs.parent / "truth")
    loaded.parameterNode.reader = "R1"
    loaded.parameterNode.readingSegmentation = loaded.parameterNode.muscles
    loaded.stepBar.buttons["readers"].click()
    pythonqt.FileDialog.answers.append(tmp_path / "study")
    loaded.panels["readers"].ui.studyButton.click()
    start.process_events()
    return loaded.panels["readers"]


@pytest.fixture
def read_once(panel: Any) -> Any:
    """Return the panel after R1 read the case, the first time, and locked it."""
    for button in (panel.ui.beginButton, panel.ui.saveButton, panel.ui.lockButton, panel.ui.lockButton):
        assert button.enabled, button.toolTip
        button.click()
        start.process_events()
    assert panel.messages.label.text.startswith("Locked"), panel.messages.label.text
    return panel


def states(panel: Any) -> list[tuple[str, str, str]]:
    """Return reading, session and state of the rows shown."""
    table = panel.ui.readingsTable
    return [tuple(table.item(row, column).text() for column in (0, 1, 3)) for row in range(table.rowCount)]


def test_without_a_study_nothing_can_be_done_and_the_reason_is_told(loaded: Any) -> None:
    loaded.stepBar.buttons["readers"].click()
    start.process_events()
    ui = loaded.panels["readers"].ui
    for button in (ui.beginButton, ui.saveButton, ui.lockButton, ui.importButton, ui.simulateButton):
        assert not button.enabled
        assert "folder of the study" in button.toolTip


def test_a_reading_begins_is_saved_and_locked_after_asking_once_more(panel: Any) -> None:
    panel.ui.beginButton.click()
    assert states(panel) == [("case-1 R1", "1", "open")]
    panel.ui.lockButton.click()
    assert states(panel) == [("case-1 R1", "1", "open")]
    panel.ui.lockButton.click()
    assert states(panel) == [("case-1 R1", "1", "locked")]


def test_a_locked_reading_refuses_to_be_saved(read_once: Any) -> None:
    assert not read_once.ui.saveButton.enabled
    assert "locked" in read_once.ui.saveButton.toolTip
    read_once.readings._on_save()
    assert "is locked" in read_once.messages.label.text


def test_a_repeat_hides_the_earlier_reading_until_it_is_locked(read_once: Any) -> None:
    muscles = read_once.node.readingSegmentation
    read_once.ui.beginButton.click()
    start.process_events()
    assert read_once.node.session == 2
    assert "60 days" in read_once.messages.label.text
    assert muscles.GetHideFromEditors()
    assert not muscles.GetDisplayNode().GetVisibility()
    assert states(read_once)[0] == ("case-1 R1", "1", "locked, hidden")
    drawing = read_once.node.readingSegmentation
    assert drawing.GetSegmentation().GetNumberOfSegments() == 0
    drawing.GetSegmentation().DeepCopy(muscles.GetSegmentation())
    read_once._module.refresh()
    for _click in range(2):
        read_once.ui.lockButton.click()
    start.process_events()
    assert not muscles.GetHideFromEditors()
    assert muscles.GetDisplayNode().GetVisibility()


def test_a_damaged_study_says_so_and_hides_rather_than_shows(read_once: Any) -> None:
    muscles = read_once.node.readingSegmentation
    read_once.ui.beginButton.click()
    study = Path(read_once.node.studyFolder)
    (manifest,) = study.rglob("reader-R1_session-2/segmentation/reading.json")
    manifest.write_text("{", encoding="utf-8")
    read_once.reload()
    read_once._module.refresh()
    assert read_once.messages.label.text == "The study cannot be read."
    assert read_once.readings.blinded()
    assert muscles.GetHideFromEditors()


def test_a_hidden_reading_cannot_be_shown(read_once: Any) -> None:
    read_once.ui.beginButton.click()
    read_once.ui.readingsTable.selectRow(0)
    start.process_events()
    assert not read_once.ui.loadButton.enabled
    assert "hidden" in read_once.ui.loadButton.toolTip
    assert "Lock the open reading" in read_once.ui.compareButton.toolTip


def test_an_empty_drawing_is_refused_in_words(panel: Any) -> None:
    import slicer

    panel.ui.beginButton.click()
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty")
    panel.node.readingSegmentation = empty
    start.process_events()
    panel.ui.saveButton.click()
    assert "no segment" in panel.messages.label.text


def test_a_label_file_becomes_a_reading(panel: Any, thighs: Path) -> None:
    pythonqt.FileDialog.answers.append([thighs.parent / "truth" / "muscles.nii.gz"])
    panel.ui.importButton.click()
    start.process_events()
    assert states(panel) == [("case-1 R1", "1", "open")]
    assert panel.node.readingSegmentation.GetName() == "case-1 R1 session 1"


def test_a_label_file_on_another_grid_is_refused(panel: Any, noise_image: Any) -> None:
    panel.readings.import_file(noise_image("other", (8, 8, 3)))
    assert panel.messages.label.text
    assert states(panel) == []


def test_a_simulated_reader_is_named_so_and_compared_with_a_worst_slice(
    read_once: Any, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    import slicer

    read_once.ui.simulateButton.click()
    wait_until(lambda: not read_once.busy)
    assert states(read_once)[1] == ("case-1 R1-simulated", "1", "locked")
    read_once.ui.readersTabs.currentIndex = 1
    start.process_events()
    read_once.ui.compareButton.click()
    wait_until(lambda: not read_once.busy)
    assert "say nothing about readers" in read_once.messages.label.text
    table = read_once.ui.overlapTable
    assert table.rowCount == 22
    assert {table.item(row, 1).text() for row in range(22)} <= {"green", "amber", "red"}
    assert float(table.item(0, 2).text()) <= float(table.item(21, 2).text())
    worst = int(table.item(0, 5).text())
    read_once.agreement.go_to_worst_slice(0)
    volume = read_once.readings.reference()
    axial = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
    assert axial.GetSliceOffset() == pytest.approx(
        volume.GetOrigin()[2] + worst * volume.GetSpacing()[2], abs=1e-3
    )


def measures(path: Path) -> Path:
    """Write fat fractions of eight cases by two readers as a table of measures."""
    random = np.random.default_rng(3)
    rows = []
    for case in range(8):
        true = random.uniform(5, 60)
        for reader in ("R1", "R2"):
            value = true + random.normal(0, 1)
            key = {"case": f"P-{case}", "reader": reader, "session": 1, "structure": "RF", "side": "left"}
            rows.append({**key, "ff_mean_percent": value})
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_measures_give_icc_histogram_and_a_bland_altman_plot(
    panel: Any, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    pythonqt.FileDialog.answers.append([measures(tmp_path / "measures.csv")])
    panel.ui.readersTabs.currentIndex = 1
    panel.ui.addTablesButton.click()
    panel.ui.compareButton.click()
    wait_until(lambda: not panel.busy)
    assert panel.ui.iccTable.item(0, 5).text() == "almost perfect", panel.messages.label.text
    assert not panel.ui.iccChartLabel.pixmap.isNull()
    panel.ui.blandAltmanTable.selectRow(0)
    start.process_events()
    panel.ui.plotButton.click()
    chart = find_case_node("case-1", "Bland–Altman chart")
    assert chart.GetNumberOfPlotSeriesNodes() == 4
    assert "bias" in chart.GetTitle()
    (tmp_path / "out").mkdir()
    pythonqt.FileDialog.answers.append(tmp_path / "out")
    panel.ui.exportButton.click()
    assert {"icc.csv", "bland_altman.csv", "icc.png", "icc.svg"} <= {p.name for p in (tmp_path / "out").iterdir()}


def test_a_table_without_readers_is_refused_in_words(panel: Any, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("name,value\na,1\n", encoding="utf-8")
    pythonqt.FileDialog.answers.append([path])
    panel.ui.addTablesButton.click()
    panel.ui.compareButton.click()
    assert "has no column case" in panel.messages.label.text
