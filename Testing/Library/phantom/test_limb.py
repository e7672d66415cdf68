"""The digital limb's anatomy and its truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Region, Side, Structure, muscles
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.phantom.limb import LEAN_BELOW_PERCENT, Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Sex
from MuscleMyopathyLib.phantom.protocols import SMALL
from MuscleMyopathyLib.progress import Cancelled

MakeLimb = Callable[..., Limb]
SIDES = (Side.LEFT, Side.RIGHT)

# Rounded volumes of muscles of healthy young adults in MRI (compare Handsfield et al., J Biomech 2014;47:631),
# both heads of biceps together. Subjects differ, and the segment cuts off ends: half to twice of it is accepted.
VOLUME_CM3 = {
    "VL": 750, "VM": 450, "VI": 550, "RF": 270, "SAR": 160, "GR": 100, "AL": 160, "AM": 560, "SM": 240, "ST": 180,
    "BF": 310, "SOL": 480, "GM": 260, "GL": 150, "TA": 130, "TP": 100, "PER": 130,
}  # fmt: skip


def structures(region: Region) -> list[Structure]:
    return [Structure(kind.code, side) for kind in muscles(region) for side in SIDES]


def fat_fraction(limb: Limb, structure: Structure) -> float:
    values = sitk.GetArrayViewFromImage(limb.fat_fraction_percent)
    return float(values[limb.muscles.mask(structure)].mean())


def centre_lps(limb: Limb, structure: Structure, index: int) -> np.ndarray:
    """Return x and y in LPS of a structure's centre in one slice."""
    rows, columns = np.nonzero(limb.muscles.mask(structure)[index])
    return np.array(
        limb.muscles.image.TransformContinuousIndexToPhysicalPoint((columns.mean(), rows.mean(), float(index)))
    )[:2]


@pytest.mark.parametrize("region", list(Region))
@pytest.mark.parametrize("seed", [0, 7])
def test_every_muscle_is_there_on_both_sides_as_one_main_piece(
    a_limb: MakeLimb, region: Region, seed: int
) -> None:
    limb = a_limb(region, seed=seed)
    assert set(limb.muscles.structures.values()) == set(structures(region))
    for structure in structures(region):
        mask = limb.muscles.mask(structure)
        pieces, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
        assert count >= 1, structure.name
        largest = np.bincount(pieces[mask]).max()
        assert largest >= 0.95 * mask.sum(), structure.name


@pytest.mark.parametrize("region", list(Region))
@pytest.mark.parametrize("seed", [0, 7])
def test_muscle_volumes_are_a_healthy_adults(a_limb: MakeLimb, region: Region, seed: int) -> None:
    limb = a_limb(region, seed=seed)
    voxel_cm3 = float(np.prod(limb.muscles.image.GetSpacing())) / 1000
    for structure in structures(region):
        volume = limb.muscles.mask(structure).sum() * voxel_cm3
        typical = VOLUME_CM3[structure.code]
        assert 0.5 * typical < volume < 2 * typical, f"{structure.name}: {volume:.0f} cm3"


def test_vasti_and_soleus_have_the_volumes_measured_in_men(a_limb: MakeLimb) -> None:
    # Voronov, Human Physiology 2003;29:201: the three vasti 1,505 ± 271 cm3, soleus 552 ± 64 cm3 (here ± 2 SD).
    for region, codes, mean, deviation in (
        (Region.THIGH, ("VL", "VM", "VI"), 1505, 271),
        (Region.CALF, ("SOL",), 552, 64),
    ):
        limb = a_limb(region)
        voxel_cm3 = float(np.prod(limb.muscles.image.GetSpacing())) / 1000
        for side in SIDES:
            volume = limb.muscles.mask([Structure(code, side) for code in codes]).sum() * voxel_cm3
            assert abs(volume - mean) < 2 * deviation


def test_lean_cross_section_of_the_mid_thigh_is_a_healthy_mans(a_limb: MakeLimb) -> None:
    # 100 to 180 cm2: the span of healthy men in CT and MRI.
    limb = a_limb()
    index = limb.muscles.array.shape[0] // 2
    pixel_cm2 = float(np.prod(limb.muscles.image.GetSpacing()[:2])) / 100
    for side in SIDES:
        area = limb.compartments.mask(Structure("LEAN", side))[index].sum() * pixel_cm2
        assert 100 < area < 180


