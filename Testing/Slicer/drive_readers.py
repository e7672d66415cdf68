"""The panels Features and Readers in the application, clicked on a small digital limb."""

from __future__ import annotations

import importlib.util
import random
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

Wait = Callable[..., None]
Picture = Callable[[str], None]

FEW = """\
description: First order and co-occurrence of the unfiltered image.
imageType:
  Original:
    binCount: 32
featureClass:
  firstorder: [Mean, Entropy]
  glcm: [Contrast]
setting:
  force2D: true
"""


def load_small_limb(module: Any, folder: Path) -> None:
    """Load water, fat and true muscles of both thighs in four slices."""
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Protocol
    from MuscleMyopathyLib.study.phantom_case import write_phantom

    few = Protocol(columns=160, rows=112, pixel_mm=(2.375, 2.036), thickness_mm=6, spacing_mm=24, slices=4)
    write_phantom(LimbParameters(pattern=Pattern("LGMDR2"), protocol=few), folder / "images", folder / "truth")
    case = module.panels["case"]
    case.read_paths([folder / "images" / f"thigh_{name}.nii.gz" for name in ("water", "fat")])
    case._place_true_muscles(folder / "truth")


def extract_features(module: Any, wait_until: Wait, picture: Picture) -> None:
    """Take a preset file, count grey levels, extract, filter, and add to a cohort's table twice."""
    if importlib.util.find_spec("radiomics") is None:
        raise unittest.SkipTest("PyRadiomics is not installed: it comes with the extension SlicerRadiomics")
    from MuscleMyopathyLib.scene.case_nodes import find_case_node

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        load_small_limb(module, folder)
        module.stepBar.buttons["features"].click()
        panel = module.panels["features"]
        wait_until(lambda: panel.ui.sequencesList.count == 2)
        assert panel.ui.segmentationSelector.currentNode() is not None
        preset = folder / "few.yaml"
        preset.write_text(FEW, encoding="utf-8")
        panel.preset.take_file(preset)
        wait_until(lambda: panel.ui.runButton.enabled, seconds=10)
        panel.ui.greyLevelsButton.click()
        wait_until(lambda: not panel.busy)
        assert panel.ui.greyLevelsTable.rowCount == 44, panel.messages.label.text
        panel.ui.runButton.click()
        wait_until(lambda: not panel.busy)
        identifier = module.parameterNode.caseIdentifier
        assert find_case_node(identifier, "features") is not None, panel.messages.label.text
        picture("features-panel")
        table = panel.ui.resultTable
        assert {table.item(row, 0).text() for row in range(table.rowCount)} == {"Mean", "Entropy", "Contrast"}
        for _time in range(2):
            panel.results.add_to_cohort(folder / "features.csv")
        assert "0 rows added, 0 replaced, 44" in panel.messages.label.text
        panel.ui.viewButton.click()
        picture("features-table")


def read_twice_and_compare(module: Any, wait_until: Wait, picture: Picture) -> None:
    """Read, lock, repeat blinded, lock, simulate a reader, compare, and go to the worst slice."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        load_small_limb(module, folder)
        node = module.parameterNode
        node.reader, node.session, node.readingSegmentation = "R1", 1, node.muscles
        module.stepBar.buttons["readers"].click()
        node.studyFolder = str(folder / "study")
        panel = module.panels["readers"]
        first = node.muscles
        wait_until(lambda: panel.ui.beginButton.enabled, seconds=10)
        for button in (panel.ui.beginButton, panel.ui.lockButton, panel.ui.lockButton):
            button.click()
        assert panel.messages.label.text.startswith("Locked"), panel.messages.label.text
        panel.ui.beginButton.click()
        wait_until(lambda: bool(first.GetHideFromEditors()), seconds=5)
        assert not first.GetDisplayNode().GetVisibility()
        assert "60 days" in panel.messages.label.text
        picture("readers-panel")
        drawing = node.readingSegmentation
        assert drawing is not None
        assert drawing.GetID() != first.GetID()
        drawing.GetSegmentation().DeepCopy(first.GetSegmentation())
        module.refresh()
        for _click in range(2):
            panel.ui.lockButton.click()
        wait_until(lambda: not first.GetHideFromEditors(), seconds=5)
        panel.ui.simulateButton.click()
        wait_until(lambda: not panel.busy)
        panel.ui.readersTabs.currentIndex = 1
        wait_until(lambda: panel.ui.compareButton.enabled, seconds=5)
        panel.ui.compareButton.click()
        wait_until(lambda: not panel.busy)
        assert panel.ui.overlapTable.rowCount == 3 * 22, panel.messages.label.text
        panel.agreement.go_to_worst_slice(0)
        picture("readers-agreement")
        worst = panel.agreement.overlap.rows[0]["worst_slice"]
        volume = panel.readings.reference()
        offset = volume.GetOrigin()[2] + worst * volume.GetSpacing()[2]
        assert abs(slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode().GetSliceOffset() - offset) < 0.1


def plot_two_readers(module: Any, wait_until: Wait, picture: Picture) -> None:
    """Compare fat fractions of forty cases by two readers, and plot their differences."""
    with tempfile.TemporaryDirectory() as temporary:
        numbers = random.Random(1)
        lines = ["case,reader,session,structure,side,ff_mean_percent"]
        for case in range(40):
            true = numbers.uniform(5, 60)
            lines += [f"P-{case},R{reader},1,RF,left,{true + numbers.gauss(0, 1.5):.3f}" for reader in (1, 2)]
        table = Path(temporary) / "measures.csv"
        table.write_text("\n".join(lines), encoding="utf-8")
        load_small_limb(module, Path(temporary))
        module.stepBar.buttons["readers"].click()
        panel = module.panels["readers"]
        panel.agreement.add_files([table])
        panel.ui.readersTabs.currentIndex = 1
        panel.ui.compareButton.click()
        wait_until(lambda: not panel.busy)
        assert panel.ui.iccTable.item(0, 5).text() == "almost perfect", panel.messages.label.text
        panel.ui.agreementTabs.currentIndex = 1
        picture("readers-icc")
        panel.ui.agreementTabs.currentIndex = 2
        panel.ui.blandAltmanTable.selectRow(0)
        wait_until(lambda: panel.ui.plotButton.enabled, seconds=5)
        panel.ui.plotButton.click()
        picture("readers-bland-altman")
