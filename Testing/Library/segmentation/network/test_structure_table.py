"""What is implausible about a muscle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.segmentation.network.card import ExpectedPlace
from MuscleMyopathyLib.segmentation.network.structure_table import structure_table

VL = {side: Structure("VL", side) for side in (Side.LEFT, Side.RIGHT)}
RF = {side: Structure("RF", side) for side in (Side.LEFT, Side.RIGHT)}
STRUCTURES = [*VL.values(), *RF.values()]
SPACING_MM = (5.0, 2.0, 2.0)
# Columns run from the patient's right to the left, so lateral is at low columns on the right, high on the left.
EXPECTED = {"VL": ExpectedPlace(0.35, 0.0, 0.05), "RF": ExpectedPlace(-0.35, 0.0, 0.05)}


def legs() -> np.ndarray:
    labels = np.zeros((4, 30, 80), np.uint8)
    labels[:, 5:25, 5:17] = VL[Side.RIGHT].label
    labels[:, 5:25, 18:30] = RF[Side.RIGHT].label
    labels[:, 5:25, 50:62] = RF[Side.LEFT].label
    labels[:, 5:25, 63:75] = VL[Side.LEFT].label
    return labels


def table(labels: np.ndarray, sure: float = 0.9) -> pd.DataFrame:
    confidence = np.where(labels > 0, np.float32(sure), np.float32(0))
    rows = structure_table(labels, confidence, STRUCTURES, SPACING_MM, EXPECTED)
    return rows.set_index(["structure", "side"])


def test_plausible_muscles_have_no_problem():
    assert (table(legs())["problem"] == "").all()


def test_volume_and_slices_are_counted():
    row = table(legs()).loc[("VL", "left")]
    assert row["volume_cm3"] == 4 * 20 * 12 * 20 / 1000
    assert row["slices"] == 4


def test_an_unsure_muscle_is_said():
    assert table(legs(), sure=0.4)["problem"].str.contains("unsure").all()


def test_a_muscle_half_as_large_as_on_the_other_side_is_said():
    labels = legs()
    labels[:, 5:17][labels[:, 5:17] == VL[Side.LEFT].label] = 0
    problems = table(labels)["problem"]
    assert "smaller than on the right side" in problems["VL", "left"]
    assert "as large as on the left side" in problems["VL", "right"]


def test_slices_that_show_one_leg_only_do_not_make_it_unlike_the_other():
    labels = legs()
    labels[:3, :, :40] = 0
    assert (table(labels)["problem"] == "").all()


def test_a_scattered_muscle_is_said():
    labels = legs()
    labels[:, 11:19][labels[:, 11:19] == RF[Side.LEFT].label] = 0
    assert "scattered" in table(labels)["problem"]["RF", "left"]


def test_exchanged_muscles_are_not_where_they_are_expected():
    labels = legs()
    exchanged = labels.copy()
    exchanged[labels == VL[Side.LEFT].label] = RF[Side.LEFT].label
    exchanged[labels == RF[Side.LEFT].label] = VL[Side.LEFT].label
    problems = table(exchanged)["problem"]
    assert "not where it is expected" in problems["VL", "left"]
    assert problems["VL", "right"] == ""


def test_a_trace_of_a_muscle_is_said():
    labels = legs()
    labels[labels == RF[Side.LEFT].label] = 0
    labels[0, 10, 55] = RF[Side.LEFT].label
    assert "very small" in table(labels)["problem"]["RF", "left"]
