"""Tests of reading a case's inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.study.case import Case
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK, CaseFiles, read_case


@pytest.fixture
def folder(case: Case, tmp_path: Path) -> Path:
    """Return a folder with the case's images named by role, and its muscles."""
    folder = tmp_path / "P-017_thigh"
    folder.mkdir()
    for series in case.series:
        write_image(series.image, folder / f"thigh_{series.role}.nii.gz")
    assert case.muscles is not None
    write_image(case.muscles.image, folder / "labels.nrrd")
    return folder


def test_a_folder_tells_roles_region_and_name(folder: Path) -> None:
    case = read_case(CaseFiles(folder))
    assert case.identifier == "P-017_thigh"
    assert case.region is Region.THIGH
    assert {series.role for series in case.series} == {Role.T1W, Role.STIR, Role.WATER, Role.FAT}
    assert not case.phantom


def test_images_beside_the_phantoms_mark_are_a_phantoms(folder: Path) -> None:
    (folder / PHANTOM_MARK).write_text("{}")
    assert read_case(CaseFiles(folder)).phantom
    named = CaseFiles(by_role={Role.WATER: folder / "thigh_water.nii.gz", Role.FAT: folder / "thigh_fat.nii.gz"})
    assert read_case(named).phantom


def test_named_files_come_before_what_the_folder_holds(folder: Path) -> None:
    case = read_case(CaseFiles(folder, by_role={Role.WATER: folder / "thigh_STIR.nii.gz"}))
    water = case.by_role(Role.WATER)
    assert water is not None
    assert water.files == (folder / "thigh_STIR.nii.gz",)
    assert water.reason == "Set by the user."


def test_the_users_word_overrules_a_role(folder: Path) -> None:
    case = read_case(CaseFiles(folder, roles={"thigh_T1w": Role.UNKNOWN}))
    assert case.by_role(Role.T1W) is None


def test_an_unknown_series_name_is_refused_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(InputError, match=r"no series T1\. There are: labels, thigh_STIR"):
        read_case(CaseFiles(folder, roles={"T1": Role.T1W}))


def test_two_series_in_one_role_are_refused_with_the_way_out(folder: Path, case: Case) -> None:
    write_image(case.series[0].image, folder / "thigh_T1w_2.nii.gz")
    with pytest.raises(InputError, match="--role 'thigh_T1w_2=unknown'"):
        read_case(CaseFiles(folder))


def test_the_region_is_asked_for_when_nothing_tells_it(folder: Path) -> None:
    for file in list(folder.glob("thigh_*")):
        file.rename(file.with_name(file.name.removeprefix("thigh_")))
    plain = folder.rename(folder.with_name("P-017"))
    with pytest.raises(InputError, match="--region thigh"):
        read_case(CaseFiles(plain))
    assert read_case(CaseFiles(plain), region=Region.CALF).region is Region.CALF


def test_a_shipped_scheme_names_only_what_the_label_image_holds(folder: Path, case: Case) -> None:
    read = read_case(CaseFiles(folder, labels=folder / "labels.nrrd"))
    assert read.muscles is not None
    assert case.muscles is not None
    assert set(read.muscles.structures.values()) == set(case.muscles.structures.values())


def test_a_scheme_of_the_users_keeps_a_structure_without_a_voxel(folder: Path) -> None:
    scheme = folder.parent / "mine.json"
    scheme.write_text('{"labels": {"1": "RF_left", "99": "TFL_left"}}')
    read = read_case(CaseFiles(folder, labels=folder / "labels.nrrd", label_scheme=str(scheme)))
    assert read.muscles is not None
    assert Structure("TFL", Side.LEFT) in read.muscles.structures.values()


def test_labels_of_another_scheme_are_refused(folder: Path) -> None:
    scheme = folder.parent / "other.json"
    scheme.write_text('{"labels": {"250": "RF_left"}}')
    with pytest.raises(InputError, match="none of them is named"):
        read_case(CaseFiles(folder, labels=folder / "labels.nrrd", label_scheme=str(scheme)))


def test_a_folder_without_usable_images_is_refused(folder: Path) -> None:
    for file in folder.glob("thigh_*"):
        file.unlink()
    with pytest.raises(InputError, match="No image of a case was found"):
        read_case(CaseFiles(folder))
