"""The panel Segment in the application: compartments, slices filled between drawn ones, and the real editor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drive_readers import load_small_limb

Wait = Callable[..., None]
Picture = Callable[[str], None]


def choose(panel: Any, method: str) -> None:
    """Choose a method as a user does."""
    box = panel.ui.methodBox
    box.currentIndex = box.findData(method)
    box.activated.emit(box.currentIndex)


def segment_and_correct(module: Any, wait_until: Wait, panel_picture: Picture, window_picture: Picture) -> None:
    """Find compartments; fill between drawn slices; copy, erode, undo and edit; accept and export."""
    import qt
    import slicer

    from MuscleMyopathyLib.anatomy import Side, Structure
    from MuscleMyopathyLib.scene.segmentations import segmentation_from_node

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        load_small_limb(module, folder)
        module.stepBar.buttons["segment"].click()
        panel = module.panels["segment"]
        ui = panel.ui
        choose(panel, "compartments")
        wait_until(lambda: ui.runButton.enabled, seconds=5)
        ui.runButton.click()
        wait_until(lambda: not panel.busy)
        assert ui.structuresTable.rowCount == 10, panel.messages.label.text
        window_picture("segment-compartments")

        choose(panel, "propagate")
        panel.node.segmentDrawn = panel.node.segmentation = slicer.util.getNode("true muscles")
        panel.node.segmentDrawnSlices = "0,2,3"
        ui.imagesList.item(1).setCheckState(qt.Qt.Unchecked)
        wait_until(lambda: ui.runButton.enabled, seconds=5)
        ui.runButton.click()
        wait_until(lambda: not panel.busy)
        filled = panel.node.segmentation
        assert filled.GetName().endswith("propagated structures"), panel.messages.label.text

        left, right = Structure("VL", Side.LEFT), Structure("VL", Side.RIGHT)
        panel.structures.select(left)
        wait_until(lambda: panel.editor.widget.currentSegmentID() == panel.structures.current()[1], seconds=5)
        window_picture("segment-panel")
        before = segmentation_from_node(filled)
        ui.erosionBox.value = 4.0
        wait_until(lambda: panel.node.segmentErosionMm == 4.0, seconds=5)
        ui.erodeButton.click()
        eroded = segmentation_from_node(filled)
        assert 0 < eroded.mask(left).sum() < before.mask(left).sum(), panel.messages.label.text
        panel.editor.widget.undo()
        wait_until(lambda: True)
        restored = segmentation_from_node(filled)
        assert restored.mask(left).sum() == before.mask(left).sum(), "Undo of the editor takes the erosion back"
        ui.copyButton.click()
        assert panel.structures.current()[0] == right, panel.messages.label.text
        tables = panel.editor.widget.findChildren("QTableView")
        rows = [(table, row) for table in tables for row in table.selectionModel().selectedRows()]
        shown = [table.viewport().rect.contains(table.visualRect(row)) for table, row in rows]
        assert shown == [True], "the editor's own list shows the muscle that is edited"

        panel.editor.widget.setActiveEffectByName("Paint")
        assert panel.editor.widget.activeEffect() is not None
        module.stepBar.buttons["case"].click()
        wait_until(lambda: panel.editor.widget.activeEffect() is None, seconds=5)
        module.stepBar.buttons["segment"].click()
        panel.files.export_file(folder / "muscles.nii.gz")
        assert (folder / "muscles.txt").is_file(), panel.messages.label.text
        panel_picture("segment-list")
