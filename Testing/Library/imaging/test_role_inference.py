"""Roles from the vendors' tags and words, each with a reason that a radiologist can check."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.imaging.role_inference import RoleEvidence, infer_role
from MuscleMyopathyLib.imaging.roles import Role


def described(text, **more):
    return RoleEvidence(texts=(("SeriesDescription", text),), **more)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        # T1-weighted
        ("t1_tse_tra", Role.T1W),
        ("AXIAL SE T1 - RESEARCH", Role.T1W),
        ("Ax T1 FSE", Role.T1W),
        ("T1W_TSE_TRA", Role.T1W),
        ("T1 without fs", Role.T1W),
        ("t1_tse_nonfs_tra", Role.T1W),
        # T2-weighted, with and without fat suppression, STIR
        ("t2_tse_tra", Role.T2W),
        ("T2W_TSE", Role.T2W),
        ("AXIAL SE T2 FAT SAT - RESEARCH", Role.STIR),
        ("T2FS", Role.STIR),
        ("t2_tse_fs_tra", Role.STIR),
        ("T2W_SPAIR", Role.STIR),
        ("Ax T2 FatSat", Role.STIR),
        ("t2_tirm_tra", Role.STIR),
        ("TIRM cor", Role.STIR),
        ("STIR_longTE", Role.STIR),
        ("t2_stir_tra_p2", Role.STIR),
        # Dixon
        ("WATER: Ax T2 IDEAL", Role.WATER),
        ("Water: LAVA-Flex", Role.WATER),
        ("FAT: Ax T1 IDEAL", Role.FAT),
        ("InPhase: LAVA-Flex", Role.IN_PHASE),
        ("OutPhase: LAVA-Flex", Role.OPPOSED_PHASE),
        ("t1_vibe_dixon_tra_W", Role.WATER),
        ("t1_vibe_dixon_tra_F", Role.FAT),
        ("t1_vibe_dixon_tra_in", Role.IN_PHASE),
        ("t1_vibe_dixon_tra_opp", Role.OPPOSED_PHASE),
        ("t2_tse_dixon_tra_w", Role.WATER),
        ("dixon_W", Role.WATER),
        ("mDIXON_IP", Role.IN_PHASE),
        ("opposed phase", Role.OPPOSED_PHASE),
        # maps
        ("PDFF", Role.FAT_FRACTION_MAP),
        ("FatFrac: IDEAL IQ", Role.FAT_FRACTION_MAP),
        ("qdixon_FF", Role.FAT_FRACTION_MAP),
        ("Fat Fraction", Role.FAT_FRACTION_MAP),
        ("T2_map", Role.T2_MAP),
        ("T2map tra", Role.T2_MAP),
        ("calf_t2_scanner_map", Role.T2_MAP),
        ("R2*: IDEAL IQ", Role.R2STAR_MAP),
        ("R2star_map", Role.R2STAR_MAP),
    ],
)
def test_descriptions_in_the_vendors_usual_spelling_tell_the_role(text, role):
    found, reason = infer_role(described(text))
    assert found is role, reason
    assert f'SeriesDescription "{text}" says' in reason


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("localizer", "a localizer"),
        ("3-plane scout", "a localizer"),
        ("ep2d_diff_b50_400_800_ADC", "a diffusion image"),
        ("T2star_map", "T2* image"),
        ("T1 map MOLLI", "a T1 map"),
        ("B0 map", "a field map"),
        ("pd_tse_fs_tra", "proton-density-weighted"),
        ("t1_tse_fs_tra_km", "T1-weighted with fat suppression"),
        ("t2_flair", "fluid-attenuated"),
        ("T1 and T2", "Choose the role"),
        ("t1_vibe_dixon_tra", "nothing tells which of its images"),
        ("exercise 3", "Nothing in the header or the name tells"),
    ],
)
def test_what_has_no_role_or_is_doubtful_is_unknown_and_the_reason_says_why(text, says):
    role, reason = infer_role(described(text))
    assert role is Role.UNKNOWN, reason
    assert says in reason


@pytest.mark.parametrize(
    ("image_type", "role"),
    [
        (("ORIGINAL", "PRIMARY", "W", "W", "DERIVED"), Role.WATER),
        (("ORIGINAL", "PRIMARY", "F", "F", "DERIVED"), Role.FAT),
        (("ORIGINAL", "PRIMARY", "IP", "IP", "DERIVED"), Role.IN_PHASE),
        (("ORIGINAL", "PRIMARY", "OP", "OP", "DERIVED"), Role.OPPOSED_PHASE),
        (("DERIVED", "PRIMARY", "DIXON", "WATER"), Role.WATER),
        (("ORIGINAL", "PRIMARY", "M", "DIXON", "FAT"), Role.FAT),
        (("DERIVED", "PRIMARY", "DIXON", "IN_PHASE"), Role.IN_PHASE),
        (("ORIGINAL", "PRIMARY", "DIXON", "OPP_PHASE"), Role.OPPOSED_PHASE),
        (("ORIGINAL", "PRIMARY", "DIXON", "OUT_PHASE"), Role.OPPOSED_PHASE),
        (("DERIVED", "PRIMARY", "FAT_FRACTION", "NORM"), Role.FAT_FRACTION_MAP),
        (("DERIVED", "PRIMARY", "M", "T2 MAP", "ND"), Role.T2_MAP),
        (("DERIVED", "PRIMARY", "R2_STAR MAP"), Role.R2STAR_MAP),
    ],
)
def test_the_image_type_tells_the_role_before_any_word(image_type, role):
    found, reason = infer_role(described("t1_tse_tra", image_type=image_type))
    assert found is role
    assert reason.startswith("ImageType says")


@pytest.mark.parametrize(
    ("evidence", "role"),
    [
        (described("me_gre", image_type=("ORIGINAL", "PRIMARY", "P"), volumes=6), Role.MULTI_ECHO_GRE_PHASE),
        (described("thigh_multi-echo-GRE-phase", volumes=6), Role.MULTI_ECHO_GRE_PHASE),
        (described("sub-01_part-phase_MEGRE", volumes=6), Role.MULTI_ECHO_GRE_PHASE),
        (described("sub-01_part-mag_MEGRE", volumes=6), Role.MULTI_ECHO_GRE),
        (described("in_phase gre", volumes=2), Role.MULTI_ECHO_GRE),
        (described("mese part-phase", volumes=6), Role.UNKNOWN),
    ],
)
def test_the_phase_of_gradient_echoes_is_told_from_their_magnitude(evidence, role):
    found, reason = infer_role(evidence)
    assert found is role, reason


@pytest.mark.parametrize(
    ("image_type", "says"),
    [
        (("ORIGINAL", "PRIMARY", "P", "ND"), "a phase image"),
        (("ORIGINAL", "PRIMARY", "OTHER", "IMAGINARY"), "the imaginary part"),
        (("DERIVED", "PRIMARY", "T2_STAR"), "a T2* map"),
        (("DERIVED", "PRIMARY", "DIXON", "WATER", "FAT"), "WATER and FAT at once"),
    ],
)
def test_an_image_type_that_fits_no_role_is_unknown(image_type, says):
    role, reason = infer_role(described("t1_vibe_dixon_W", image_type=image_type))
    assert role is Role.UNKNOWN
    assert says in reason


def test_the_first_two_values_of_the_image_type_are_no_image_kinds():
    # A file that leaves out the first values must not turn "W" for something else into water.
    role, _ = infer_role(RoleEvidence(image_type=("F", "W")))
    assert role is Role.UNKNOWN


def test_an_image_type_contradicted_by_the_description_is_left_to_the_user():
    role, reason = infer_role(described("FatFrac: IDEAL IQ", image_type=("DERIVED", "PRIMARY", "FAT")))
    assert role is Role.UNKNOWN
    assert "ImageType says FAT" in reason
    assert 'says "fat frac"' in reason


@pytest.mark.parametrize(
    ("sequence", "repetition", "echo", "options", "role"),
    [
        (("SE",), 600.0, 12.0, (), Role.T1W),
        (("SE",), 4000.0, 80.0, (), Role.T2W),
        (("SE",), 4000.0, 80.0, ("FS",), Role.STIR),
        (("SE",), 4000.0, 80.0, ("SP",), Role.T2W),
        (("SE",), 3000.0, 30.0, (), Role.UNKNOWN),
        (("SE",), 600.0, 12.0, ("FS",), Role.UNKNOWN),
        (("GR",), 6.0, 2.0, (), Role.UNKNOWN),
    ],
)
def test_spin_echo_times_tell_the_weighting_where_no_word_does(sequence, repetition, echo, options, role):
    evidence = RoleEvidence(
        scanning_sequence=sequence, repetition_time_ms=repetition, echo_times_ms=(echo,), scan_options=options
    )
    assert infer_role(evidence)[0] is role


def test_an_inversion_time_that_nulls_fat_tells_stir():
    evidence = RoleEvidence(scanning_sequence=("SE", "IR"), inversion_time_ms=220.0)
    assert infer_role(evidence) == (
        Role.STIR,
        "Inversion recovery with an inversion time of 220 ms, which nulls fat: STIR.",
    )


def test_a_long_inversion_time_does_not_tell_stir():
    evidence = RoleEvidence(scanning_sequence=("SE", "IR"), inversion_time_ms=2200.0)
    assert infer_role(evidence)[0] is Role.UNKNOWN


def test_words_contradicted_by_the_times_are_left_to_the_user():
    role, reason = infer_role(
        described("t1_tse", scanning_sequence=("SE",), repetition_time_ms=5000.0, echo_times_ms=(90.0,))
    )
    assert role is Role.UNKNOWN
    assert reason.endswith("a repetition time of 5000 ms and an echo time of 90 ms mean T2w. Choose the role.")


@pytest.mark.parametrize(
    ("evidence", "role"),
    [
        (described("x", volumes=3, echo_times_ms=(1, 2, 3), scanning_sequence=("GR",)), Role.MULTI_ECHO_GRE),
        (described("x", volumes=17, scanning_sequence=("SE",)), Role.MULTI_ECHO_SE),
        (described("calf_t2_echoes", volumes=17), Role.MULTI_ECHO_SE),
        (described("mDIXON_6echo", volumes=6), Role.MULTI_ECHO_GRE),
        (described("exercise", volumes=6), Role.UNKNOWN),
    ],
)
def test_several_echoes_are_of_spin_or_gradient_echo_where_something_tells(evidence, role):
    assert infer_role(evidence)[0] is role


def test_the_reason_for_fat_suppressed_t2_quotes_both_words():
    _, reason = infer_role(described("AXIAL SE T2 FAT SAT"))
    assert reason.startswith('SeriesDescription "AXIAL SE T2 FAT SAT" says "t2" and "fat sat": fat-suppressed T2')