def test_a_woman_has_less_muscle_and_more_subcutaneous_fat(a_limb: MakeLimb) -> None:
    def voxels(limb: Limb, code: str) -> int:
        return int(limb.compartments.mask([Structure(code, side) for side in SIDES]).sum())

    man, woman = a_limb(), a_limb(sex=Sex.FEMALE)
    assert voxels(woman, "LEAN") < 0.9 * voxels(man, "LEAN")
    assert voxels(woman, "SAT") > 1.3 * voxels(man, "SAT")


@pytest.mark.parametrize("touch", [False, True])
@pytest.mark.parametrize("region", list(Region))
def test_the_left_leg_lies_at_positive_x(a_limb: MakeLimb, region: Region, touch: bool) -> None:
    limb = a_limb(region, legs_touch=touch)
    columns = np.arange(limb.muscles.image.GetSize()[0])
    x = limb.muscles.image.GetOrigin()[0] + columns * limb.muscles.image.GetSpacing()[0]
    for segmentation in (limb.muscles, limb.compartments):
        for structure in segmentation.structures.values():
            found = x[segmentation.mask(structure).any(axis=(0, 1))]
            assert (found > 0).all() if structure.side is Side.LEFT else (found < 0).all(), structure.name


def test_a_shift_moves_both_legs_in_the_scanner(a_limb: MakeLimb) -> None:
    still, moved = a_limb(), a_limb(shift_mm=(38.0, -19.0))  # 20 columns and 10 rows of 1.9 mm
    np.testing.assert_array_equal(moved.muscles.array[:, :90, 40:], still.muscles.array[:, 10:100, 20:-20])


def test_a_large_shift_cuts_the_left_leg_off_at_the_edge(a_limb: MakeLimb) -> None:
    cut = a_limb(shift_mm=(80.0, 0.0))
    assert (cut.compartments.array[:, :, -1] > 0).any()
    left = cut.compartments.mask(Structure("LEAN", Side.LEFT)).sum()
    assert 0 < left < 0.95 * cut.compartments.mask(Structure("LEAN", Side.RIGHT)).sum()


def test_touching_legs_leave_no_air_between_them_in_some_slice(a_limb: MakeLimb) -> None:
    def narrowest(limb: Limb) -> int:
        air = limb.compartments.array == 0
        widest = []
        for plane, labels in zip(air, limb.compartments.array, strict=True):
            row = int(np.argmax((labels > 0).sum(axis=1)))
            inside = np.flatnonzero(labels[row])
            widest.append(int(plane[row, inside[0] : inside[-1]].sum()))
        return min(widest)

    assert narrowest(a_limb(legs_touch=True)) == 0
    assert narrowest(a_limb(legs_touch=False)) > 0


@pytest.mark.parametrize("side", SIDES)
def test_the_muscles_of_the_thigh_lie_as_in_a_patient(a_limb: MakeLimb, side: Side) -> None:
    limb = a_limb()
    middle = limb.muscles.array.shape[0] // 2
    lateral = 1 if side is Side.LEFT else -1

    def place(code: str) -> np.ndarray:
        x, y = centre_lps(limb, Structure(code, side), middle)
        return np.array([lateral * x, -y])  # lateral, anterior

    assert place("RF")[1] > place("VI")[1] > place("AM")[1] > place("ST")[1]
    assert place("VL")[0] > place("VI")[0] > place("VM")[0] > place("SAR")[0]
    assert place("BF")[0] > place("ST")[0] > place("SM")[0]
    assert place("GR")[0] < place("AM")[0]
    assert place("AL")[1] > place("AM")[1]


@pytest.mark.parametrize("side", SIDES)
def test_the_muscles_of_the_calf_lie_as_in_a_patient(a_limb: MakeLimb, side: Side) -> None:
    limb = a_limb(Region.CALF)
    middle = limb.muscles.array.shape[0] // 2
    lateral = 1 if side is Side.LEFT else -1

    def place(code: str) -> np.ndarray:
        x, y = centre_lps(limb, Structure(code, side), middle)
        return np.array([lateral * x, -y])

    assert place("TA")[1] > place("TP")[1] > place("SOL")[1] > place("GL")[1]
    assert place("PER")[0] > place("TP")[0] > place("GM")[0]
    assert place("GL")[0] > place("GM")[0]


