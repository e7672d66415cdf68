"""Tests of suggested Mercuri scores, on arrays, on the digital limb and on real thighs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import GeometryError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
from MuscleMyopathyLib.scoring.suggestion import (
    SuggestionParameters,
    suggest_scores,
    suggested_level,
)
from MuscleMyopathyLib.segmentation.sides import divide_sides, split_by_side

COARSE = Protocol(200, 120, (1.9, 1.9), thickness_mm=6, spacing_mm=30, through_plane_samples=1)
CUT_OFFS = np.array(SuggestionParameters().cut_offs_percent)


def striped(shares: dict[Structure, float]) -> tuple[sitk.Image, Segmentation]:
    """Return a map of 0 and 100 % and muscles of 100 × 10 voxels of 1 mm with these shares of fat columns."""
    labels = np.zeros((1, 10 * len(shares), 100), np.uint8)
    percent = np.zeros(labels.shape)
    for number, share in enumerate(shares.values()):
        rows = slice(10 * number, 10 * number + 10)
        labels[0, rows] = number + 1
        percent[0, rows, : round(100 * share)] = 100
    image = sitk.GetImageFromArray(percent)
    return image, Segmentation.from_array(labels, dict(enumerate(shares, start=1)), image)


RF, VL, BFL, BFS = (Structure(code, Side.LEFT) for code in ("RF", "VL", "BFL", "BFS"))
NO_EROSION = SuggestionParameters(erosion_mm=0)


def test_the_share_of_fat_voxels_gives_the_level() -> None:
    table = suggest_scores(*striped({RF: 0.29, VL: 0.61}), NO_EROSION)
    assert table["fat_share_percent"].tolist() == [29.0, 61.0]
    assert table["suggested_code"].tolist() == ["2", "4"]
    assert table["voxel_count"].tolist() == [1000, 1000]


@pytest.mark.parametrize(
    ("share", "code"),
    [(0, "0"), (1.99, "0"), (2, "1"), (9.99, "1"), (10, "2"), (29.99, "2"), (30, "3"), (59.99, "3"), (60, "4")],
)
def test_a_share_on_a_cut_off_belongs_to_the_higher_level(share: float, code: str) -> None:
    assert suggested_level(share) == code


def test_two_heads_of_biceps_femoris_make_one_muscle() -> None:
    table = suggest_scores(*striped({BFL: 0.8, BFS: 0.2}), NO_EROSION).set_index("structure")
    assert table.loc["BF", "fat_share_percent"] == 50.0
    assert table.loc["BF", "voxel_count"] == 2000


def test_a_muscle_that_cannot_be_measured_keeps_its_row_with_the_reason() -> None:
    image, segmentation = striped({RF: 0.5, BFL: 0.5})
    absent = Segmentation(segmentation.image, {**segmentation.structures, 9: VL})
    rows = suggest_scores(image, absent, NO_EROSION).set_index("structure")
    assert rows.loc["VL", ["suggested_code", "problem"]].tolist() == [
        "",
        "no voxel of this structure in the segmentation",
    ]
    eroded = suggest_scores(image, segmentation, SuggestionParameters(erosion_mm=50))
    assert eroded.loc[0, "problem"] == "no voxel with signal is left after an erosion of 50 mm"
    assert np.isnan(eroded.loc[0, "fat_share_percent"])


def test_voxels_without_signal_do_not_count() -> None:
    image, segmentation = striped({RF: 0.2})
    array = sitk.GetArrayFromImage(image)
    array[..., 50:] = np.nan
    nan_image = sitk.GetImageFromArray(array)
    assert suggest_scores(nan_image, segmentation, NO_EROSION).loc[0, "fat_share_percent"] == 40.0


def test_a_map_on_another_grid_is_refused() -> None:
    _, segmentation = striped({RF: 0.2})
    with pytest.raises(GeometryError, match="do not share one grid"):
        suggest_scores(sitk.GetImageFromArray(np.zeros((1, 10, 99))), segmentation)


@pytest.mark.parametrize(
    "wrong", [{"cut_offs_percent": (2, 10, 60, 30)}, {"fat_threshold_percent": 0}, {"erosion_mm": -1}]
)
def test_impossible_parameters_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        SuggestionParameters(**wrong)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def on_the_digital_limb() -> pd.DataFrame:
    """Shares and levels from the limb's truth, and as suggested from its noisy water and fat images."""
    tables = []
    for region, pattern, severity in (
        (Region.THIGH, Pattern.LGMDR2, 1.0),
        (Region.THIGH, Pattern.IMNM, 0.9),
        (Region.CALF, Pattern.LGMDR2, 0.7),
        (Region.CALF, Pattern.HEALTHY, 0.0),
    ):
        limb = make_limb(LimbParameters(region, pattern, severity, seed=3, protocol=COARSE))
        water, fat = acquire(limb, WaterFat(), snr=40, seed=3)
        truth = suggest_scores(limb.fat_fraction_percent, limb.muscles)
        table = suggest_scores(fat_fraction(water.image, fat.image).percent, limb.muscles)
        tables.append(table.assign(true_share=truth["fat_share_percent"], true_code=truth["suggested_code"]))
    return pd.concat(tables, ignore_index=True)


def test_the_suggestion_is_the_true_level_wherever_the_share_is_not_near_a_cut_off(
    on_the_digital_limb: pd.DataFrame,
) -> None:
    table = on_the_digital_limb
    distance = np.abs(table["true_share"].to_numpy()[:, None] - CUT_OFFS).min(axis=1)
    clear = table[distance > 5]
    assert set(clear["true_code"]) >= {"2", "3", "4"}
    assert len(clear) >= 20
    assert (clear["suggested_code"] == clear["true_code"]).all()


def test_healthy_muscle_of_the_digital_limb_is_suggested_as_normal(on_the_digital_limb: pd.DataFrame) -> None:
    healthy = on_the_digital_limb.tail(12)
    assert (healthy["suggested_code"] == "0").all()


def test_thigh_001_has_a_fatty_posterior_thigh_and_spares_sartorius_and_gracilis(shared_data: Path) -> None:
    folder = shared_data / "huashan_thigh"
    water, fat = (sitk.ReadImage(str(folder / f"Thigh_001_{name}.nii.gz")) for name in ("water", "fat"))
    labels = sitk.ReadImage(str(folder / "Thigh_001_labels.nii.gz"))
    side_map = divide_sides(water=water, fat=fat, region=Region.THIGH)
    segmentation = split_by_side(Segmentation(labels, read_label_scheme("huashan")), side_map)
    table = suggest_scores(fat_fraction(water, fat).percent, segmentation).set_index(["structure", "side"])
    level = table["suggested_code"].astype(int)
    for side in ("left", "right"):
        assert (level.loc[[(muscle, side) for muscle in ("SM", "ST", "BFL", "AM")]] == 4).all()
        assert (level.loc[[(muscle, side) for muscle in ("SAR", "GR")]] <= 1).all()
        assert level[("RF", side)] == 3
