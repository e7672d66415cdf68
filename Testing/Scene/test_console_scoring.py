"""Scoring on nodes: suggestions, forms and agreement as tables of the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Protocol
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.scene import console, console_scoring
from MuscleMyopathyLib.scene.case_scores import case_scores, hide_other_scores, put_case_scores
from MuscleMyopathyLib.scene.segment_places import segment_places
from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.volumes import volume_node_from_image
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.scale_files import read_scale
from MuscleMyopathyLib.scoring.suggestion import SuggestionParameters

RF, BFL, BFS = Structure("RF", Side.LEFT), Structure("BFL", Side.LEFT), Structure("BFS", Side.LEFT)
NO_EROSION = SuggestionParameters(erosion_mm=0)


@pytest.fixture
def nodes(scene: Any) -> tuple[Any, Any]:
    """Return a map and muscles: rectus femoris, largest in slice 2, 40 % fat; both heads of biceps lean."""
    labels = np.zeros((4, 20, 20), dtype=np.uint8)
    labels[1, 2:4, 2:7], labels[2, 2:7, 2:7] = 1, 1
    labels[3, 12:14, 2:12], labels[3, 15:17, 2:12] = 2, 3
    percent = np.zeros(labels.shape, dtype=np.float32)
    rectus = np.argwhere(labels == 1)
    percent[tuple(rectus[: int(0.4 * len(rectus))].T)] = 80.0
    image = sitk.GetImageFromArray(percent)
    image.SetSpacing((2.0, 1.0, 5.0))
    image.SetOrigin((10.0, -20.0, 30.0))
    map_node = volume_node_from_image(image, "fat fraction", role=Role.FAT_FRACTION_MAP)
    drawn = Segmentation.from_array(labels, {1: RF, 2: BFL, 3: BFS}, image)
    return map_node, segmentation_node_from(drawn, "muscles", map_node)


def test_a_suggestion_stands_in_a_table_node_with_its_share(nodes: tuple[Any, Any]) -> None:
    node = console_scoring.suggest_scores(*nodes, parameters=NO_EROSION)
    table = dataframe_from_table_node(node).set_index(["structure", "side"])
    assert table.loc[("RF", "left"), "fat_share_percent"] == 40.0
    assert table.loc[("RF", "left"), "suggested_code"] == "3"
    assert table.loc[("BF", "left"), "suggested_code"] == "0"


def test_a_missing_map_is_refused_in_words(nodes: tuple[Any, Any]) -> None:
    with pytest.raises(InputError, match="compute it from water and fat"):
        console_scoring.suggest_scores(None, nodes[1])


def test_each_muscle_is_found_in_the_slice_where_it_is_largest(nodes: tuple[Any, Any]) -> None:
    place = segment_places(nodes[1])[RF]
    assert place.slice_index == 2
    # Columns and rows 2 to 6, hence 4, 4; LPS (10 + 4·2, −20 + 4·1, 30 + 2·5) = (18, −16, 40), RAS turns x and y.
    assert place.center_ras == pytest.approx((-18.0, 16.0, 40.0))


def test_a_muscle_drawn_as_two_heads_is_found_as_a_whole(nodes: tuple[Any, Any]) -> None:
    place = segment_places(nodes[1])[Structure("BF", Side.LEFT)]
    assert len(place.segment_ids) == 2
    assert place.slice_index == 3


def test_scores_given_in_the_console_are_saved_and_gone_on_with(scene: Any, tmp_path: Path) -> None:
    console_scoring.score(tmp_path, "P-017", "R1", 1, {"RF_left": "3"})
    node = console_scoring.score(tmp_path, "P-017", "R1", 1, {"RF_right": "2"}, lock=True)
    table = dataframe_from_table_node(node)
    given = table[table["state"] == "scored"].set_index("side")["code"]
    assert given.to_dict() == {"left": "3", "right": "2"}
    with pytest.raises(InputError, match="locked"):
        console_scoring.score(tmp_path, "P-017", "R1", 1, {"RF_right": "1"})


def test_a_score_outside_the_scale_is_refused_with_its_codes(scene: Any, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="0, 1, 2, 3, 4"):
        console_scoring.score(tmp_path, "P-017", "R1", 1, {"RF_left": "7"})


def test_the_agreement_of_two_readers_stands_in_a_table_node(scene: Any, tmp_path: Path) -> None:
    targets = [target.id for target in read_scale("mercuri-modified").targets]
    for case in ("P-1", "P-2"):
        for reader in ("R1", "R2"):
            answers = {target: str((number + (case == "P-2")) % 5) for number, target in enumerate(targets)}
            console_scoring.score(tmp_path, case, reader, 1, answers)
    table = dataframe_from_table_node(console_scoring.agreement_table(tmp_path))
    pooled = table[(table["structure"] == "all") & (table["side"] == "both")]
    assert pooled["kappa"].tolist() == pytest.approx([1.0] * len(pooled))
    assert pooled["count"].unique().tolist() == [68]


def test_one_reader_alone_has_no_agreement(scene: Any, tmp_path: Path) -> None:
    console_scoring.score(tmp_path, "P-1", "R1", 1, {"RF_left": "3"})
    with pytest.raises(InputError, match="two raters"):
        console_scoring.agreement_table(tmp_path)


def test_the_scores_of_a_case_are_read_back_but_for_those_hidden_from_a_blinded_reader(scene: Any) -> None:
    form = Form(read_scale("mercuri-modified")).scored("RF_left", "3")
    put_case_scores("P-1", form, "R1", 1)
    put_case_scores("P-1", form.scored("RF_left", "2"), "R2", 1)
    hide_other_scores("P-1", "R2", 1, blinded=True)
    seen = case_scores("P-1")
    assert seen is not None
    assert set(seen["reader"]) == {"R2"}
    hide_other_scores("P-1", "R2", 1, blinded=False)
    both = case_scores("P-1")
    assert both is not None
    given = both[both["state"] == "scored"]
    assert dict(zip(given["reader"], given["code"], strict=True)) == {"R1": "3", "R2": "2"}
    assert case_scores("P-2") is None


def test_a_forms_table_replaces_the_earlier_one_of_its_reading(scene: Any) -> None:
    form = Form(read_scale("mercuri-modified"))
    first = put_case_scores("P-1", form, "R1", 1)
    assert put_case_scores("P-1", form.scored("RF_left", "3"), "R1", 1) is first
    assert put_case_scores("P-1", form, "R1", 2) is not first


def test_the_columns_of_a_form_explain_themselves(scene: Any, tmp_path: Path) -> None:
    node = console_scoring.score(tmp_path, "P-1", "R1", 1, {"RF_left": "3"})
    assert "fat fraction" in node.GetColumnDescription("suggested_share_percent")


def test_the_report_of_a_scored_case_shows_the_scores(scene: Any, tmp_path: Path) -> None:
    few = Protocol(columns=160, rows=112, pixel_mm=(2.375, 2.036), thickness_mm=6, spacing_mm=24, slices=3)
    series, limb = phantom_series(LimbParameters(protocol=few), (WaterFat(),))
    volumes = [volume_node_from_image(one.image, one.role.value, role=one.role) for one in series]
    muscles = segmentation_node_from(limb.muscles, "muscles", volumes[0])
    console.run_case("P-1", "thigh", volumes, muscles, phantom=True)
    assert 'id="scores"' not in console.write_case_report("P-1", tmp_path / "before.html").read_text("utf-8")
    form = Form(read_scale("mercuri-modified")).not_assessable("RF_left", "metal artefact")
    put_case_scores("P-1", form, "R1", 2)
    page = console.write_case_report("P-1", tmp_path / "after.html").read_text("utf-8")
    assert "mercuri-modified, reader R1, session 2: 1 of 34 answered" in page
    assert "metal artefact" in page
