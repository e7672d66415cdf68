"""The user's word on a role is the last."""

from __future__ import annotations

import SimpleITK as sitk

from MuscleMyopathyLib.imaging.roles import Role, with_role
from MuscleMyopathyLib.imaging.series import Series


def test_the_user_overrules_the_role_and_the_reason_says_so():
    series = Series("map", sitk.Image([2, 2, 2], sitk.sitkInt16), Role.UNKNOWN, "Nothing tells.")
    overruled = with_role(series, Role.T2_MAP)
    assert (overruled.role, overruled.reason) == (Role.T2_MAP, "Set by the user.")
    assert overruled.image is series.image
