"""Voxel values are what the header says that they mean."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset

from MuscleMyopathyLib.imaging.dicom_scaling import Scaling, scaling_of
from MuscleMyopathyLib.imaging.folder import find_series, load_series
from Testing.Library.imaging.dicom_writer import header, stored_voxels, write_series


def real_world_value(unit: str) -> Dataset:
    units, mapping = Dataset(), Dataset()
    units.CodeValue = unit
    mapping.MeasurementUnitsCodeSequence = [units]
    mapping.RealWorldValueSlope = 0.1
    mapping.RealWorldValueIntercept = -5.0
    return mapping


def test_without_any_scaling_the_stored_values_are_the_values():
    assert scaling_of(header()) == Scaling(1.0, 0.0, None)


def test_rescale_slope_and_intercept_are_applied_and_their_unit_kept(tmp_path):
    write_series(
        tmp_path,
        stored_voxels(3),
        RescaleSlope="0.25",
        RescaleIntercept="-10",
        RescaleType="ms",
        SeriesDescription="T2_map",
    )
    series = load_series(find_series(tmp_path)[0])
    np.testing.assert_array_equal(sitk.GetArrayFromImage(series.image), stored_voxels(3) * np.float32(0.25) - 10)
    assert series.unit == "ms"


def test_whole_rescaling_keeps_whole_numbers(tmp_path):
    write_series(tmp_path, stored_voxels(3), RescaleSlope="2", RescaleIntercept="-1024")
    image = load_series(find_series(tmp_path)[0]).image
    assert image.GetPixelID() == sitk.sitkInt16
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), stored_voxels(3).astype(int) * 2 - 1024)


def test_an_unspecified_rescale_type_is_no_unit():
    assert scaling_of(header(RescaleSlope="2", RescaleIntercept="0", RescaleType="US")).unit is None


def test_philips_images_are_brought_to_their_floating_point_scale():
    dataset = header(Manufacturer="Philips Medical Systems", RescaleSlope="4", RescaleIntercept="8")
    dataset.add_new((0x2005, 0x100E), "FL", 0.5)
    # (stored × 4 + 8) / (4 × 0.5)
    assert scaling_of(dataset) == Scaling(2.0, 4.0, None)


def test_a_philips_map_with_a_unit_keeps_its_rescaled_values():
    dataset = header(Manufacturer="Philips", RescaleSlope="4", RescaleIntercept="8", RescaleType="ms")
    dataset.add_new((0x2005, 0x100E), "FL", 0.5)
    assert scaling_of(dataset) == Scaling(4.0, 8.0, "ms")


def test_a_real_world_value_with_a_unit_comes_before_the_rescale():
    dataset = header(RescaleSlope="3", RescaleIntercept="0", RealWorldValueMappingSequence=[real_world_value("%")])
    assert scaling_of(dataset) == Scaling(0.1, -5.0, "%")


def test_a_real_world_value_without_a_unit_leaves_the_rescale_in_force():
    dataset = header(RescaleSlope="3", RescaleIntercept="0", RealWorldValueMappingSequence=[real_world_value("1")])
    assert scaling_of(dataset) == Scaling(3.0, 0.0, None)
