from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from matplotlib.image import imread

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.report.figures import slice_figure
from MuscleMyopathyLib.report.pictures import color_bar_stops
from MuscleMyopathyLib.study.case import CaseResult


def pixels(uri: str) -> np.ndarray:
    header, data = uri.split(",", 1)
    assert header == "data:image/png;base64"
    return imread(io.BytesIO(base64.b64decode(data)), format="png")


def flipped(result: CaseResult, axes: tuple[bool, bool, bool]) -> CaseResult:
    """Return the same patient with voxels stored in the other order along some axes."""

    def flip(image: sitk.Image) -> sitk.Image:
        steps = tuple(-1 if axis else 1 for axis in axes)
        array = sitk.GetArrayFromImage(image)[:: steps[2], :: steps[1], :: steps[0]]
        turned = sitk.GetImageFromArray(np.ascontiguousarray(array))
        turned.SetSpacing(image.GetSpacing())
        turned.SetDirection([c * steps[n % 3] for n, c in enumerate(image.GetDirection())])
        corner = [n - 1 if axis else 0 for n, axis in zip(image.GetSize(), axes, strict=True)]
        turned.SetOrigin(image.TransformIndexToPhysicalPoint(corner))
        return turned

    def turned(segmentation: Segmentation | None) -> Segmentation | None:
        return segmentation and Segmentation(flip(segmentation.image), segmentation.structures)

    series = tuple(replace(one, image=flip(one.image)) for one in result.case.series)
    assert result.fat_fraction_percent is not None
    return replace(
        result,
        case=replace(result.case, series=series),
        whole_muscle=turned(result.whole_muscle),
        muscles=turned(result.muscles),
        fat_fraction_percent=flip(result.fat_fraction_percent),
    )


@pytest.mark.parametrize("axes", [(False, False, False), (True, False, False), (True, True, True)])
def test_the_patients_left_is_on_the_right_of_both_pictures_and_of_the_outlines(
    a_case_result: CaseResult, axes: tuple[bool, bool, bool]
) -> None:
    # The same spot in the left rectus femoris is bright in the water image and pure fat in the map.
    water, fat = (sitk.Image(series.image) for series in a_case_result.case.series)
    fraction = sitk.Image(a_case_result.fat_fraction_percent)
    water[42:46, 8:13, :] = 5000.0
    fraction[42:46, 8:13, :] = 100.0
    series = (
        replace(a_case_result.case.series[0], image=water),
        replace(a_case_result.case.series[1], image=fat),
    )
    marked = replace(a_case_result, case=replace(a_case_result.case, series=series), fat_fraction_percent=fraction)

    figure = slice_figure(flipped(marked, axes))
    assert figure is not None
    picture = figure.pictures[0]
    gray = pixels(picture.anatomy)[..., 0]
    assert np.unravel_index(gray.argmax(), gray.shape)[1] > gray.shape[1] / 2
    colors = pixels(picture.fat_fraction or "")
    yellow = colors[..., 0] * colors[..., 3]
    assert np.unravel_index(yellow.argmax(), yellow.shape)[1] > yellow.shape[1] / 2
    for outline in picture.outlines:
        x = float(outline.path[1:].split()[0])
        assert (x > figure.width_mm / 2) == (outline.structure.side is Side.LEFT)


def test_flipped_axes_give_the_very_same_pictures(a_case_result: CaseResult) -> None:
    as_is = slice_figure(a_case_result)
    over = slice_figure(flipped(a_case_result, (True, True, False)))
    assert as_is is not None
    assert over is not None
    assert [p.fat_fraction for p in over.pictures] == [p.fat_fraction for p in as_is.pictures]
    assert (over.width_mm, over.height_mm) == (as_is.width_mm, as_is.height_mm)


def test_sizes_are_millimetres_of_voxels_that_are_not_square(a_case_result: CaseResult) -> None:
    figure = slice_figure(a_case_result)
    assert figure is not None
    rows, columns = pixels(figure.pictures[0].anatomy).shape[:2]
    assert figure.width_mm == pytest.approx(columns * 2.0)
    assert figure.height_mm == pytest.approx(rows * 3.0)


def test_the_field_of_view_is_the_limb_with_a_margin_of_8_mm_every_time(a_case_result: CaseResult) -> None:
    # The legs fill columns 6 to 53 of 2 mm and rows 4 to 27 of 3 mm; below them only 2 rows (6 mm) are left.
    for _ in range(5):
        figure = slice_figure(a_case_result)
        assert figure is not None
        assert figure.width_mm == pytest.approx((48 + 2 * 4) * 2.0)
        assert figure.height_mm == pytest.approx((3 + 24 + 2) * 3.0)


def test_an_outline_runs_half_way_between_inner_and_outer_voxels(a_case_result: CaseResult) -> None:
    figure = slice_figure(a_case_result)
    assert figure is not None
    (outline,) = [o for o in figure.pictures[0].outlines if o.structure == Structure("RF", Side.RIGHT)]
    numbers = [float(n) for n in outline.path.strip("MZ").replace("L", " ").split()]
    xs, ys = numbers[::2], numbers[1::2]
    assert max(xs) - min(xs) == pytest.approx(16 * 2.0)
    assert max(ys) - min(ys) == pytest.approx(8 * 3.0)


def test_voxels_without_signal_are_transparent_in_the_map(a_case_result: CaseResult) -> None:
    figure = slice_figure(a_case_result)
    assert figure is not None
    alpha = pixels(figure.pictures[0].fat_fraction or "")[..., 3]
    limb = 2 * 20 * 24
    assert int((alpha == 1).sum()) == limb
    assert int((alpha == 0).sum()) == alpha.size - limb


def test_the_colour_bar_grows_lighter_all_the_way() -> None:
    def lightness(color: str) -> float:
        red, green, blue = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    stops = color_bar_stops()
    assert (stops[0][0], stops[-1][0]) == (0, 100)
    assert (np.diff([lightness(color) for _, color in stops]) > 0).all()


def test_without_a_map_the_slices_of_a_t1w_image_are_shown(a_case_result: CaseResult) -> None:
    t1w = Series("T1", a_case_result.case.series[0].image, Role.T1W, "chosen by the user")
    case = replace(a_case_result.case, series=(t1w,))
    figure = slice_figure(replace(a_case_result, case=case, fat_fraction_percent=None))
    assert figure is not None
    assert figure.image_name == "T1 (T1w)"
    named = replace(case, series=(replace(t1w, name="T1w"),))
    figure = slice_figure(replace(a_case_result, case=named, fat_fraction_percent=None))
    assert figure is not None
    assert figure.image_name == "T1w"
    assert [picture.fat_fraction for picture in figure.pictures] == [None] * 3


def test_a_case_without_an_anatomical_image_has_no_slices(a_case_result: CaseResult) -> None:
    assert slice_figure(replace(a_case_result, case=replace(a_case_result.case, series=()))) is None
