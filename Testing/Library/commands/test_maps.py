"""Tests of the commands that compute maps, carry labels and associate measures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.imaging.files import read_image, write_image
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import GradientEchoTrain
from MuscleMyopathyLib.study.phantom_case import phantom_case

TIMES_MS = tuple(10.0 * n for n in range(1, 9))
array = sitk.GetArrayFromImage


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """Write a train of one T2 (40 ms) in blanked air, without a sidecar."""
    inside = np.pad(np.random.default_rng(0).uniform(900, 1100, (2, 24, 24)), ((0, 0), (12, 12), (12, 12)))
    echoes = [sitk.GetImageFromArray((inside * np.exp(-te / 40)).astype(np.float32)) for te in TIMES_MS]
    path = tmp_path / "mese.nii.gz"
    sitk.WriteImage(sitk.JoinSeries(echoes), str(path))
    return path


@pytest.mark.parametrize("method", ["mono-exponential", "water"])
def test_map_t2_writes_t2_in_milliseconds_with_its_provenance(train: Path, tmp_path: Path, method: str) -> None:
    times = ",".join(map(str, TIMES_MS))
    result = call("map-t2", train, "--method", method, "--echo-times", times, "--output", tmp_path / "t2")
    assert result.exit_code == 0, result.output
    name = "water_t2" if method == "water" else "t2"
    assert np.nanmedian(array(read_image(tmp_path / "t2" / f"{name}.nii.gz"))) == pytest.approx(40, abs=0.5)
    # The echo times were given: that the files do not tell them is no news.
    assert "echo times are unknown" not in result.stdout
    record = json.loads((tmp_path / "t2" / "provenance.json").read_text(encoding="utf-8"))
    assert len(record["inputs"]) == 8
    assert record["parameters"]["signal_to_noise"] == 5.0
    assert "cut-off 36.4 ms" in result.stdout


def test_map_t2_asks_for_missing_echo_times_in_its_last_line(train: Path, tmp_path: Path) -> None:
    result = call("map-t2", train, "--output", tmp_path / "t2", "--progress", "json")
    assert result.exit_code == 1
    assert "Give the 8 echo times" in json.loads(result.stdout.splitlines()[-1])["error"]


def test_map_t2_as_a_job_ends_with_its_result(train: Path, tmp_path: Path) -> None:
    times = ",".join(map(str, TIMES_MS))
    result = call("map-t2", train, "--echo-times", times, "--output", tmp_path / "t2", "--progress", "json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[-1] == {"result": str(tmp_path / "t2")}
    assert all("fraction" in line for line in lines[:-1])


def test_map_t2_measures_the_t2_of_fat_in_a_region(train: Path, tmp_path: Path) -> None:
    region = np.zeros((2, 48, 48), np.uint8)
    region[:, 20:28, 20:28] = 1
    write_image(sitk.GetImageFromArray(region), tmp_path / "fat.nii.gz")
    times = ",".join(map(str, TIMES_MS))
    options = ["--method", "water", "--echo-times", times, "--output", tmp_path / "t2"]
    result = call("map-t2", train, *options, "--fat-region", tmp_path / "fat.nii.gz")
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "t2" / "provenance.json").read_text(encoding="utf-8"))
    # All of this train decays with 40 ms, the shortest T2 of fat that is searched.
    assert record["parameters"]["fat_t2_ms"] == pytest.approx(40.0, abs=0.5)
    assert "the median of 128 voxels of the fat region" in result.stdout
    both = call("map-t2", train, *options, "--fat-region", tmp_path / "fat.nii.gz", "--fat-t2-ms", "120")
    assert both.exit_code == 2


def test_map_ff_of_magnitude_alone_is_refused(train: Path, tmp_path: Path) -> None:
    times = ",".join(map(str, TIMES_MS))
    result = call(
        "map-ff", "--magnitude", train, "--echo-times", times, "--field-strength", 3, "--output", tmp_path
    )
    assert result.exit_code == 1
    assert "needs the phase" in result.stderr


def test_map_ff_needs_one_kind_of_input(train: Path, tmp_path: Path) -> None:
    result = call("map-ff", "--magnitude", train, "--ff-map", train, "--output", tmp_path)
    assert result.exit_code == 2


def test_map_ff_does_not_call_echo_times_unknown_that_were_given(tmp_path: Path) -> None:
    limb = LimbParameters(protocol=Protocol(95, 50, (4.0, 4.0), thickness_mm=6, spacing_mm=40, slices=2))
    series = phantom_case(limb, sequences=(GradientEchoTrain(),)).series
    for one in series:
        sitk.WriteImage(sitk.JoinSeries(one.echoes), str(tmp_path / f"{one.role}.nii.gz"))
    result = call(
        "map-ff", "--magnitude", tmp_path / f"{Role.MULTI_ECHO_GRE}.nii.gz",
        "--phase", tmp_path / f"{Role.MULTI_ECHO_GRE_PHASE}.nii.gz",
        "--echo-times", ",".join(map(str, series[0].echo_times_ms)), "--field-strength", 3,
        "--output", tmp_path / "ff",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Phase taken as radians" in result.stdout
    assert "echo times are unknown" not in result.output


def hand_arguments(shared_data: Path) -> list[object]:
    """Return the magnitude and phase files of a real hand as arguments."""
    folder = shared_data / "swastling" / "hand_dixon3"
    files = [("magnitude", 6, 345), ("magnitude", 8, 460), ("magnitude", 10, 575)]
    files += [("phase", 7, 345), ("phase", 9, 460), ("phase", 11, 575)]
    return [part for kind, n, te in files for part in (f"--{kind}", folder / f"{n:04d}-Dixon_TE_{te}_hand.nii.gz")]


def test_map_ff_of_a_real_hand_writes_all_maps_and_says_how_sure_it_is(shared_data: Path, tmp_path: Path) -> None:
    result = call(
        "map-ff", *hand_arguments(shared_data), "--echo-times", "3.45,4.6,5.75", "--field-strength", 3,
        "--fat-spectrum", "one-peak", "--align-echoes", "--output", tmp_path / "ff",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    names = {path.name.removesuffix(".nii.gz") for path in (tmp_path / "ff").iterdir()}
    maps = {"fat_fraction", "water", "fat", "field_map", "r2star", "residual", "confidence", "suspected_swap"}
    assert names == maps | {"provenance.json"}
    assert "Phase taken as 0–4095" in result.stdout
    assert "Confidence: median" in result.stdout
    assert "Swap map:" in result.stdout
    record = json.loads((tmp_path / "ff" / "provenance.json").read_text(encoding="utf-8"))
    assert record["parameters"]["fat_spectrum"] == "one-peak"
    assert record["parameters"]["align_echoes"] is True
    assert record["parameters"]["bipolar_readouts"] is False


def test_map_ff_asks_for_missing_echo_times(shared_data: Path, tmp_path: Path) -> None:
    result = call("map-ff", *hand_arguments(shared_data), "--field-strength", 3, "--output", tmp_path / "ff")
    assert result.exit_code == 1
    assert "not guessed. Give the 3 echo times" in result.stderr


def test_map_ff_refuses_bipolar_readouts_of_three_echoes(shared_data: Path, tmp_path: Path) -> None:
    result = call(
        "map-ff", *hand_arguments(shared_data), "--echo-times", "3.45,4.6,5.75", "--field-strength", 3,
        "--bipolar", "--output", tmp_path / "ff",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "cannot be told from fat" in result.stderr


def test_map_ff_of_two_magnitudes_folds_at_50_percent_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    water, fat = (np.pad(np.full((2, 24, 24), level), ((0, 0), (12, 12), (12, 12))) for level in (80.0, 20.0))
    for name, values in (("in", water + fat), ("opposed", water - fat)):
        noisy = np.abs(values + rng.normal(0, 0.5, values.shape))
        write_image(sitk.GetImageFromArray(noisy.astype(np.float32)), tmp_path / f"{name}.nii.gz")
    result = call(
        "map-ff", "--in-phase", tmp_path / "in.nii.gz", "--opposed-phase", tmp_path / "opposed.nii.gz",
        "--output", tmp_path / "ff",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    percent = array(read_image(tmp_path / "ff" / "fat_fraction.nii.gz"))[:, 14:34, 14:34]
    assert np.nanmedian(percent) == pytest.approx(20, abs=0.5)
    assert "above 50 % show as 100 % minus" in result.stdout


def test_map_ff_of_one_magnitude_of_two_is_refused(train: Path, tmp_path: Path) -> None:
    result = call("map-ff", "--in-phase", train, "--output", tmp_path / "ff")
    assert result.exit_code == 2
    assert "Give both --in-phase and --opposed-phase" in result.stderr


def test_map_ff_of_a_masked_thigh_is_that_of_the_program_that_made_it(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "swastling" / "ge_thigh_masked"
    result = call(
        "map-ff", "--water", folder / "water.nii.gz", "--fat", folder / "fat.nii.gz", "--output", tmp_path / "ff"
    )
    assert result.exit_code == 0, result.output
    ours = array(read_image(tmp_path / "ff" / "fat_fraction.nii.gz"))
    theirs = array(read_image(folder / "fatfraction.nii.gz"))
    measured = np.isfinite(ours)
    assert measured.sum() > 10_000
    np.testing.assert_allclose(ours[measured], theirs[measured], atol=1e-3)
    assert "outside 0–100 % and is kept as it is" in result.stdout


def test_measure_takes_any_map_with_its_quantity(tmp_path: Path) -> None:
    label = next(iter(read_label_scheme("muscle-myopathy")))
    labels = np.zeros((2, 8, 8), np.uint8)
    labels[:, 2:6, 2:6] = label
    values = np.where(labels > 0, 38.5, np.nan).astype(np.float32)
    for name, made in (("labels", labels), ("t2", values)):
        write_image(sitk.GetImageFromArray(made), tmp_path / f"{name}.nii.gz")
    given = [
        "--labels",
        tmp_path / "labels.nii.gz",
        "--output",
        tmp_path / "t2.csv",
        "--map",
        tmp_path / "t2.nii.gz",
    ]
    result = call("measure", *given, "--quantity", "water_t2")
    assert result.exit_code == 0, result.output
    row = pd.read_csv(tmp_path / "t2.csv").dropna(subset=["voxel_count"]).query("voxel_count > 0").iloc[0]
    assert row["water_t2_median_ms"] == pytest.approx(38.5)
    assert call("measure", *given).exit_code == 2


def test_transfer_writes_labels_and_volumes(tmp_path: Path) -> None:
    label = next(iter(read_label_scheme("muscle-myopathy")))
    labels = np.zeros((6, 30, 30), dtype=np.uint8)
    labels[1:5, 8:20, 8:20] = label
    drawn = sitk.GetImageFromArray(labels)
    drawn.SetSpacing((2.0, 2.0, 5.0))
    fine = sitk.Image(60, 60, 6, sitk.sitkFloat32)
    fine.SetSpacing((1.0, 1.0, 5.0))
    fine.SetOrigin((-0.5, -0.5, 0.0))
    for name, image in (("labels", drawn), ("t1w", sitk.Cast(drawn, sitk.sitkFloat32)), ("t2map", fine)):
        write_image(image, tmp_path / f"{name}.nii.gz")
    result = call(
        "transfer", "--labels", tmp_path / "labels.nii.gz", "--from", tmp_path / "t1w.nii.gz",
        "--to", tmp_path / "t2map.nii.gz", "--output", tmp_path / "out" / "carried.nii.gz",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert (array(read_image(tmp_path / "out" / "carried.nii.gz")) == label).sum() == 4 * 24 * 24
    volumes = pd.read_csv(tmp_path / "out" / "carried.volumes.csv")
    assert volumes["change_percent"].tolist() == [0.0]
    assert "100.0 % of the structures lie inside" in result.stdout


def test_associate_writes_the_roc_of_a_cohort(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cohort = pd.DataFrame(
        {
            "case": [f"P{n}" for n in range(30)],
            "group": ["patient"] * 15 + ["control"] * 15,
            "t2_median_ms": np.r_[rng.normal(47, 6, 15), rng.normal(34, 1, 15)],
            "ck": rng.uniform(50, 5000, 30),
        }
    )
    cohort.to_csv(tmp_path / "cohort.csv", index=False)
    output = tmp_path / "association"
    result = call(
        "associate", tmp_path / "cohort.csv", "--measure", "t2_median_ms", "--group", "group", "--with", "ck",
        "--output", output,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert pd.read_csv(output / "roc.csv")["area"][0] > 0.9
    assert pd.read_csv(output / "correlations.csv")["covariate"].tolist() == ["ck"]
    assert "2 p values, not corrected" in result.stdout
    assert "AUC" in (output / "association.html").read_text(encoding="utf-8")
