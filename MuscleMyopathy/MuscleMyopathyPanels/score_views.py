"""The muscle at hand in the slice views: its outline alone in full, and the slice where it is largest."""

from __future__ import annotations

from typing import Any

import slicer
import vtk

from MuscleMyopathyLib.anatomy import Structure

OTHERS_OPACITY = 0.15
"""Outlines of the other muscles: enough to find one's way, too faint to disturb the reading."""


class MuscleViews:
    """Shows one muscle after the other; `release` leaves the segmentation as it was found.

    The muscle is never filled: a colour over it would change what is to be judged.
    """

    def __init__(self) -> None:
        self._segmentation: Any = None
        self._before: dict[str, tuple[bool, bool, float]] = {}
        self._stamp: tuple[str, int] | None = None
        self._places: dict[Structure, Any] = {}

    def show(self, segmentation: Any, structure: Structure | None) -> bool:
        """Highlight a structure and jump to it.

        Returns:
            Whether it is drawn in the segmentation.

        Raises:
            InputError, GeometryError: The segmentation cannot be read.
        """
        if segmentation is not self._segmentation:
            self.release()
        place = self._places_in(segmentation).get(structure) if segmentation is not None and structure else None
        if place is None:
            self.release()
            return False
        self._highlight(segmentation, place.segment_ids)
        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            jump(node, place.center_ras)
        return True

    def release(self) -> None:
        """Show the segmentation as it was before the first muscle was highlighted."""
        display = self._segmentation.GetDisplayNode() if self._segmentation is not None else None
        if display is not None:
            was_modifying = display.StartModify()
            for segment_id, (fill, outline, opacity) in self._before.items():
                display.SetSegmentVisibility2DFill(segment_id, fill)
                display.SetSegmentVisibility2DOutline(segment_id, outline)
                display.SetSegmentOpacity2DOutline(segment_id, opacity)
            display.EndModify(was_modifying)
        self._segmentation, self._before = None, {}

    def forget(self) -> None:
        """The scene goes away with all its nodes."""
        self._segmentation, self._before, self._stamp, self._places = None, {}, None, {}

    def _places_in(self, segmentation: Any) -> dict[Structure, Any]:
        from MuscleMyopathyLib.scene.segment_places import segment_places

        stamp = (segmentation.GetID(), segmentation.GetSegmentation().GetMTime())
        if stamp != self._stamp:
            with slicer.util.WaitCursor():
                self._places = segment_places(segmentation)
            # Reading may make labels of surfaces, which changes the segmentation.
            self._stamp = (segmentation.GetID(), segmentation.GetSegmentation().GetMTime())
        return self._places

    def _highlight(self, segmentation: Any, segment_ids: tuple[str, ...]) -> None:
        if segmentation.GetDisplayNode() is None:
            segmentation.CreateDefaultDisplayNodes()
        display = segmentation.GetDisplayNode()
        if self._segmentation is None:
            self._segmentation = segmentation
            self._before = {
                one: (
                    display.GetSegmentVisibility2DFill(one),
                    display.GetSegmentVisibility2DOutline(one),
                    display.GetSegmentOpacity2DOutline(one),
                )
                for one in segmentation.GetSegmentation().GetSegmentIDs()
            }
        was_modifying = display.StartModify()
        for one in self._before:
            display.SetSegmentVisibility2DFill(one, False)
            display.SetSegmentVisibility2DOutline(one, True)
            display.SetSegmentOpacity2DOutline(one, 1.0 if one in segment_ids else OTHERS_OPACITY)
        display.EndModify(was_modifying)


def jump(slice_node: Any, ras: tuple[float, float, float]) -> None:
    """Show the slice through a point; the picture itself moves only where the point would lie outside it.

    Both thighs stay in sight that way, for the comparison of the sides.
    """
    to_slice = vtk.vtkMatrix4x4()
    vtk.vtkMatrix4x4.Invert(slice_node.GetSliceToRAS(), to_slice)
    across, down, *_depth = to_slice.MultiplyPoint((*ras, 1.0))
    width, height, _thickness = slice_node.GetFieldOfView()
    if abs(across) > width / 2 or abs(down) > height / 2:
        slice_node.JumpSliceByCentering(*ras)
    else:
        slice_node.JumpSliceByOffsetting(*ras)
