"""Thigh or calf where something tells."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.imaging.regions import guess_region


@pytest.mark.parametrize(
    ("texts", "region"),
    [
        (["THIGH"], Region.THIGH),
        (["EXTREMITY", "^THIGH", "AXIAL SE T1"], Region.THIGH),
        (["MR Oberschenkel bds."], Region.THIGH),
        (["t1_tse_tra_UpperLeg"], Region.THIGH),
        (["CALF"], Region.CALF),
        (["T2_calves"], Region.CALF),
        (["LOWER LEG"], Region.CALF),
        (["LEG"], None),
        (["EXTREMITY", "t1_tse_tra"], None),
        (["thighs and calves"], None),
        ([], None),
    ],
)
def test_the_region_is_the_one_that_is_named_and_none_where_in_doubt(texts, region):
    assert guess_region(texts) is region
