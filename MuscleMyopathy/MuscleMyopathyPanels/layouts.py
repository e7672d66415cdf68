"""View layouts of the panels: suggested once, then as the user leaves them."""

from __future__ import annotations

from typing import Any

import qt
import slicer

AXIAL_AND_CORONAL, AXIAL_AND_3D = 20521, 20522
"""Identifiers of this extension's own layouts; those of the application are below 1000."""

FAR_MM = 500.0
"""Outside the patient; the camera then goes as near as all that is shown allows."""

_AXIAL_AND_CORONAL_XML = """
<layout type="horizontal" split="true">
 <item><view class="vtkMRMLSliceNode" singletontag="Red">
  <property name="orientation" action="default">Axial</property>
  <property name="viewlabel" action="default">R</property>
  <property name="viewcolor" action="default">#F34A33</property>
 </view></item>
 <item><view class="vtkMRMLSliceNode" singletontag="Green">
  <property name="orientation" action="default">Coronal</property>
  <property name="viewlabel" action="default">G</property>
  <property name="viewcolor" action="default">#6EB04B</property>
 </view></item>
</layout>
"""

_AXIAL_AND_3D_XML = """
<layout type="horizontal" split="true">
 <item splitSize="650"><view class="vtkMRMLSliceNode" singletontag="Red">
  <property name="orientation" action="default">Axial</property>
  <property name="viewlabel" action="default">R</property>
  <property name="viewcolor" action="default">#F34A33</property>
 </view></item>
 <item splitSize="350"><view class="vtkMRMLViewNode" singletontag="1">
  <property name="viewlabel" action="default">1</property>
 </view></item>
</layout>
"""


def suggest_layout(panel: str, layout: int) -> None:
    """Show the layout that a panel suggests, or the one in which the user last left that panel."""
    manager = slicer.app.layoutManager()
    if manager is None:
        return
    _register(manager.layoutLogic().GetLayoutNode())
    left_in = slicer.app.userSettings().value(_key(panel))
    wanted = int(left_in) if left_in else layout
    if manager.layout != wanted:
        manager.setLayout(wanted)
        # The views have their new sizes only after the application has laid them out.
        qt.QTimer.singleShot(0, fit_views)


def fit_views() -> None:
    """Show whole images in the slice views, and all that is there in the 3D views, from the front."""
    manager = slicer.app.layoutManager()
    if manager is not None:
        manager.resetSliceViews()
        look_from_the_front()


def look_from_the_front() -> None:
    """Turn the 3D views to the patient's front, with all that is shown in sight."""
    manager = slicer.app.layoutManager()
    for number in range(0 if manager is None else manager.threeDViewCount):
        view = manager.threeDWidget(number).threeDView()
        view.resetFocalPoint()
        camera = slicer.modules.cameras.logic().GetViewActiveCameraNode(view.mrmlViewNode())
        right, anterior, superior = camera.GetFocalPoint()
        camera.SetPosition(right, anterior + FAR_MM, superior)
        camera.SetViewUp(0, 0, 1)
        view.resetCamera()
        # The camera's angle is that of the height: a view that is narrower needs more distance.
        distance = (camera.GetPosition()[1] - anterior) * max(1.0, view.height / max(view.width, 1))
        camera.SetPosition(right, anterior + distance, superior)
        camera.ResetClippingRange()


def remember_layout(panel: str) -> None:
    """Keep the layout that is shown now as the user's choice for a panel."""
    manager = slicer.app.layoutManager()
    if manager is not None:
        slicer.app.userSettings().setValue(_key(panel), manager.layout)


def _key(panel: str) -> str:
    return f"MuscleMyopathy/Layout/{panel}"


def _register(node: Any) -> None:
    for layout, description in ((AXIAL_AND_CORONAL, _AXIAL_AND_CORONAL_XML), (AXIAL_AND_3D, _AXIAL_AND_3D_XML)):
        if not node.IsLayoutDescription(layout):
            node.AddLayoutDescription(layout, description)
