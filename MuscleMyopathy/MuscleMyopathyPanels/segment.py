"""The panel *Segment*: structures by any method, listed, corrected in the Segment Editor, and accepted."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role

from .grids import same_grid
from .layouts import AXIAL_AND_3D, suggest_layout
from .panel import Panel
from .segment_changes import DrawingChanges
from .segment_editor import EmbeddedEditor
from .segment_estimate import estimate, remember
from .segment_files import SegmentationFiles
from .segment_images import ImagesChoice
from .segment_job import SegmentJob, read_found
from .segment_learning import Learning
from .segment_method import COMPARTMENTS, LABELS, MUSCLES, PROPAGATE, SIDES, TOOL_TIPS, WEIGHTS
from .segment_network import network_folder, network_obstacle, network_packages_are_there, shipped_network
from .segment_placing import place_found
from .segment_results import StructureList
from .segment_tree import StructureTree
from .steps import State, StepState


class SegmentPanel(Panel):
    """Segments in the background, then lists the structures and embeds the Segment Editor.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "segment"
    title = _("Segment")

    def __init__(self, module: Any) -> None:
        super().__init__(module, "SegmentPanel.ui", messages_before="resultWidget")
        self.widget.layout().addStretch(1)
        for method, text in LABELS.items():
            self.ui.methodBox.addItem(text, method)
        for side, text in SIDES.items():
            self.ui.sideBox.addItem(text, side)
        self.images = ImagesChoice(module, self.ui, self.messages)
        self.tree = StructureTree(module, self.ui, self.messages)
        self.editor = EmbeddedEditor(module, self.ui, self.messages)
        self.structures = StructureList(module, self.ui, self.messages, self._on_selected)
        self.changes = DrawingChanges(module, self.ui, self.messages, self.structures, self.images, self.editor)
        self.files = SegmentationFiles(module, self.ui, self.messages, self.images)
        self._own_row, self._own_messages = self.jobRow, self.messages
        self.learning = Learning(module, self.ui, self._cancel, self._run_learning, lambda: self.busy)
        self._started = 0.0
        self.ui.methodBox.activated.connect(lambda: self._on_method())
        self.ui.sideBox.activated.connect(lambda: self._on_side())
        self.ui.weightsButton.clicked.connect(lambda: self._on_weights_file())
        self.ui.weightsFolderButton.clicked.connect(lambda: self._on_weights_folder())
        self.ui.drawnSlicesEdit.editingFinished.connect(lambda: self._on_drawn_slices())
        self.ui.runButton.clicked.connect(lambda: self._on_run())
        self.ui.runButton.shortcut = qt.QKeySequence("Ctrl+Return")

    def state(self) -> StepState:
        """Return how far this step is."""
        node = self.node
        if node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        if node.segmentation is not None:
            return StepState(
                State.DONE,
                _("{name} is there; look at it and correct it.").format(name=node.segmentation.GetName()),
            )
        if not self.images.volumes():
            return StepState(State.NOT_POSSIBLE, _("Needs images: load them in the panel Case."))
        return StepState(State.OPEN, _("Find compartments or muscles, or fill between drawn slices."))

    def refresh(self) -> None:
        """Show what the parameter node and the scene hold; a hidden panel waits until it is shown."""
        node = self.node
        if node is None:
            return
        if node.step != self.name:
            self.editor.rest()
            return
        if not self._packages_are_there():
            return
        method = node.segmentMethod
        ui = self.ui
        ui.methodBox.currentIndex = ui.methodBox.findData(method)
        ui.methodBox.toolTip = TOOL_TIPS[method]
        for widget in (
            ui.weightsLabel,
            ui.weightsNameLabel,
            ui.weightsButton,
            ui.weightsFolderButton,
            ui.trustBox,
        ):
            widget.visible = method == WEIGHTS
        for widget in (ui.drawnLabel, ui.drawnSelector, ui.drawnSlicesLabel, ui.drawnSlicesEdit):
            widget.visible = method == PROPAGATE
        for widget in (ui.sideLabel, ui.sideBox):
            widget.visible = method != PROPAGATE
        ui.sideBox.currentIndex = ui.sideBox.findData(node.segmentSide)
        ui.weightsNameLabel.text = Path(node.segmentWeights).name or _("none chosen")
        ui.weightsNameLabel.toolTip = node.segmentWeights
        ui.drawnSlicesEdit.text = node.segmentDrawnSlices
        self.images.refresh()
        self.tree.refresh()
        obstacle = self.obstacle()
        ui.runButton.enabled = not obstacle
        ui.runButton.toolTip = obstacle or _("Segment in the background. (Ctrl+Enter)")
        ui.estimateLabel.text = "" if obstacle else estimate(method, self._slices())
        ui.estimateLabel.visible = bool(ui.estimateLabel.text)
        self.structures.refresh()
        self.editor.refresh()
        self.changes.refresh()
        self.learning.refresh()

    def enter(self) -> None:
        """The panel is shown: with a method that is possible, and the segmentation that the case has already."""
        suggest_layout(self.name, AXIAL_AND_3D)
        node = self.node
        if node is None:
            return
        if node.segmentMethod not in LABELS or (node.segmentMethod == MUSCLES and shipped_network() is None):
            node.segmentMethod = COMPARTMENTS
        if node.segmentation is None and node.muscles is not None:
            node.segmentation = node.muscles

    def leave(self) -> None:
        """Another panel or module is shown."""
        self.editor.rest()

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        self._abandon_job()
        self._own_messages.clear()
        self.learning.messages.clear()
        self.structures.forget()
        self.editor.forget()

    def obstacle(self) -> str:
        """Return why Run is not possible now; empty where it is."""
        node = self.node
        if self.busy:
            return _("The computation is running.")
        checked = self.images.checked()
        if not checked:
            return _("Check at least one image.")
        if self.tree.offered() and not self.tree.chosen():
            return _("Check at least one structure.")
        return self._obstacle_of_method(node.segmentMethod, checked)

    def _obstacle_of_method(self, method: str, checked: list[Any]) -> str:
        node = self.node
        if method == COMPARTMENTS:
            named = self.images.named()
            if Role.WATER in named and Role.FAT in named:
                return (
                    ""
                    if same_grid(named[Role.WATER], named[Role.FAT])
                    else _("Water and fat do not share one grid. Compartments need both on one, or a T1w image.")
                )
            return "" if Role.T1W in named else _("Compartments need water and fat, or a T1w image: check them.")
        if method == MUSCLES:
            return network_obstacle()
        if method == WEIGHTS:
            return "" if node.segmentWeights else _("Choose the file or folder of the weights.")
        if node.segmentDrawn is None:
            return _("Choose the segmentation that is drawn in a few slices.")
        if len(checked) > 1:
            return _("Check only the image that was drawn on.")
        return ""

    def _slices(self) -> int:
        volumes = self.images.checked()
        return sum(node.GetImageData().GetDimensions()[2] for node in volumes if node.GetImageData() is not None)

    def _on_method(self) -> None:
        self.node.segmentMethod = self.ui.methodBox.itemData(self.ui.methodBox.currentIndex)
        if self.node.segmentMethod == PROPAGATE and self.node.segmentDrawn is None:
            self.node.segmentDrawn = self.node.segmentation
        self.messages.clear()
        self._module.refresh()

    def _on_side(self) -> None:
        self.node.segmentSide = self.ui.sideBox.itemData(self.ui.sideBox.currentIndex)

    def _on_weights_file(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.widget, _("Weights"), "", _("Weights") + " (*.pt *.pth *.ts *.safetensors *.zip)"
        )
        if files:
            self.node.segmentWeights = str(next(iter(files)))
            self._module.refresh()

    def _on_weights_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder of weights"))
        if folder:
            self.node.segmentWeights = str(folder)
            self._module.refresh()

    def _on_drawn_slices(self) -> None:
        if self.node is not None:
            self.node.segmentDrawnSlices = self.ui.drawnSlicesEdit.text

    def _on_selected(self, structure: Structure, segment_id: str) -> None:
        self.editor.select(segment_id)
        self.changes.refresh()

    def _on_run(self) -> None:
        node = self.node
        method = node.segmentMethod
        if method in (MUSCLES, WEIGHTS) and not network_packages_are_there(self.messages):
            return
        volumes = list(self.images.named().values())
        chosen, offered = self.tree.chosen(), self.tree.offered()
        folder = self.new_job_folder()
        try:
            with slicer.util.WaitCursor():
                arguments = SegmentJob(
                    method=method,
                    region=node.region,
                    images=self.images.named(),
                    structures=tuple(chosen) if len(chosen) < len(offered) else (),
                    network=network_folder() if method == MUSCLES else None,
                    weights=Path(node.segmentWeights) if method == WEIGHTS else None,
                    trusted=node.segmentTrust,
                    side="both" if method == PROPAGATE else node.segmentSide,
                    drawn=node.segmentDrawn if method == PROPAGATE else None,
                    drawn_slices=node.segmentDrawnSlices,
                ).write(folder)
        except MuscleMyopathyError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self.messages.error(str(error))
            return
        self._started = time.monotonic()
        self.jobRow, self.messages = self._own_row, self._own_messages
        self.run_job(arguments, folder, lambda path: self._on_found(method, folder, volumes))

    def _run_learning(self, arguments: list[str], place: Callable[[Path], None]) -> None:
        """Run a fine-tuning as the panel's job, shown where its button is."""
        self.jobRow, self.messages = self.learning.row, self.learning.messages
        self.run_job(arguments, self.new_job_folder(), place)

    def _on_found(self, method: str, folder: Path, volumes: list[Any]) -> None:
        remember(method, self._slices(), time.monotonic() - self._started)
        node = self.node
        with slicer.util.WaitCursor():
            found = read_found(folder)
            grid = next(
                (volume for volume in volumes if method != COMPARTMENTS or _shows_limbs(volume)), volumes[0]
            )
            segmentation = place_found(node.caseIdentifier, method, found, grid)
        node.segmentation = segmentation
        if method in (MUSCLES, WEIGHTS, PROPAGATE):
            node.muscles = segmentation
        self._module.refresh()
        self.structures.walk(1)
        self._say_problems(found)

    def _say_problems(self, found: Any) -> None:
        doubtful = found.structures[found.structures["problem"] != ""]
        details = [*found.problems]
        details += [f"{row.structure} {row.side}: {row.problem}" for row in doubtful.itertuples()]
        if details:
            self.messages.warning(
                _("{count} remarks on what was found: look at them before you measure.").format(count=len(details))
                if len(details) > 1
                else details[0],
                "\n".join(details) if len(details) > 1 else "",
            )


def _shows_limbs(volume: Any) -> bool:
    """Tell whether compartments came on a volume's grid: that of water, or of the T1w where there is no water."""
    from MuscleMyopathyLib.scene.volumes import role_of

    return role_of(volume) in (Role.WATER, Role.T1W)
