"""Segmentations of other programs in, and out: ITK-SNAP, NIfTI, NRRD, MetaImage, DICOM SEG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .case_volumes import place_in_case
from .panel_part import PanelPart
from .segment_images import ImagesChoice, shown_volume


class SegmentationFiles(PanelPart):
    """The buttons Import and Export.

    Args:
        module: The module's widget.
        ui: The panel's widgets.
        messages: The panel's message strip.
        images: The case's images; an import lies on the grid of the first checked one.
    """

    def __init__(self, module: Any, ui: Any, messages: Any, images: ImagesChoice) -> None:
        super().__init__(module, ui, messages)
        self._images = images
        ui.importButton.clicked.connect(lambda: self._on_import())
        ui.exportButton.clicked.connect(lambda: self._on_export())

    def import_file(self, path: Path) -> None:
        """Put a segmentation file into the case, beside those that are there."""
        from MuscleMyopathyLib.scene.console_segmentation import import_segmentation

        self.messages.clear()
        volume = next(iter(self._images.checked()), None)
        try:
            with slicer.util.WaitCursor():
                made = import_segmentation(path, volume)
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(str(error))
            return
        place_in_case(made, self.node.caseIdentifier)
        self.node.segmentation = made
        self._module.refresh()

    def export_file(self, path: Path) -> None:
        """Save the segmentation at hand; the file's name says the format."""
        from MuscleMyopathyLib.scene.console_segmentation import export_segmentation

        self.messages.clear()
        segmentation = self.node.segmentation
        try:
            with slicer.util.WaitCursor():
                written = export_segmentation(segmentation, path, shown_volume(segmentation))
        except (MuscleMyopathyError, OSError) as error:
            self.messages.error(str(error))
            return
        self.messages.info(_("Written: {files}.").format(files=", ".join(str(one) for one in written)))

    def _on_import(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.ui.importButton,
            _("Segmentation"),
            "",
            _("Segmentations") + " (*.nii *.nii.gz *.nrrd *.mha *.mhd *.dcm *.*)",
        )
        if files:
            self.import_file(Path(next(iter(files))))

    def _on_export(self) -> None:
        path = qt.QFileDialog.getSaveFileName(
            self.ui.exportButton,
            _("Save the segmentation"),
            f"{self.node.caseIdentifier}.nii.gz",
            _("Label image with ITK-SNAP's label description") + " (*.nii.gz *.nrrd *.mha);;DICOM SEG (*.dcm)",
        )
        if path:
            self.export_file(Path(path))
