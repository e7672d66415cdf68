"""Tests of a reader study on disk."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_itksnap_labels
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKey, ReadingKind, ReadingState

FIRST = Reading("P-017", "R1", 1, date(2024, 1, 1), notes="sagging fascia – Müller’s sign")
RF, BFL = Structure("RF", Side.LEFT), Structure("BFL", Side.RIGHT)


@pytest.fixture
def study(tmp_path: Path) -> ReadingStudy:
    return ReadingStudy(tmp_path / "study")


def contours(extent: int = 4) -> Segmentation:
    labels = np.zeros((2, 10, 12), dtype=np.uint8)
    labels[:, 2 : 2 + extent, 2:6] = 7
    labels[1, 2:6, 8:10] = 9
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing((0.8, 0.9, 20.0))
    return Segmentation(image, {7: RF, 9: BFL})


def test_contours_come_back_with_their_structures_and_grid(study: ReadingStudy) -> None:
    study.begin(FIRST)
    study.save_segmentation(FIRST.key, contours())
    found = study.segmentation(FIRST.key)
    assert set(found.structures.values()) == {RF, BFL}
    np.testing.assert_array_equal(found.mask(RF), contours().mask(RF))
    assert found.image.GetSpacing() == pytest.approx((0.8, 0.9, 20.0))


def test_the_files_lie_where_bids_derivatives_and_itk_snap_look_for_them(study: ReadingStudy) -> None:
    study.begin(FIRST)
    study.save_segmentation(FIRST.key, contours(), "thigh")
    names = {str(path.relative_to(study.folder)) for path in study.folder.rglob("*") if path.is_file()}
    root = "derivatives/readings"
    folder = f"{root}/sub-P-017/reader-R1_session-1/segmentation"
    stem = f"{folder}/sub-P-017_reader-R1_session-1_desc-thigh_dseg"
    assert names == {
        f"{root}/dataset_description.json",
        f"{folder}/reading.json",
        f"{stem}.nii.gz",
        f"{stem}.txt",
    }
    assert read_itksnap_labels(study.folder / f"{stem}.txt") == {RF.label: RF, BFL.label: BFL}


def test_a_reading_comes_back_as_it_was(study: ReadingStudy) -> None:
    study.begin(FIRST)
    saved = study.save_segmentation(FIRST.key, contours(), "thigh")
    assert study.get(FIRST.key) == saved == dataclasses.replace(FIRST, parts=("thigh",))


def test_a_reading_has_several_parts_and_the_same_session_a_form(study: ReadingStudy) -> None:
    form = dataclasses.replace(FIRST, kind=ReadingKind.FORM)
    study.begin(FIRST)
    study.begin(form)
    study.save_segmentation(FIRST.key, contours(4), "thigh")
    study.save_segmentation(FIRST.key, contours(2), "calf")
    study.save_form(form.key, {"RF_left": 3, "VL_left": None}, "mercuri")
    assert study.get(FIRST.key).parts == ("thigh", "calf")
    assert study.segmentation(FIRST.key, "calf").mask(RF).sum() == contours(2).mask(RF).sum()
    assert study.form(form.key, "mercuri") == {"RF_left": 3, "VL_left": None}
    assert [reading.kind for reading in study.readings()] == [ReadingKind.FORM, ReadingKind.SEGMENTATION]


def test_a_second_reading_by_the_same_reader_and_session_is_refused(study: ReadingStudy) -> None:
    study.begin(FIRST)
    with pytest.raises(InputError, match=r"already\. A repeat is a new session: use session 2"):
        study.begin(FIRST)


@pytest.mark.parametrize(("case", "reader"), [("p-017", "R1"), ("P-017", "r1")])
def test_a_name_that_differs_only_in_capitals_is_refused(study: ReadingStudy, case: str, reader: str) -> None:
    study.begin(FIRST)
    with pytest.raises(InputError, match="differ only in capitals"):
        study.begin(dataclasses.replace(FIRST, case=case, reader=reader))


@pytest.mark.parametrize("case", ["..", "../../etc", "/tmp", "a/b"])
def test_no_name_leads_out_of_the_study(study: ReadingStudy, case: str) -> None:
    with pytest.raises(InputError, match="cannot name a case"):
        study.get(ReadingKey(case, "R1", 1))


def test_a_locked_reading_cannot_be_saved_or_locked_again(study: ReadingStudy) -> None:
    study.begin(FIRST)
    study.save_segmentation(FIRST.key, contours())
    assert study.lock(FIRST.key).state is ReadingState.LOCKED
    with pytest.raises(InputError, match="is locked"):
        study.save_segmentation(FIRST.key, contours(2))
    with pytest.raises(InputError, match="is locked"):
        study.lock(FIRST.key)
    assert study.segmentation(FIRST.key).mask(RF).sum() == contours().mask(RF).sum()


def test_a_reading_without_contours_cannot_be_locked(study: ReadingStudy) -> None:
    study.begin(FIRST)
    with pytest.raises(InputError, match="holds nothing yet"):
        study.lock(FIRST.key)


def change_voxels(folder: Path) -> None:
    path = next(folder.glob("*.nii.gz"))
    image = sitk.ReadImage(str(path))
    image[0, 0, 0] = RF.label
    sitk.WriteImage(image, str(path))


def change_labels(folder: Path) -> None:
    path = next(folder.glob("*.txt"))
    path.write_text(path.read_text(encoding="utf-8").replace("rectus femoris left", "rectus femoris right"))


def change_date(folder: Path) -> None:
    path = folder / "reading.json"
    changed = path.read_text(encoding="utf-8").replace("2024-01-01", "2023-01-01")
    path.write_text(changed, encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "what"),
    [(change_voxels, "dseg.nii.gz"), (change_labels, "dseg.txt"), (change_date, "reading.json")],
)
def test_a_change_after_locking_is_noticed(study: ReadingStudy, change: Callable[[Path], None], what: str) -> None:
    study.begin(FIRST)
    study.save_segmentation(FIRST.key, contours())
    study.lock(FIRST.key)
    assert study.table().loc[0, "problem"] == ""
    change(study.path_of(FIRST.key))
    assert study.table().loc[0, "problem"].startswith("changed after it was locked: ")
    assert what in study.table().loc[0, "problem"]
    with pytest.raises(InputError, match="changed after it was locked"):
        study.segmentation(FIRST.key)


def test_contours_of_another_grid_than_the_image_are_refused_and_nothing_is_saved(study: ReadingStudy) -> None:
    study.begin(FIRST)
    image = sitk.Image(12, 10, 3, sitk.sitkInt16)
    with pytest.raises(GeometryError, match=r"12 × 10 × 3(.|\n)*12 × 10 × 2"):
        study.save_segmentation(FIRST.key, contours(), image=image)
    assert study.get(FIRST.key).parts == ()


def test_contours_cannot_be_saved_into_a_form(study: ReadingStudy) -> None:
    form = dataclasses.replace(FIRST, kind=ReadingKind.FORM)
    study.begin(form)
    with pytest.raises(InputError, match="is a form"):
        study.save_segmentation(form.key, contours())


def test_the_table_lists_days_warnings_and_states(study: ReadingStudy) -> None:
    for reading in (
        FIRST,
        dataclasses.replace(FIRST, session=2, date=date(2024, 1, 11)),
        dataclasses.replace(FIRST, reader="R2", date=date(2024, 5, 1)),
    ):
        study.begin(reading)
    table = study.table()
    assert table[["reader", "session"]].values.tolist() == [["R1", 1], ["R1", 2], ["R2", 1]]
    assert table["date"].tolist() == ["2024-01-01", "2024-01-11", "2024-05-01"]
    assert table["days_since_first"].isna().tolist() == [True, False, True]
    assert table.loc[1, "days_since_first"] == 10
    assert table["warning"].tolist() == ["", "10 days after session 1: closer than 60 days", ""]
    assert set(table["state"]) == {"open"}


def test_an_empty_study_has_an_empty_table(study: ReadingStudy) -> None:
    assert study.table().empty
    assert "days_since_first" in study.table().columns


@pytest.mark.parametrize("text", ["", "{", "[]", '{"case": "P-017"}', '{"case": "../x", "reader": "R1"}'])
def test_a_damaged_reading_is_a_row_with_the_reason(study: ReadingStudy, text: str) -> None:
    study.begin(FIRST)
    study.begin(dataclasses.replace(FIRST, session=2, date=date(2024, 6, 1)))
    (study.path_of(FIRST.key) / "reading.json").write_text(text)
    table = study.table()
    assert table[["case", "reader", "session"]].values.tolist() == [["P-017", "R1", 1], ["P-017", "R1", 2]]
    assert "does not describe a reading" in table.loc[0, "problem"]
    assert table.loc[1, "problem"] == ""


def test_a_reading_moved_by_hand_is_noticed(study: ReadingStudy) -> None:
    study.begin(FIRST)
    folder = study.path_of(FIRST.key)
    folder.parent.rename(folder.parent.with_name("reader-R2_session-1"))
    assert "belongs into another folder" in study.table().loc[0, "problem"]


def test_a_missing_file_is_noticed(study: ReadingStudy) -> None:
    study.begin(FIRST)
    study.save_segmentation(FIRST.key, contours())
    next(study.path_of(FIRST.key).glob("*.txt")).unlink()
    assert study.table().loc[0, "problem"] == "missing: sub-P-017_reader-R1_session-1_dseg.txt"
    with pytest.raises(InputError, match="missing"):
        study.segmentation(FIRST.key)


def test_the_manifest_holds_no_path_of_this_machine(study: ReadingStudy) -> None:
    study.begin(FIRST)
    study.save_segmentation(FIRST.key, contours())
    study.lock(FIRST.key)
    text = (study.path_of(FIRST.key) / "reading.json").read_text(encoding="utf-8")
    assert str(study.folder) not in text
    assert json.loads(text)["notes"] == FIRST.notes


def test_a_study_shows_a_reader_only_what_blinding_allows(study: ReadingStudy) -> None:
    second = dataclasses.replace(FIRST, session=2, date=date(2024, 6, 1))
    study.begin(FIRST)
    study.save_segmentation(FIRST.key, contours())
    study.lock(FIRST.key)
    study.begin(second)
    assert [reading.session for reading in study.visible_readings("R1", 2)] == [2]
