"""The panel *Case*: which images there are, what each is, and what they allow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.progress import Cancelled, Progress, portion
from MuscleMyopathyLib.scene.series_nodes import echo_nodes, volume_nodes_from_series
from MuscleMyopathyLib.scene.volumes import role_of, set_role

from .case_volumes import (
    PROBLEM,
    add_to_case,
    case_volumes,
    mark_phantom,
    other_volumes,
    place_in_case,
    volume_of_role,
    what_images_allow,
)
from .layouts import AXIAL_AND_CORONAL, suggest_layout
from .panel import Panel
from .steps import State, StepState
from .volume_table import VolumeTable

IMAGE_FILES = "(*.nii *.nii.gz *.nrrd *.nhdr *.mha *.mhd *.dcm *.ima *.*)"
SAMPLE_CASE = "phantom-LGMDR2"


class CasePanel(Panel):
    """Loads images into the scene and keeps their roles.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "case"
    title = _("Case")

    def __init__(self, module: Any) -> None:
        super().__init__(module, "CasePanel.ui")
        self.volumes = VolumeTable(self.ui.volumesTable, self._on_role_chosen, self._on_selected)
        for region in Region:
            self.ui.regionBox.addItem({Region.THIGH: _("Thigh"), Region.CALF: _("Calf")}[region], region.value)
        self._reading = False
        self._stop_reading = False
        self.ui.openFolderButton.clicked.connect(lambda: self._on_open_folder())
        self.ui.openFilesButton.clicked.connect(lambda: self._on_open_files())
        self.ui.sampleButton.clicked.connect(lambda: self._on_sample())
        self.ui.fromSceneButton.clicked.connect(lambda: self._on_from_scene())
        self.ui.nextButton.clicked.connect(lambda: self._module.showPanel("qmri"))
        self.ui.regionBox.activated.connect(lambda: self._on_region(self.ui.regionBox.currentIndex))

    @property
    def busy(self) -> bool:
        """Whether a job runs or files are being read."""
        return self._reading or super().busy

    def state(self) -> StepState:
        """Return how far this step is."""
        allowed = self._allowed()
        if not case_volumes(self._identifier()):
            return StepState(State.OPEN, _("Choose the images of the examination."))
        if not any(one.possible for one in allowed):
            return StepState(State.PROBLEM, "; ".join(f"{one.what}: {one.reason}" for one in allowed))
        return StepState(State.DONE, _("The images are loaded."))

    def refresh(self) -> None:
        """Show what the scene holds."""
        node = self.node
        if node is None:
            return
        volumes = case_volumes(self._identifier())
        self.volumes.show(volumes)
        self.ui.regionBox.currentIndex = self.ui.regionBox.findData(node.region)
        self.ui.allowsLabel.text = (
            "\n".join(f"{'✓' if one.possible else '–'} {one.what}: {one.reason}" for one in self._allowed())
            if volumes
            else _("No images yet. Choose a folder or files, or try the sample case.")
        )
        fat_fraction = self._allowed()[0]
        self._enable(
            self.ui.nextButton,
            _("Go on to the panel qMRI. (Ctrl+2)"),
            "" if fat_fraction.possible else f"{fat_fraction.what}: {fat_fraction.reason}.",
        )
        self.ui.nextButton.visible = bool(volumes)
        others = other_volumes()
        self._enable(
            self.ui.openFolderButton, _("Read a folder of DICOM, NIfTI or NRRD files, sub-folders included.")
        )
        self._enable(self.ui.openFilesButton, _("Read single image files: NIfTI, NRRD, MetaImage or DICOM."))
        self._enable(
            self.ui.sampleButton,
            _("Make the digital limb: both thighs with the fatty pattern of LGMDR2. Simulated data, no patient."),
            _("This case has images already. Close the scene to load the sample case.") if volumes else "",
        )
        self._enable(
            self.ui.fromSceneButton,
            _("Add the volumes that are in the scene already: {names}.").format(
                names=", ".join(volume.GetName() for volume in others)
            ),
            "" if others else _("The scene holds no volume outside this case."),
        )

    def enter(self) -> None:
        """The panel is shown."""
        if case_volumes(self._identifier()):
            suggest_layout(self.name, AXIAL_AND_CORONAL)

    def abandon(self) -> None:
        """The scene or the module goes away: end what runs."""
        self._stop_reading = True
        self._abandon_job()

    def read_paths(self, paths: Sequence[str | Path]) -> None:
        """Read the series of folders or files into the scene as volumes of the case."""
        self._load(paths)

    def _enable(self, button: Any, tool_tip: str, obstacle: str = "") -> None:
        if self.busy:
            obstacle = _("Images are being read. Wait, or cancel below.")
        button.enabled = not obstacle
        button.toolTip = obstacle or tool_tip

    def _identifier(self) -> str:
        node = self.node
        return node.caseIdentifier if node is not None else ""

    def _allowed(self) -> list[Any]:
        return what_images_allow(case_volumes(self._identifier()))

    def _on_open_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder with the images of one examination"))
        if folder:
            self.read_paths([folder])

    def _on_open_files(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.widget, _("Images of one examination"), "", _("Images") + " " + IMAGE_FILES
        )
        if files:
            self.read_paths(list(files))

    def _on_from_scene(self) -> None:
        for node in other_volumes():
            add_to_case(node, self._identifier(), role_of(node), _("was in the scene already; choose what it is"))
        self._module.refresh()

    def _on_region(self, index: int) -> None:
        self.node.region = self.ui.regionBox.itemData(index)

    def _on_role_chosen(self, node: Any, role: Role) -> None:
        for echo in echo_nodes(node):
            set_role(echo, role, _("chosen by the user"))
        self._module.refresh()

    def _on_selected(self, node: Any) -> None:
        slicer.util.setSliceViewerLayers(background=node, fit=True)

    def _on_sample(self) -> None:
        if not self._packages_are_there():
            return
        self.messages.clear()
        folder = self.new_job_folder()
        region = self.node.region
        arguments = ["phantom", "--region", region, "--pattern", "LGMDR2"]
        arguments += ["--output", str(folder / "images"), "--truth", str(folder / "truth")]
        self.run_job(arguments, folder, lambda path: self._on_sample_made(folder))

    def _on_sample_made(self, folder: Path) -> None:
        self.node.caseIdentifier = SAMPLE_CASE
        # Of the truth only the muscles are taken, as if somebody had drawn them.
        self._load([folder / "images"])
        self._place_true_muscles(folder / "truth")

    def _load(self, paths: Sequence[str | Path]) -> None:
        if self._reading or not self._packages_are_there():
            return
        self._reading, self._stop_reading = True, False
        self.messages.clear()
        self.jobRow.begin(_("Reading headers …"))
        self._module.refresh()
        try:
            loaded, problems = self._read_series(paths, self._progress)
        except Cancelled:
            self.messages.info(_("Cancelled. The scene is as it was."))
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
        else:
            self._place(loaded, phantom=any(map(_is_phantom_path, paths)))
            self._report(len(loaded), problems)
        finally:
            self._reading = False
            self._stopped()

    def _progress(self, fraction: float, text: str) -> None:
        self.jobRow.progress(fraction, text)
        slicer.app.processEvents()
        if self._stop_reading:
            raise Cancelled

    def _read_series(self, paths: Sequence[str | Path], progress: Progress) -> tuple[list[Any], list[str]]:
        """Return the series that could be loaded, and what was wrong with the others."""
        from MuscleMyopathyLib.imaging.folder import find_series, load_series

        found = [
            description
            for number, path in enumerate(paths)
            for description in find_series(
                path, portion(progress, 0.3 * number / len(paths), 0.3 * (number + 1) / len(paths))
            )
        ]
        loaded, problems = [], []
        for number, description in enumerate(found):
            part = portion(progress, 0.3 + 0.7 * number / len(found), 0.3 + 0.7 * (number + 1) / len(found))
            part(0.0, description.name)
            if description.is_label_image:
                continue
            try:
                loaded.append(load_series(description, part))
            except MuscleMyopathyError as error:
                problems.append(f"{description.name}: {error}")
        regions = {description.region for description in found if description.region is not None}
        if len(regions) == 1:
            self.node.region = regions.pop().value
        return loaded, problems

    def _place(self, series: Sequence[Any], *, phantom: bool) -> None:
        identifier = self._identifier()
        for one in series:
            for node in volume_nodes_from_series(one):
                add_to_case(node, identifier, one.role, one.reason, one.problems)
        if phantom:
            mark_phantom(identifier)
        if series:
            first = max(case_volumes(identifier), key=lambda node: role_of(node) in (Role.WATER, Role.T1W))
            suggest_layout(self.name, AXIAL_AND_CORONAL)
            slicer.util.setSliceViewerLayers(background=first, foreground=None, fit=True)

    def _place_true_muscles(self, truth: Path) -> None:
        from MuscleMyopathyLib.imaging.files import read_label_image
        from MuscleMyopathyLib.imaging.segmentation import Segmentation
        from MuscleMyopathyLib.label_schemes import read_label_scheme
        from MuscleMyopathyLib.scene.segmentations import segmentation_node_from

        water = volume_of_role(self._identifier(), Role.WATER)
        if water is None:
            return
        muscles = Segmentation(
            read_label_image(truth / "muscles.nii.gz"), read_label_scheme(truth / "muscles.txt")
        )
        node = segmentation_node_from(muscles, _("true muscles"), water)
        place_in_case(node, self._identifier())
        self.node.muscles = node
        self._module.refresh()

    def _report(self, count: int, problems: list[str]) -> None:
        noted = [
            f"{node.GetName()}: {problem}"
            for node in case_volumes(self._identifier())
            if (problem := node.GetAttribute(PROBLEM))
        ]
        if problems:
            self.messages.warning(
                _("{count} series loaded, {failed} could not be.").format(count=count, failed=len(problems)),
                "\n\n".join(problems + noted),
            )
        elif noted:
            self.messages.warning(
                _("{count} series loaded, {noted} with a remark.").format(count=count, noted=len(noted)),
                "\n\n".join(noted),
            )

    def _cancel(self) -> None:
        self._stop_reading = True
        super()._cancel()

    def _stopped(self) -> None:
        self.jobRow.hide()
        self._module.refresh()


def _is_phantom_path(path: str | Path) -> bool:
    from MuscleMyopathyLib.study.inputs import PHANTOM_MARK

    path = Path(path)
    return ((path if path.is_dir() else path.parent) / PHANTOM_MARK).exists()
