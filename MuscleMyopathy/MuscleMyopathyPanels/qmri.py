"""The panel *qMRI*: fat fraction per structure and side, from water and fat or from the scanner's map."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.hierarchy import find_result

from .case_job import CaseJob
from .case_volumes import is_phantom, volume_of_role
from .grids import same_grid
from .panel import Panel
from .qmri_results import MAP, WATER_AND_FAT, QmriResults
from .steps import State, StepState


class QmriPanel(Panel):
    """Measures the case in the background and shows its results.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "qmri"
    title = _("qMRI")

    def __init__(self, module: Any) -> None:
        super().__init__(module, "QmriPanel.ui", messages_before="resultWidget")
        self.ui.sourceBox.addItem(_("Water and fat images"), WATER_AND_FAT)
        self.ui.sourceBox.addItem(_("The scanner's FF map"), MAP)
        self.widget.layout().addStretch(1)
        self.results = QmriResults(module, self.ui, self.messages)
        self.preset: Any = None
        self.ui.sourceBox.activated.connect(lambda: self._on_source(self.ui.sourceBox.currentIndex))
        self.ui.advancedButton.contentsCollapsed.connect(lambda collapsed: self._on_advanced(collapsed))
        self.ui.runButton.clicked.connect(lambda: self._on_run())
        self.ui.runButton.shortcut = qt.QKeySequence("Ctrl+Return")

    def state(self) -> StepState:
        """Return how far this step is."""
        node = self.node
        if node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        if find_result(node.caseIdentifier, "measures") is not None:
            return StepState(State.DONE, _("The case is measured."))
        if not self._candidates():
            return StepState(State.NOT_POSSIBLE, _("Needs a water and a fat image, or a fat-fraction map."))
        return StepState(State.OPEN, _("Measure the fat fraction."))

    def refresh(self) -> None:
        """Show what the parameter node and the scene hold."""
        node = self.node
        if node is None:
            return
        from_map = node.source == MAP
        self.ui.sourceBox.currentIndex = self.ui.sourceBox.findData(node.source)
        for label, selector, shown in (
            (self.ui.waterLabel, self.ui.waterSelector, not from_map),
            (self.ui.fatLabel, self.ui.fatSelector, not from_map),
            (self.ui.mapLabel, self.ui.mapSelector, from_map),
        ):
            label.visible = selector.visible = shown
        obstacle = self.obstacle()
        self.ui.runButton.enabled = not obstacle
        self.ui.runButton.toolTip = obstacle or _(
            "Measure the fat fraction per structure and side, in the background. (Ctrl+Enter)"
        )
        self.results.refresh()

    def enter(self) -> None:
        """The panel is shown: choose the inputs by their roles where nothing is chosen."""
        self.choose_inputs()

    def choose_inputs(self) -> None:
        """Choose the case's volumes by their roles, where nothing is chosen yet."""
        node = self.node
        if node is None:
            return
        identifier = node.caseIdentifier
        for field, role in (("water", Role.WATER), ("fat", Role.FAT), ("fatFractionMap", Role.FAT_FRACTION_MAP)):
            if getattr(node, field) is None:
                found = volume_of_role(identifier, role)
                if found is not None:
                    setattr(node, field, found)
        if node.water is None and node.fat is None and node.fatFractionMap is not None:
            node.source = MAP

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
        if not node.caseIdentifier:
            return _("Give the case an identifier, in the line at the top.")
        if node.source == MAP:
            return "" if node.fatFractionMap is not None else _("Choose the fat-fraction map.")
        if node.water is None:
            return _("Choose the water image.")
        if node.fat is None:
            return _("Choose the fat image.")
        if node.water.GetID() == node.fat.GetID():
            return _("Water and fat are the same volume. Choose two.")
        if not same_grid(node.water, node.fat):
            return _("Water and fat do not share one grid. Choose images of the same series.")
        return ""

    def _candidates(self) -> bool:
        node = self.node
        volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        return (
            len(volumes) >= 2
            or node.fatFractionMap is not None
            or (volume_of_role(node.caseIdentifier, Role.FAT_FRACTION_MAP) is not None)
        )

    def _on_source(self, index: int) -> None:
        self.node.source = self.ui.sourceBox.itemData(index)

    def _on_advanced(self, collapsed: bool) -> None:
        if not collapsed and self.preset is None and self._packages_are_there():
            from .preset_table import PresetTable

            self.preset = PresetTable(
                self.ui.presetTable,
                self._parameters(),
                hidden={"measures.erosion_mm"},
                refused=self.messages.error,
                changed=self._on_parameters,
            )

    def _parameters(self) -> Any:
        """Return the pipeline's parameters as this scene keeps them."""
        import yaml

        from MuscleMyopathyLib.parameters import from_mapping
        from MuscleMyopathyLib.study.pipeline import CaseParameters

        node = self.node
        values = yaml.safe_load(node.preset) if node.preset else {}
        values = {**values, "measures": {**values.get("measures", {}), "erosion_mm": node.erosionMm}}
        return from_mapping(CaseParameters, values)

    def _on_parameters(self, parameters: Any) -> None:
        import yaml

        from MuscleMyopathyLib.parameters import to_mapping

        self.node.preset = yaml.safe_dump(to_mapping(parameters), sort_keys=False)
        self.messages.clear()

    def _on_run(self) -> None:
        if not self._packages_are_there():
            return
        node = self.node
        self.messages.clear()
        folder = self.new_job_folder()
        volumes = self._inputs()
        try:
            with slicer.util.WaitCursor():
                arguments = CaseJob(
                    identifier=node.caseIdentifier,
                    region=node.region,
                    reader=node.reader,
                    session=node.session,
                    volumes=volumes,
                    muscles=node.muscles,
                    parameters=self._parameters(),
                    phantom=is_phantom(node.caseIdentifier),
                ).write(folder)
        except MuscleMyopathyError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self.messages.error(str(error))
            return
        self.run_job(arguments, folder, lambda path: self._on_finished(folder, path, volumes), keep=True)

    def _inputs(self) -> dict[Role, Any]:
        node = self.node
        if node.source == MAP:
            inputs = {Role.FAT_FRACTION_MAP: node.fatFractionMap}
        else:
            inputs = {Role.WATER: node.water, Role.FAT: node.fat}
        t1w = volume_of_role(node.caseIdentifier, Role.T1W)
        # Water and fat show the fascia by themselves; with a map alone the T1w is needed for the compartments.
        if node.source == MAP and t1w is not None and same_grid(t1w, node.fatFractionMap):
            inputs[Role.T1W] = t1w
        return inputs

    def _on_finished(self, folder: Path, results: Path, volumes: dict[Role, Any]) -> None:
        from MuscleMyopathyLib.scene.case import place_case
        from MuscleMyopathyLib.study.results import read_results

        node = self.node
        with slicer.util.WaitCursor():
            nodes = place_case(
                read_results(results), volumes={role.value: volume for role, volume in volumes.items()}
            )
        previous, node.resultFolder = node.resultFolder, str(results)
        if previous and Path(previous) != results:
            shutil.rmtree(Path(previous).parent, ignore_errors=True)
        self.results.forget()
        self._module.refresh()
        self.ui.mapButton.checked = False
        if nodes.fat_fraction is not None:
            self.ui.mapButton.checked = True
        self.results.say_problems()
