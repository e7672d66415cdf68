"""Layouts that the panels suggest."""

from __future__ import annotations

from typing import Any

import slicer

from Testing.Panels.host import start


def field_of_view(view: str) -> float:
    node = slicer.app.layoutManager().sliceWidget(view).mrmlSliceNode()
    return float(node.GetFieldOfView()[0])


def test_a_new_layout_shows_whole_images(loaded: Any) -> None:
    start.process_events()
    whole = field_of_view("Red")
    node = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    node.SetFieldOfView(0.3 * whole, 0.3 * node.GetFieldOfView()[1], node.GetFieldOfView()[2])
    loaded.stepBar.buttons["segment"].click()
    start.process_events()
    assert field_of_view("Red") > 0.9 * whole


def test_a_panel_in_the_same_layout_leaves_the_view_where_the_user_has_zoomed(loaded: Any) -> None:
    loaded.stepBar.buttons["segment"].click()
    start.process_events()
    node = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    near = 0.3 * field_of_view("Red")
    node.SetFieldOfView(near, 0.3 * node.GetFieldOfView()[1], node.GetFieldOfView()[2])
    loaded.stepBar.buttons["classify"].click()
    loaded.stepBar.buttons["segment"].click()
    start.process_events()
    assert abs(field_of_view("Red") - near) < 1e-6
