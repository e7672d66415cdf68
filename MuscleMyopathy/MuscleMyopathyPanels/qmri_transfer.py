"""Structures carried to the series that is measured: checked, shown before and after, refined where wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from .grids import same_grid
from .panel_part import PanelPart
from .transfer_job import TransferJob, read_carried

BEFORE_KIND, AFTER_KIND, VOLUMES_KIND = "carried structures", "aligned structures", "transfer volumes"


class TransferCheck(PanelPart):
    """Carries structures, says what that did, and shows them before and after the refinement.

    Args:
        module: The module's widget, for its parameter node.
        ui: The panel's widgets.
        messages: The panel's message strip.
        run_job: As `Panel.run_job`.
        new_folder: As `Panel.new_job_folder`.
    """

    def __init__(
        self, module: Any, ui: Any, messages: Any, run_job: Callable[..., None], new_folder: Callable[[], Path]
    ) -> None:
        super().__init__(module, ui, messages)
        self._run_job, self._new_folder = run_job, new_folder
        ui.beforeButton.clicked.connect(lambda: self.show(BEFORE_KIND))
        ui.afterButton.clicked.connect(lambda: self.show(AFTER_KIND))

    def refresh(self, target: Any) -> None:
        """Show what concerns a transfer to the volume that is to be measured; None where none is chosen."""
        segmentation = self.node.muscles
        drawn_on = drawn_on_of(segmentation)
        needed = target is not None and drawn_on is not None and not same_grid(drawn_on, target)
        for widget in (self.ui.drawnOnLabel, self.ui.drawnOnNameLabel, self.ui.refineBox, self.ui.sameSpaceBox):
            widget.visible = needed
        if needed:
            self.ui.drawnOnNameLabel.text = _(
                "{drawn}: another grid than {target}. The structures are carried over by their place in space."
            ).format(drawn=drawn_on.GetName(), target=target.GetName())
        volumes = self._find(VOLUMES_KIND)
        self.ui.transferWidget.visible = volumes is not None
        if volumes is not None:
            refined = self._find(AFTER_KIND) is not None
            self.ui.transferLabel.text = summary(_frame(volumes), aligned=refined)
            for button in (self.ui.beforeButton, self.ui.afterButton):
                button.visible = refined
            after = refined and bool(self._find(AFTER_KIND).GetDisplayNode().GetVisibility())
            self.ui.afterButton.checked, self.ui.beforeButton.checked = after, refined and not after

    def carry(self, target: Any, then: Callable[[Any], None]) -> None:
        """Carry the chosen structures to a volume's grid and hand the segmentation node on.

        Without a refinement that is done at once. With one the structures are carried without it first, for the
        comparison, and a job aligns the images.

        Raises:
            InputError, GeometryError: As `imaging.transfer.transfer_structures`.
        """
        segmentation = self.node.muscles
        drawn_on = drawn_on_of(segmentation)
        if drawn_on is None or same_grid(drawn_on, target):
            self._forget_earlier()
            then(segmentation)
            return
        before = self._carried(segmentation, drawn_on, target)
        if not self.node.refineTransfer:
            self._remove(AFTER_KIND)
            then(before)
            return
        folder = self._new_folder()
        self._run_job(
            TransferJob(segmentation, drawn_on, target).write(folder),
            folder,
            lambda path: then(self._aligned(folder, target)),
        )

    def show(self, kind: str) -> None:
        """Show the structures of before or after the refinement, and not the other."""
        for one in (BEFORE_KIND, AFTER_KIND):
            node = self._find(one)
            if node is not None and node.GetDisplayNode() is not None:
                node.GetDisplayNode().SetVisibility(one == kind)
        self.ui.afterButton.checked, self.ui.beforeButton.checked = kind == AFTER_KIND, kind == BEFORE_KIND

    def _carried(self, segmentation: Any, drawn_on: Any, target: Any) -> Any:
        from MuscleMyopathyLib.imaging.transfer import TransferParameters, transfer_structures
        from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
        from MuscleMyopathyLib.scene.volumes import series_from_volume_node

        carried = transfer_structures(
            segmentation_from_node(segmentation, drawn_on),
            series_from_volume_node(drawn_on),
            series_from_volume_node(target),
            TransferParameters(same_space=self.node.sameSpace),
        )
        if carried.problems:
            self.messages.warning(carried.problems[0], "\n".join(carried.problems))
        return self._put(carried.segmentation, carried.volumes, BEFORE_KIND, target)

    def _aligned(self, folder: Path, target: Any) -> Any:
        carried, volumes = read_carried(folder)
        node = self._put(carried, volumes, AFTER_KIND, target)
        self.show(AFTER_KIND)
        return node

    def _put(self, segmentation: Any, volumes: Any, kind: str, target: Any) -> Any:
        from MuscleMyopathyLib.scene.case_nodes import put_case_node, put_case_table
        from MuscleMyopathyLib.scene.segmentations import segmentation_node_from

        identifier = self.node.caseIdentifier
        put_case_table(identifier, VOLUMES_KIND, volumes)
        node = put_case_node(
            identifier, kind, lambda name, node: segmentation_node_from(segmentation, name, target, node)
        )
        node.GetDisplayNode().SetVisibility2DFill(False)
        if self.node.muscles.GetDisplayNode() is not None:
            # One set of outlines at a time.
            self.node.muscles.GetDisplayNode().SetVisibility(False)
        return node

    def _find(self, kind: str) -> Any:
        from MuscleMyopathyLib.scene.case_nodes import find_case_node

        return find_case_node(self.node.caseIdentifier, kind)

    def _forget_earlier(self) -> None:
        for kind in (BEFORE_KIND, AFTER_KIND, VOLUMES_KIND):
            self._remove(kind)

    def _remove(self, kind: str) -> None:
        node = self._find(kind)
        if node is not None:
            slicer.mrmlScene.RemoveNode(node)


def drawn_on_of(segmentation: Any) -> Any:
    """Return the volume that a segmentation was drawn on, or None."""
    if segmentation is None:
        return None
    return segmentation.GetNodeReference(segmentation.GetReferenceImageGeometryReferenceRole())


def summary(volumes: Any, *, aligned: bool) -> str:
    """Return in a sentence what a transfer did to the structures."""
    inside = volumes["inside_percent"].dropna()
    change = volumes["change_percent"].dropna()
    text = _(
        "Carried over: {inside:.1f} % of the structures lie inside; volumes changed by at most {change:.1f} %."
    )
    text = text.format(inside=inside.mean(), change=change.abs().max())
    moved = volumes["displacement_mm"].dropna()
    if aligned:
        text += " " + _("The alignment moved them by {mean:.1f} mm on average, at most {most:.1f} mm.").format(
            mean=moved.mean(), most=moved.max()
        )
    return text


def _frame(node: Any) -> Any:
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

    return dataframe_from_table_node(node)
