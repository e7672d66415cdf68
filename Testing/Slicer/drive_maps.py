"""The panels qMRI and Score in the application: T2 of muscles drawn on another series; a form with examples."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt

Wait = Callable[..., None]
Picture = Callable[[str], None]

DRAWN = {"columns": 224, "rows": 144, "pixel_mm": (1.7, 1.6), "thickness_mm": 6, "spacing_mm": 24, "slices": 6}
MAPPED = {**DRAWN, "columns": 160, "rows": 104, "pixel_mm": (2.4, 2.2)}


def write_examination(folder: Path) -> None:
    """Write water, fat, T1w and true muscles of both thighs, and spin echoes on a coarser grid."""
    from MuscleMyopathyLib.imaging.files import write_image
    from MuscleMyopathyLib.phantom.case import phantom_series
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Protocol
    from MuscleMyopathyLib.phantom.sequences import SpinEchoTrain
    from MuscleMyopathyLib.study.phantom_case import write_phantom

    pattern = Pattern("DM")
    write_phantom(
        LimbParameters(pattern=pattern, seed=3, protocol=Protocol(**DRAWN)), folder / "images", folder / "truth"
    )
    mapped = LimbParameters(pattern=pattern, seed=3, protocol=Protocol(**MAPPED))
    (train,), _limb = phantom_series(mapped, (SpinEchoTrain(),), snr=60.0)
    for number, (image, time) in enumerate(zip(train.echoes, train.echo_times_ms, strict=True), start=1):
        path = folder / "images" / f"thigh_multi-echo-SE_echo-{number}.nii.gz"
        write_image(image, path)
        path.with_name(path.name.replace(".nii.gz", ".json")).write_text(
            json.dumps({"EchoTime": time / 1000}), encoding="utf-8"
        )


def measure_t2(module: Any, wait_until: Wait, panel_picture: Picture, window_picture: Picture) -> None:
    """Load echoes, measure water T2 and T2 of muscles drawn on the water image, align, and look at all results."""
    from MuscleMyopathyLib.scene.case_nodes import find_case_node

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_examination(folder)
        case = module.panels["case"]
        case.read_paths([folder / "images"])
        case._place_true_muscles(folder / "truth")
        module.stepBar.buttons["qmri"].click()
        panel = module.panels["qmri"]
        ui = panel.ui
        for quantity in ("water_t2", "t2"):
            ui.quantityBox.currentIndex = ui.quantityBox.findData(quantity)
            ui.quantityBox.activated.emit(ui.quantityBox.currentIndex)
            ui.refineBox.checked = quantity == "t2"
            wait_until(lambda: ui.runButton.enabled, seconds=5)
            ui.runButton.click()
            wait_until(lambda: not panel.busy)
            assert find_case_node(module.parameterNode.caseIdentifier, f"{quantity} measures") is not None, (
                panel.messages.label.text
            )
            if quantity == "water_t2":
                ui.resultTable.selectRow(8)
                window_picture("water-t2-map")
                ui.resultTabs.currentIndex = 2
                panel_picture("qmri-histogram")
                ui.resultTabs.currentIndex = 0
        assert "mm on average" in ui.transferLabel.text, panel.messages.label.text
        panel_picture("qmri-t2-panel")
        ui.resultTabs.currentIndex = 1
        panel_picture("qmri-t2-chart")


def compare_a_cohort(module: Any, panel_picture: Picture) -> None:
    """Take a table of patients and controls, and draw the ROC curve of T2."""
    with tempfile.TemporaryDirectory() as temporary:
        lines = ["case,group,structure,side,t2_median_ms,ck"]
        for case in range(32):
            group = "patient" if case < 20 else "control"
            t2 = 36.0 + 0.9 * (case % 20) if case < 20 else 32.5 + 0.35 * (case - 20)
            for structure in ("VL", "RF"):
                lines.append(f"P-{case},{group},{structure},left,{t2 + (structure == 'RF'):.2f},{90 + 40 * case}")
        write_examination(Path(temporary))
        module.panels["case"].read_paths([Path(temporary) / "images"])
        table = Path(temporary) / "cohort.csv"
        table.write_text("\n".join(lines), encoding="utf-8")
        module.stepBar.buttons["qmri"].click()
        panel = module.panels["qmri"]
        panel.ui.cohortButton.collapsed = False
        panel.cohort.take_table(table)
        panel.ui.covariatesList.item(1).setCheckState(qt.Qt.Checked)
        panel.ui.associateButton.click()
        assert panel.ui.rocTable.rowCount == 2, panel.messages.label.text
        assert panel.ui.correlationsTable.rowCount == 2
        panel_picture("qmri-cohort")
        panel.ui.cohortButton.collapsed = True


def score_a_case(module: Any, wait_until: Wait, panel_picture: Picture, window_picture: Picture) -> None:
    """Fill the first muscles of a form beside the T1w image, levels with examples; then compare readers."""
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.simulated_scoring import ScoringStudyParameters, simulate_scoring_study

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_examination(folder)
        case = module.panels["case"]
        case.read_paths([folder / "images"])
        case._place_true_muscles(folder / "truth")
        node = module.parameterNode
        node.reader, node.studyFolder = "R1", str(folder / "study")
        module.stepBar.buttons["score"].click()
        panel = module.panels["score"]
        wait_until(lambda: panel.ui.beginButton.enabled, seconds=5)
        panel.ui.beginButton.click()
        for key, text in ((qt.Qt.Key_1, "1"), (qt.Qt.Key_Equal, "="), (qt.Qt.Key_2, "2")):
            qt.QApplication.sendEvent(
                panel.ui.formTable, qt.QKeyEvent(qt.QEvent.KeyPress, key, qt.Qt.NoModifier, text)
            )
        assert panel.form.form.progress == "3 of 34"
        window_picture("score-panel")
        study = folder / "scored"
        simulate_scoring_study(ReadingStudy(study), ScoringStudyParameters(lgmdr2_cases=10, imnm_cases=10))
        node.reader, node.studyFolder = "R9", str(study)
        panel.ui.agreementButton.collapsed = False
        wait_until(lambda: panel.ui.compareFormsButton.enabled, seconds=10)
        panel.ui.compareFormsButton.click()
        wait_until(lambda: not panel.busy)
        assert panel.ui.kappaTable.rowCount == 52, panel.messages.label.text
        panel_picture("score-agreement")
        panel.ui.formAgreementTabs.currentIndex = 1
        panel_picture("score-heat-map")
        panel.ui.agreementButton.collapsed = True
