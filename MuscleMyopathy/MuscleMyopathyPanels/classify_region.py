"""The other limb segment, for a model that needs thigh and calf: its images and what is drawn on them."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.case_nodes import ADDITION
from MuscleMyopathyLib.scene.hierarchy import find_result
from MuscleMyopathyLib.scene.volumes import role_of

from .panel_part import PanelPart

NAMES = {"thigh": _("thigh"), "calf": _("calf")}


class OtherRegion(PanelPart):
    """Lets the user choose volumes of the scene for the limb segment that the case's own images do not show.

    They may belong to another case of the scene, as an examination of two limb segments is two cases here.
    The choice is kept with the scene, as references of the parameter node.
    """

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.region = ""
        self._sequences: list[str] = []
        self._rows: list[tuple[Any, Any]] = []

    def refresh(self, card: Any) -> None:
        """Show what a model needs besides the case's limb segment; nothing where that is all.

        Args:
            card: The model's card; None where none is chosen.
        """
        from MuscleMyopathyLib.study.model_fit import other_regions

        others = () if card is None else other_regions(card, str(self.node.region))
        self.region = others[0] if others else ""
        self._sequences = [sequence for of, sequence in card.parts if of == self.region] if self.region else []
        self.ui.otherRegionWidget.visible = bool(self.region)
        if not self.region:
            return
        name = NAMES[self.region]
        self.ui.otherRegionLabel.text = _(
            "The model also needs the {region} of this patient. Load its images and what the same reader drew on "
            "them, under any case, and choose them here."
        ).format(region=name)
        self.ui.otherSegmentationNameLabel.text = _("{region}: structures").format(region=name.capitalize())
        self._choose()
        self._show()

    def volumes(self) -> dict[str, Any]:
        """Return the chosen volumes by their sequence."""
        chosen = {sequence: self._chosen(sequence) for sequence in self._sequences}
        return {sequence: node for sequence, node in chosen.items() if node is not None}

    @property
    def segmentation(self) -> Any:
        """What is drawn on them; None where nothing is chosen."""
        return self.node.classifyOtherSegmentation if self.region else None

    def _reference(self, sequence: str) -> str:
        return f"classifyOther.{self.region}.{sequence}"

    def _chosen(self, sequence: str) -> Any:
        return self.node.parameterNode.GetNodeReference(self._reference(sequence))

    def _choose(self) -> None:
        """Choose what there is only one of: a volume of the needed role in another case, and its structures."""
        case = str(self.node.caseIdentifier)
        for sequence in self._sequences:
            found = [
                node
                for node in _volumes()
                if role_of(node).value == sequence and node.GetAttribute(attributes.CASE) != case
            ]
            if self._chosen(sequence) is None and len(found) == 1:
                self.node.parameterNode.SetNodeReferenceID(self._reference(sequence), found[0].GetID())
        cases = {node.GetAttribute(attributes.CASE) for node in self.volumes().values()} - {None, case}
        if self.node.classifyOtherSegmentation is None and len(cases) == 1:
            of = cases.pop()
            drawn = (find_result(of, kind) for kind in ("whole muscle", "compartments"))
            self.node.classifyOtherSegmentation = next((node for node in drawn if node is not None), None)

    def _show(self) -> None:
        for number, sequence in enumerate(self._sequences):
            label, box = self._row(number)
            label.text = _("{region}: {sequence}").format(
                region=NAMES[self.region].capitalize(), sequence=sequence
            )
            chosen = self._chosen(sequence)
            box.clear()
            box.addItem(_("choose the volume"), "")
            for node in _volumes():
                case = node.GetAttribute(attributes.CASE)
                box.addItem(f"{node.GetName()} ({case})" if case else node.GetName(), node.GetID())
            box.currentIndex = max(0, box.findData(chosen.GetID())) if chosen is not None else 0
        for number, row in enumerate(self._rows):
            for widget in row:
                widget.visible = number < len(self._sequences)

    def _row(self, number: int) -> tuple[Any, Any]:
        """Return label and box of a row above that of the structures; a model may need any number of sequences."""
        while len(self._rows) <= number:
            place = len(self._rows)
            label, box = qt.QLabel(), qt.QComboBox()
            box.sizeAdjustPolicy = qt.QComboBox.AdjustToMinimumContentsLengthWithIcon
            box.minimumContentsLength = 10
            box.toolTip = _("The volume of the scene that shows this limb segment in this sequence.")
            box.activated.connect(lambda index, place=place: self._on_chosen(place))
            self.ui.otherRegionWidget.layout().insertRow(1 + place, label, box)
            self._rows.append((label, box))
        return self._rows[number]

    def _on_chosen(self, place: int) -> None:
        box = self._rows[place][1]
        chosen = str(box.itemData(box.currentIndex) or "")
        self.node.parameterNode.SetNodeReferenceID(self._reference(self._sequences[place]), chosen or None)
        self._module.refresh()


def _volumes() -> list[Any]:
    """Return the scene's images, of which none is a result."""
    return [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetClassName() == "vtkMRMLScalarVolumeNode"
        and not node.GetAttribute(attributes.RESULT)
        and not node.GetAttribute(ADDITION)
        and not node.GetHideFromEditors()
        and node.GetImageData() is not None
    ]