def test_sartorius_winds_from_the_front_to_the_inner_back(a_limb: MakeLimb) -> None:
    limb = a_limb()
    sartorius = Structure("SAR", Side.LEFT)
    distal, proximal = (centre_lps(limb, sartorius, index) for index in (1, -2 % limb.muscles.array.shape[0]))
    assert distal[1] > proximal[1] + 40  # y grows to the back
    assert distal[0] < proximal[0]


def test_the_same_seed_gives_the_same_limb_and_another_seed_another() -> None:
    parameters = LimbParameters(seed=4, protocol=dataclasses.replace(SMALL, slices=2))
    first, again = make_limb(parameters), make_limb(parameters)
    other = make_limb(dataclasses.replace(parameters, seed=5))
    np.testing.assert_array_equal(first.muscles.array, again.muscles.array)
    np.testing.assert_array_equal(first.tissue.fat_share, again.tissue.fat_share)
    assert (first.muscles.array != other.muscles.array).mean() > 0.02


def test_a_seed_is_one_subject_on_every_grid() -> None:
    coarse = dataclasses.replace(SMALL, slices=1)
    fine = dataclasses.replace(SMALL, slices=1, columns=320, rows=192, pixel_mm=(1.2, 1.2))
    labels, finer = (make_limb(LimbParameters(seed=3, protocol=protocol)).muscles for protocol in (coarse, fine))
    resampled = sitk.Resample(finer.image, labels.image, sitk.Transform(), sitk.sitkNearestNeighbor)
    same = sitk.GetArrayFromImage(resampled) == labels.array
    assert same.mean() > 0.95
    assert same[labels.array > 0].mean() > 0.85


def test_legs_differ_a_little_from_each_other(a_limb: MakeLimb) -> None:
    limb = a_limb()
    for code in ("VL", "AM", "RF"):
        left, right = (int(limb.muscles.mask(Structure(code, side)).sum()) for side in SIDES)
        assert 0.75 < left / right < 1.33
        assert left != right


@pytest.mark.parametrize("region", list(Region))
def test_healthy_muscle_holds_a_few_percent_of_fat(a_limb: MakeLimb, region: Region) -> None:
    limb = a_limb(region)
    for structure in structures(region):
        assert 1 < fat_fraction(limb, structure) < 10, structure.name


def test_lgmdr2_takes_the_back_of_the_thigh_and_spares_sartorius_and_gracilis(a_limb: MakeLimb) -> None:
    limb = a_limb(pattern=Pattern.LGMDR2)
    for side in SIDES:
        back = [fat_fraction(limb, Structure(code, side)) for code in ("SM", "BF", "AM", "ST")]
        front = [fat_fraction(limb, Structure(code, side)) for code in ("VL", "VI", "VM", "RF")]
        spared = [fat_fraction(limb, Structure(code, side)) for code in ("SAR", "GR")]
        assert np.mean(back) > np.mean(front) + 10
        assert min(front) > max(spared)
        assert max(spared) < 15


def test_lgmdr2_takes_soleus_and_gastrocnemius_more_than_the_front_of_the_calf(a_limb: MakeLimb) -> None:
    limb = a_limb(Region.CALF, Pattern.LGMDR2)
    for side in SIDES:
        back = [fat_fraction(limb, Structure(code, side)) for code in ("SOL", "GM")]
        front = [fat_fraction(limb, Structure(code, side)) for code in ("TA", "TP")]
        assert min(back) > max(front) + 10


def test_imnm_lengthens_t2_everywhere_while_fat_stays_in_adductor_and_hamstrings(a_limb: MakeLimb) -> None:
    healthy, diseased = a_limb(), a_limb(pattern=Pattern.IMNM)

    def t2(limb: Limb, structure: Structure) -> float:
        return float(sitk.GetArrayViewFromImage(limb.t2_water_ms)[limb.muscles.mask(structure)].mean())

    for structure in structures(Region.THIGH):
        assert t2(diseased, structure) > t2(healthy, structure) + 4, structure.name
    assert fat_fraction(diseased, Structure("AM", Side.LEFT)) > fat_fraction(diseased, Structure("VL", Side.LEFT))


