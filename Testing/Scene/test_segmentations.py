"""Segmentation ↔ segmentation node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import slicer.util
import vtk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleMyopathyLib.anatomy import STRUCTURE_TYPES, Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.scene.headless import start_headless_scene
from MuscleMyopathyLib.scene.segmentations import (
    read_segmentation_node,
    segmentation_from_node,
    segmentation_node_from,
    terminology_entry,
)
from MuscleMyopathyLib.scene.volumes import volume_node_from_image
from Testing.Scene.comparing import assert_same_grid
from Testing.Scene.strategies import LABEL_TYPES, geometries

ALL_STRUCTURES = [Structure(kind.code, side) for kind in STRUCTURE_TYPES for side in Side]
RF_LEFT, RF_RIGHT, VL_LEFT = Structure("RF", Side.LEFT), Structure("RF", Side.RIGHT), Structure("VL", Side.LEFT)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    """Draw any structures under any labels; some have no voxel, and some voxels no structure."""
    grid = draw(geometries())
    dtype = np.dtype(draw(st.sampled_from(LABEL_TYPES)))
    structures = draw(st.lists(st.sampled_from(ALL_STRUCTURES), min_size=1, max_size=6, unique=True))
    highest = min(np.iinfo(dtype).max, 40000)
    labels = draw(
        st.lists(st.integers(1, highest), min_size=len(structures), max_size=len(structures), unique=True)
    )
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = np.array([0, *labels[: draw(st.integers(0, len(labels)))], draw(st.integers(1, highest))])
    array = generator.choice(values, tuple(reversed(grid.GetSize()))).astype(dtype)
    return Segmentation.from_array(array, dict(zip(labels, structures, strict=True)), grid)


def labels_without_strangers(segmentation: Segmentation) -> np.ndarray:
    array = sitk.GetArrayFromImage(segmentation.image)
    return np.where(np.isin(array, list(segmentation.structures)), array, 0)


@settings(max_examples=100, deadline=None)
@given(segmentations(), st.booleans())
def test_a_segmentation_comes_back_from_a_node_voxel_for_voxel(segmentation: Segmentation, drawn_on: bool) -> None:
    scene = start_headless_scene()
    reference = volume_node_from_image(segmentation.image, "drawn on") if drawn_on else None
    node = segmentation_node_from(segmentation, "segmentation", reference)
    found = segmentation_from_node(node)
    assert_same_grid(found.image, segmentation.image)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found.image), labels_without_strangers(segmentation))
    assert list(found.structures.items()) == list(segmentation.structures.items())
    scene.Clear(False)


def grid(size: tuple[int, int, int] = (8, 7, 6)) -> sitk.Image:
    image = sitk.Image(size, sitk.sitkInt16)
    image.SetSpacing((1.0, 1.5, 4.0))
    image.SetOrigin((-30.0, 12.0, 100.0))
    return image


def two_muscles() -> Segmentation:
    array = np.zeros((6, 7, 8), np.uint8)
    array[2:4, 1:3, 1:4] = 101
    array[2:4, 1:3, 5:7] = 1
    return Segmentation.from_array(array, {101: RF_RIGHT, 1: RF_LEFT, 2: VL_LEFT}, grid())


def test_direction_cosines_too_small_for_itk_do_not_empty_the_segmentation(scene: Any) -> None:
    oblique = sitk.Image(1, 1, 2, sitk.sitkUInt8) + 1
    cosine, sine, tiny = -0.12451361867704279, 0.9922178988326849, 1e-309
    oblique.SetDirection((cosine, -tiny, -sine, sine, -tiny, cosine, -tiny, 1.0, -tiny))
    node = segmentation_node_from(Segmentation(oblique, {1: RF_LEFT}), "oblique")
    assert sitk.GetArrayViewFromImage(segmentation_from_node(node).image).tolist() == [[[1]], [[1]]]


def segment_of(node: Any, segment_id: str) -> Any:
    return node.GetSegmentation().GetSegment(segment_id)


def test_segments_have_names_colours_order_and_one_layer(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    segments = node.GetSegmentation()
    assert list(segments.GetSegmentIDs()) == ["RF_right", "RF_left", "VL_left"]
    assert segment_of(node, "VL_left").GetName() == "vastus lateralis left"
    assert segment_of(node, "VL_left").GetColor() == pytest.approx((242 / 255, 146 / 255, 69 / 255))
    assert segments.GetNumberOfLayers() == 1


@pytest.mark.parametrize("structure", [RF_LEFT, RF_RIGHT, Structure("BONE"), Structure("SAT", Side.LEFT)])
def test_slicer_finds_the_terminology_entry_and_its_colour(scene: Any, structure: Structure) -> None:
    logic = slicer.modules.terminologies.logic()
    entry = slicer.vtkSlicerTerminologyEntry()
    assert logic.DeserializeTerminologyEntry(terminology_entry(structure), entry)
    assert logic.UpdateEntryFromLoadedTerminologies(entry, [], [])
    kind = entry.GetTypeObject()
    assert (kind.GetCodingSchemeDesignator(), kind.GetCodeValue()) == structure.type.coding
    assert tuple(kind.GetRecommendedDisplayRGBValue()) == structure.type.color
    sides = {Side.LEFT: "7771000", Side.RIGHT: "24028007", Side.BOTH: None}
    assert entry.GetTypeModifierObject().GetCodeValue() == sides[structure.side]


def test_the_terminology_tells_a_segment_whatever_its_name(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    segment_of(node, "RF_left").SetName("my drawing")
    segment_of(node, "RF_left").RemoveTag("MuscleMyopathy.Structure")
    assert RF_LEFT in segmentation_from_node(node).structures.values()


def test_the_tag_tells_a_segment_without_terminology(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    segment_of(node, "RF_left").SetName("my drawing")
    segment_of(node, "RF_left").SetTerminology("")
    assert RF_LEFT in segmentation_from_node(node).structures.values()


def test_the_name_tells_a_segment_with_nothing_else(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    segment = segment_of(node, "RF_left")
    segment.SetName("VM L")
    segment.SetTerminology("")
    segment.RemoveTag("MuscleMyopathy.Structure")
    assert Structure("VM", Side.LEFT) in segmentation_from_node(node).structures.values()


def add_segment(node: Any, name: str, array: np.ndarray) -> str:
    segment_id = node.GetSegmentation().AddEmptySegment("", name)
    slicer.util.updateSegmentBinaryLabelmapFromArray(
        array.astype(np.uint8), node, segment_id, volume_node_from_image(grid(), "drawn on")
    )
    return segment_id


def test_an_unknown_segment_is_named_and_the_others_are_read(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    drawn = np.zeros((6, 7, 8))
    drawn[0, 0, 0] = 1
    add_segment(node, "Segment_4", drawn)
    reading = read_segmentation_node(node)
    assert set(reading.segmentation.structures.values()) == {RF_LEFT, RF_RIGHT, VL_LEFT}
    assert len(reading.problems) == 1
    assert "'Segment_4'" in reading.problems[0]
    assert reading.segment_ids[RF_LEFT] == "RF_left"
    with pytest.raises(InputError, match="Segment_4"):
        segmentation_from_node(node)


def test_a_name_that_contradicts_the_terminology_is_a_problem(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    segment_of(node, "RF_left").SetName("Rectus femoris right")
    (problem,) = read_segmentation_node(node).problems
    assert "rectus femoris left by its terminology" in problem


def test_a_structure_that_is_there_twice_is_refused(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    add_segment(node, "RF left", np.zeros((6, 7, 8)))
    with pytest.raises(InputError, match="are both rectus femoris left"):
        segmentation_from_node(node)


def test_segments_that_overlap_are_refused_by_name_and_size(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    drawn = np.zeros((6, 7, 8))
    drawn[2, 1, 5:8] = 1
    node.GetSegmentation().SeparateSegmentLabelmap("VL_left")
    add_overlapping(node, "VL_left", drawn)
    with pytest.raises(InputError, match="rectus femoris left and vastus lateralis left in 2 voxels"):
        segmentation_from_node(node)


def add_overlapping(node: Any, segment_id: str, array: np.ndarray) -> None:
    """Draw a segment in a layer of its own, as the Segment Editor does with 'Allow overlap'."""
    alone = segmentation_node_from(Segmentation.from_array(array.astype(np.uint8), {1: VL_LEFT}, grid()), "alone")
    labelmap = slicer.vtkOrientedImageData()
    alone.GetBinaryLabelmapRepresentation("VL_left", labelmap)
    slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(labelmap, node, segment_id)


def test_layers_that_do_not_overlap_become_one_image(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    node.GetSegmentation().SeparateSegmentLabelmap("VL_left")
    drawn = np.zeros((6, 7, 8))
    drawn[5, 6, 7] = 1
    add_overlapping(node, "VL_left", drawn)
    assert node.GetSegmentation().GetNumberOfLayers() == 2
    found = segmentation_from_node(node)
    array = sitk.GetArrayFromImage(found.image)
    np.testing.assert_array_equal(array == found.label_of(VL_LEFT), drawn == 1)
    np.testing.assert_array_equal(array == found.label_of(RF_LEFT), two_muscles().mask(RF_LEFT))
    np.testing.assert_array_equal(array == found.label_of(RF_RIGHT), two_muscles().mask(RF_RIGHT))


def test_a_segment_drawn_on_a_finer_grid_is_brought_onto_the_reference_volume(scene: Any) -> None:
    fine = sitk.Expand(grid(), [2, 2, 2], sitk.sitkNearestNeighbor)
    array = np.zeros((12, 14, 16), np.uint8)
    array[4:8, 2:6, 2:8] = 1
    node = segmentation_node_from(Segmentation.from_array(array, {1: RF_LEFT}, fine), "fine")
    found = segmentation_from_node(node, volume_node_from_image(grid(), "reference"))
    expected = np.zeros((6, 7, 8), np.uint8)
    expected[2:4, 1:3, 1:4] = 1
    assert_same_grid(found.image, grid())
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found.image), expected)


def test_a_labelmap_cropped_to_what_is_drawn_keeps_its_place(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles", volume_node_from_image(grid(), "drawn on"))
    node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap").Crop((1, 6, 1, 2, 2, 3))
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(segmentation_from_node(node).image), sitk.GetArrayFromImage(two_muscles().image)
    )


def test_a_segmentation_under_a_transform_is_read_where_it_is_shown(scene: Any) -> None:
    shift = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "shift")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, -2.0)  # two voxels along i, towards the patient's left (LPS +x)
    shift.SetMatrixTransformToParent(matrix)
    node = segmentation_node_from(two_muscles(), "muscles")
    node.SetAndObserveTransformNodeID(shift.GetID())
    found = segmentation_from_node(node, volume_node_from_image(grid(), "reference"))
    expected = np.roll(sitk.GetArrayFromImage(two_muscles().image), 2, axis=2)
    expected[:, :, :2] = 0
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found.image), expected)
    matrix.SetElement(0, 1, 0.5)
    shift.SetMatrixTransformToParent(matrix)
    with pytest.raises(GeometryError, match="right angles"):
        segmentation_from_node(node)


def test_a_segmentation_of_surfaces_is_read_as_voxels(scene: Any) -> None:
    big = sitk.Image((30, 30, 30), sitk.sitkUInt8)
    z, y, x = np.mgrid[:30, :30, :30]
    ball = ((x - 15) ** 2 + (y - 14) ** 2 + (z - 13) ** 2 < 81).astype(np.uint8)
    reference = volume_node_from_image(big, "drawn on")
    node = segmentation_node_from(Segmentation.from_array(ball, {1: RF_LEFT}, big), "ball", reference)
    segments = node.GetSegmentation()
    segments.SetConversionParameter("Smoothing factor", "0.0")
    assert node.CreateClosedSurfaceRepresentation()
    node.SetSourceRepresentationToClosedSurface()
    segments.RemoveRepresentation("Binary labelmap")
    found = sitk.GetArrayFromImage(segmentation_from_node(node).image)
    overlap = 2 * np.sum((found > 0) & (ball > 0)) / (np.sum(found > 0) + np.sum(ball > 0))
    assert overlap > 0.97


def test_a_node_that_is_filled_again_holds_the_new_segments_only(scene: Any) -> None:
    node = segmentation_node_from(two_muscles(), "muscles")
    one = Segmentation(two_muscles().image, {1: VL_LEFT})
    assert segmentation_node_from(one, "again", node=node) is node
    assert list(node.GetSegmentation().GetSegmentIDs()) == ["VL_left"]
    np.testing.assert_array_equal(segmentation_from_node(node).mask(VL_LEFT), two_muscles().mask(RF_LEFT))


def test_nothing_to_read_is_said(scene: Any) -> None:
    with pytest.raises(InputError, match="No segmentation is chosen"):
        segmentation_from_node(None)
    with pytest.raises(InputError, match="has no segment"):
        segmentation_from_node(scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty"))
