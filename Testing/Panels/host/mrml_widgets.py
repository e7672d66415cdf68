"""Stand-ins of the widgets that show MRML nodes, bound to the real scene."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6 import QtCore, QtWidgets

from . import pythonqt


class qMRMLWidget(pythonqt.Checked, QtWidgets.QWidget):  # noqa: N801
    """A widget that hands its scene on to those connected to ``mrmlSceneChanged``."""

    mrmlSceneChanged = QtCore.Signal(object)
    _scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):  # noqa: N801
    """The parent of a scripted module's widget; knows whether its module is the one shown."""

    _entered = False

    @property
    def isEntered(self) -> bool:
        return self._entered


class qMRMLNodeComboBox(pythonqt.Checked, QtWidgets.QWidget):  # noqa: N801
    """A choice among the scene's nodes of given classes."""

    currentNodeChanged = QtCore.Signal(object)
    currentNodeIDChanged = QtCore.Signal(str)
    _scene: Any = None
    _observers: Any = None
    _types: Any = ()
    _attributes: Any = None
    _none_enabled = False
    _none_display = "Select a node"
    _flags: Any = None
    _box: Any = None
    _filling = False

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._observers, self._attributes, self._flags = [], [], {}
        self._box = pythonqt.CLASSES["QComboBox"](self)
        self._box.sizeAdjustPolicy = QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.sizePolicy = QtWidgets.QSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._box.sizePolicy = self.sizePolicy
        layout.addWidget(self._box)
        self.setFocusProxy(self._box)
        self._box.currentIndexChanged.connect(lambda index: self._changed())

    def _get_types(self) -> list[str]:
        return list(self._types)

    def _set_types(self, types: list[str]) -> None:
        self._types = list(types)
        self._fill()

    nodeTypes = QtCore.Property("QStringList", _get_types, _set_types)

    def _get_none(self) -> bool:
        return self._none_enabled

    def _set_none(self, enabled: bool) -> None:
        self._none_enabled = enabled
        self._fill()

    noneEnabled = QtCore.Property(bool, _get_none, _set_none)

    def _get_none_display(self) -> str:
        return self._none_display

    def _set_none_display(self, text: str) -> None:
        self._none_display = text
        self._fill()

    noneDisplay = QtCore.Property(str, _get_none_display, _set_none_display)

    def _flag(name: str) -> Any:  # noqa: N805
        return QtCore.Property(
            bool, lambda self: self._flags.get(name, True), lambda self, value: self._flags.update({name: value})
        )

    addEnabled = _flag("add")
    removeEnabled = _flag("remove")
    renameEnabled = _flag("rename")
    editEnabled = _flag("edit")
    showChildNodeTypes = _flag("children")

    def addAttribute(self, node_type: str, attribute: str, value: Any = None) -> None:
        self._attributes.append((node_type, attribute, value))
        self._fill()

    def setMRMLScene(self, scene: Any) -> None:
        for tag in self._observers:
            self._scene.RemoveObserver(tag)
        self._scene = scene
        self._observers = (
            []
            if scene is None
            else [
                scene.AddObserver(event, self._scene_changed)
                for event in (
                    scene.NodeAddedEvent,
                    scene.NodeRemovedEvent,
                    scene.EndBatchProcessEvent,
                    scene.EndCloseEvent,
                    scene.EndImportEvent,
                )
            ]
        )
        self._fill()

    def mrmlScene(self) -> Any:
        return self._scene

    def currentNode(self) -> Any:
        identifier = self._box.currentData
        return self._scene.GetNodeByID(identifier) if identifier and self._scene else None

    def setCurrentNode(self, node: Any) -> None:
        index = self._box.findData(node.GetID()) if node is not None else self._box.findData("")
        self._box.currentIndex = index

    def _get_id(self) -> str:
        return self._box.currentData or ""

    def _set_id(self, identifier: str) -> None:
        self._box.currentIndex = self._box.findData(identifier)

    currentNodeID = QtCore.Property(str, _get_id, _set_id)

    def nodeCount(self) -> int:
        return self._box.count - int(self._none_enabled)

    def _accepts(self, node: Any) -> bool:
        if node.GetHideFromEditors():
            return False
        children = self._flags.get("children", True)
        if not any(node.IsA(kind) if children else node.GetClassName() == kind for kind in self._types):
            return False
        return all(
            not node.IsA(kind)
            or (node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name)))
            for kind, name, value in self._attributes
        )

    def _scene_changed(self, caller: Any, event: str) -> None:
        if not self._scene.IsBatchProcessing():
            self._fill()

    def _fill(self) -> None:
        if self._box is None:
            return
        before = self._box.currentData
        self._filling = True
        self._box.clear()
        if self._none_enabled:
            self._box.addItem(self._none_display, "")
        if self._scene is not None:
            for node in slicer.util.getNodes("*", scene=self._scene, useLists=True).values():
                for one in node:
                    if self._accepts(one):
                        self._box.addItem(one.GetName(), one.GetID())
        kept = self._box.findData(before) if before else -1
        self._box.currentIndex = kept if kept >= 0 else (0 if self._box.count else -1)
        self._filling = False
        if (self._box.currentData or "") != (before or ""):
            self._changed()

    def _changed(self) -> None:
        if not self._filling:
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(self.currentNodeID)


