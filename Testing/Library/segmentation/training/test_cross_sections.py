"""Cross-sections of single limbs from label maps of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.segmentation.network.classes import BACKGROUND, BONE, CLASSES, OTHER, class_index
from MuscleMyopathyLib.segmentation.training.cross_sections import (
    ABOVE_THE_THIGH,
    CANVAS,
    PIXEL_MM,
    UNNAMED_MUSCLE,
    cross_section,
    limb_slices,
    section_of_muscles,
    sections_of_limb,
    undivided_sides,
)
from MuscleMyopathyLib.segmentation.training.sources import sections_of_digital_limb, sections_of_file

RF, VL = class_index("RF"), class_index("VL")


def two_legs(gap: int = 20) -> np.ndarray:
    """Return one slice of two mirror-symmetrical legs, VL lateral and RF medial, 2 mm pixels."""
    labels = np.zeros((1, 80, 200), np.uint8)
    half = np.zeros((80, 100), np.uint8)
    half[20:60, 10 : 50 - gap // 2] = VL
    half[20:60, 50 - gap // 2 : 90 - gap // 2] = RF
    labels[0, :, :100], labels[0, :, 100:] = half, half[:, ::-1]
    return labels


def test_legs_are_parted_between_them():
    right, left = undivided_sides(two_legs(), (10.0, 2.0, 2.0))
    assert (right[:, :, 100:] == 0).all()
    assert (left[:, :, :100] == 0).all()
    assert (right > 0).sum() == (left > 0).sum() == (two_legs() > 0).sum() / 2


def test_a_slice_with_one_leg_is_left_out():
    one = two_legs()
    one[:, :, 100:] = 0
    assert not any(part.any() for part in undivided_sides(one, (10.0, 2.0, 2.0)))


def test_a_left_limb_mirrored_lies_as_the_right_one():
    right, left = undivided_sides(two_legs(), (10.0, 2.0, 2.0))
    seen = limb_slices(right, (10.0, 2.0, 2.0), mirrored=False)
    assert (seen == limb_slices(left, (10.0, 2.0, 2.0), mirrored=True)).mean() > 0.995
    lateral, medial = (np.nonzero(seen[0] == code)[1].mean() for code in (VL, RF))
    assert lateral < medial


def test_a_limb_keeps_its_size_in_mm():
    right, _ = undivided_sides(two_legs(), (10.0, 2.0, 2.0))
    seen = limb_slices(right, (10.0, 2.0, 2.0), mirrored=False)
    assert abs((seen > 0).sum() * PIXEL_MM**2 / ((right > 0).sum() * 4) - 1) < 0.03


def test_distances_are_those_of_the_fascia_and_of_each_structure():
    labels = np.zeros((CANVAS, CANVAS), np.uint8)
    labels[60:120, 60:120] = RF
    section = cross_section(labels, labels > 0)
    assert abs(section.fascia[90, 90] * 0.5 + 30 * PIXEL_MM) < 2
    assert section.fascia[0, 0] > 0
    assert abs(int(section.depth[90, 90]) * 0.125 - 255 * 0.125) < 1e-6
    assert abs(section.depth[90, 61] * 0.125 - 2 * PIXEL_MM) < 0.1


@pytest.fixture(scope="module")
def digital_thighs():
    return list(sections_of_digital_limb(Region.THIGH, 5))


def test_the_femur_of_the_digital_limb_is_found_in_the_gap_of_its_muscles(digital_thighs):
    found = []
    for section in digital_thighs:
        named = (section.labels > OTHER) & (section.labels != UNNAMED_MUSCLE)
        truth = section.labels == BONE
        if not (section.labels == class_index("VI")).any():
            continue
        guessed = section_of_muscles(np.where(named, section.labels, 0).astype(np.uint8), None)
        bone = guessed.labels == BONE
        found.append(2 * (bone & truth).sum() / (bone.sum() + truth.sum()))
    assert np.median(found) > 0.7


def test_a_digital_limb_shows_every_muscle_of_its_region_and_no_other(digital_thighs):
    shown = set(np.unique([section.labels for section in digital_thighs]).tolist())
    for code in ("RF", "VL", "VM", "VI", "SAR", "GR", "AL", "AM", "SM", "ST", "BFL", "BFS"):
        assert class_index(code) in shown
    assert not shown & {class_index(code) for code in ("TA", "SOL", "GM")}
    assert shown <= set(range(len(CLASSES))) | {UNNAMED_MUSCLE}


def test_both_legs_of_a_digital_limb_have_vastus_lateralis_lateral(digital_thighs):
    seen = 0
    for section in digital_thighs:
        lateral, medial = ((section.labels == class_index(code)) for code in ("VL", "VM"))
        if lateral.any() and medial.any():
            seen += 1
            assert np.nonzero(lateral)[1].mean() < np.nonzero(medial)[1].mean()
    assert seen > 0


def test_outlines_do_not_retreat_towards_the_hip():
    full = np.zeros((CANVAS, CANVAS), np.uint8)
    for number, code in enumerate(("RF", "VL", "VI", "AM", "SM")):
        full[50 + 18 * number : 66 + 18 * number, 60:130] = class_index(code)
    below = section_of_muscles(full, None)
    partial = np.where(np.isin(full, [RF, VL, class_index("VI")]), full, 0).astype(np.uint8)
    above = section_of_muscles(partial, below)
    assert (above.labels[below.labels != BACKGROUND] != BACKGROUND).all()
    assert (above.labels == UNNAMED_MUSCLE).any()


def test_too_few_muscles_make_no_cross_section():
    labels = np.zeros((CANVAS, CANVAS), np.uint8)
    labels[60:100, 60:100] = RF
    assert section_of_muscles(labels, None) is None


def test_above_a_thigh_even_one_muscle_makes_a_cross_section():
    full = np.zeros((CANVAS, CANVAS), np.uint8)
    for number, code in enumerate(("RF", "VL", "VI", "AM", "SM")):
        full[50 + 18 * number : 66 + 18 * number, 60:130] = class_index(code)
    alone = np.where(full == RF, full, 0).astype(np.uint8)
    assert section_of_muscles(alone, section_of_muscles(full, None)) is not None


def muscles_ending_upwards() -> np.ndarray:
    """Return three slices of one limb, 2 mm pixels: four muscles, four muscles, and the foremost alone."""
    labels = np.zeros((3, 100, 100), np.uint8)
    for number, code in enumerate(("RF", "VI", "AM", "SM")):
        labels[:, 10 + 20 * number : 28 + 20 * number, 20:80] = class_index(code)
    labels[2, 28:] = 0
    return labels


def test_a_muscle_alone_at_the_hip_stays_in_front():
    seen = limb_slices(muscles_ending_upwards(), (10.0, 2.0, 2.0), mirrored=False, muscles_only=True)
    assert np.array_equal(seen[2] == RF, seen[1] == RF)


def test_a_limb_that_is_labelled_throughout_is_centred_slice_by_slice():
    seen = limb_slices(muscles_ending_upwards(), (10.0, 2.0, 2.0), mirrored=False)
    assert abs(np.nonzero(seen[2])[0].mean() - (CANVAS - 1) / 2) < 1


def test_slices_at_the_hip_are_also_seen_as_half_a_pelvis_and_without_the_thigh():
    slices = limb_slices(muscles_ending_upwards(), (10.0, 2.0, 2.0), mirrored=False, muscles_only=True)
    sections = list(sections_of_limb(slices, 0))
    named = [set(np.unique(section.labels).tolist()) - {0, BONE, OTHER, UNNAMED_MUSCLE} for section in sections]
    assert [len(names) for names in named] == [4, 4, 1, 1, *[0] * ABOVE_THE_THIGH]
    areas = [int((section.labels != BACKGROUND).sum()) for section in sections]
    assert min(areas[3:]) > 0.9 * areas[2]


def test_a_thigh_that_the_field_of_view_cuts_gets_no_pelvis():
    full = muscles_ending_upwards()[:2]
    slices = limb_slices(full, (10.0, 2.0, 2.0), mirrored=False, muscles_only=True)
    assert len(list(sections_of_limb(slices, 0))) == 2


def test_a_real_label_map_gives_lateral_vastus_on_both_sides(shared_data: Path):
    path = shared_data / "labelmaps" / "Training_T1_THIGH_031_0002.nii.gz"
    sections = list(sections_of_file(path, "huashan"))
    assert len(sections) > 40
    sides = [
        np.nonzero(s.labels == class_index("GR"))[1].mean() - np.nonzero(s.labels == class_index("VL"))[1].mean()
        for s in sections
        if (s.labels == class_index("GR")).any() and (s.labels == class_index("VL")).any()
    ]
    assert min(sides) * PIXEL_MM > 20
