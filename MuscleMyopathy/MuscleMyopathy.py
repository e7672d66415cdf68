"""The Slicer module Muscle Myopathy: its registration, and the widget that holds the panels together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import qt
import slicer
import vtk
from MuscleMyopathyPanels.logic import MuscleMyopathyLogic
from MuscleMyopathyPanels.self_test import MuscleMyopathyTest
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

# In a checkout the library lies beside the module's folder; in an installed extension it is on the path already.
_CHECKOUT = Path(__file__).resolve().parent.parent
if (_CHECKOUT / "MuscleMyopathyLib").is_dir() and str(_CHECKOUT) not in sys.path:
    sys.path.insert(0, str(_CHECKOUT))

# The application looks for the logic and the self-test under these names.
__all__ = ["MuscleMyopathy", "MuscleMyopathyLogic", "MuscleMyopathyTest", "MuscleMyopathyWidget"]


class MuscleMyopathy(ScriptedLoadableModule):
    """What the application shows of the module before it is opened."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Muscle Myopathy")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        parent.dependencies = ["Segmentations", "SubjectHierarchy", "Tables", "Terminologies", "Volumes"]
        parent.contributors = ["MuscleMyopathy maintainers"]
        parent.helpText = _(
            "Quantitative muscle MRI in myopathies: fat fraction per muscle and side from Dixon images of thigh "
            "or calf, with maps, charts and a report. For research; not a medical device."
        )
        parent.acknowledgementText = _("Methods and their sources are named in the tooltips and in the report.")


class MuscleMyopathyWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The header line, the step bar, and the panel of the current step."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: MuscleMyopathyLogic | None = None
        self.parameterNode: Any = None
        self.panels: dict[str, Any] = {}
        self._headerTag: Any = None

    def setup(self) -> None:
        """Make the widgets, at the module's first opening."""
        ScriptedLoadableModuleWidget.setup(self)
        from MuscleMyopathyPanels.panels import make_panels
        from MuscleMyopathyPanels.steps import StepBar

        from MuscleMyopathyLib.scene.headless import load_terminology

        load_terminology()
        self.logic = MuscleMyopathyLogic()
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/MuscleMyopathy.ui"))
        self.layout.addWidget(uiWidget)
        self.layout.addStretch(1)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.ui.caseEdit.editingFinished.connect(lambda: self._onCaseRenamed())

        # Many nodes change at once while a result is placed; what is shown follows once, afterwards.
        self._refreshTimer = qt.QTimer()
        self._refreshTimer.setSingleShot(True)
        self._refreshTimer.setInterval(0)
        self._refreshTimer.timeout.connect(self.refresh)

        self.stepBar = StepBar(self.ui.stepBar.layout(), self.showPanel)
        self.panels = make_panels(self)
        for panel in self.panels.values():
            self.stepBar.add(panel.name, panel.title)
            self.ui.panelHost.layout().addWidget(panel.widget)

        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        # While a scene is read, its volumes come after its parameter node: selectors that do not have them yet
        # would empty it.
        self.addObserver(scene, scene.StartImportEvent, self.onSceneStartClose)
        for event in (scene.EndCloseEvent, scene.EndImportEvent):
            self.addObserver(scene, event, self.onSceneReplaced)
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent):
            self.addObserver(scene, event, self._onSceneModified)
        self.initializeParameterNode()

    def cleanup(self) -> None:
        """The module goes away: end the jobs."""
        for panel in self.panels.values():
            panel.abandon()
        self.setParameterNode(None)
        self.removeObservers()

    def enter(self) -> None:
        """The module is shown."""
        self.initializeParameterNode()
        self.panels[self.parameterNode.step].enter()
        self.refresh()

    def exit(self) -> None:
        """Another module is shown; running jobs go on."""
        from MuscleMyopathyPanels.layouts import remember_layout

        if self.parameterNode is not None:
            remember_layout(self.parameterNode.step)
        for panel in self.panels.values():
            panel.leave()

    def onSceneStartClose(self, caller: Any, event: str) -> None:
        """The scene closes or another is read into it: end what works on it, and let go of it."""
        for panel in self.panels.values():
            panel.abandon()
        self.setParameterNode(None)

    def onSceneReplaced(self, caller: Any, event: str) -> None:
        """Take up the new or the loaded scene, once the node selectors have its nodes."""
        self.setParameterNode(None)
        qt.QTimer.singleShot(0, self._takeUpScene)

    def _takeUpScene(self) -> None:
        if self.parent.isEntered and not slicer.mrmlScene.IsBatchProcessing():
            self.initializeParameterNode()
            self.refresh()

    def initializeParameterNode(self) -> None:
        """Take the scene's parameter node, made where it is missing."""
        if self.parameterNode is None and self.logic is not None:
            self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, node: Any) -> None:
        """Bind all widgets to a parameter node, or to none."""
        if self.parameterNode is not None:
            self.parameterNode.disconnectGui(self._headerTag)
            for panel in self.panels.values():
                panel.disconnect_parameters(self.parameterNode)
            self.removeObserver(self.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onSceneModified)
        self.parameterNode = node
        if node is not None:
            if node.step not in self.panels:
                # The scene was saved by a version with more steps.
                node.step = next(iter(self.panels))
            self._headerTag = node.connectGui(self.ui)
            for panel in self.panels.values():
                panel.connect_parameters(node)
            self.addObserver(node, vtk.vtkCommand.ModifiedEvent, self._onSceneModified)
            self.refresh()

    def showPanel(self, name: str) -> None:
        """Show the panel of a step."""
        from MuscleMyopathyPanels.layouts import remember_layout

        remember_layout(self.parameterNode.step)
        self.parameterNode.step = name
        self.panels[name].enter()
        self.refresh()

    def refresh(self) -> None:
        """Show what parameter node and scene hold."""
        if self.parameterNode is None:
            return
        from MuscleMyopathyPanels.case_volumes import is_phantom

        self.ui.caseEdit.text = self.parameterNode.caseIdentifier
        self.ui.noticeLabel.text = _(
            "Simulated data: a digital phantom, no patient. Never evidence about patients."
        )
        self.ui.noticeLabel.visible = is_phantom(self.parameterNode.caseIdentifier)
        for name, panel in self.panels.items():
            current = name == self.parameterNode.step
            panel.widget.visible = current
            panel.refresh()
            self.stepBar.show(name, panel.state(), current=current)

    def _onSceneModified(self, caller: Any = None, event: Any = None) -> None:
        self._refreshTimer.start()

    def _onCaseRenamed(self) -> None:
        from MuscleMyopathyPanels.case_renaming import readings_left_behind
        from MuscleMyopathyPanels.case_volumes import rename_case

        if self.parameterNode is None:
            # The focus leaves the field while the scene is closing.
            return
        before, after = self.parameterNode.caseIdentifier, self.ui.caseEdit.text.strip()
        if after and after != before:
            rename_case(before, after)
            self.parameterNode.caseIdentifier = after
            self.refresh()
            left = readings_left_behind(self.panels["score"].study.folder(), before)
            if left:
                self.panels[self.parameterNode.step].messages.warning(left)
            return
        self.refresh()
