"""Segmentation on nodes: propagation into a segmentation node with its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.scene import console_segmentation
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.volumes import volume_node_from_image

RF, VL = Structure("RF", Side.LEFT), Structure("VL", Side.LEFT)


@pytest.fixture
def nodes(scene: Any) -> tuple[Any, Any]:
    """Return a segmentation drawn in slices 1 and 4 of 6, and the volume that it was drawn on."""
    labels = np.zeros((6, 30, 40), np.uint8)
    labels[:, 5:12, 8:20], labels[:, 16:24, 10:30] = 1, 2
    image = sitk.GetImageFromArray(np.where(labels > 0, 50.0, 200.0))
    image.SetSpacing((2.0, 1.5, 8.0))
    image.SetOrigin((10.0, -20.0, 30.0))
    labels[[0, 2, 3, 5]] = 0
    volume = volume_node_from_image(image, "water")
    return segmentation_node_from(Segmentation.from_array(labels, {1: RF, 2: VL}, image), "hand", volume), volume


def test_propagation_fills_a_new_node_and_tells_the_origin_of_every_slice(nodes: tuple[Any, Any]) -> None:
    segmentation, table = console_segmentation.propagate(*nodes)
    assert segmentation.GetName() == "hand propagated"
    array = segmentation_from_node(segmentation, nodes[1]).array
    assert [bool(plane.any()) for plane in array] == [False, True, True, True, True, False]
    rows = dataframe_from_table_node(table)
    assert rows[rows["structure"] == "RF"]["origin"].tolist() == ["drawn", "propagated", "propagated", "drawn"]
    drawn = segmentation_from_node(nodes[0], nodes[1]).array
    assert not drawn[2].any()


def test_one_structure_can_be_propagated_in_the_node_drawn_on(nodes: tuple[Any, Any]) -> None:
    segmentation, _table = console_segmentation.propagate(*nodes, structures=["VL_left"], output_node=nodes[0])
    assert segmentation is nodes[0]
    made = segmentation_from_node(segmentation, nodes[1])
    assert made.mask(VL)[2].any()
    assert not made.mask(RF)[2].any()


def test_without_a_volume_it_says_which_one_to_choose(nodes: tuple[Any, Any]) -> None:
    with pytest.raises(InputError, match="drawn on"):
        console_segmentation.propagate(nodes[0], None)


def test_weights_of_others_fill_a_segmentation_node(scene: Any, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install muscle-myopathy[network]")
    network = torch.nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        network.weight[:, 0, 0, 0], network.bias[:] = torch.tensor([0.0, 9.0]), torch.tensor([0.0, -4.5])
    torch.jit.script(network).save(str(tmp_path / "net.ts"))
    (tmp_path / "net.yaml").write_text(
        "{name: bright, inputs: [T1w], labels: {1: RF_left}, window: [16, 16], normalisation: '0 to 1'}"
    )
    bright = np.zeros((4, 16, 20))
    bright[1:3, 4:9, 5:12] = 200.0
    volume = volume_node_from_image(sitk.GetImageFromArray(bright), "T1w")
    node = console_segmentation.segment_with(tmp_path / "net.ts", [volume], "thigh", trusted=True)
    made = segmentation_from_node(node, volume)
    np.testing.assert_array_equal(made.mask(RF), bright > 0)
    assert node.GetName() == "muscles by bright"
    with pytest.raises(InputError, match="No volume"):
        console_segmentation.segment_with(tmp_path / "net.ts", [], "thigh")


def test_compartments_are_segmented_with_a_table_and_come_back_from_a_file(scene: Any, tmp_path: Path) -> None:
    from MuscleMyopathyLib.imaging.roles import Role
    from Testing.Library.segmentation.synthetic_legs import make_legs

    legs = make_legs()
    water = volume_node_from_image(legs.water, "w", role=Role.WATER)
    fat = volume_node_from_image(legs.fat, "f", role=Role.FAT)
    table = scene.AddNewNodeByClass("vtkMRMLTableNode", "found")
    made = console_segmentation.segment(
        [water, fat], "compartments", "thigh", structures=["SAT_left", "BONE_left"], table_node=table
    )
    before = segmentation_from_node(made)
    assert {one.code for one in before.structures.values()} == {"SAT", "BONE"}
    assert dataframe_from_table_node(table)["structure"].tolist() == ["SAT", "BONE"]
    written = console_segmentation.export_segmentation(made, tmp_path / "found.nii.gz")
    assert [path.name for path in written] == ["found.nii.gz", "found.txt"]
    read = console_segmentation.import_segmentation(tmp_path / "found.nii.gz", water)
    np.testing.assert_array_equal(segmentation_from_node(read).array, before.array)


def test_the_side_of_a_single_leg_can_be_stated(scene: Any) -> None:
    from MuscleMyopathyLib.imaging.roles import Role
    from Testing.Library.segmentation.synthetic_legs import make_legs

    legs = make_legs(centres_mm=(200.0,))
    volumes = [
        volume_node_from_image(legs.water, "w", role=Role.WATER),
        volume_node_from_image(legs.fat, "f", role=Role.FAT),
    ]
    for side in (Side.LEFT, Side.RIGHT):
        made = console_segmentation.segment(volumes, "compartments", "thigh", only_side=str(side))
        assert {one.side for one in segmentation_from_node(made).structures.values()} == {side}


def test_a_file_of_no_known_format_is_refused(nodes: tuple[Any, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name the format"):
        console_segmentation.export_segmentation(nodes[0], tmp_path / "muscles.stl")
