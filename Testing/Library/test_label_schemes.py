"""Tests of label schemes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.label_schemes import (
    own_scheme,
    read_label_scheme,
    structure_from_text,
    write_itksnap_labels,
)


def test_huashans_eleven_labels_are_undivided_thigh_muscles() -> None:
    scheme = read_label_scheme("huashan")
    codes = [scheme[label].code for label in range(1, 12)]
    assert codes == ["SAR", "RF", "VL", "VI", "VM", "AM", "GR", "BFL", "ST", "SM", "BFS"]
    assert {s.side for s in scheme.values()} == {Side.BOTH}


@pytest.mark.parametrize("region", ["thigh", "calf"])
def test_qmritools_sides_are_those_that_the_axes_of_its_label_image_say(shared_data: Path, region: str) -> None:
    image = sitk.ReadImage(str(shared_data / "qmritools" / f"{region}_labels.nii.gz"))
    labels = sitk.GetArrayFromImage(image)
    towards_left = image.GetDirection()[0]
    column = {label: np.argwhere(labels == label)[:, 2].mean() for label in np.unique(labels)[1:]}
    middle = np.mean(list(column.values()))
    for label, structure in read_label_scheme(f"qmritools-{region}").items():
        assert structure.side is (Side.LEFT if (column[label] - middle) * towards_left > 0 else Side.RIGHT)


def test_our_own_scheme_agrees_with_the_anatomy() -> None:
    assert all(structure.label == label for label, structure in own_scheme().items())
    assert read_label_scheme("muscle-myopathy") == own_scheme()


def test_an_itksnap_file_reads_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    write_itksnap_labels(own_scheme(), path)
    assert read_label_scheme(path) == own_scheme()


def test_itksnaps_own_layout_is_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.label"
    path.write_text(
        "################################################\n"
        "# ITK-SnAP Label Description File\n"
        '    0     0    0    0        0  0  0    "Clear Label"\n'
        '    1   255    0    0        1  1  1    "Left Rectus Femoris"\n'
        '    2     0  255    0      0.5  1  0    "VL R"\n'
    )
    assert read_label_scheme(path) == {1: Structure("RF", Side.LEFT), 2: Structure("VL", Side.RIGHT)}


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("rectus femoris left", "RF_left"),
        ("Biceps femoris, long head (R)", "BFL_right"),
        ("SOL", "SOL"),
        ("gm_left", "GM_left"),
        ("  Tibialis-Anterior right ", "TA_right"),
    ],
)
def test_free_names_are_understood(text: str, identifier: str) -> None:
    assert structure_from_text(text).identifier == identifier


def test_a_name_that_is_no_structure_is_refused() -> None:
    with pytest.raises(ParameterError, match="names no structure"):
        structure_from_text("Segment_1")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{", "not a label scheme"),
        ("a.json", '{"labels": {"x": "RF"}}', "not a label scheme"),
        ("a.json", '{"labels": {"1": "FOO"}}', "Unknown structure code"),
        ("a.txt", "1 2 3", "line 1"),
        ("a.txt", '1 0 0 0 1 1 1 "liver"', "names no structure"),
    ],
)
def test_a_damaged_scheme_file_is_refused_with_the_place(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_label_scheme(path)


def test_an_unknown_scheme_is_refused_with_the_shipped_ones() -> None:
    with pytest.raises(InputError, match=r"huashan\.json"):
        read_label_scheme("hospital")