def test_no_severity_is_as_healthy(a_limb: MakeLimb) -> None:
    none = a_limb(pattern=Pattern.LGMDR2, severity=0.0)
    np.testing.assert_allclose(
        sitk.GetArrayViewFromImage(none.fat_fraction_percent),
        sitk.GetArrayViewFromImage(a_limb().fat_fraction_percent),
    )


def test_fat_grows_with_severity(a_limb: MakeLimb) -> None:
    structure = Structure("SM", Side.LEFT)
    fat = [fat_fraction(a_limb(pattern=Pattern.LGMDR2, severity=s), structure) for s in (0.2, 0.5, 1.0)]
    assert fat[0] < fat[1] < fat[2]


def test_muscles_lie_inside_the_fascia_and_outside_bone(a_limb: MakeLimb) -> None:
    limb = a_limb(pattern=Pattern.LGMDR2)
    for side in SIDES:
        muscle = limb.muscles.mask([s for s in structures(Region.THIGH) if s.side is side])
        bone = limb.compartments.mask(Structure("BONE", side))
        assert (muscle & limb.inside_fascia(side)).sum() > 0.995 * muscle.sum()
        assert (muscle & bone).sum() < 0.005 * muscle.sum()


def test_compartments_follow_their_rule_and_lie_within_each_other(a_limb: MakeLimb) -> None:
    limb = a_limb(pattern=Pattern.LGMDR2)
    fat = sitk.GetArrayViewFromImage(limb.fat_fraction_percent)
    for side in SIDES:
        lean, imat = (limb.compartments.mask(Structure(code, side)) for code in ("LEAN", "IMAT"))
        assert (fat[lean] < LEAN_BELOW_PERCENT).all()
        assert (fat[imat] >= LEAN_BELOW_PERCENT).all()
        leg = limb.compartments.mask([s for s in limb.compartments.structures.values() if s.side is side])
        for plane, whole in zip(limb.inside_fascia(side), leg, strict=True):
            # Nothing inside the fascia borders on air.
            assert not (ndimage.binary_dilation(plane) & ~whole).any()


def test_truth_is_missing_in_air_only(a_limb: MakeLimb) -> None:
    limb = a_limb()
    air = sitk.GetArrayViewFromImage(limb.proton_density) == 0
    for image in (limb.fat_fraction_percent, limb.t2_water_ms, limb.t1_water_ms):
        np.testing.assert_array_equal(np.isnan(sitk.GetArrayViewFromImage(image)), air)
    assert 0.3 < air.mean() < 0.8


def test_detailed_labels_divide_biceps_and_name_further_muscles(a_limb: MakeLimb) -> None:
    merged, detailed = a_limb(), a_limb(detailed_muscles=True)
    for side in SIDES:
        heads = detailed.muscles.mask([Structure("BFL", side), Structure("BFS", side)])
        whole = merged.muscles.mask(Structure("BF", side))
        assert (heads & whole).sum() > 0.98 * whole.sum()
        assert detailed.muscles.mask(Structure("AB", side)).any()
    assert "AB" not in {structure.code for structure in merged.muscles.structures.values()}


def test_slices_beyond_the_limb_are_refused() -> None:
    with pytest.raises(ParameterError, match="holds 10"):
        make_limb(LimbParameters(protocol=dataclasses.replace(SMALL, slices=11)))


@pytest.mark.parametrize(
    ("name", "value"), [("severity", 1.1), ("size", 0.1), ("subcutaneous_fat", 9.0), ("seed", -1)]
)
def test_impossible_parameters_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=name):
        LimbParameters(**{name: value})  # type: ignore[arg-type]


def test_making_a_limb_can_be_cancelled_between_slices() -> None:
    seen: list[float] = []

    def stop(fraction: float, text: str) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        make_limb(LimbParameters(protocol=SMALL), stop)
    assert seen == [0.0, 0.1, 0.2]
