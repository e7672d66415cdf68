"""The stand-in host refuses what PythonQt refuses."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_property_is_an_attribute(application: Any) -> None:
    import qt

    button = qt.QPushButton("before")
    button.text = "after"
    button.enabled = False
    assert (button.text, button.enabled) == ("after", False)


def test_setting_an_unknown_attribute_is_an_error(application: Any) -> None:
    import qt

    with pytest.raises(AttributeError, match="creating new attributes"):
        qt.QPushButton().visibel = False


def test_reading_an_unknown_attribute_is_an_error(application: Any) -> None:
    import qt

    with pytest.raises(AttributeError):
        qt.QPushButton().currentText  # noqa: B018


def test_an_object_that_qt_made_itself_refuses_unknown_attributes_too(application: Any) -> None:
    import qt

    table = qt.QTableWidget()
    header = table.verticalHeader()
    header.visible = False
    with pytest.raises(AttributeError, match="creating new attributes"):
        header.visibel = False


def test_children_are_found_by_a_class_or_by_its_name(application: Any) -> None:
    import qt

    box = qt.QWidget()
    table, button = qt.QTableWidget(box), qt.QPushButton(box)
    # A QTableWidget is a QTableView; PythonQt takes the name of a class too.
    assert table in box.findChildren("QTableView")
    assert button not in box.findChildren("QTableView")
    button.objectName = "named"
    assert box.findChildren(qt.QPushButton) == [button]
    assert button in box.findChildren("QPushButton")
    assert box.findChildren("QPushButton", "other") == []


def test_a_file_dialog_that_nobody_answers_is_an_error(application: Any) -> None:
    import qt

    with pytest.raises(RuntimeError, match="did not expect"):
        qt.QFileDialog.getExistingDirectory(None, "Folder")


def test_a_node_selector_follows_the_scene(module: Any) -> None:
    import slicer

    selector = module.panels["qmri"].ui.waterSelector
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "water")
    selector.setCurrentNode(node)
    assert module.parameterNode.water.GetID() == node.GetID()
    slicer.mrmlScene.RemoveNode(node)
    assert selector.currentNode() is None
    assert module.parameterNode.water is None


def test_a_property_hidden_by_a_slot_is_refused_as_in_the_application(application: Any) -> None:
    import qt

    timer = qt.QTimer()
    with pytest.raises(AttributeError, match="singleShot"):
        timer.singleShot = True
    timer.setSingleShot(True)
    assert timer.isSingleShot()
