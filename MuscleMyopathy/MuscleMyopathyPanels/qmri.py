"""The panel *qMRI*: fat fraction, T2, water T2 and R2* per structure and side, from maps, images or echoes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role

from .case_job import CaseJob
from .case_volumes import is_phantom, volume_of_role
from .grids import same_grid
from .map_job import MONO_EXPONENTIAL, WATER, SeparationJob, T2Job
from .panel import Panel
from .qmri_cohort import CohortAssociations
from .qmri_echoes import EchoTimes, times_of, train_of
from .qmri_measuring import measure, place_maps
from .qmri_parameters import MapParameters
from .qmri_results import QmriResults
from .qmri_shown import measured_quantities
from .qmri_transfer import TransferCheck
from .qmri_ways import (
    FAT_FRACTION,
    INPUTS,
    MAP,
    QUANTITIES,
    WATER_T2,
    Way,
    possible_ways,
    way_of,
    ways_of,
)
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
        for quantity, label in QUANTITIES.items():
            self.ui.quantityBox.addItem(label, quantity)
        self.widget.layout().addStretch(1)
        self.echoes = EchoTimes(module, self.ui, self.messages)
        self.transfer = TransferCheck(module, self.ui, self.messages, self.run_job, self.new_job_folder)
        self.results = QmriResults(module, self.ui, self.messages)
        self.cohort = CohortAssociations(module, self.ui, self.messages)
        self.parameters = MapParameters(module, self.ui, self.messages)
        self._ways: tuple[Way, ...] = ()
        self.ui.quantityBox.activated.connect(lambda: self._on_quantity())
        self.ui.sourceBox.activated.connect(lambda: self._on_source())
        self.ui.runButton.clicked.connect(lambda: self._on_run())
        self.ui.runButton.shortcut = qt.QKeySequence("Ctrl+Return")

    def state(self) -> StepState:
        """Return how far this step is."""
        node = self.node
        if node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        measured = [QUANTITIES[quantity] for quantity in measured_quantities(node.caseIdentifier)]
        if measured:
            return StepState(State.DONE, _("Measured: {names}.").format(names=", ".join(measured)))
        if not possible_ways(node) and len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) < 2:
            return StepState(
                State.NOT_POSSIBLE, _("Needs a water and a fat image, a map of fat fraction or T2, or echoes.")
            )
        return StepState(State.OPEN, _("Measure fat fraction, T2 or R2*."))

    def way(self) -> Way:
        """Return what is measured from what."""
        return way_of(self.node.quantity, self.node.source)

    def refresh(self) -> None:
        """Show what the parameter node and the scene hold."""
        node = self.node
        if node is None:
            return
        way = self.way()
        self._show_choices(way)
        self.echoes.refresh(way)
        self.parameters.refresh(way)
        self.transfer.refresh(way.chosen(node)[0] if way.quantity != FAT_FRACTION else None)
        obstacle = self.obstacle()
        self.ui.runButton.enabled = not obstacle
        self.ui.runButton.toolTip = obstacle or _(
            "Measure per structure and side, in the background. (Ctrl+Enter)"
        )
        self.results.refresh()

    def enter(self) -> None:
        """The panel is shown: choose inputs by their roles, and something to measure that they allow."""
        self.choose_inputs()
        if self.node is not None and None in self.way().chosen(self.node):
            for way in possible_ways(self.node)[:1]:
                self.node.quantity, self.node.source = way.quantity, way.source

    def choose_inputs(self) -> None:
        """Choose the case's volumes by their roles where nothing is chosen yet, and a source that they allow."""
        node = self.node
        if node is None:
            return
        for one in INPUTS:
            if getattr(node, one.parameter) is None:
                found = volume_of_role(node.caseIdentifier, one.role)
                if found is not None:
                    setattr(node, one.parameter, found)
        if None in self.way().chosen(node):
            alike = [way for way in possible_ways(node) if way.quantity == node.quantity]
            for way in alike[:1]:
                node.source = way.source

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        self._abandon_job()
        self.messages.clear()
        self.results.forget()

    def obstacle(self) -> str:
        """Return why Run is not possible now; empty where it is."""
        node, way = self.node, self.way()
        if self.busy:
            return _("The computation is running.")
        if not node.caseIdentifier:
            return _("Give the case an identifier, in the line at the top.")
        obstacle = way.obstacle(node)
        if not obstacle and way.needs_times:
            obstacle = self.echoes.obstacle()
        if not obstacle and way.quantity != FAT_FRACTION and node.muscles is None:
            obstacle = _("Choose the structures to measure: a segmentation of muscles.")
        return obstacle

    def _show_choices(self, way: Way) -> None:
        ui = self.ui
        ui.quantityBox.currentIndex = ui.quantityBox.findData(way.quantity)
        ways = ways_of(way.quantity)
        if ways != self._ways:
            self._ways = ways
            ui.sourceBox.clear()
            for one in ways:
                ui.sourceBox.addItem(one.label, one.source)
        ui.sourceBox.currentIndex = ui.sourceBox.findData(way.source)
        ui.sourceBox.toolTip = way.tool_tip
        needed = {one.parameter for one in way.inputs}
        for one in INPUTS:
            label, selector = getattr(ui, f"{one.parameter}Label"), getattr(ui, f"{one.parameter}Selector")
            label.visible = selector.visible = one.parameter in needed
        strength = "gradientEchoes" in needed
        ui.fieldStrengthLabel.visible = ui.fieldStrengthBox.visible = strength
        ui.musclesSelector.noneDisplay = (
            _("none: compartments only") if way.quantity == FAT_FRACTION else _("choose the structures")
        )

    def _on_quantity(self) -> None:
        self.node.quantity = self.ui.quantityBox.itemData(self.ui.quantityBox.currentIndex)
        self.node.source = self.way().source
        self.messages.clear()
        self.choose_inputs()
        self._module.refresh()

    def _on_source(self) -> None:
        self.node.source = self.ui.sourceBox.itemData(self.ui.sourceBox.currentIndex)
        self._module.refresh()

    def _on_run(self) -> None:
        if not self._packages_are_there():
            return
        self.messages.clear()
        way = self.way()
        try:
            if way.by_pipeline:
                self._run_case(self._inputs(way))
            elif way.quantity == FAT_FRACTION:
                self._run_maps(way, None)
            else:
                # What forbids a transfer is said before anything is computed.
                self.transfer.carry(way.chosen(self.node)[0], lambda structures: self._go_on(way, structures))
        except MuscleMyopathyError as error:
            self.messages.error(str(error))

    def _inputs(self, way: Way) -> dict[Role, Any]:
        """Return the volumes for the pipeline, by their roles."""
        node = self.node
        inputs = {one.role: volume for one, volume in zip(way.inputs, way.chosen(node), strict=True)}
        t1w = volume_of_role(node.caseIdentifier, Role.T1W)
        # Water and fat show the fascia by themselves; with a map alone the T1w is needed for the compartments.
        if way.source == MAP and t1w is not None and same_grid(t1w, node.fatFractionMap):
            inputs[Role.T1W] = t1w
        return inputs

    def _run_case(self, volumes: dict[Role, Any]) -> None:
        node = self.node
        folder = self.new_job_folder()
        try:
            with slicer.util.WaitCursor():
                arguments = CaseJob(
                    identifier=node.caseIdentifier,
                    region=node.region,
                    reader=node.reader,
                    session=node.session,
                    volumes=volumes,
                    muscles=node.muscles,
                    parameters=self.parameters.case(),
                    phantom=is_phantom(node.caseIdentifier),
                ).write(folder)
        except MuscleMyopathyError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.run_job(arguments, folder, lambda path: self._on_finished(folder, path, volumes), keep=True)

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
        if nodes.fat_fraction is not None:
            self.results.show_map()
        self.results.say_problems()

    def _go_on(self, way: Way, structures: Any) -> None:
        """The structures lie on the grid that is measured: compute the map, or take the scanner's."""
        if way.source == MAP:
            self._measure(way.chosen(self.node)[0], structures, [])
        else:
            self._run_maps(way, structures)

    def _run_maps(self, way: Way, structures: Any) -> None:
        node, folder = self.node, self.new_job_folder()
        first = way.chosen(node)[0]
        train = train_of(first)
        try:
            with slicer.util.WaitCursor():
                if first is node.gradientEchoes:
                    job: Any = SeparationJob(
                        train, train_of(node.phaseEchoes), times_of(train), node.fieldStrengthTesla
                    )
                else:
                    method = WATER if way.quantity == WATER_T2 else MONO_EXPONENTIAL
                    job = T2Job(train, times_of(train), method, self.parameters.map_preset(way))
                arguments = job.write(folder)
        except MuscleMyopathyError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.run_job(arguments, folder, lambda path: self._on_maps(way, first, structures, path))

    def _on_maps(self, way: Way, first: Any, structures: Any, results: Path) -> None:
        with slicer.util.WaitCursor():
            maps, problems = place_maps(self.node.caseIdentifier, way.quantity, first, results)
        if way.quantity == FAT_FRACTION:
            # Water and fat come from the echoes; all that follows is what any water and fat allow.
            self.node.water, self.node.fat = maps["water"], maps["fat"]
            self._run_case({Role.WATER: maps["water"], Role.FAT: maps["fat"]})
        else:
            self._measure(maps[way.quantity], structures, problems)

    def _measure(self, map_volume: Any, structures: Any, problems: list[str]) -> None:
        node = self.node
        with slicer.util.WaitCursor():
            measure(
                node.caseIdentifier, node.quantity, map_volume, structures, self.parameters.measures(), problems
            )
        self.results.forget()
        self._module.refresh()
        self.results.show_map()
        self.results.say_problems()
