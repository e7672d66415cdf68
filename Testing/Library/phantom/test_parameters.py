"""Parameters and protocols: their way through presets, and what they refuse."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.parameters import from_mapping, to_mapping
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Sex
from MuscleMyopathyLib.phantom.protocols import PROTOCOLS, WEI_2023, Protocol


def test_parameters_survive_a_preset() -> None:
    parameters = LimbParameters(
        region=Region.CALF, pattern=Pattern.IMNM, sex=Sex.FEMALE, shift_mm=(5.0, -2.0), protocol=PROTOCOLS["fine"]
    )
    assert from_mapping(LimbParameters, to_mapping(parameters)) == parameters


def test_weis_protocol_has_the_field_of_view_matrix_and_gap_of_the_paper() -> None:
    assert (WEI_2023.columns, WEI_2023.rows) == (320, 224)
    assert WEI_2023.columns * WEI_2023.pixel_mm[0] == pytest.approx(380)
    assert WEI_2023.rows * WEI_2023.pixel_mm[1] == pytest.approx(228)
    assert WEI_2023.spacing_mm - WEI_2023.thickness_mm == 18


def test_slices_fill_the_segment_unless_a_number_is_asked_for() -> None:
    assert WEI_2023.slices_over(380) == 16
    assert Protocol(10, 10, (1, 1), 6, 24, slices=5).slices_over(380) == 5


@pytest.mark.parametrize(
    "change",
    [{"columns": 0}, {"spacing_mm": 0}, {"pixel_mm": (1.0, -1.0)}, {"in_plane_samples": 0}, {"slices": 0}],
)
def test_impossible_protocols_are_refused_by_name(change: dict[str, object]) -> None:
    values: dict[str, object] = {
        "columns": 8,
        "rows": 8,
        "pixel_mm": (1.0, 1.0),
        "thickness_mm": 6,
        "spacing_mm": 6,
    }
    with pytest.raises(ParameterError, match=next(iter(change))):
        Protocol(**{**values, **change})  # type: ignore[arg-type]


def test_the_grid_is_centred_with_axes_along_lps() -> None:
    protocol = Protocol(20, 10, (4.0, 6.0), 6, 30, slices=3, in_plane_samples=1, through_plane_samples=1)
    image = make_limb(LimbParameters(protocol=protocol)).muscles.image
    assert image.GetDirection() == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert image.TransformContinuousIndexToPhysicalPoint((9.5, 4.5, 1.0)) == pytest.approx((0, 0, 0))
    assert image.GetSpacing() == (4, 6, 30)
