"""The panel Classify in the application: simulated patients classified; cohorts validated, a model made."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

Wait = Callable[..., None]
Picture = Callable[[str], None]

RECIPE = """
description: The two most different features, in plain classifiers
steps: [z-score, univariate: {p: 0.05}, cap: {patients_per_feature: 12, fewest: 2}]
classifiers: [LR, LDA, k-NN]
validation: {scheme: repeated-k-fold, folds: 5, repeats: 10}
"""


def require(*packages: str) -> None:
    """Skip the test where a package is missing that the panel would ask to install.

    Raises:
        unittest.SkipTest: One is missing.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise unittest.SkipTest(f"{', '.join(missing)} is not installed in the application")


def load_simulated_patient() -> None:
    """Put T1w and water of a thigh that the model has never seen into the scene, with a reader's whole muscle."""
    from MuscleMyopathyPanels.case_volumes import add_to_case, mark_phantom, place_in_case

    from MuscleMyopathyLib.imaging.roles import Role
    from MuscleMyopathyLib.phantom.parameters import Pattern
    from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
    from MuscleMyopathyLib.scene.volumes import volume_node_from_image
    from MuscleMyopathyLib.study.simulated_designs import WEI_2023_DESIGN
    from MuscleMyopathyLib.study.simulated_subjects import (
        STUDY_PROTOCOL,
        ReaderParameters,
        SimulatedSubject,
        simulated_examination,
    )

    identifier = slicer.modules.musclemyopathy.widgetRepresentation().self().parameterNode.caseIdentifier
    patient = SimulatedSubject("phantom-LGMDR2-1001", Pattern.LGMDR2, 1001, (0.3, 0.3))
    (region,) = WEI_2023_DESIGN.within(["thigh"]).regions
    images, readings = simulated_examination(patient, region, STUDY_PROTOCOL, ReaderParameters())
    nodes = {name: volume_node_from_image(image, name, role=Role(name)) for name, image in images.items()}
    for name, node in nodes.items():
        add_to_case(node, identifier, Role(name), "simulated")
    mark_phantom(identifier)
    drawn = segmentation_node_from(readings[0].segmentation, "whole muscle", nodes["T1w"])
    place_in_case(drawn, identifier)
    slicer.util.setSliceViewerLayers(background=nodes["T1w"], fit=True)


def classify_a_case(module: Any, wait_until: Wait, panel_picture: Picture, window_picture: Picture) -> None:
    """Ask the shipped demonstration model about a simulated patient, and look at the answer."""
    require("radiomics", "sklearn", "skops")
    from MuscleMyopathyLib.scene.case_nodes import find_case_node
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

    load_simulated_patient()
    module.stepBar.buttons["classify"].click()
    panel = module.panels["classify"]
    panel.ui.tabs.currentIndex = 0
    wait_until(lambda: panel.ui.classifyButton.enabled, seconds=10)
    assert "✖" not in panel.ui.fitLabel.text, panel.ui.fitLabel.text
    panel.ui.classifyButton.click()
    wait_until(lambda: not panel.busy, seconds=400)
    node = find_case_node(module.parameterNode.caseIdentifier, "classification")
    assert node is not None, panel.messages.label.text
    row = dataframe_from_table_node(node).iloc[0]
    assert row["predicted"] == "LGMDR2"
    assert "Trained on simulated data" in panel.ui.answerNoticeLabel.text
    panel_picture("classify-case")
    window_picture("classify-window")


def classify_thigh_and_calf(
    module: Any, wait_until: Wait, panel_picture: Picture, window_picture: Picture
) -> None:
    """Ask a tiny model that needs thigh and calf, whose images are two cases of the scene."""
    require("radiomics", "sklearn", "skops")
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from MuscleMyopathyPanels.case_volumes import add_to_case, mark_phantom, place_in_case

    from MuscleMyopathyLib.imaging.roles import Role
    from MuscleMyopathyLib.modeling.package.archive import save_model
    from MuscleMyopathyLib.scene.case_nodes import find_case_node
    from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
    from MuscleMyopathyLib.scene.volumes import volume_node_from_image
    from Testing.Library.study.tiny_model import examination, thigh_and_calf_package

    own = module.parameterNode.caseIdentifier
    drawn = {}
    for region, case in (("thigh", own), ("calf", f"{own}-calf")):
        one = examination(3, region)
        nodes = {name: volume_node_from_image(image, name, role=Role(name)) for name, image in one.images.items()}
        for name, node in nodes.items():
            add_to_case(node, case, Role(name), "simulated")
        mark_phantom(case)
        segmentation = one.readings[0].segmentation
        drawn[region] = segmentation_node_from(segmentation, f"{region} muscle", nodes["T1w"])
        place_in_case(drawn[region], case)
    with tempfile.TemporaryDirectory() as temporary:
        package = thigh_and_calf_package()
        save_model(package.model, package.card, Path(temporary) / "both.mmyo")
        module.stepBar.buttons["classify"].click()
        panel = module.panels["classify"]
        panel.ui.tabs.currentIndex = 0
        panel.case.model.take_file(Path(temporary) / "both.mmyo")
        module.parameterNode.classifySegmentation = drawn["thigh"]
        wait_until(lambda: "calf: nothing is drawn" in panel.ui.fitLabel.text, seconds=10)
        module.parameterNode.classifyOtherSegmentation = drawn["calf"]
        wait_until(lambda: panel.ui.classifyButton.enabled, seconds=10)
        panel_picture("classify-thigh-and-calf")
        panel.ui.classifyButton.click()
        wait_until(lambda: not panel.busy, seconds=400)
        node = find_case_node(own, "classification")
        assert node is not None, panel.messages.label.text
        assert dataframe_from_table_node(node).iloc[0]["predicted"] == "bright"
        module.parameterNode.classifyModel = ""


