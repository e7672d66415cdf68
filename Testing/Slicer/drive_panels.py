"""Tests inside the application: the module is loaded, its panels are driven as a user does, the scene is read.

Started by run_in_slicer.py or by CTest: ``Slicer --testing --python-script drive_panels.py [--pictures FOLDER]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer

ROOT = Path(__file__).resolve().parents[2]
WINDOW = (1500, 940)
TIME_LIMIT_S = 180
pictures: Path | None = None


def process_events(seconds: float = 0.2) -> None:
    """Let the application handle what waits."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.01)


def wait_until(condition: Callable[[], bool], seconds: float = TIME_LIMIT_S) -> None:
    """Let the application work until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds} s"
        process_events(0.05)
    process_events()


def grab(widget: Any, name: str) -> None:
    """Save a picture of a widget where pictures are asked for."""
    process_events(0.5)
    if pictures is not None:
        widget.grab().save(str(pictures / f"{name}.png"))


def errors_in_log() -> list[str]:
    """Return the errors that the application logged so far."""
    model = slicer.app.errorLogModel()
    level, text = 2, 4
    return [
        str(model.data(model.index(row, text)))
        for row in range(model.rowCount())
        if str(model.data(model.index(row, level))).lower() in ("error", "fatal", "critical")
    ]


class PanelsInTheApplication(unittest.TestCase):
    """The module in the real application."""

    @classmethod
    def setUpClass(cls) -> None:
        slicer.util.mainWindow().resize(*WINDOW)
        slicer.util.mainWindow().move(0, 0)
        slicer.util.selectModule("MuscleMyopathy")
        process_events(1.0)
        cls.module = slicer.modules.musclemyopathy.widgetRepresentation().self()

    def setUp(self) -> None:
        # What the application itself logs while it clears a scene is not the module's.
        slicer.mrmlScene.Clear(False)
        process_events()
        self.errors_before = len(errors_in_log())

    def tearDown(self) -> None:
        logged = errors_in_log()[self.errors_before :]
        assert logged == [], f"the error log must stay empty: {logged}"

    def drive(self, use: Callable[..., None]) -> None:
        """Use the module as a function says that also drives it elsewhere, with pictures on the way."""
        use(
            self.module,
            wait_until,
            panel_picture=lambda name: grab(self.module.parent, name),
            window_picture=lambda name: grab(slicer.util.mainWindow(), name),
        )

    def test_1_an_empty_case_offers_to_load_images_and_nothing_else(self) -> None:
        assert self.module.panels["case"].widget.visible
        assert not self.module.stepBar.buttons["qmri"].enabled
        assert self.module.panels["case"].ui.sampleButton.enabled

    def test_2_the_sample_case_is_loaded_measured_and_shown(self) -> None:
        from gallery import run_sample_case

        self.drive(run_sample_case)
        from MuscleMyopathyLib.scene.hierarchy import find_result

        identifier = self.module.parameterNode.caseIdentifier
        for kind in ("measures", "measures by slice", "fat fraction", "compartments", "muscles"):
            assert find_result(identifier, kind) is not None, kind
        fraction = find_result(identifier, "fat fraction")
        composite = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSliceCompositeNode")
        assert composite.GetForegroundVolumeID() == fraction.GetID()
        table = self.module.panels["qmri"].ui.resultTable
        shown = {(table.item(row, 0).text(), table.item(row, 1).text()) for row in range(table.rowCount)}
        assert ("rectus femoris", "left") in shown

    def test_3_cancel_ends_the_job_within_a_second(self) -> None:
        panel = self.module.panels["case"]
        panel.ui.sampleButton.click()
        wait_until(lambda: panel.ui.progressBar.value > 0)
        panel.ui.cancelButton.click()
        wait_until(lambda: not panel.busy, seconds=1.0)
        assert panel.ui.volumesTable.rowCount == 0

    def test_4_a_module_left_while_the_scene_closes_takes_up_the_new_one(self) -> None:
        slicer.util.selectModule("Data")
        process_events()
        slicer.mrmlScene.Clear(False)
        slicer.util.selectModule("MuscleMyopathy")
        process_events()
        assert self.module.parameterNode is not None
        assert not self.module.stepBar.buttons["qmri"].enabled

    def test_5_the_modules_self_test_passes(self) -> None:
        slicer.selfTests["MuscleMyopathy"]()

    def test_5a_features_are_extracted_shown_and_added_to_a_cohort(self) -> None:
        from drive_readers import extract_features

        extract_features(self.module, wait_until, lambda name: grab(slicer.util.mainWindow(), name))

    def test_5b_a_blinded_repeat_hides_the_first_reading_and_both_are_compared(self) -> None:
        from drive_readers import read_twice_and_compare

        read_twice_and_compare(self.module, wait_until, lambda name: grab(slicer.util.mainWindow(), name))

    def test_5c_measures_of_two_readers_are_plotted(self) -> None:
        from drive_readers import plot_two_readers

        plot_two_readers(self.module, wait_until, lambda name: grab(slicer.util.mainWindow(), name))

    def test_5d_t2_is_measured_in_muscles_drawn_on_another_series(self) -> None:
        from drive_maps import measure_t2

        self.drive(measure_t2)

    def test_5e_a_cohort_of_ones_own_gives_a_cut_off(self) -> None:
        from drive_maps import compare_a_cohort

        compare_a_cohort(self.module, lambda name: grab(self.module.parent, name))

    def test_5f_a_form_shows_its_examples_and_readers_are_compared(self) -> None:
        from drive_maps import score_a_case

        self.drive(score_a_case)

    def test_5g_a_simulated_patient_is_classified_by_the_shipped_model(self) -> None:
        from drive_classify import classify_a_case

        self.drive(classify_a_case)

    def test_5h_a_cohort_is_validated_in_both_modes_and_made_into_a_model(self) -> None:
        from drive_classify import validate_a_cohort

        self.drive(validate_a_cohort)

    def test_5h_a_model_of_thigh_and_calf_is_asked_with_both(self) -> None:
        from drive_classify import classify_thigh_and_calf

        self.drive(classify_thigh_and_calf)

    def test_5i_structures_are_segmented_listed_and_corrected_in_the_editor(self) -> None:
        from drive_segment import segment_and_correct

        self.drive(segment_and_correct)

    def test_5j_the_network_learns_from_corrections_and_goes_back(self) -> None:
        from drive_learning import learn_and_go_back

        self.drive(learn_and_go_back)

    def test_6_a_form_is_filled_by_keys_and_comes_back(self) -> None:
        panel = self.module.panels["score"]
        with tempfile.TemporaryDirectory() as folder:
            self.module.parameterNode.reader = "R1"
            self.module.parameterNode.studyFolder = folder
            self.module.stepBar.buttons["score"].click()
            process_events()
            panel.ui.beginButton.click()
            process_events()
            for key, text in ((qt.Qt.Key_3, "3"), (qt.Qt.Key_Equal, "="), (qt.Qt.Key_4, "4")):
                event = qt.QKeyEvent(qt.QEvent.KeyPress, key, qt.Qt.NoModifier, text)
                qt.QApplication.sendEvent(panel.ui.formTable, event)
            process_events()
            assert panel.form.form.progress == "3 of 34"
            slicer.util.selectModule("Data")
            process_events()
            slicer.util.selectModule("MuscleMyopathy")
            process_events()
            answers = panel.form.form.answers
            given = [answers[target].value for target in ("RF_right", "RF_left", "VL_right")]
            assert given == ["3", "3", "4"]
            slicer.mrmlScene.Clear(False)
            process_events()

    def test_7_a_misspelt_property_is_an_error_here_as_in_the_stand_in(self) -> None:
        button = qt.QPushButton()
        try:
            button.visibel = False
        except AttributeError:
            return
        raise AssertionError("the application took a property that does not exist")


def main() -> None:
    """Run the tests and leave the application with their exit code."""
    global pictures
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--only", help="part of the names of the tests to run")
    options = parser.parse_known_args(sys.argv[1:])[0]
    pictures = options.pictures
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    sys.path[:0] = [str(ROOT / "Testing" / "Panels"), str(ROOT / "Testing" / "Slicer")]
    loader = unittest.defaultTestLoader
    if options.only:
        loader.testNamePatterns = [f"*{options.only}*"]
    suite = loader.loadTestsFromTestCase(PanelsInTheApplication)
    try:
        passed = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite).wasSuccessful()
    except Exception:
        traceback.print_exc()
        passed = False
    slicer.util.exit(slicer.util.EXIT_SUCCESS if passed else slicer.util.EXIT_FAILURE)


main()
