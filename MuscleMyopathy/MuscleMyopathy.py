"""The Slicer module Muscle Myopathy: its registration, widget, console facade and self-test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

# In a checkout the library lies beside the module's folder; in an installed extension it is on the path already.
_CHECKOUT = Path(__file__).resolve().parent.parent
if (_CHECKOUT / "MuscleMyopathyLib").is_dir() and str(_CHECKOUT) not in sys.path:
    sys.path.insert(0, str(_CHECKOUT))

BOUND_PANELS = ("qmri", "features", "readers")
"""Panels with widgets that are bound to the parameter node."""


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


@parameterNodeWrapper
class MuscleMyopathyParameterNode:
    """What the module keeps with the scene.

    caseIdentifier - Pseudonym of the case; stands on its folder, volumes and results.
    reader, session - Who reads, and which reading of that reader.
    region - Limb segment: thigh or calf.
    step - Name of the panel shown.
    source - Where the fat fraction comes from: "water and fat" or "map".
    water, fat, fatFractionMap - Input volumes.
    muscles - Segmentation of muscles, if there is one.
    erosionMm - How far structures are eroded before they are measured.
    preset - Changed parameters as YAML; empty for the defaults.
    resultFolder - Where the last run left its files.
    featureSegmentation - Structures that radiomics features are extracted of.
    featurePreset, featurePresetText - Name of the preset; its text where it is not a shipped one as it is.
    featureSlices - Which slices: empty as the preset says, "all", "levels:proximal,distal" or "numbers:3, 7".
    studyFolder - Folder of the reader study.
    scoreScale - Identifier of the scale that is scored.
    readingSegmentation - What the reader draws in the session at hand.
    """

    caseIdentifier: str = "case-1"
    reader: str = ""
    session: int = 1
    region: str = "thigh"
    step: str = "case"
    source: str = "water and fat"
    water: vtkMRMLScalarVolumeNode
    fat: vtkMRMLScalarVolumeNode
    fatFractionMap: vtkMRMLScalarVolumeNode
    muscles: vtkMRMLSegmentationNode
    erosionMm: float = 0.0
    preset: str = ""
    resultFolder: str = ""
    featureSegmentation: vtkMRMLSegmentationNode
    featurePreset: str = "recommended"
    featurePresetText: str = ""
    featureSlices: str = ""
    studyFolder: str = ""
    scoreScale: str = "mercuri-modified"
    readingSegmentation: vtkMRMLSegmentationNode


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
        from MuscleMyopathyPanels.case import CasePanel
        from MuscleMyopathyPanels.features import FeaturesPanel
        from MuscleMyopathyPanels.qmri import QmriPanel
        from MuscleMyopathyPanels.readers import ReadersPanel
        from MuscleMyopathyPanels.score import ScorePanel
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
        for panel in (CasePanel(self), QmriPanel(self), FeaturesPanel(self), ReadersPanel(self), ScorePanel(self)):
            self.panels[panel.name] = panel
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
        self.panels["score"].leave()

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
            for name in BOUND_PANELS:
                self.panels[name].disconnect_parameters(self.parameterNode)
            self.removeObserver(self.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onSceneModified)
        self.parameterNode = node
        if node is not None:
            if node.step not in self.panels:
                # The scene was saved by a version with more steps.
                node.step = next(iter(self.panels))
            self._headerTag = node.connectGui(self.ui)
            for name in BOUND_PANELS:
                self.panels[name].connect_parameters(node)
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
        from MuscleMyopathyPanels.case_volumes import rename_case

        if self.parameterNode is None:
            # The focus leaves the field while the scene is closing.
            return
        before, after = self.parameterNode.caseIdentifier, self.ui.caseEdit.text.strip()
        if after and after != before:
            rename_case(before, after)
            self.parameterNode.caseIdentifier = after
        self.refresh()


class MuscleMyopathyLogic(ScriptedLoadableModuleLogic):
    """The module in the batch console: on nodes, without a window.

    The parameters of each call and its errors stand in ``MuscleMyopathyLib.scene.console``.
    """

    def getParameterNode(self) -> MuscleMyopathyParameterNode:
        """Return the scene's parameter node."""
        return MuscleMyopathyParameterNode(super().getParameterNode())

    def fatFractionMap(self, waterNode: Any, fatNode: Any, **options: Any) -> Any:
        """Return a volume node with the fat fraction in percent."""
        from MuscleMyopathyLib.scene import console

        return console.fat_fraction_map(waterNode, fatNode, **options)

    def segment(self, region: str, **volumes: Any) -> Any:
        """Return a segmentation node of the compartments, from ``water_node`` and ``fat_node`` or ``t1w_node``."""
        from MuscleMyopathyLib.scene import console

        return console.segment_compartments(region, **volumes)

    def wholeMuscle(self, compartmentsNode: Any, **options: Any) -> Any:
        """Return a segmentation node of the global muscle region of each side."""
        from MuscleMyopathyLib.scene import console

        return console.segment_whole_muscle(compartmentsNode, **options)

    def measureFatFraction(self, waterNode: Any, fatNode: Any, segmentationNode: Any, **options: Any) -> Any:
        """Return a table node with a row per structure and side."""
        from MuscleMyopathyLib.scene import console

        return console.measure_fat_fraction(waterNode, fatNode, segmentationNode, **options)

    def runCase(
        self, identifier: str, region: str, volumeNodes: Any, musclesNode: Any = None, **options: Any
    ) -> Any:
        """Measure a whole case and put its results into the scene; return its nodes."""
        from MuscleMyopathyLib.scene import console

        return console.run_case(identifier, region, volumeNodes, musclesNode, **options)

    def extractFeatures(
        self, volumeNodes: Any, segmentationNode: Any, preset: Any = "recommended", **options: Any
    ) -> Any:
        """Return a table node of radiomics features, a row per sequence, structure and side."""
        from MuscleMyopathyLib.scene import console_features

        return console_features.extract_features(volumeNodes, segmentationNode, preset, **options)

    def agreement(self, tableNodes: Any, **options: Any) -> Any:
        """Return table nodes by name: ICC of every feature, the reliable ones, Bland–Altman of measures."""
        from MuscleMyopathyLib.scene import console_readings

        return console_readings.agreement(tableNodes, **options)

    def overlap(self, firstSegmentationNode: Any, secondSegmentationNode: Any, **options: Any) -> Any:
        """Return a table node of Dice, surface distances and volumes of two readings, a row per structure."""
        from MuscleMyopathyLib.scene import console_readings

        return console_readings.overlap(firstSegmentationNode, secondSegmentationNode, **options)

    def suggestScores(self, fatFractionNode: Any, segmentationNode: Any, **options: Any) -> Any:
        """Return a table node with a suggested modified Mercuri score per muscle and side."""
        from MuscleMyopathyLib.scene import console_scoring

        return console_scoring.suggest_scores(fatFractionNode, segmentationNode, **options)

    def score(self, studyFolder: str, case: str, reader: str, session: int, answers: Any, **options: Any) -> Any:
        """Score targets of a case by ``answers`` (code by target); return a table node of the form."""
        from MuscleMyopathyLib.scene import console_scoring

        return console_scoring.score(studyFolder, case, reader, session, answers, **options)

    def report(self, identifier: str, path: str) -> Path:
        """Write the report of a case in the scene."""
        from MuscleMyopathyLib.scene import console

        return console.write_case_report(identifier, path)


