"""The application's Segment Editor inside the panel, on the segmentation at hand."""

from __future__ import annotations

from typing import Any

import slicer

from .panel_part import PanelPart
from .segment_images import shown_volume

TAG = "MuscleMyopathySegmentEditor"


class EmbeddedEditor(PanelPart):
    """A Segment Editor with a parameter node of its own, so that the module Segment Editor keeps its state."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.widget: Any = None

    def refresh(self) -> None:
        """Edit the segmentation at hand; the widget is made when the panel is first shown with one."""
        segmentation = self.node.segmentation
        self.ui.editorButton.visible = segmentation is not None
        if self.widget is None:
            if segmentation is None:
                return
            self.widget = slicer.qMRMLSegmentEditorWidget()
            self.widget.setMaximumNumberOfUndoStates(10)
            self.ui.editorButton.layout().addWidget(self.widget)
            self._take_up_scene()
            # The list above shows the structures, and the selector above it the segmentation.
            self.widget.setSegmentationNodeSelectorVisible(False)
            self.widget.setSourceVolumeNodeSelectorVisible(False)
            self.widget.setSwitchToSegmentationsButtonVisible(False)
        elif self.widget.mrmlSegmentEditorNode() is None:
            self._take_up_scene()
        if self.widget.segmentationNode() is not segmentation:
            self.widget.setSegmentationNode(segmentation)
        source = shown_volume(segmentation)
        if source is not None and self.widget.sourceVolumeNode() is not source:
            self.widget.setSourceVolumeNode(source)

    def select(self, segment_id: str) -> None:
        """Edit a segment and bring it into view in the editor's own list."""
        if self.widget is None:
            return
        self.widget.setCurrentSegmentID(segment_id)
        for table in self.widget.findChildren("QTableView"):
            rows = table.selectionModel().selectedRows()
            if rows:
                table.scrollTo(rows[0])

    def keep_for_undo(self) -> None:
        """Keep the drawing as it is, so that Undo of the editor also takes back what the panel does to it."""
        if self.widget is not None:
            self.widget.saveStateForUndo()

    def rest(self) -> None:
        """Put the tool down: the panel is left."""
        if self.widget is not None:
            self.widget.setActiveEffectByName("")

    def forget(self) -> None:
        """The scene closes."""
        if self.widget is not None:
            self.rest()
            self.widget.setSegmentationNode(None)
            self.widget.setMRMLSegmentEditorNode(None)

    def _take_up_scene(self) -> None:
        node = slicer.mrmlScene.GetSingletonNode(TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(TAG)
            node = slicer.mrmlScene.AddNode(node)
        self.widget.setMRMLSegmentEditorNode(node)
        self.widget.setMRMLScene(slicer.mrmlScene)
