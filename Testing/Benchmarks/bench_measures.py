"""Measures of all thigh muscles on both sides in all slices, against a loop with SimpleITK's statistics filter."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from timing import best_of, report

from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.qmri.measures import Measures, measure_structures

Row = tuple[int, float, float]


def loop_over_structures(segmentation: Segmentation, percent: sitk.Image) -> dict[tuple[int, int | None], Row]:
    """Return count, mean and SD of every structure, over the volume (slice None) and per slice."""
    rows: dict[tuple[int, int | None], Row] = {}
    for label in segmentation.structures:
        mask = segmentation.image == label
        for index in (None, *range(percent.GetDepth())):
            values = percent if index is None else percent[:, :, index]
            within = mask if index is None else mask[:, :, index]
            statistics = sitk.LabelIntensityStatisticsImageFilter()
            statistics.Execute(within, values)
            if statistics.HasLabel(1):
                rows[label, index] = (
                    statistics.GetNumberOfPixels(1),
                    statistics.GetMean(1),
                    statistics.GetStandardDeviation(1),
                )
    return rows


def check_equal(segmentation: Segmentation, ours: Measures, theirs: dict[tuple[int, int | None], Row]) -> None:
    """Compare every number of the loop with the table's."""
    label = {(s.code, str(s.side)): number for number, s in segmentation.structures.items()}
    found = {(label[row.structure, row.side], None): row for row in ours.volume.itertuples()}
    found |= {(label[row.structure, row.side], row.slice): row for row in ours.by_slice.itertuples()}
    assert set(found) == set(theirs)
    for key, row in found.items():
        count, mean, sd = theirs[key]
        assert row.voxel_count == count
        np.testing.assert_allclose(row.ff_mean_percent, mean, rtol=1e-9)
        if count > 1:
            np.testing.assert_allclose(row.ff_sd_percent, sd, rtol=1e-6)


def main() -> None:
    """Run the benchmark."""
    limb = make_limb(LimbParameters(pattern=Pattern.LGMDR2))
    percent = sitk.Cast(limb.fat_fraction_percent, sitk.sitkFloat64)
    (ours, measures), (theirs, rows) = best_of(
        3,
        lambda: measure_structures(limb.muscles, percent),
        lambda: loop_over_structures(limb.muscles, percent),
    )
    check_equal(limb.muscles, measures, rows)
    structures, slices = len(limb.muscles.structures), percent.GetDepth()
    report(f"measures of {structures} structures in {slices} slices", ours, theirs, "SimpleITK in a loop")


if __name__ == "__main__":
    main()