class MuscleMyopathyTest(ScriptedLoadableModuleTest):
    """The self-test: the digital limb, whose fat fractions are known, measured in the scene."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    def runTest(self, **options: Any) -> None:
        """Run the self-test."""
        self.setUp()
        self.test_measured_fat_fractions_are_the_phantoms_own()

    def test_measured_fat_fractions_are_the_phantoms_own(self) -> None:
        """Every large muscle of the simulated patient is measured within 3 points of the truth."""
        from MuscleMyopathyLib.imaging.roles import Role
        from MuscleMyopathyLib.phantom.case import phantom_series
        from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Protocol
        from MuscleMyopathyLib.qmri.measures import measure_structures
        from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
        from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
        from MuscleMyopathyLib.scene.volumes import volume_node_from_image

        self.delayDisplay("Making the digital limb")
        few = Protocol(columns=320, rows=224, pixel_mm=(1.2, 1.0), thickness_mm=6, spacing_mm=24, slices=3)
        series, limb = phantom_series(LimbParameters(pattern=Pattern("LGMDR2"), protocol=few))
        water, fat = (
            volume_node_from_image(next(one for one in series if one.role is role).image, role.value, role=role)
            for role in (Role.WATER, Role.FAT)
        )
        muscles = segmentation_node_from(limb.muscles, "muscles", water)
        self.delayDisplay("Measuring")
        table = MuscleMyopathyLogic().measureFatFraction(water, fat, muscles)
        keys = ["structure", "side"]
        measured = dataframe_from_table_node(table).set_index(keys)
        true = measure_structures(limb.muscles, limb.fat_fraction_percent).volume.set_index(keys)
        large = true[true["volume_cm3"] > 20].index
        assert len(large) > 10
        difference = (measured["ff_mean_percent"] - true["ff_mean_percent"]).loc[large].abs()
        assert difference.max() < 3.0
        self.delayDisplay("Test passed")