class qMRMLSegmentEditorWidget(pythonqt.Checked, QtWidgets.QWidget):  # noqa: N801
    """The part of the Segment Editor that other code sees: its nodes and which segment is edited.

    Its effects need the application's views; here the drawing stays as it is.
    """

    currentSegmentIDChanged = QtCore.Signal(str)
    _scene: Any = None
    _editor_node: Any = None
    _segmentation: Any = None
    _source: Any = None
    _label: Any = None
    _selectors: Any = None
    _undo_states = 0

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._label = pythonqt.CLASSES["QLabel"](self)
        self._label.wordWrap = True
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self._label)
        self._selectors = {}
        self._show()

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._editor_node = node

    def mrmlSegmentEditorNode(self) -> Any:
        return self._editor_node

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not None and self._editor_node is None:
            raise RuntimeError("The application wants setMRMLSegmentEditorNode before setMRMLScene.")
        self._scene = scene

    def setSegmentationNode(self, node: Any) -> None:
        self._segmentation = node
        self._editor_node.SetAndObserveSegmentationNode(node)
        self._show()

    def segmentationNode(self) -> Any:
        return self._segmentation

    def setSourceVolumeNode(self, node: Any) -> None:
        self._source = node
        self._editor_node.SetAndObserveSourceVolumeNode(node)

    def sourceVolumeNode(self) -> Any:
        return self._source

    def setCurrentSegmentID(self, identifier: str) -> None:
        self._editor_node.SetSelectedSegmentID(identifier)
        self._show()
        self.currentSegmentIDChanged.emit(identifier)

    def currentSegmentID(self) -> str:
        return self._editor_node.GetSelectedSegmentID() or ""

    def setActiveEffectByName(self, name: str) -> None:
        if name:
            raise RuntimeError(f"The effect {name!r} needs the application.")

    def setMaximumNumberOfUndoStates(self, count: int) -> None:
        self._undo_states = count

    def saveStateForUndo(self) -> None:
        if self._segmentation is None:
            raise RuntimeError("There is no segmentation to keep for undo.")

    def setSegmentationNodeSelectorVisible(self, visible: bool) -> None:
        self._selectors["segmentation"] = visible

    def setSourceVolumeNodeSelectorVisible(self, visible: bool) -> None:
        self._selectors["source volume"] = visible

    def setSwitchToSegmentationsButtonVisible(self, visible: bool) -> None:
        self._selectors["switch"] = visible

    def _show(self) -> None:
        segment = (
            self._segmentation.GetSegmentation().GetSegment(self.currentSegmentID())
            if self._segmentation is not None and self.currentSegmentID()
            else None
        )
        name = "no segment" if segment is None else segment.GetName()
        self._label.text = f"Segment Editor (its tools need the application): {name}"


def widgets() -> dict[str, Any]:
    """Return the classes by their name in ``slicer`` and in .ui files."""
    kinds = (qMRMLWidget, qSlicerScriptedLoadableModuleWidget, qMRMLNodeComboBox, qMRMLSegmentEditorWidget)
    found = {kind.__name__: kind for kind in kinds}
    pythonqt.CLASSES.update(found)
    return found
