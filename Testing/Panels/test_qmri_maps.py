"""The panel qMRI on echoes and on the scanner's maps: the real jobs on the digital limb, clicked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.case_nodes import find_case_node
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from Testing.Panels.host import pythonqt, start

DRAWN = {"columns": 96, "rows": 64, "pixel_mm": (3.9, 3.6), "thickness_mm": 6, "spacing_mm": 24, "slices": 6}
MAPPED = {**DRAWN, "columns": 72, "rows": 48, "pixel_mm": (5.2, 4.8)}


@pytest.fixture(scope="session")
def examination(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder: water, fat and true muscles of both thighs; spin and gradient echoes on a coarser grid."""
    from MuscleMyopathyLib.phantom.case import phantom_series
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Protocol
    from MuscleMyopathyLib.phantom.sequences import GradientEchoTrain, SpinEchoTrain
    from MuscleMyopathyLib.study.phantom_case import write_phantom

    folder = tmp_path_factory.mktemp("examination")
    drawn = LimbParameters(pattern=Pattern("PM"), protocol=Protocol(**DRAWN))
    write_phantom(drawn, folder / "images", folder / "truth")
    mapped = LimbParameters(pattern=Pattern("PM"), protocol=Protocol(**MAPPED))
    series, _limb = phantom_series(mapped, (SpinEchoTrain(), GradientEchoTrain()), snr=60.0)
    for one in series:
        word = one.role.value.replace(" ", "-")
        for number, (image, time) in enumerate(zip(one.echoes, one.echo_times_ms, strict=True), start=1):
            path = folder / word / f"{word}_echo-{number}.nii.gz"
            write_image(image, path)
            tags = {"EchoTime": time / 1000, "MagneticFieldStrength": 3.0}
            path.with_name(f"{word}_echo-{number}.json").write_text(json.dumps(tags), encoding="utf-8")
    return folder


@pytest.fixture
def panel(module: Any, examination: Path) -> Any:
    """Return the panel on water, fat, muscles and spin echoes of the examination."""
    case = module.panels["case"]
    case.read_paths([examination / "images" / f"thigh_{name}.nii.gz" for name in ("water", "fat")])
    case.read_paths([examination / "multi-echo-SE"])
    case._place_true_muscles(examination / "truth")
    module.stepBar.buttons["qmri"].click()
    start.process_events()
    return module.panels["qmri"]


def choose(box: Any, value: str) -> None:
    """Choose an entry of a combo box by its data."""
    box.currentIndex = box.findData(value)
    box.activated.emit(box.currentIndex)
    start.process_events()


def run(panel: Any, wait_until: Callable[..., None]) -> None:
    """Click Run and wait for the end."""
    assert panel.ui.runButton.enabled, panel.ui.runButton.toolTip
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)


def measures(quantity: str) -> pd.DataFrame:
    """Return the table of a quantity of the case at hand."""
    node = find_case_node("case-1", f"{quantity} measures")
    assert node is not None
    return dataframe_from_table_node(node).set_index(["structure", "side"])


def test_a_train_of_echoes_is_one_row_of_the_case_with_the_number_of_its_echoes(panel: Any) -> None:
    table = panel._module.panels["case"].ui.volumesTable
    assert table.rowCount == 2 * 3
    sizes = [table.item(2 * row, 2).text() for row in range(3)]
    assert sum("echoes" in size for size in sizes) == 1


