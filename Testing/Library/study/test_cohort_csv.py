"""Tests of cohorts listed as PyRadiomics lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.study.cohort_csv import read_cohort_csv


def table(folder: Path, *lines: str) -> Path:
    path = folder / "cohort.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_table_of_pyradiomics_becomes_one_case_per_row(tmp_path: Path) -> None:
    path = table(tmp_path, "Image,Mask,ID", "a.nrrd,a-label.nrrd,A", "/data/b.nrrd,/data/b-label.nrrd,B")
    first, second = read_cohort_csv(path, "muscle-myopathy")
    assert (first.identifier, second.identifier) == ("A", "B")
    assert first.parts[0].images == {"image": tmp_path / "a.nrrd"}
    assert second.parts[0].readings[0].labels == Path("/data/b-label.nrrd")


def test_rows_without_an_id_are_cases_of_their_own(tmp_path: Path) -> None:
    path = table(tmp_path, "Image,Mask,Structure", "a.nrrd,m.nrrd,MUSCLE", "b.nrrd,n.nrrd,MUSCLE")
    assert [case.identifier for case in read_cohort_csv(path)] == ["row-001", "row-002"]


def test_columns_of_ones_own_are_kept_as_they_are_written(tmp_path: Path) -> None:
    path = table(tmp_path, "ID,Image,Mask,Structure,Age,Group", "A,a.nrrd,m.nrrd,MUSCLE,047,NA")
    (case,) = read_cohort_csv(path)
    assert case.details == {"Age": "047", "Group": "NA"}


def test_rows_of_one_case_are_gathered_by_region_sequence_and_reader(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "ID,Region,Sequence,Reader,Session,Image,Mask,Structure",
        "A,thigh,T1w,R1,1,t1.nii,r1.nii,MUSCLE",
        "A,thigh,water,R1,1,w.nii,r1.nii,MUSCLE",
        "A,thigh,T1w,R1,2,t1.nii,r1b.nii,MUSCLE",
        "A,calf,T1w,R1,1,c.nii,rc.nii,MUSCLE",
    )
    (case,) = read_cohort_csv(path)
    thigh, calf = case.parts
    assert (thigh.region, calf.region) == ("thigh", "calf")
    assert list(thigh.images) == ["T1w", "water"]
    assert [(one.reader, one.session, one.sequences) for one in thigh.readings] == [
        ("R1", 1, ("T1w", "water")),
        ("R1", 2, ("T1w",)),
    ]


def test_a_label_chooses_one_structure_of_the_scheme(tmp_path: Path) -> None:
    path = table(tmp_path, "ID,Image,Mask,Label", "A,a.nrrd,m.nrrd,2")
    (case,) = read_cohort_csv(path, "huashan")
    assert case.parts[0].readings[0].structures == {2: Structure("RF", Side.BOTH)}


def test_a_structure_may_be_named_in_words(tmp_path: Path) -> None:
    path = table(tmp_path, "ID,Image,Mask,Label,Structure", "A,a.nrrd,m.nrrd,7,rectus femoris left")
    (case,) = read_cohort_csv(path)
    assert case.parts[0].readings[0].structures == {7: Structure("RF", Side.LEFT)}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["Image,Mask,Structure"], "lists no case: it has a header and no row"),
        ([""], "cannot be read as a table of cases"),
        (["Image,ROI", "a.nrrd,b.nrrd"], "has no column Mask"),
        (["ID,Image,Mask,Structure", "A,,m.nrrd,MUSCLE"], "line 2: Image is empty"),
        (["ID,Image,Mask", "A,a.nrrd,m.nrrd"], "line 2: nothing says what the labels mean"),
        (["ID,Image,Mask,Structure", "A,a.nrrd,m.nrrd,XY"], "line 2: .*'XY'"),
        (["ID,Image,Mask,Structure,Label", "A,a.nrrd,m.nrrd,MUSCLE,zero"], "Label is 'zero'"),
        (["ID,Image,Mask,Structure,Region", "A,a.nrrd,m.nrrd,MUSCLE,arm"], "the region 'arm' is none of"),
        (
            ["ID,Image,Mask,Structure", "A,a.nrrd,m.nrrd,MUSCLE", "A,b.nrrd,n.nrrd,MUSCLE"],
            "lines 2 and 3: A has two images",
        ),
        (
            ["ID,Image,Mask,Structure", "A,a.nrrd,m.nrrd,MUSCLE", "A,a.nrrd,n.nrrd,MUSCLE"],
            "lines 2 and 3: A is listed twice with whole muscle",
        ),
        (
            ["ID,Image,Mask,Structure", "A,a.nrrd,m.nrrd,MUSCLE", "a,b.nrrd,n.nrrd,MUSCLE"],
            "differ only in capitals: A, a",
        ),
        (
            ["ID,Sequence,Image,Mask,Structure,Age", "A,T1w,a,m,MUSCLE,40", "A,water,b,m,MUSCLE,41"],
            r"the column Age differs between the rows of A \(40, 41\)",
        ),
    ],
)
def test_a_table_that_is_ambiguous_or_damaged_is_refused_with_its_lines(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_cohort_csv(table(tmp_path, *lines))


def test_a_label_that_the_scheme_does_not_have_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "ID,Image,Mask,Label", "A,a.nrrd,m.nrrd,77")
    with pytest.raises(InputError, match="line 2: the label scheme has no label 77"):
        read_cohort_csv(path, "huashan")
