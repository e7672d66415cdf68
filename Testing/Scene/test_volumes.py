"""Image ↔ volume node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk
from hypothesis import given, settings

from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.headless import start_headless_scene
from MuscleMyopathyLib.scene.saving import load_scene, save_scene
from MuscleMyopathyLib.scene.volumes import (
    image_from_volume_node,
    role_of,
    series_from_volume_node,
    set_role,
    volume_node_from_image,
)
from Testing.Scene.comparing import assert_same_grid, assert_same_image
from Testing.Scene.strategies import images


@settings(max_examples=150, deadline=None)
@given(images())
def test_an_image_comes_back_from_a_volume_node_voxel_for_voxel(image: sitk.Image) -> None:
    scene = start_headless_scene()
    node = volume_node_from_image(image, "image")
    assert_same_image(image_from_volume_node(node), image)
    scene.Clear(False)


def ramp(size: tuple[int, int, int] = (4, 3, 2)) -> sitk.Image:
    image = sitk.GetImageFromArray(np.arange(np.prod(size), dtype=np.int16).reshape(size[::-1]))
    image.SetSpacing((0.5, 0.7, 5.0))
    image.SetOrigin((10.0, -20.0, 30.0))
    return image


def test_patient_left_and_back_are_negative_in_the_scene(scene: Any) -> None:
    node = volume_node_from_image(ramp(), "image")
    ijk_to_ras = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_ras)
    # Voxel (1, 1, 1) lies at (10.5, -19.3, 35) mm LPS, that is (-10.5, 19.3, 35) mm RAS.
    assert ijk_to_ras.MultiplyPoint((1, 1, 1, 1))[:3] == pytest.approx((-10.5, 19.3, 35.0))
    assert node.GetImageData().GetScalarComponentAsDouble(1, 1, 1, 0) == 17


def test_slicers_own_reader_of_a_node_sees_the_same_image(scene: Any, tmp_path: Path) -> None:
    image = ramp()
    image.SetDirection((0, 0.6, 0.8, 1, 0, 0, 0, 0.8, -0.6))
    node = volume_node_from_image(image, "image")
    storage = slicer.vtkMRMLNRRDStorageNode()
    storage.SetFileName(str(tmp_path / "image.nrrd"))
    assert storage.WriteData(node)
    assert_same_image(sitk.ReadImage(str(tmp_path / "image.nrrd")), image)


def test_a_left_handed_volume_is_loaded_in_the_order_it_was_saved(scene: Any, tmp_path: Path) -> None:
    image = ramp()
    image.SetDirection((1, 0, 0, 0, 1, 0, 0, 0, -1))
    volume_node_from_image(image, "image")
    load_scene(save_scene(tmp_path / "scene.mrb"))
    assert_same_image(image_from_volume_node(scene.GetFirstNodeByName("image")), image)


def test_a_volume_named_with_an_ampersand_does_not_spoil_the_scene(scene: Any, tmp_path: Path) -> None:
    volume_node_from_image(ramp(), "water & fat")
    load_scene(save_scene(tmp_path / "scene.mrb"))
    assert_same_image(image_from_volume_node(scene.GetFirstNodeByName("water + fat")), ramp())


def test_a_node_that_is_filled_again_stays_the_same_node_and_keeps_its_window(scene: Any) -> None:
    node = volume_node_from_image(ramp(), "first")
    node.GetDisplayNode().SetWindowLevel(7, 3)
    before = scene.GetNumberOfNodes()
    again = volume_node_from_image(ramp((2, 2, 2)), "second", node)
    assert again is node
    assert scene.GetNumberOfNodes() == before
    assert (node.GetName(), node.GetDisplayNode().GetWindow()) == ("second", 7)
    assert_same_image(image_from_volume_node(node), ramp((2, 2, 2)))


def transformed(scene: Any, matrix: np.ndarray) -> Any:
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    vtk_matrix = vtk.vtkMatrix4x4()
    vtk_matrix.DeepCopy(matrix.ravel())
    transform.SetMatrixTransformToParent(vtk_matrix)
    node = volume_node_from_image(ramp(), "image")
    node.SetAndObserveTransformNodeID(transform.GetID())
    return node


def test_a_rigid_parent_transform_moves_the_geometry_and_leaves_the_voxels(scene: Any) -> None:
    # A quarter turn about the z axis and a shift, in RAS.
    node = transformed(scene, np.array([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1.0]]))
    image = image_from_volume_node(node)
    expected = ramp()
    expected.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))
    # The origin (-10, 20, 30) mm RAS goes to (-19, -8, 33) mm RAS.
    expected.SetOrigin((19.0, 8.0, 33.0))
    assert_same_image(image, expected)
    node.HardenTransform()
    assert_same_grid(image_from_volume_node(node), expected)


def test_a_shearing_parent_transform_is_refused(scene: Any) -> None:
    node = transformed(scene, np.array([[1, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]))
    with pytest.raises(GeometryError, match="not at right angles"):
        image_from_volume_node(node)


def test_a_bending_parent_transform_is_refused(scene: Any) -> None:
    node = volume_node_from_image(ramp(), "image")
    bent = scene.AddNewNodeByClass("vtkMRMLTransformNode", "bent")
    spline = vtk.vtkThinPlateSplineTransform()
    points = [(0, 0, 0), (50, 0, 0), (0, 50, 0), (0, 0, 50), (50, 50, 50)]
    for method, last in ((spline.SetSourceLandmarks, 0), (spline.SetTargetLandmarks, 9)):
        landmarks = vtk.vtkPoints()
        for x, y, z in points:
            landmarks.InsertNextPoint(x, y, z + last * (x == 50))
        method(landmarks)
    bent.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(bent.GetID())
    with pytest.raises(GeometryError, match="bends its grid"):
        image_from_volume_node(node)


def test_a_volume_without_an_image_is_refused(scene: Any) -> None:
    with pytest.raises(InputError, match="holds no image"):
        image_from_volume_node(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))
    with pytest.raises(InputError, match="No volume is chosen"):
        image_from_volume_node(None)


@pytest.mark.parametrize(
    "image",
    [
        sitk.Image((4, 4), sitk.sitkUInt8),
        sitk.Image((2, 2, 2), sitk.sitkVectorUInt8, 3),
        sitk.Image((2, 2, 2), sitk.sitkComplexFloat32),
    ],
    ids=["2D", "colour", "complex"],
)
def test_an_image_that_no_scalar_volume_holds_is_refused(scene: Any, image: sitk.Image) -> None:
    with pytest.raises(InputError):
        volume_node_from_image(image, "image")


@pytest.mark.parametrize(
    ("given_type", "stored_type"),
    [(sitk.sitkInt8, sitk.sitkInt16), (sitk.sitkInt64, sitk.sitkInt32), (sitk.sitkUInt64, sitk.sitkInt32)],
)
def test_a_type_that_slicer_cannot_save_is_changed_and_its_values_kept(
    scene: Any, given_type: int, stored_type: int
) -> None:
    image = sitk.Cast(ramp(), given_type)
    assert_same_image(
        image_from_volume_node(volume_node_from_image(image, "image")), sitk.Cast(image, stored_type)
    )


def test_integers_beyond_32_bits_are_refused_before_a_node_is_made(scene: Any) -> None:
    before = scene.GetNumberOfNodes()
    with pytest.raises(InputError, match="beyond 32 bits"):
        volume_node_from_image(sitk.GetImageFromArray(np.full((2, 2, 2), 2**40)), "image")
    assert scene.GetNumberOfNodes() == before


def test_the_role_and_its_reason_travel_with_the_node(scene: Any) -> None:
    node = volume_node_from_image(ramp(), "image", role=Role.STIR)
    set_role(node, Role.STIR, "inversion time 220 ms")
    series = series_from_volume_node(node)
    assert (series.role, series.reason, series.name) == (Role.STIR, "inversion time 220 ms", "image")
    assert_same_image(series.image, ramp())


def test_a_volume_from_elsewhere_takes_its_role_from_its_name(scene: Any) -> None:
    series = series_from_volume_node(volume_node_from_image(ramp(), "t1_tse_tra"))
    assert series.role is Role.T1W
    assert "t1" in series.reason


def test_a_stored_role_that_is_none_is_unknown(scene: Any) -> None:
    node = volume_node_from_image(ramp(), "image")
    node.SetAttribute("MuscleMyopathy.Role", "nonsense")
    assert role_of(node) is Role.UNKNOWN


def test_a_fat_fraction_map_shows_0_to_100_percent_in_even_colours(scene: Any) -> None:
    display = volume_node_from_image(ramp(), "map", role=Role.FAT_FRACTION_MAP).GetDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 100)
    colors = display.GetColorNode()
    entries = np.array([_color(colors, index) for index in range(256)])
    lightness = entries[::8] @ (0.2126, 0.7152, 0.0722)
    assert np.all(np.diff(lightness) > 0)
    assert volume_node_from_image(
        ramp(), "second", role=Role.FAT_FRACTION_MAP
    ).GetDisplayNode().GetColorNode() is (colors)


def _color(node: Any, index: int) -> tuple[float, ...]:
    color = [0.0] * 4
    assert node.GetColor(index, color)
    return tuple(color[:3])


def test_a_grey_image_is_not_darkened_by_its_brightest_voxels(scene: Any) -> None:
    array = np.random.default_rng(1).uniform(0, 500, (10, 20, 20)).astype(np.float32)
    array[0, 0, :3] = 1e6
    node = volume_node_from_image(sitk.GetImageFromArray(array), "image", role=Role.T1W)
    assert node.GetDisplayNode().GetWindowLevelMin() == 0
    assert 480 < node.GetDisplayNode().GetWindowLevelMax() <= 500


@pytest.mark.parametrize("value", [0.0, np.nan, -5.0])
def test_an_image_of_one_value_still_gets_a_window(scene: Any, value: float) -> None:
    image = sitk.GetImageFromArray(np.full((2, 3, 4), value, np.float32))
    assert volume_node_from_image(image, "image").GetDisplayNode().GetWindow() > 0
