"""A cohort of tiny images with two labels each, and presets that take milliseconds, for the tests of cohorts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset, preset_from_mapping

PRESET_YAML = """\
imageType:
  Original: {}
featureClass:
  firstorder: [Mean, Entropy, Skewness]
setting:
  binWidth: 10
"""


def tiny_preset() -> RadiomicsPreset:
    return preset_from_mapping(
        {
            "imageType": {"Original": {}},
            "featureClass": {"firstorder": ["Mean", "Entropy", "Skewness"]},
            "setting": {"binWidth": 10},
        },
        "tiny",
    )


def tiny_image(seed: int) -> sitk.Image:
    values = np.random.default_rng(seed).normal(100, 30, (6, 14, 16))
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.SetSpacing((3.0, 3.0, 3.0))
    return image


def tiny_labels() -> sitk.Image:
    """Return labels 1 (left) and 101 (right), which are RF in the extension's own scheme."""
    labels = np.zeros((6, 14, 16), np.uint8)
    labels[1:5, 3:9, 2:7] = 101
    labels[1:5, 3:9, 9:14] = 1
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing((3.0, 3.0, 3.0))
    return image


def write_tiny_case(folder: Path, name: str, seed: int) -> None:
    """Write ``<name>_T1w.nii.gz`` and ``<name>_mask.nii.gz``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_image(tiny_image(seed), folder / f"{name}_T1w.nii.gz")
    write_image(tiny_labels(), folder / f"{name}_mask.nii.gz")


def write_tiny_cohort(folder: Path, count: int) -> Path:
    """Write the files of some cases and the CSV that lists them, with a column Group."""
    lines = ["ID,Image,Mask,Group"]
    for number in range(count):
        write_tiny_case(folder, f"P{number}", number)
        lines.append(f"P{number},P{number}_T1w.nii.gz,P{number}_mask.nii.gz,{'AB'[number % 2]}")
    path = folder / "cohort.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
