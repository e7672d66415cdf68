"""Maps, transfer and associations on nodes: the numbers are those of the library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Acquisition, Series
from MuscleMyopathyLib.modeling.roc import roc_curve
from MuscleMyopathyLib.phantom.signals import fat_phasor
from MuscleMyopathyLib.scene import console_association, console_qmri
from MuscleMyopathyLib.scene.geometry import array_from_vtk_matrix
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.series_nodes import volume_nodes_from_series
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, role_of, set_role, volume_node_from_image

SHAPE = (3, 40, 48)
T2_MS, FAT = 38.0, 0.25
RF = Structure("RF", Side.LEFT)
array = sitk.GetArrayFromImage


def image(values: np.ndarray, spacing: tuple[float, float, float] = (2.0, 2.0, 6.0)) -> sitk.Image:
    made = sitk.GetImageFromArray(values)
    made.SetSpacing(spacing)
    return made


def disc(shape: tuple[int, int, int] = SHAPE, scale: float = 1.0) -> np.ndarray:
    rows, columns = np.indices(shape[1:])
    inside = (rows - 20 * scale) ** 2 + (columns - 24 * scale) ** 2 < (12 * scale) ** 2
    return np.broadcast_to(inside, shape)


def spin_echoes(frame: str | None = "1.2.3") -> Series:
    times = tuple(10.0 * n for n in range(1, 9))
    noise = np.random.default_rng(0)
    echoes = tuple(
        image(np.where(disc(), 1000 * np.exp(-te / T2_MS), 0) + noise.uniform(0.5, 1.5, SHAPE)) for te in times
    )
    return Series("mese", echoes[0], Role.MULTI_ECHO_SE, "", echoes, times, frame_of_reference_uid=frame)


def gradient_echoes() -> tuple[Series, Series]:
    times = (1.2, 2.2, 3.2, 4.2, 5.2, 6.2)
    random = np.random.default_rng(0)
    air = [random.normal(0, 3, SHAPE) + 1j * random.normal(0, 3, SHAPE) for _ in times]
    signals = [
        1000 * (1 - FAT + FAT * fat_phasor(te, 3.0)) * disc() + noise for te, noise in zip(times, air, strict=True)
    ]
    known = Acquisition(14.0, 3.0, 3.0)
    magnitude, phase = (
        tuple(image(part(signal).astype(np.float32)) for signal in signals) for part in (np.abs, np.angle)
    )
    return (
        Series("gre", magnitude[0], Role.MULTI_ECHO_GRE, "", magnitude, times, known),
        Series("gre phase", phase[0], Role.MULTI_ECHO_GRE_PHASE, "", phase, times, known),
    )


def muscles(like: sitk.Image, mask: np.ndarray) -> Segmentation:
    return Segmentation.from_array(mask.astype(np.uint8), {1: RF}, like)


@pytest.mark.parametrize(("method", "key"), [("mono-exponential", "t2"), ("water", "water_t2")])
def test_t2_of_a_train_is_that_of_its_decay(scene: Any, method: str, key: str) -> None:
    nodes = volume_nodes_from_series(spin_echoes())
    found = console_qmri.map_t2(nodes[3], method=method)
    assert np.nanmedian(array(image_from_volume_node(found[key]))) == pytest.approx(T2_MS, abs=0.5)
    assert role_of(found[key]) is Role.T2_MAP
    count = scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    assert console_qmri.map_t2(nodes, method=method, output_nodes=found) == found
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == count


def test_fat_fraction_of_complex_echoes_is_the_true_one(scene: Any) -> None:
    magnitude, phase = (volume_nodes_from_series(series)[0] for series in gradient_echoes())
    found = console_qmri.map_fat_fraction(magnitude, phase)
    percent = array(image_from_volume_node(found["fat_fraction"]))
    assert np.nanmedian(percent[disc()]) == pytest.approx(100 * FAT, abs=1.0)
    assert "TR 14 ms" in found["fat_fraction"].GetDescription()
    assert {"water", "fat", "field_map", "r2star", "confidence", "suspected_swap"} < set(found)


def test_a_map_is_measured_on_labels_of_another_grid_which_are_carried_over(scene: Any) -> None:
    t2 = console_qmri.map_t2(volume_nodes_from_series(spin_echoes()))["t2"]
    fine = image(np.zeros((3, 80, 96), np.float32), (1.0, 1.0, 6.0))
    fine.SetOrigin((-0.5, -0.5, 0.0))
    anatomy = volume_node_from_image(fine, "T1w")
    drawn = segmentation_node_from(
        muscles(fine, disc((3, 80, 96), 2.0) & (np.indices((3, 80, 96))[1] < 60)), "m", anatomy
    )
    table = console_qmri.measure_map(t2, drawn)
    row = dataframe_from_table_node(table).iloc[0]
    assert row["t2_median_ms"] == pytest.approx(T2_MS, abs=0.5)
    assert "frame of reference" in table.GetDescription()
    by_slice = dataframe_from_table_node(console_qmri.measure_map(t2, drawn, by_slice=True))
    assert by_slice["slice"].tolist() == [0, 1, 2]


def test_the_scanners_map_is_measured_in_ms_without_its_code_for_no_fit(scene: Any) -> None:
    values = np.where(disc(), 420, 2047).astype(np.int16)
    node = volume_node_from_image(image(values), "scanner")
    set_role(node, Role.T2_MAP)
    table = console_qmri.measure_map(
        node, segmentation_node_from(muscles(image(values), np.ones(SHAPE)), "m", node)
    )
    assert dataframe_from_table_node(table).loc[0, "t2_mean_ms"] == pytest.approx(42.0)
    assert "tenths of ms" in table.GetDescription()


def test_a_transfer_with_refinement_moves_the_structures_with_the_images(scene: Any) -> None:
    noise = np.random.default_rng(1)
    shape = (8, 80, 96)
    rows, columns = np.indices(shape[1:])
    bone = (rows - 34) ** 2 + (columns - 60) ** 2 < 30
    picture = np.where(disc(shape, 2.0), 300 + 200 * np.sin(columns / 7) * np.cos(rows / 9), 5) - 250 * bone
    picture = picture + noise.normal(0, 4, shape)
    target = image(picture.astype(np.float32), (2.0, 2.0, 6.0))
    moved = image(picture.astype(np.float32), (2.0, 2.0, 6.0))
    moved.SetOrigin((4.0, -3.0, 0.0))
    source_node = volume_node_from_image(moved, "T1w")
    target_node = volume_node_from_image(target, "T2 map")
    drawn = segmentation_node_from(muscles(moved, disc(shape, 2.0)), "muscles", source_node)
    carried = console_qmri.transfer(drawn, source_node, target_node, refine=True)
    assert carried.refinement is not None
    assert carried.refinement.displacement_mm == pytest.approx(5.0, abs=0.7)
    table = dataframe_from_table_node(carried.volumes)
    assert table.loc[0, "displacement_mm"] == pytest.approx(5.0, abs=0.7)
    found = segmentation_from_node(carried.segmentation).array > 0
    overlap = 2 * (found & disc(shape, 2.0)).sum() / (found.sum() + disc(shape, 2.0).sum())
    assert overlap > 0.97
    # RAS: the patient's left and posterior axes point the other way.
    matrix = array_from_vtk_matrix(carried.transform.GetMatrixTransformToParent())
    np.testing.assert_allclose(matrix[:3, 3], (4.0, -3.0, 0.0), atol=0.7)


def test_a_transfer_between_two_frames_of_reference_needs_the_users_word(scene: Any) -> None:
    first = volume_nodes_from_series(spin_echoes())[0]
    second = volume_nodes_from_series(spin_echoes("9.9.9"))[0]
    drawn = segmentation_node_from(muscles(image_from_volume_node(first), disc()), "muscles", first)
    with pytest.raises(InputError, match="different frames of reference"):
        console_qmri.transfer(drawn, first, second)
    carried = console_qmri.transfer(drawn, first, second, same_space=True)
    assert (carried.transform, carried.refinement) == (None, None)
    assert any("the user stated" in problem for problem in carried.problems)


def a_cohort() -> pd.DataFrame:
    random = np.random.default_rng(0)
    t2 = np.concatenate([random.normal(45, 5, 12), random.normal(34, 2, 12)])
    return pd.DataFrame(
        {
            "case": [f"P{n:02d}" for n in range(24)],
            "group": ["patient"] * 12 + ["control"] * 12,
            "t2_median_ms": t2,
            "ck": 10 * t2 + random.normal(0, 40, 24),
        }
    )


def test_a_roc_of_the_users_cohort_has_its_table_and_its_curve(scene: Any) -> None:
    cohort = a_cohort()
    node = table_node_from_dataframe(cohort, "cohort")
    table, chart = console_association.roc(node, "t2_median_ms", "group")
    expected = roc_curve(cohort["t2_median_ms"][:12], cohort["t2_median_ms"][12:])
    assert dataframe_from_table_node(table).loc[0, "area"] == pytest.approx(expected.area)
    curve = dataframe_from_table_node(chart.GetNthPlotSeriesNode(0).GetTableNode())
    np.testing.assert_allclose(curve["true_positive_rate"], expected.true_positive_rate)
    again = console_association.roc(node, "t2_median_ms", "group", output_nodes=(table, chart))
    assert again == (table, chart)
    assert chart.GetNumberOfPlotSeriesNodes() == 1


def test_associations_hold_the_tables_that_the_cohort_allows(scene: Any) -> None:
    node = table_node_from_dataframe(a_cohort(), "cohort")
    tables = console_association.associate(node, ["t2_median_ms"], group="group", covariates=["ck"])
    assert set(tables) == {"roc", "roc_points", "groups", "correlations"}
    assert dataframe_from_table_node(tables["correlations"]).loc[0, "rho"] > 0.5


def test_what_cannot_be_mapped_or_measured_is_said(scene: Any) -> None:
    nodes = volume_nodes_from_series(spin_echoes())
    with pytest.raises(ParameterError, match="mono-exponential, water"):
        console_qmri.map_t2(nodes, method="epg")
    bare = volume_node_from_image(image(np.ones(SHAPE)), "unknown")
    drawn = segmentation_node_from(muscles(image(np.ones(SHAPE)), disc()), "muscles", bare)
    with pytest.raises(InputError, match="Nothing tells what the map unknown shows"):
        console_qmri.measure_map(bare, drawn)
    with pytest.raises(ParameterError, match="no quantity"):
        console_qmri.measure_map(bare, drawn, "t1")
    with pytest.raises(InputError, match=r"echo times .* unknown"):
        console_qmri.map_fat_fraction([bare, bare], [bare, bare])