def write_cohort(folder: Path, name: str = "phantom", seed: int = 4) -> Path:
    """Write two features with a signal and thirty without, of 30 patients of each of two classes."""
    import numpy as np
    import pandas as pd

    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    groups = ["IMNM", "LGMDR2"] * 30
    signal = np.array([float(name == "LGMDR2") for name in groups])
    columns = {"case": [f"{name}-{number:03d}" for number in range(60)], "phantom": True}
    columns["ff_mean_percent"] = 18 + 8 * (signal + rng.normal(size=60))
    columns["t2_median_ms"] = 42 - 3 * (signal + 1.3 * rng.normal(size=60))
    for number in range(30):
        columns[f"texture_{number:02d}"] = rng.normal(size=60)
    pd.DataFrame(columns).to_csv(folder / "features.csv", index=False)
    patients = pd.DataFrame({"participant_id": columns["case"], "group": groups, "phantom": True})
    patients.to_csv(folder / "participants.tsv", sep="\t", index=False)
    return folder / "features.csv"


def validate_a_cohort(module: Any, wait_until: Wait, panel_picture: Picture, window_picture: Picture) -> None:
    """Validate two modes with figures on the way, chart ROC and calibration, train a model and choose it."""
    require("sklearn", "skops")
    module.stepBar.buttons["classify"].click()
    panel = module.panels["classify"]
    ui = panel.ui
    reports: list[Path] = []
    # A browser would outlive the test.
    panel.study.results.open_report = lambda: reports.append(panel.study.results.folder / "report.html")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
        ui.tabs.currentIndex = 1
        panel.study.recipe.take_file(folder / "small.yaml")
        panel.study.cohort.take(write_cohort(folder))
        wait_until(lambda: ui.validateButton.enabled, seconds=10)
        ui.validateButton.click()
        wait_until(lambda: ui.validationTable.rowCount == 3 or not panel.busy, seconds=200)
        panel_picture("classify-running")
        wait_until(lambda: not panel.busy, seconds=400)
        assert panel.study.results.there, panel.messages.label.text
        assert reports[0].is_file()
        panel_picture("classify-study")
        ui.calibrationButton.click()
        ui.rocButton.click()
        window_picture("classify-roc")
        module.parameterNode.cohortExternal = str(write_cohort(folder / "other", "other", seed=5))
        module.parameterNode.cohortExternalPatients = str(folder / "other" / "participants.tsv")
        ui.schemeBox.currentIndex = ui.schemeBox.findData("external")
        ui.schemeBox.activated.emit(ui.schemeBox.currentIndex)
        wait_until(lambda: "60 other patients" in ui.externalLabel.text, seconds=10)
        ui.validateButton.click()
        wait_until(lambda: not panel.busy, seconds=400)
        (result,) = panel.study.results._results
        assert set(result.predictions["patient"].str.split("-").str[0]) == {"other"}
        panel_picture("classify-external")
        ui.schemeBox.currentIndex = 0
        ui.schemeBox.activated.emit(0)
        ui.repeatsBox.value, ui.permutationsBox.value = 1, 9
        wait_until(lambda: ui.validateButton.enabled, seconds=10)
        ui.validateButton.click()
        wait_until(lambda: not panel.busy, seconds=400)
        assert not ui.validationTable.isColumnHidden(4), panel.messages.label.text
        panel_picture("classify-permutation")
        ui.permutationsBox.value = 0
        ui.modelNameEdit.text = "demonstration"
        panel.study.train(folder / "demonstration.mmyo", "demonstration")
        wait_until(lambda: not panel.busy, seconds=400)
        assert (folder / "demonstration.mmyo").is_file(), panel.messages.label.text
        ui.tabs.currentIndex = 0
        wait_until(lambda: ui.modelBox.currentText == "demonstration", seconds=10)
        module.parameterNode.classifyModel = ""
        del panel.study.results.open_report
