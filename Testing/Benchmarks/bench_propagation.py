"""Propagation of muscles from every 2nd, 3rd and 5th slice, against shape interpolation and the nearest slice.

Per data set and step: mean and lowest Dice per muscle over the slices left out, and the time. Real data come from
../shared/data, where it is there; the rest is the digital limb.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import SpinEcho
from MuscleMyopathyLib.segmentation.propagation import PropagationMethod, PropagationParameters, propagate

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FINE = Protocol(256, 160, (1.5, 1.5), thickness_mm=6, spacing_mm=8, slices=21)

Labels = npt.NDArray[np.integer]


def cases() -> Iterator[tuple[str, Segmentation, sitk.Image]]:
    """Yield the name, the muscles and an image of each data set."""
    series, limb = phantom_series(LimbParameters(pattern=Pattern.LGMDR2, seed=3, protocol=FINE), (SpinEcho(),))
    yield "digital thigh, T1w, 8 mm", limb.muscles, series[0].image
    if not SHARED.is_dir():
        print("without ../shared/data only the digital limb is measured")
        return
    for patient in ("Thigh_001", "Thigh_002"):
        for contrast in ("water", "fat"):
            folder = SHARED / "huashan_thigh"
            labels = sitk.ReadImage(str(folder / f"{patient}_labels.nii.gz"))
            image = sitk.ReadImage(str(folder / f"{patient}_{contrast}.nii.gz"))
            yield f"{patient}, {contrast}, 24 mm", Segmentation(labels, read_label_scheme("huashan")), image
    folder = SHARED / "qmritools"
    labels = sitk.ReadImage(str(folder / "calf_labels.nii.gz"))
    image = sitk.ReadImage(str(folder / "calf_labels_image.nii.gz"))
    yield "calf, 6 mm", Segmentation(labels, read_label_scheme("qmritools-calf")), image


def nearest_slice(labels: Labels, kept: list[int]) -> Labels:
    """Return every slice as a copy of the nearest one kept."""
    return labels[[min(kept, key=lambda other: abs(other - index)) for index in range(len(labels))]]


def dice_per_muscle(found: Labels, truth: Labels) -> npt.NDArray[np.float64]:
    """Return the Dice coefficient of every label of the truth."""
    return np.array(
        [
            2 * np.count_nonzero((found == label) & (truth == label))
            / (np.count_nonzero(found == label) + np.count_nonzero(truth == label))
            for label in np.unique(truth[truth > 0])
        ]
    )  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    for name, truth, image in cases():
        used = np.flatnonzero(truth.array.any(axis=(1, 2)))
        for step in (2, 3, 5):
            kept = [int(index) for index in used[::step]]
            left_out = [index for index in range(kept[0], kept[-1]) if index not in kept]
            labels = np.zeros_like(truth.array)
            labels[kept] = truth.array[kept]
            drawn = Segmentation.from_array(labels, truth.structures, truth.image)
            results = [("nearest slice", nearest_slice(truth.array, kept), 0.0)]
            for method in PropagationMethod:
                start = time.perf_counter()
                made = propagate(drawn, image, PropagationParameters(method))
                seconds = time.perf_counter() - start
                results.append((str(method), made.segmentation.array, seconds))
            print(f"{name}: every {step}. slice kept, {len(left_out)} left out")
            for method_name, found, seconds in results:
                dice = dice_per_muscle(found[left_out], truth.array[left_out])
                print(
                    f"  {method_name:14s} Dice {dice.mean():.3f} (lowest muscle {dice.min():.3f}), {seconds:.1f} s"
                )


if __name__ == "__main__":
    main()
