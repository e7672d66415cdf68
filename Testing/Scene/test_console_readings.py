"""Agreement on nodes is that of the library on tables and segmentations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.reproducibility.bland_altman import bland_altman
from MuscleMyopathyLib.reproducibility.comparisons import AgreementKind, AgreementParameters, Comparison
from MuscleMyopathyLib.reproducibility.feature_agreement import feature_agreement
from MuscleMyopathyLib.scene.agreement_charts import bland_altman_chart
from MuscleMyopathyLib.scene.case_nodes import find_case_node
from MuscleMyopathyLib.scene.console_readings import agreement, overlap
from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe

INTER = AgreementParameters(kind=AgreementKind.INTER)


@pytest.fixture
def measures() -> pd.DataFrame:
    """Return fat fractions of six cases by two readers."""
    random = np.random.default_rng(5)
    true = random.uniform(5, 60, 6)
    return pd.DataFrame(
        {"case": f"P-{case}", "reader": reader, "session": 1, "structure": "RF", "ff_mean_percent": value}
        for reader in ("R1", "R2")
        for case, value in enumerate(true + random.normal(0, 1, 6))
    )


def test_tables_of_two_readers_are_compared_together(scene: Any, measures: pd.DataFrame) -> None:
    nodes = [
        table_node_from_dataframe(part.reset_index(drop=True), str(reader))
        for reader, part in measures.groupby("reader")
    ]
    found = agreement(nodes, INTER)
    expected = feature_agreement(measures, INTER).icc
    icc = dataframe_from_table_node(found["icc"])
    assert icc["icc"].tolist() == pytest.approx(expected["icc"].tolist(), rel=1e-12)
    assert "bias" in dataframe_from_table_node(found["bland_altman"])


def test_no_table_is_refused_in_words(scene: Any) -> None:
    with pytest.raises(InputError, match="Choose one or more tables"):
        agreement([])


def test_the_plot_holds_the_differences_and_the_limits_of_the_library(scene: Any, measures: pd.DataFrame) -> None:
    comparison = Comparison(AgreementKind.INTER, (("R1", 1), ("R2", 1)))
    chart = bland_altman_chart("P", measures, "ff_mean_percent", comparison)
    assert chart.GetNumberOfPlotSeriesNodes() == 4
    first, second = (measures.loc[measures["reader"] == reader, "ff_mean_percent"] for reader in ("R1", "R2"))
    expected = bland_altman(first, second)
    points = dataframe_from_table_node(find_case_node("P", "Bland–Altman points"))
    lines = dataframe_from_table_node(find_case_node("P", "Bland–Altman lines"))
    assert sorted(points["difference"]) == pytest.approx(sorted(expected.differences))
    assert lines["upper_limit"].tolist() == pytest.approx([expected.upper_limit] * 2)


def test_two_segmentations_overlap_by_their_common_voxels(scene: Any) -> None:
    image = sitk.Image(10, 10, 4, sitk.sitkUInt8)
    structures = {1: Structure.parse("RF_left")}
    nodes = []
    for name, columns in (("first", slice(0, 6)), ("second", slice(2, 8))):
        labels = np.zeros((4, 10, 10), np.uint8)
        labels[:, 2:8, columns] = 1
        nodes.append(segmentation_node_from(Segmentation.from_array(labels, structures, image), name))
    row = dataframe_from_table_node(overlap(*nodes)).iloc[0]
    assert row["dice"] == pytest.approx(2 * 4 / 12)
    assert row["band"] == "red"
