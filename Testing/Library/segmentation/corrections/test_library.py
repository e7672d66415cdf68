"""The library of accepted corrections."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.segmentation.corrections.learning import learn, library_content
from MuscleMyopathyLib.segmentation.corrections.library import PAIRS, CorrectionLibrary

RF, FASCIA_FAT = Structure("RF", Side.LEFT), Structure("SAT", Side.LEFT)


def correction(seed: int = 0) -> tuple[dict[str, sitk.Image], Segmentation]:
    image = sitk.GetImageFromArray(np.random.default_rng(seed).normal(100, 10, (3, 8, 9)).astype(np.float32))
    image.SetSpacing((1.5, 2.0, 6.0))
    image.SetOrigin((-3.0, 4.0, 5.0))
    image.SetMetaData("0010|0010", "DOE^JANE")
    labels = np.zeros((3, 8, 9), np.uint8)
    labels[1, 2:5, 2:5], labels[2] = 1, 2
    return {"T1w": image}, Segmentation.from_array(labels, {1: RF, 2: FASCIA_FAT}, image)


def test_a_pair_comes_back_as_it_was_accepted_and_holds_the_region_s_muscles_alone(tmp_path: Path) -> None:
    library = CorrectionLibrary(tmp_path)
    images, corrected = correction()
    pair = library.add("P-01", Region.THIGH, images, corrected)
    (read,) = library.pairs()
    assert read == pair
    again, labels = library.read(read)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(again["T1w"]), sitk.GetArrayFromImage(images["T1w"]))
    assert same_geometry(again["T1w"], images["T1w"])
    assert list(labels.structures.values()) == [RF]
    np.testing.assert_array_equal(labels.mask(RF), corrected.mask(RF))


def test_no_name_of_a_patient_reaches_the_library(tmp_path: Path) -> None:
    images, corrected = correction()
    CorrectionLibrary(tmp_path).add("P-01", Region.THIGH, images, corrected)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"DOE" not in path.read_bytes()
            assert "DOE" not in path.name
            if path.name.endswith(".nii.gz"):
                assert b"DOE" not in gzip.decompress(path.read_bytes())


@pytest.mark.parametrize("case", ["", "Jane Doe", "../x", "a/b", "x" * 65])
def test_a_case_is_named_by_a_pseudonym(tmp_path: Path, case: str) -> None:
    with pytest.raises(InputError, match="cannot name a case"):
        CorrectionLibrary(tmp_path).add(case, Region.THIGH, *correction())


def test_images_of_another_grid_and_labels_without_a_muscle_are_refused(tmp_path: Path) -> None:
    library = CorrectionLibrary(tmp_path)
    images, corrected = correction()
    with pytest.raises(GeometryError, match="T1w and the corrected labels"):
        library.add("P-01", Region.THIGH, {"T1w": images["T1w"][:, :, 1:]}, corrected)
    with pytest.raises(InputError, match="No muscle of the calf is drawn"):
        library.add("P-01", Region.CALF, images, corrected)
    with pytest.raises(InputError, match="needs the image"):
        library.add("P-01", Region.THIGH, {}, corrected)
    assert not library.pairs()


def test_the_same_correction_is_accepted_once(tmp_path: Path) -> None:
    library = CorrectionLibrary(tmp_path)
    library.add("P-01", Region.THIGH, *correction())
    with pytest.raises(InputError, match="already, as 0001"):
        library.add("P-02", Region.THIGH, *correction())


def test_every_third_case_is_held_back_for_good_and_wholly(tmp_path: Path) -> None:
    library = CorrectionLibrary(tmp_path)
    for seed, case in enumerate(["A", "B", "C", "B", "D", "E"]):
        library.add(case, Region.THIGH, *correction(seed))
    assert {pair.case: pair.held_back for pair in library.pairs()} == {
        "A": False,
        "B": True,
        "C": False,
        "D": False,
        "E": True,
    }
    assert [pair.held_back for pair in library.pairs() if pair.case == "B"] == [True, True]


def test_a_file_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    library = CorrectionLibrary(tmp_path)
    pair = library.add("P-01", Region.THIGH, *correction())
    path = tmp_path / PAIRS / pair.name / "labels.nii.gz"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="not the file that was accepted"):
        library.read(pair)


def test_a_pair_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    images, corrected = correction()
    (tmp_path / PAIRS).write_text("in the way")
    with pytest.raises(Exception, match="cannot be kept"):
        CorrectionLibrary(tmp_path).add("P-01", Region.THIGH, images, corrected)
    assert [path.name for path in tmp_path.iterdir()] == [PAIRS]


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    library = CorrectionLibrary(tmp_path)
    pair = library.add("P-01", Region.THIGH, *correction())
    path = tmp_path / PAIRS / pair.name / "pair.json"
    path.write_text(json.dumps({"name": "0001"}))
    with pytest.raises(InputError, match="is damaged"):
        library.pairs()


def test_too_few_corrections_are_said_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No correction is accepted yet"):
        learn(tmp_path / "library", tmp_path / "network")
    assert not (tmp_path / "library").exists()


def test_what_is_missing_to_learn_is_said(tmp_path: Path) -> None:
    assert "No correction is accepted" in library_content(tmp_path).obstacle
    library = CorrectionLibrary(tmp_path)
    library.add("A", Region.THIGH, *correction(0))
    assert "so far there is 1" in library_content(tmp_path).obstacle
    library.add("A", Region.THIGH, *correction(1))
    assert "so far there is 1" in library_content(tmp_path).obstacle
    library.add("B", Region.THIGH, *correction(2))
    content = library_content(tmp_path)
    assert (content.training, content.held_back, content.cases, content.obstacle) == (2, 1, 2, "")
