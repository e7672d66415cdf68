"""Radiomics features on nodes are those of the library on images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.radiomics import extraction
from MuscleMyopathyLib.radiomics.presets import preset_from_mapping
from MuscleMyopathyLib.radiomics.slices import SliceChoice
from MuscleMyopathyLib.scene.console_features import extract_features, sequence_names
from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.volumes import volume_node_from_image

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")


@pytest.fixture
def drawn() -> tuple[sitk.Image, Segmentation]:
    """Return an image of noise and two rectangles on it."""
    image = sitk.GetImageFromArray(np.random.default_rng(1).normal(100, 20, (5, 14, 14)))
    labels = np.zeros((5, 14, 14), np.uint8)
    labels[:, 2:7, 2:12], labels[:, 8:12, 2:12] = 1, 2
    structures = {1: Structure.parse("RF_left"), 2: Structure.parse("RF_right")}
    return image, Segmentation.from_array(labels, structures, image)


def test_the_table_node_holds_what_the_library_extracts(
    scene: Any, drawn: tuple[sitk.Image, Segmentation]
) -> None:
    image, segmentation = drawn
    preset = preset_from_mapping({"featureClass": {"firstorder": ["Mean", "Entropy"]}}, "test")
    water = volume_node_from_image(image, "Dixon W", role=Role.WATER)
    muscles = segmentation_node_from(segmentation, "muscles", water)
    node = extract_features([water], muscles, preset, slices=SliceChoice(slices=(1, 2)), case="P-1", reader="R1")
    found = dataframe_from_table_node(node)
    assert found[["case", "reader", "sequence"]].drop_duplicates().values.tolist() == [["P-1", "R1", "water"]]
    kept = np.zeros_like(segmentation.array)
    kept[1:3] = segmentation.array[1:3]
    expected = extraction.extract_features(
        {"water": image}, Segmentation.from_array(kept, segmentation.structures, image), preset
    ).table
    names = ["original_firstorder_Mean", "original_firstorder_Entropy"]
    pd.testing.assert_frame_equal(found[names], expected[names])


def test_two_volumes_of_one_name_are_refused(scene: Any, drawn: tuple[sitk.Image, Segmentation]) -> None:
    nodes = [volume_node_from_image(drawn[0], "image") for _ in range(2)]
    for node in nodes:
        node.SetName("image")
    with pytest.raises(InputError, match="image"):
        sequence_names(nodes)
