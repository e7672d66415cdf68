"""What the panel *Segment* does to a drawing beyond the editor's tools: copy to the other side, erode, accept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.anatomy import Kind, Region, Side
from MuscleMyopathyLib.errors import MuscleMyopathyError

from .grids import same_grid
from .panel_part import PanelPart
from .segment_editor import EmbeddedEditor
from .segment_images import ImagesChoice, shown_volume
from .segment_network import library_folder, set_library_folder
from .segment_results import StructureList


class DrawingChanges(PanelPart):
    """The buttons below the list of structures.

    Args:
        module: The module's widget.
        ui: The panel's widgets.
        messages: The panel's message strip.
        structures: The list, for the structure at hand.
        images: The case's images, which are accepted with the drawing.
        editor: Keeps the state before each change for its Undo.
    """

    def __init__(
        self,
        module: Any,
        ui: Any,
        messages: Any,
        structures: StructureList,
        images: ImagesChoice,
        editor: EmbeddedEditor,
    ) -> None:
        super().__init__(module, ui, messages)
        self._structures, self._images, self._editor = structures, images, editor
        ui.copyButton.clicked.connect(lambda: self._on_copy())
        ui.erodeButton.clicked.connect(lambda: self._on_erode())
        ui.acceptButton.clicked.connect(lambda: self._on_accept())
        ui.libraryButton.clicked.connect(lambda: self._on_library())

    def refresh(self) -> None:
        """Enable what is possible now, and say why the rest is not."""
        node = self.node
        nothing = "" if node.segmentation is not None else _("There is no segmentation yet.")
        current = self._structures.current()
        unselected = nothing or ("" if current else _("Select a structure in the list."))
        no_image = "" if shown_volume(node.segmentation) else _("It is not known on which image this was drawn.")
        no_side = _("This structure is not divided into left and right.")
        undivided = current is not None and current[0].side is Side.BOTH
        for button, obstacle, tip in (
            (
                self.ui.copyButton,
                unselected or no_image or (no_side if undivided else ""),
                _(
                    "Draw the selected structure on the other leg: mirrored, laid onto its middle, and turned and "
                    "scaled as the legs differ. Other structures there keep their voxels. (Ctrl+Z takes it back.)"
                ),
            ),
            (
                self.ui.erodeButton,
                unselected or no_image,
                _("Take away what lies within this distance of the structure's border, slice by slice."),
            ),
            (
                self.ui.acceptButton,
                nothing or no_image or self._unfit(),
                _(
                    "Keep the checked images with these muscles, as corrected, in the library on this machine: "
                    "{folder}. The network learns from it below, under “Learning from corrections”."
                ).format(folder=library_folder()),
            ),
            (self.ui.exportButton, nothing, self.ui.exportButton.toolTip),
        ):
            button.enabled = not obstacle
            if button is not self.ui.exportButton:
                button.toolTip = obstacle or tip
        self.ui.libraryButton.toolTip = _("Where accepted corrections are kept: {folder}").format(
            folder=library_folder()
        )

    def _unfit(self) -> str:
        """Return why the segmentation is no correction to learn from; empty where it is."""
        if not any(structure.type.kind is Kind.MUSCLE for structure in self._structures.structures()):
            return _("Only muscles are learnt from; this segmentation has none.")
        return "" if self._accepted_images() else _("Check an image on the grid of this segmentation.")

    def _accepted_images(self) -> dict[str, Any]:
        volume = shown_volume(self.node.segmentation)
        return {name: node for name, node in self._images.named().items() if volume and same_grid(volume, node)}

    def _on_copy(self) -> None:
        def copy() -> None:
            from MuscleMyopathyLib.scene.segment_edits import copy_segment_to_other_side

            node = self.node
            structure, _segment = self._structures.current()
            other = copy_segment_to_other_side(
                node.segmentation, structure, shown_volume(node.segmentation), Region(node.region)
            )
            self._structures.count_anew()
            self._structures.select(other)

        self._change(copy)

    def _on_erode(self) -> None:
        def erode() -> None:
            from MuscleMyopathyLib.scene.segment_edits import erode_segment

            node = self.node
            structure, _segment = self._structures.current()
            erode_segment(node.segmentation, structure, node.segmentErosionMm, shown_volume(node.segmentation))
            self._structures.count_anew()

        self._change(erode)

    def _on_accept(self) -> None:
        from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node
        from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary

        node = self.node
        self.messages.clear()
        try:
            with slicer.util.WaitCursor():
                library = CorrectionLibrary(library_folder())
                images = {name: image_from_volume_node(one) for name, one in self._accepted_images().items()}
                drawn = segmentation_from_node(node.segmentation, shown_volume(node.segmentation))
                pair = library.add(node.caseIdentifier, Region(node.region), images, drawn)
                count = len(library.pairs())
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(str(error))
            return
        use = (
            _("it is held back, to check what is learnt") if pair.held_back else _("the network can learn from it")
        )
        self.messages.info(
            _("Accepted as correction {name}: {use}. The library holds {count}.").format(
                name=pair.name, use=use, count=count
            ),
            _("Library: {folder}\nLearn: below, under “Learning from corrections”.").format(
                folder=library_folder()
            ),
        )
        self._module.refresh()

    def _on_library(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(
            self.ui.libraryButton, _("Folder of the library of corrections"), str(library_folder())
        )
        if folder:
            set_library_folder(Path(folder))
            self._module.refresh()

    def _change(self, action: Callable[[], None]) -> None:
        self.messages.clear()
        try:
            with slicer.util.WaitCursor():
                self._editor.keep_for_undo()
                action()
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
        self._module.refresh()