def test_water_t2_of_muscles_drawn_on_another_series_is_measured_and_shown(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    import slicer

    choose(panel.ui.quantityBox, "water_t2")
    assert panel.ui.spinEchoesSelector.currentNode() is not None
    assert "another grid" in panel.ui.drawnOnNameLabel.text
    run(panel, wait_until)
    table = measures("water_t2")
    # Healthy sartorius against the oedematous vastus of the simulated polymyositis.
    assert 30 < table.loc[("GR", "left"), "water_t2_median_ms"] < 60
    assert "water_t2_median_ms" in table
    headers = [
        panel.ui.resultTable.horizontalHeaderItem(n).text() for n in range(panel.ui.resultTable.columnCount)
    ]
    assert any("Water T2 median" in header for header in headers)
    assert "inside" in panel.ui.transferLabel.text
    assert panel.ui.mapButton.checked
    composite = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSliceCompositeNode")
    assert composite.GetForegroundVolumeID() == find_case_node("case-1", "water T2 map").GetID()
    assert not panel.ui.histogramLabel.pixmap.isNull()
    assert not panel.ui.referenceLabel.visible
    box = panel.ui.mapBox
    assert box.currentText == "water T2 (ms)"
    box.currentIndex = box.findText("B1")
    box.activated.emit(box.currentIndex)
    assert composite.GetForegroundVolumeID() == find_case_node("case-1", "B1 map").GetID()


def test_the_histogram_is_of_the_voxels_that_were_measured(panel: Any, wait_until: Callable[..., None]) -> None:
    choose(panel.ui.quantityBox, "t2")
    run(panel, wait_until)
    panel.ui.resultTable.selectRow(2)
    by_side, title, *_rest = panel.results._histogram()
    code = panel.results.results.selected()["structure"]
    assert title == panel.ui.resultTable.item(2, 0).text().removeprefix("▲ ")
    table = measures("t2")
    for side, values in by_side.items():
        assert float(pd.Series(values).median()) == pytest.approx(
            table.loc[(code, side), "t2_median_ms"], rel=1e-5
        )


def test_t2_stands_beside_its_published_reference_and_is_exported(
    panel: Any, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    choose(panel.ui.quantityBox, "t2")
    run(panel, wait_until)
    assert "another" in panel.ui.referenceLabel.text.lower()
    assert "36.4" in panel.ui.chartLabel.toolTip
    pythonqt.FileDialog.answers.append(tmp_path)
    panel.ui.exportButton.click()
    folder = tmp_path / "case-1"
    for name in (
        "t2_measures.csv",
        "t2_measures_by_slice.csv",
        "t2_chart.svg",
        "t2_histogram.png",
        "t2_map.nii.gz",
    ):
        assert (folder / name).stat().st_size > 0, name


def test_the_alignment_is_stated_in_mm_and_shown_before_and_after(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    from MuscleMyopathyLib.scene.series_nodes import echo_nodes

    moved_mm = 6.0
    for echo in echo_nodes(panel.node.spinEchoes):
        x, y, z = echo.GetOrigin()
        echo.SetOrigin(x + moved_mm, y, z)
    choose(panel.ui.quantityBox, "t2")
    panel.ui.refineBox.click()
    run(panel, wait_until)
    stated = re.search(r"by ([\d.]+) mm on average", panel.ui.transferLabel.text)
    assert stated, panel.messages.label.text
    assert float(stated.group(1)) == pytest.approx(moved_mm, abs=1.5)
    before, after = (find_case_node("case-1", kind) for kind in ("carried structures", "aligned structures"))
    assert after.GetDisplayNode().GetVisibility()
    assert not before.GetDisplayNode().GetVisibility()
    panel.ui.beforeButton.click()
    assert before.GetDisplayNode().GetVisibility()
    assert not after.GetDisplayNode().GetVisibility()


def test_the_report_holds_the_fat_fraction_and_the_t2_that_were_measured_one_after_the_other(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    choose(panel.ui.quantityBox, "ff")
    run(panel, wait_until)
    choose(panel.ui.quantityBox, "t2")
    run(panel, wait_until)
    panel.ui.reportButton.click()
    (opened,) = pythonqt.DesktopServices.opened
    page = Path(opened.removeprefix("file://")).read_text(encoding="utf-8")
    assert "fat fraction" in page.lower()
    value = measures("t2").loc[("RF", "left"), "t2_median_ms"]
    assert f"{value:.1f}" in page


def test_a_quantity_without_images_of_its_own_can_be_chosen_and_says_what_it_needs(
    module: Any, examination: Path
) -> None:
    module.panels["case"].read_paths(
        [examination / "images" / f"thigh_{name}.nii.gz" for name in ("water", "fat")]
    )
    module.stepBar.buttons["qmri"].click()
    start.process_events()
    panel = module.panels["qmri"]
    choose(panel.ui.quantityBox, "t2")
    assert panel.node.quantity == "t2"
    assert panel.ui.runButton.toolTip == "Choose the first of the spin echoes."


def test_missing_echo_times_are_asked_for_and_never_guessed(panel: Any) -> None:
    from MuscleMyopathyLib.scene import attributes
    from MuscleMyopathyLib.scene.series_nodes import echo_nodes

    choose(panel.ui.quantityBox, "t2")
    echoes = echo_nodes(panel.node.spinEchoes)
    told = panel.ui.echoTimesEdit.text
    assert len(told.split()) == len(echoes)
    for echo in echoes:
        echo.SetAttribute(attributes.ECHO_TIME_MS, None)
    panel._module.refresh()
    assert not panel.ui.runButton.enabled
    assert "echo times" in panel.ui.runButton.toolTip
    panel.ui.echoTimesEdit.text = "10 20"
    panel.ui.echoTimesEdit.editingFinished.emit()
    assert "2 echo times were given" in panel.messages.label.text
    panel.ui.echoTimesEdit.text = "; ".join(told.split())
    panel.ui.echoTimesEdit.editingFinished.emit()
    start.process_events()
    assert panel.ui.runButton.enabled, panel.ui.runButton.toolTip


def test_fat_fraction_and_r2star_come_from_gradient_echoes(
    module: Any, examination: Path, wait_until: Callable[..., None]
) -> None:
    case = module.panels["case"]
    case.read_paths([examination / "multi-echo-GRE", examination / "multi-echo-GRE-phase"])
    module.stepBar.buttons["qmri"].click()
    start.process_events()
    panel = module.panels["qmri"]
    assert panel.way().source == "echoes"
    run(panel, wait_until)
    from MuscleMyopathyLib.scene.hierarchy import find_result

    assert find_result("case-1", "measures") is not None, panel.messages.label.text
    assert "Whole muscle, mean fat fraction" in panel.ui.resultLabel.text
    module.parameterNode.muscles = find_result("case-1", "whole muscle")
    choose(panel.ui.quantityBox, "r2star")
    run(panel, wait_until)
    assert 10 < measures("r2star").loc[("MUSCLE", "left"), "r2star_median_per_s"] < 100


def test_the_scanners_t2_map_is_measured_without_its_codes_of_no_fit(
    module: Any, examination: Path, tmp_path: Path
) -> None:
    from MuscleMyopathyLib.imaging.files import read_image, read_label_image

    labels = read_label_image(examination / "truth" / "muscles.nii.gz")
    inside = sitk.GetArrayFromImage(labels) > 0
    values = inside * 40 + (~inside) * 2047
    values[inside & (values.cumsum().reshape(values.shape) % 97 == 0)] = 0
    image = sitk.GetImageFromArray(values.astype("int16"))
    image.CopyInformation(read_image(examination / "images" / "thigh_water.nii.gz"))
    write_image(image, tmp_path / "t2map.nii.gz")
    case = module.panels["case"]
    case.read_paths([examination / "images" / "thigh_water.nii.gz", tmp_path / "t2map.nii.gz"])
    case._place_true_muscles(examination / "truth")
    import slicer

    from MuscleMyopathyLib.scene.volumes import set_role

    set_role(slicer.util.getNode("t2map"), Role.T2_MAP, "chosen by the test")
    module.stepBar.buttons["qmri"].click()
    start.process_events()
    panel = module.panels["qmri"]
    choose(panel.ui.quantityBox, "t2")
    assert panel.way().source == "map"
    panel.ui.runButton.click()
    start.process_events()
    assert measures("t2").loc[("VL", "left"), "t2_mean_ms"] == pytest.approx(40.0)
    assert "2047" in panel.messages.label.text + panel.messages.details.plainText


def test_a_map_that_another_panel_takes_away_leaves_its_button_up(
    panel: Any, wait_until: Callable[..., None]
) -> None:
    choose(panel.ui.quantityBox, "t2")
    run(panel, wait_until)
    assert panel.ui.mapButton.checked
    panel._module.stepBar.buttons["score"].click()
    start.process_events()
    panel._module.stepBar.buttons["qmri"].click()
    start.process_events()
    assert not panel.ui.mapButton.checked


def test_two_patients_are_refused_before_anything_is_measured(panel: Any) -> None:
    from MuscleMyopathyLib.scene import attributes
    from MuscleMyopathyLib.scene.series_nodes import echo_nodes

    panel.node.water.SetAttribute(attributes.PATIENT, "one")
    for echo in echo_nodes(panel.node.spinEchoes):
        echo.SetAttribute(attributes.PATIENT, "another")
    choose(panel.ui.quantityBox, "t2")
    panel.ui.runButton.click()
    start.process_events()
    assert "two patients" in panel.messages.label.text
    assert not panel.busy


def test_advanced_shows_the_parameters_of_the_chosen_fit_and_keeps_what_is_changed(panel: Any) -> None:
    def shown() -> dict[str, int]:
        table = panel.ui.presetTable
        return {table.item(row, 0).text(): row for row in range(table.rowCount)}

    choose(panel.ui.quantityBox, "t2")
    panel.ui.advancedButton.collapsed = False
    assert "model error" in shown()
    choose(panel.ui.quantityBox, "water_t2")
    assert "model error" not in shown()
    panel.ui.presetTable.item(shown()["fat t2 ms"], 1).setText("140")
    assert "fat_t2_ms: 140.0" in panel.parameters.map_preset(panel.way())
    choose(panel.ui.quantityBox, "t2")
    assert panel.parameters.map_preset(panel.way()) == ""


def test_the_parameters_of_a_scene_from_before_there_were_several_methods_are_read(panel: Any) -> None:
    panel.node.preset = "measures: {fat_cut_off_percent: 35.0}"
    assert panel.parameters.case().measures.fat_cut_off_percent == 35.0


@pytest.mark.parametrize(
    ("text", "times"),
    [("10 20 30", (10, 20, 30)), ("10,20,30", (10, 20, 30)), ("7,6; 15,2; 22,8", (7.6, 15.2, 22.8))],
)
def test_echo_times_are_read_with_either_decimal_mark(module: Any, text: str, times: tuple[float, ...]) -> None:
    from MuscleMyopathyPanels.qmri_echoes import parse_times

    assert parse_times(text, 3) == pytest.approx(times)


@pytest.mark.parametrize("text", ["10 20", "ten 20 30", "30 20 10", "0 10 20"])
def test_echo_times_that_cannot_be_are_refused(module: Any, text: str) -> None:
    from MuscleMyopathyPanels.qmri_echoes import parse_times

    with pytest.raises(ValueError, match=r"echo|Echo|numbers"):
        parse_times(text, 3)


def cohort_table(path: Path) -> Path:
    """Write a cohort of 20 patients and 12 controls, of whom two overlap, with CK that follows T2."""
    rows = [
        {"case": f"P{n}", "group": "patient" if n < 20 else "control", "t2_median_ms": t2, "ck": 100 * t2 + 7 * n}
        for n, t2 in enumerate([35.0, *(38.0 + n for n in range(19)), *(31.0 + 0.4 * n for n in range(12))])
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_a_cohort_of_ones_own_gives_a_cut_off_with_its_curve(module: Any, tmp_path: Path) -> None:
    module.panels["case"].read_paths([])
    panel = module.panels["qmri"]
    ui = panel.ui
    panel.cohort.take_table(cohort_table(tmp_path / "cohort.csv"))
    assert ui.measureBox.currentText == "t2_median_ms"
    assert (ui.patientsBox.currentText, ui.controlsBox.currentText) == ("patient", "control")
    ui.covariatesList.item(1).setCheckState(pythonqt.QtCore.Qt.CheckState.Checked)
    ui.associateButton.click()
    row = panel.cohort.roc.rows[0]
    assert row["cut_off"] == pytest.approx((35.4 + 38.0) / 2)
    assert (row["sensitivity"], row["specificity"]) == (pytest.approx(19 / 20), 1.0)
    assert not ui.rocChartLabel.pixmap.isNull()
    assert float(ui.correlationsTable.item(0, 1).text()) > 0.9
    pythonqt.FileDialog.answers.append(tmp_path / "associations")
    ui.cohortExportButton.click()
    for name in ("roc.csv", "roc_points.csv", "groups.csv", "correlations.csv", "roc.png", "roc.svg"):
        assert (tmp_path / "associations" / name).stat().st_size > 0, name


def test_a_cohort_without_numbers_is_refused_in_words(module: Any, tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("case,group\nP1,patient\nP2,control\n", encoding="utf-8")
    panel = module.panels["qmri"]
    panel.cohort.take_table(tmp_path / "words.csv")
    assert "no column of numbers" in panel.messages.label.text
