"""The command segment by each method, on files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
import SimpleITK as sitk
from click.testing import CliRunner, Result

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.commands.map_options import read_one_image
from MuscleMyopathyLib.imaging.dicom_segmentation_export import write_dicom_segmentation
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file
from Testing.Library.imaging.dicom_writer import AXIAL, positions_along_normal, write_series
from Testing.Library.segmentation.synthetic_legs import make_legs


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["segment", *(str(argument) for argument in arguments)])


@pytest.fixture
def legs(tmp_path: Path) -> Path:
    """Write water and fat of two simple legs."""
    made = make_legs()
    sitk.WriteImage(made.water, str(tmp_path / "water.nii.gz"))
    sitk.WriteImage(made.fat, str(tmp_path / "fat.nii.gz"))
    return tmp_path


def test_compartments_leave_labels_a_table_and_their_provenance(legs: Path) -> None:
    output = legs / "out" / "found.nii.gz"
    result = call(
        "--image", f"water={legs / 'water.nii.gz'}", "--image", f"fat={legs / 'fat.nii.gz'}",
        "--region", "thigh", "--structures", "SAT_left,SAT_right", "--output", output,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    table = pd.read_csv(legs / "out" / "found.structures.csv")
    assert sorted(zip(table["structure"], table["side"], strict=True)) == [("SAT", "left"), ("SAT", "right")]
    assert (table["volume_cm3"] > 0).all()
    assert set(np.unique(sitk.GetArrayFromImage(sitk.ReadImage(str(output))))) == {0, 44, 144}
    record = json.loads((legs / "out" / "found.provenance.json").read_text(encoding="utf-8"))
    assert record["made_by"] == "compartments"
    assert [one["role"] for one in record["inputs"]] == ["water", "fat"]


def test_drawn_slices_are_filled_with_a_confidence_per_structure(tmp_path: Path) -> None:
    labels = np.zeros((5, 30, 40), np.uint8)
    labels[:, 5:12, 8:20], labels[:, 16:24, 10:30] = 1, 2
    sitk.WriteImage(sitk.GetImageFromArray(np.where(labels > 0, 50.0, 200.0)), str(tmp_path / "image.nrrd"))
    labels[1:4] = 0
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(tmp_path / "drawn.nrrd"))
    result = call(
        "--method", "propagate", "--labels", tmp_path / "drawn.nrrd", "--image", f"T1w={tmp_path / 'image.nrrd'}",
        "--drawn-slices", "0,4", "--output", tmp_path / "filled.nrrd",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    filled = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "filled.nrrd")))
    assert all((plane == 1).any() and (plane == 2).any() for plane in filled)
    table = pd.read_csv(tmp_path / "filled.structures.csv").set_index(["structure", "side"])
    assert table.loc[("RF", "left"), "confidence"] > 0.9


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--method", "compartments"), "--region thigh or --region calf"),
        (("--method", "weights", "--region", "thigh"), "give --weights"),
        (("--method", "propagate"), "give --labels"),
        (("--image", "water", "--region", "thigh"), "NAME=FILE"),
        (("--method", "muscles", "--region", "thigh", "--network", "."), "card.json"),
        (("--structures", "RF_lft", "--region", "thigh"), "RF_lft"),
        (("--confidence", "sure.nrrd", "--region", "thigh"), "only networks give probabilities"),
        (("--method", "muscles", "--whole-muscle", "whole.nrrd"), "--method compartments"),
        (("--image", "=water.nrrd", "--region", "thigh"), "NAME=FILE"),
    ],
)
def test_what_is_missing_is_said_in_words(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    result = call(*arguments, "--output", tmp_path / "found.nrrd")
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_a_name_under_which_no_labels_can_be_written_is_refused_before_the_work(legs: Path) -> None:
    images = ("--water", legs / "water.nii.gz", "--fat", legs / "fat.nii.gz", "--region", "thigh")
    result = call(*images, "--output", legs / "found.dcm", "--progress", "json")
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert "use .nii, .nii.gz, .nrrd, .mha" in json.loads(line)["error"]
    result = call(*images, "--whole-muscle", legs / "whole.txt", "--output", legs / "found.nrrd")
    assert result.exit_code == 1
    assert "whole.txt has no suffix" in result.stderr
    assert not (legs / "found.nrrd").exists()


@pytest.fixture
def dicom(tmp_path: Path) -> tuple[Path, Path, Segmentation]:
    """Return the folder of a DICOM series, a DICOM SEG with its first and last slice drawn, and what is drawn."""
    pytest.importorskip("highdicom", reason="needs highdicom: pip install muscle-myopathy[dicom-seg]")
    voxels = np.full((5, 30, 40), 200, np.uint16)
    voxels[:, 5:12, 8:20] = 50
    files = write_series(
        tmp_path / "series", voxels, positions_along_normal(5, AXIAL), PatientPosition="HFS", SliceThickness="5"
    )
    image = read_one_image(tmp_path / "series")
    labels = np.zeros(voxels.shape, np.uint8)
    labels[[0, 4]] = (voxels[0] == 50).astype(np.uint8)
    drawn = Segmentation.from_array(labels, {1: Structure("RF", Side.LEFT)}, image)
    return tmp_path / "series", write_dicom_segmentation(drawn, files, tmp_path / "drawn.dcm"), drawn


def test_a_dicom_series_and_a_dicom_segmentation_are_read(dicom: tuple[Path, Path, Segmentation]) -> None:
    series, drawn, truth = dicom
    output = series.parent / "filled.nrrd"
    arguments = ("--labels", drawn, "--output", output)
    done = call("--method", "propagate", "--image", f"T1w={series}", *arguments)
    assert done.exit_code == 0, done.output
    filled = sitk.ReadImage(str(output))
    assert same_geometry(filled, truth.image)
    array = sitk.GetArrayFromImage(filled)
    assert (array[[0, 4]] > 0).tolist() == (truth.array[[0, 4]] > 0).tolist()
    assert all(((plane > 0) == (truth.array[0] > 0)).mean() > 0.99 for plane in array[1:4])
    label = int(array.max())
    names = read_label_scheme(str(series.parent / "filled.txt"))
    assert names[label] == Structure("RF", Side.LEFT)
    again = CliRunner().invoke(cli, ["propagate", "--image", str(series), *map(str, arguments)])
    assert again.exit_code == 0, again.output


def test_the_result_is_also_written_as_a_dicom_segmentation(dicom: tuple[Path, Path, Segmentation]) -> None:
    series, drawn, _truth = dicom
    output, seg = series.parent / "filled.nrrd", series.parent / "filled.dcm"
    arguments = ("--method", "propagate", "--labels", drawn, "--output", output)
    done = call(*arguments, "--image", f"T1w={series}", "--dicom-seg", seg)
    assert done.exit_code == 0, done.output
    read = read_segmentation_file(seg, None, read_one_image(series))
    left = Structure("RF", Side.LEFT)
    assert list(read.structures.values()) == [left]
    np.testing.assert_array_equal(read.mask(left), sitk.GetArrayFromImage(sitk.ReadImage(str(output))) > 0)
    assert pydicom.dcmread(seg).PatientID == pydicom.dcmread(next(series.iterdir())).PatientID


def test_a_dicom_segmentation_needs_a_dicom_series(dicom: tuple[Path, Path, Segmentation]) -> None:
    series, drawn, _truth = dicom
    image = series.parent / "image.nrrd"
    sitk.WriteImage(read_one_image(series), str(image))
    output = series.parent / "filled.nrrd"
    arguments = ("--method", "propagate", "--labels", drawn, "--output", output)
    refused = call(*arguments, "--image", f"T1w={image}", "--dicom-seg", series.parent / "filled.dcm")
    assert refused.exit_code == 1
    assert "give the folder of the DICOM series" in refused.stderr
    refused = call(*arguments, "--image", f"T1w={series}", "--dicom-seg", series.parent / "filled.nii")
    assert refused.exit_code == 1
    assert "name the file NAME.dcm" in refused.stderr
    assert not output.exists()


def test_one_file_of_a_dicom_series_is_told_to_be_a_single_slice(dicom: tuple[Path, Path, Segmentation]) -> None:
    series, _drawn, _truth = dicom
    one = sorted(series.iterdir())[2]
    labels = sitk.GetImageFromArray(np.ones((1, 30, 40), np.uint8))
    labels.CopyInformation(read_one_image(one))
    sitk.WriteImage(labels, str(series.parent / "one.nrrd"))
    (series.parent / "preset.yaml").write_text("extrapolate_mm: 1")
    result = call(
        "--method", "propagate", "--image", f"T1w={one}", "--labels", series.parent / "one.nrrd",
        "--preset", series.parent / "preset.yaml", "--output", series.parent / "found.nrrd",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    told = f"T1w is a single slice, {one.name}. Give the folder of its DICOM series"
    assert told in result.output
    record = json.loads((series.parent / "found.provenance.json").read_text(encoding="utf-8"))
    assert record["problems"][0].startswith(told)


def test_labels_without_a_meaning_are_refused_and_not_dropped(tmp_path: Path) -> None:
    labels = np.zeros((3, 8, 8), np.uint8)
    labels[[0, 2], 2:5, 2:5], labels[[0, 2], 6, 6] = 1, 99
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(tmp_path / "drawn.nrrd"))
    sitk.WriteImage(sitk.GetImageFromArray(labels * 9.0), str(tmp_path / "image.nrrd"))
    result = call(
        "--method", "propagate", "--labels", tmp_path / "drawn.nrrd", "--image", f"T1w={tmp_path / 'image.nrrd'}",
        "--output", tmp_path / "filled.nrrd",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "labels without a meaning: 99" in result.stderr


def test_a_result_is_not_written_over_what_it_is_made_from(legs: Path) -> None:
    before = (legs / "water.nii.gz").read_bytes()
    images = ("--water", legs / "water.nii.gz", "--fat", legs / "fat.nii.gz", "--region", "thigh")
    result = call(*images, "--output", legs / "out" / ".." / "water.nii.gz")
    assert result.exit_code == 1
    assert "the result would replace it" in result.stderr
    assert (legs / "water.nii.gz").read_bytes() == before


def test_an_image_that_does_not_tell_how_it_lies_in_the_patient_is_named(legs: Path) -> None:
    import nibabel

    told = nibabel.load(legs / "water.nii.gz")
    for name in ("water", "fat"):
        image = nibabel.load(legs / f"{name}.nii.gz")
        untold = nibabel.Nifti1Image(np.asarray(image.dataobj), None)
        untold.header.set_zooms(told.header.get_zooms())
        nibabel.save(untold, legs / f"untold_{name}.nii.gz")
        header = nibabel.load(legs / f"untold_{name}.nii.gz").header
        assert (int(header["qform_code"]), int(header["sform_code"])) == (0, 0)
    images = ("--water", legs / "untold_water.nii.gz", "--fat", legs / "untold_fat.nii.gz", "--region", "thigh")
    result = call(*images, "--output", legs / "found.nrrd")
    assert result.exit_code == 0, result.output
    assert "untold_water.nii.gz does not tell how it lies in the patient" in result.output
    plain = call("--water", legs / "water.nii.gz", "--fat", legs / "fat.nii.gz", "--region", "thigh",
                 "--output", legs / "found.nrrd")  # fmt: skip
    assert "does not tell" not in plain.output
