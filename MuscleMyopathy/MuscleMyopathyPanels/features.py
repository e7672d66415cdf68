"""The panel *Features*: radiomics features of the case's structures, by PyRadiomics with a named preset."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.volumes import role_of

from .case_volumes import case_volumes, is_phantom
from .features_job import FEATURES, FeaturesJob
from .features_preset import PresetChoice
from .features_results import FeatureResults
from .features_slices import SlicesChoice
from .grids import same_grid
from .panel import Panel
from .requirements import RADIOMICS_REQUIREMENTS
from .steps import State, StepState

LEFT_OUT = "MuscleMyopathy.FeaturesLeftOut"
"""Attribute of a volume: the user unchecked it."""

READER = re.compile(r"[A-Za-z0-9-]*")


class FeaturesPanel(Panel):
    """Extracts features in the background and shows them.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "features"
    title = _("Features")

    def __init__(self, module: Any) -> None:
        super().__init__(module, "FeaturesPanel.ui", messages_before="resultWidget")
        self.widget.layout().addStretch(1)
        self.preset = PresetChoice(module, self.ui, self.messages)
        self.slices = SlicesChoice(module, self.ui, self.messages)
        self.results = FeatureResults(module, self.ui, self.messages)
        self._listed: list[tuple[str, str, bool]] = []
        self._listing = False
        self.ui.sequencesList.itemChanged.connect(lambda item: self._on_checked(item))
        self.ui.greyLevelsButton.clicked.connect(lambda: self._on_grey_levels())
        self.ui.runButton.clicked.connect(lambda: self._on_run())
        self.ui.runButton.shortcut = qt.QKeySequence("Ctrl+Return")

    def state(self) -> StepState:
        """Return how far this step is."""
        if self.node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        if self.results.table_node() is not None:
            return StepState(State.DONE, _("The features are extracted."))
        if not self._volumes():
            return StepState(State.NOT_POSSIBLE, _("Needs images: load them in the panel Case."))
        if not slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
            return StepState(State.NOT_POSSIBLE, _("Needs a segmentation: draw or load one, or run qMRI first."))
        return StepState(State.OPEN, _("Extract radiomics features."))

    def refresh(self) -> None:
        """Show what the parameter node and the scene hold; a hidden panel waits until it is shown."""
        node = self.node
        if node is None or node.step != self.name or not self._packages_are_there():
            return
        self._list_sequences()
        self.preset.refresh()
        self.slices.refresh()
        obstacle = self.obstacle()
        for button, tip in (
            (
                self.ui.runButton,
                _(
                    "Extract the features of every structure and sequence, in the background (PyRadiomics: van "
                    "Griethuysen et al., Cancer Res 2017;77:e104). (Ctrl+Enter)"
                ),
            ),
            (
                self.ui.greyLevelsButton,
                _(
                    "Count the grey levels of each structure with this preset before anything is extracted: below "
                    "16 texture features say little, at 1 nothing."
                ),
            ),
        ):
            button.enabled = not obstacle
            button.toolTip = obstacle or tip
        self.results.refresh()

    def enter(self) -> None:
        """The panel is shown: choose the muscles, or the only segmentation, where nothing is chosen."""
        node = self.node
        if node is None or node.featureSegmentation is not None:
            return
        segmentations = list(slicer.util.getNodesByClass("vtkMRMLSegmentationNode"))
        if node.muscles is not None:
            node.featureSegmentation = node.muscles
        elif len(segmentations) == 1:
            node.featureSegmentation = segmentations[0]

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        self._abandon_job()
        self.messages.clear()
        self.results.forget()

    def obstacle(self) -> str:
        """Return why Run is not possible now; empty where it is."""
        node = self.node
        if self.busy:
            return _("The computation is running.")
        volumes = self._checked()
        if not volumes:
            return _("Check at least one sequence.")
        for other in volumes[1:]:
            if not same_grid(volumes[0], other):
                return _(
                    "{first} and {other} do not share one grid. Uncheck one; it can have a run of its own."
                ).format(first=volumes[0].GetName(), other=other.GetName())
        if node.featureSegmentation is None:
            return _("Choose the segmentation.")
        if not READER.fullmatch(node.reader):
            return _("The reader's name in the line at the top: use letters without accents, digits and hyphens.")
        return self.slices.problem() or self.preset.problem()

    def _volumes(self) -> list[Any]:
        return case_volumes(self.node.caseIdentifier)

    def _checked(self) -> list[Any]:
        return [node for node in self._volumes() if not node.GetAttribute(LEFT_OUT)]

    def _list_sequences(self) -> None:
        """List the case's volumes; an unchanged list is left alone, focus with it."""
        listed = [(node.GetID(), _label(node), not node.GetAttribute(LEFT_OUT)) for node in self._volumes()]
        if listed == self._listed:
            return
        self._listed, self._listing = listed, True
        self.ui.sequencesList.clear()
        for identifier, text, checked in listed:
            item = qt.QListWidgetItem(text)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            item.setData(qt.Qt.UserRole, identifier)
            item.setCheckState(qt.Qt.Checked if checked else qt.Qt.Unchecked)
            self.ui.sequencesList.addItem(item)
        self._listing = False

    def _on_checked(self, item: Any) -> None:
        if self._listing:
            return
        node = slicer.mrmlScene.GetNodeByID(item.data(qt.Qt.UserRole))
        checked = item.checkState() == qt.Qt.Checked
        node.SetAttribute(LEFT_OUT, None if checked else "true")
        self._listed = [
            (identifier, text, checked if identifier == node.GetID() else before)
            for identifier, text, before in self._listed
        ]
        self._module.refresh()

    def _on_grey_levels(self) -> None:
        from MuscleMyopathyLib.radiomics.grey_level_check import grey_levels_only

        self._start(grey_levels_only, self.results.place_grey_levels)

    def _on_run(self) -> None:
        self._start(lambda preset: preset, self.results.place_features)

    def _start(self, adapt: Callable[[Any], Any], place: Callable[[Path, Any], None]) -> None:
        """Start the job with the preset as ``adapt`` returns it; ``place`` gets the job's table and the preset."""
        from MuscleMyopathyLib.scene.console_features import sequence_names

        node = self.node
        self.messages.clear()
        if not self._packages_are_there(RADIOMICS_REQUIREMENTS):
            return
        folder = self.new_job_folder()
        try:
            with slicer.util.WaitCursor():
                preset = self.slices.chosen(self.preset.preset())
                arguments = FeaturesJob(
                    identifier=node.caseIdentifier,
                    region=node.region,
                    reader=node.reader,
                    session=node.session,
                    volumes=sequence_names(self._checked()),
                    segmentation=node.featureSegmentation,
                    preset=adapt(preset),
                    phantom=is_phantom(node.caseIdentifier),
                    workers=max(1, (os.cpu_count() or 2) // 2),
                ).write(folder)
        except MuscleMyopathyError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self.messages.error(str(error))
            return
        self.run_job(arguments, folder, lambda path: place(folder / FEATURES, preset))


def _label(node: Any) -> str:
    role = role_of(node)
    return node.GetName() if role is Role.UNKNOWN else f"{role.value} · {node.GetName()}"
