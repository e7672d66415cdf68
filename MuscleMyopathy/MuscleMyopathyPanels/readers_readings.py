"""The readings of the panel *Readers*: begin, show, save, lock, import, simulate."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene import attributes

from .case_volumes import case_volumes, place_in_case
from .readers_blinding import READING, reading_tag
from .readers_table import ReadingsTable

DISPLACEMENT_MM = 1.0


class ReadingsTab:
    """What can be done with the readings of a study, in the panel's first tab.

    Args:
        panel: The panel, for its study, widgets, messages and jobs.
    """

    def __init__(self, panel: Any) -> None:
        self.panel = panel
        self.ui = panel.ui
        self._readings: list[Any] = []
        self._table: Any = None
        self._damaged = False
        self._asked_to_lock = False
        self.table = ReadingsTable(self.ui.readingsTable, lambda: self._enable())
        self.ui.displacementBox.setRange(0.1, 10.0)
        self.ui.displacementBox.singleStep = 0.5
        self.ui.displacementBox.value = DISPLACEMENT_MM
        self.ui.caseOnlyBox.clicked.connect(lambda: self.refresh())
        for button, action in (
            (self.ui.beginButton, self._on_begin),
            (self.ui.loadButton, self._on_show),
            (self.ui.saveButton, self._on_save),
            (self.ui.lockButton, self._on_lock),
            (self.ui.importButton, self._on_import),
            (self.ui.simulateButton, self._on_simulate),
        ):
            button.clicked.connect(lambda checked=False, action=action: action())

    def load(self, study: Any) -> None:
        """Read the list of readings; a damaged one stands in the table with its problem.

        Raises:
            InputError: A reading is damaged; until it is mended nobody is told what others read.
            OSError: The folder cannot be read.
        """
        self._readings, self._damaged = [], study is not None
        self._table = None if study is None else study.table()
        if study is not None:
            self._readings = study.readings()
        self._damaged = False

    def forget(self) -> None:
        """The scene goes away: nothing is known of the study."""
        self._table, self._readings = None, []
        self._damaged = self._asked_to_lock = False

    def of_case(self) -> list[Any]:
        """Return the readings of contours of the case."""
        return [
            one
            for one in self._readings
            if one.case == self.panel.node.caseIdentifier and one.kind.value == "segmentation"
        ]

    def at_hand(self) -> Any:
        """Return the reading of the line at the top, or None where it has not begun."""
        node = self.panel.node
        wanted = (node.reader, node.session)
        return next((one for one in self.of_case() if (one.reader, one.session) == wanted), None)

    def open_reading(self) -> Any:
        """Return the reading at hand while it is open, else None."""
        reading = self.at_hand()
        return reading if reading is not None and reading.state.value == "open" else None

    def blinded(self) -> bool:
        """Tell whether other readings of the case are hidden from the reader."""
        node = self.panel.node
        if self._damaged:
            return True
        if not node.reader or not self._readings:
            return False
        from MuscleMyopathyLib.reproducibility.blinding import is_blinded

        return is_blinded(self._readings, node.caseIdentifier, node.reader, node.session)

    def has_pairs(self) -> bool:
        """Tell whether a case has two readings of contours."""
        cases = [one.case for one in self._readings if one.kind.value == "segmentation"]
        return len(set(cases)) < len(cases)

    def refresh(self) -> None:
        """Show the list, and what can be done."""
        if self._table is None:
            self.ui.readingsTable.rowCount = 0
        else:
            shown = self._table
            if self.ui.caseOnlyBox.checked:
                shown = shown[shown["case"] == self.panel.node.caseIdentifier]
            self.table.show(shown, self._visible())
        self._enable()

    def _visible(self) -> set[tuple[str, str, int]]:
        from MuscleMyopathyLib.reproducibility.blinding import visible_readings

        node = self.panel.node
        seen = visible_readings(self._readings, node.reader, node.session) if node.reader else self._readings
        return {one.key[:3] for one in seen}

    def _enable(self) -> None:
        node = self.panel.node
        if node is None:
            return
        reading = self.at_hand()
        session = self._next_session()
        self.ui.beginButton.text = (
            _("Begin reading") if session == 1 else _("Begin repeat (session {session})").format(session=session)
        )
        no_study = "" if node.studyFolder else _("Choose the folder of the study first.")
        nobody = no_study or ("" if node.reader else _("Name the reader in the line at the top, e.g. R1."))
        running = nobody or (_("A computation is running.") if self.panel.busy else "")
        opened = self.open_reading()
        not_open = (
            _("There is no reading of this reader and session yet. Begin one.")
            if reading is None
            else _("Session {session} of {reader} is locked: it is finished. Begin a new session instead.").format(
                session=node.session, reader=node.reader
            )
        )
        unsaved = running or ("" if opened else not_open)
        unsaved = unsaved or ("" if node.readingSegmentation else _("Choose what you drew."))
        key = self.table.key()
        hidden = key is not None and key not in self._visible()
        for button, obstacle, tip in (
            (
                self.ui.beginButton,
                running or (_("Lock the open session first.") if opened else ""),
                _(
                    "Begin a new reading of this case. Until it is locked the reader sees no other one of it; a "
                    "repeat should be 60 days after the one before (Nagawa 2021, Wei 2023)."
                ),
            ),
            (
                self.ui.loadButton,
                no_study
                or (_("Select a reading in the table.") if key is None else "")
                or (_("This reading is hidden until yours of this case is locked.") if hidden else ""),
                _("Put the contours of the selected reading into the scene."),
            ),
            (self.ui.saveButton, unsaved, _("Save the drawing in the open reading, in place of what it held.")),
            (
                self.ui.lockButton,
                unsaved,
                _("Save the drawing and finish the reading for good: later changes of its files are noticed."),
            ),
            (
                self.ui.importButton,
                running or ("" if reading is None or opened else not_open),
                _(
                    "Take contours drawn elsewhere as the reading in the line at the top: ITK-SNAP, 3D Slicer, "
                    "NIfTI, NRRD or DICOM SEG, with the label descriptions beside them."
                ),
            ),
            (
                self.ui.simulateButton,
                running or ("" if reading is not None and reading.parts else _("There is no saved reading yet.")),
                _(
                    "Displace the contours of the reading at the top smoothly and record them as “{name}”: a "
                    "stand-in where there is one reader only, never evidence about readers."
                ).format(name=f"{node.reader}-simulated"),
            ),
        ):
            button.enabled = not obstacle
            button.toolTip = obstacle or tip
        if not self.ui.lockButton.enabled:
            self._asked_to_lock = False
        self.ui.lockButton.text = _("Lock for good?") if self._asked_to_lock else _("Save and lock…")

    def _next_session(self) -> int:
        own = [one.session for one in self.of_case() if one.reader == self.panel.node.reader]
        return max(own, default=0) + 1

    def _key(self) -> Any:
        from MuscleMyopathyLib.reproducibility.readings import ReadingKey

        node = self.panel.node
        return ReadingKey(node.caseIdentifier, node.reader, node.session)

    def reference(self) -> Any:
        """Return the volume that contours are drawn on: water, T1w, or the case's first."""
        from MuscleMyopathyLib.scene.volumes import role_of

        volumes = case_volumes(self.panel.node.caseIdentifier)
        return next(iter(sorted(volumes, key=lambda node: role_of(node) not in (Role.WATER, Role.T1W))), None)

    def _on_begin(self) -> None:
        from MuscleMyopathyLib.reproducibility.readings import Reading

        node = self.panel.node
        session = self._next_session()

        def begin() -> None:
            reading = Reading(node.caseIdentifier, node.reader, session, datetime.now(UTC).astimezone().date())
            self.panel.study().begin(reading)
            node.session = session
            drawing = node.readingSegmentation
            if session > 1 or drawing is None or drawing.GetAttribute(READING):
                drawing = self._new_drawing()
            self._tag(drawing, node.reader, session)
            node.readingSegmentation = drawing

        if self.panel.do(begin):
            reading = self._table[(self._table["case"] == node.caseIdentifier)]
            own = reading[(reading["reader"] == node.reader) & (reading["session"] == session)]
            warning = next(iter(own["warning"]), "")
            if warning:
                self.panel.messages.warning(_("Too soon for a repeat: {warning}.").format(warning=warning))

    def _new_drawing(self) -> Any:
        node = self.panel.node
        name = f"{node.caseIdentifier} {node.reader} session {node.session}"
        drawing = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        drawing.CreateDefaultDisplayNodes()
        reference = self.reference()
        if reference is not None:
            drawing.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        return drawing

    def _tag(self, drawing: Any, reader: str, session: int) -> None:
        drawing.SetAttribute(READING, reading_tag(reader, session))
        place_in_case(drawing, self.panel.node.caseIdentifier)

    def _save(self) -> None:
        from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node

        node = self.panel.node
        drawing, reference = node.readingSegmentation, self.reference()
        image = None if reference is None else image_from_volume_node(reference)
        self.panel.study().save_segmentation(self._key(), segmentation_from_node(drawing, reference), image=image)
        self._tag(drawing, node.reader, node.session)

    def _on_save(self) -> None:
        if self.panel.do(self._save):
            self.panel.messages.info(_("Saved: {key}.").format(key=self._key()))

    def _on_lock(self) -> None:
        if not self._asked_to_lock:
            self._asked_to_lock = True
            self.panel.messages.info(_("A locked reading cannot be changed any more. Click again to lock it."))
            self._enable()
            return
        self._asked_to_lock = False

        def lock() -> None:
            self._save()
            self.panel.study().lock(self._key())

        if self.panel.do(lock):
            self.panel.messages.info(_("Locked: {key}.").format(key=self._key()))

    def _on_show(self) -> None:
        key = self.table.key()
        if key is not None:
            self.panel.do(lambda: self._show(*key))

    def _show(self, case: str, reader: str, session: int) -> None:
        from MuscleMyopathyLib.imaging.geometry import same_geometry
        from MuscleMyopathyLib.reproducibility.readings import ReadingKey
        from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node

        study, key = self.panel.study(), ReadingKey(case, reader, session)
        reference = self.reference() if case == self.panel.node.caseIdentifier else None
        for part in study.get(key).parts:
            drawn = study.segmentation(key, part)
            fits = reference is not None and same_geometry(image_from_volume_node(reference), drawn.image)
            name = " ".join(filter(None, (case, reader, f"session {session}", part)))
            tag = reading_tag(reader, session)
            shown = _shown(case, tag, name)
            drawing = segmentation_node_from(drawn, name, reference if fits else None, shown)
            drawing.SetAttribute(READING, tag)
            place_in_case(drawing, case)

    def _on_import(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(
            self.ui.importButton,
            _("Contours of this case"),
            "",
            _("Label images") + " (*.nii *.nii.gz *.nrrd *.mha *.mhd *.dcm *.*)",
        )
        if files:
            self.import_file(Path(next(iter(files))))

    def import_file(self, path: Path) -> None:
        """Take the contours in a file as the reading at hand, which begins where it has not."""
        from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file
        from MuscleMyopathyLib.reproducibility.readings import Reading
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node

        node = self.panel.node

        def take() -> None:
            reference = self.reference()
            image = None if reference is None else image_from_volume_node(reference)
            drawn = read_segmentation_file(path, None, image)
            study = self.panel.study()
            if self.at_hand() is None:
                key = self._key()
                study.begin(
                    Reading(
                        key.case, key.reader, key.session, datetime.now(UTC).astimezone().date(), source=path.name
                    )
                )
            study.save_segmentation(self._key(), drawn, image=image)
            self._show(node.caseIdentifier, node.reader, node.session)
            tag = reading_tag(node.reader, node.session)
            node.readingSegmentation = _shown(node.caseIdentifier, tag, "")

        if self.panel.do(take):
            self.panel.messages.info(_("Imported as {key}; it is open.").format(key=self._key()))

    def _on_simulate(self) -> None:
        node = self.panel.node
        arguments = ["readings", "perturb", node.studyFolder, "--case", node.caseIdentifier]
        arguments += ["--reader", node.reader, "--session", str(node.session)]
        arguments += ["--displacement-mm", f"{self.ui.displacementBox.value:g}"]
        self.panel.run_job(
            arguments,
            self.panel.new_job_folder(),
            lambda path: self.panel.messages.info(
                _("Recorded as {name}: simulated, never evidence about readers.").format(
                    name=f"{node.reader}-simulated"
                )
            ),
        )


def _shown(case: str, tag: str, name: str) -> Any:
    """Return the node that shows a reading (and part, by its name, where one is given), or None."""
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        if (node.GetAttribute(attributes.CASE), node.GetAttribute(READING)) == (case, tag) and (
            not name or node.GetName() == name
        ):
            return node
    return None
