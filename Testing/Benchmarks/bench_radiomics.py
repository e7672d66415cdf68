"""The 22 muscles of both thighs, preset wei2023: this library on two processes against a loop of PyRadiomics.

    python Testing/Benchmarks/bench_radiomics.py [--structures N] [--phantom] [--workers N]

Real Dixon water images (../shared/data) where they are, left and right divided in the middle between the legs;
else the digital limb. PyRadiomics runs as installed, and once more with its linear algebra on one thread, which
helps it where threads wait for one another. The ratio against the loop as installed has to be 6 or more and all
values equal to 1e-9; the exit status is 1 otherwise.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from MuscleMyopathyLib.anatomy import Side, Structure  # noqa: E402
from MuscleMyopathyLib.imaging.files import read_image, read_label_image  # noqa: E402
from MuscleMyopathyLib.imaging.segmentation import Segmentation  # noqa: E402
from MuscleMyopathyLib.label_schemes import read_label_scheme  # noqa: E402
from MuscleMyopathyLib.radiomics.extraction import extract_features  # noqa: E402
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset, read_radiomics_preset  # noqa: E402

REQUIRED_RATIO = 6.0
TOLERANCE = 1e-9


def real_thighs() -> tuple[sitk.Image, Segmentation]:
    """Return the water image of Thigh_001 and its 11 muscles, divided into left and right."""
    folder = ROOT.parent / "shared" / "data" / "huashan_thigh"
    image = read_image(folder / "Thigh_001_water.nii.gz")
    label_image = read_label_image(folder / "Thigh_001_labels.nii.gz")
    scheme = read_label_scheme("huashan")
    labels = sitk.GetArrayFromImage(label_image)
    columns = np.flatnonzero(labels.any(axis=(0, 1)))
    middle = (columns[0] + columns[-1]) // 2
    # Columns run to the patient's left in this image, so the left leg has the higher ones.
    left = (labels > 0) & (np.arange(labels.shape[2]) > middle)
    labels = labels + left.astype(labels.dtype) * 100
    structures = {label: Structure(s.code, Side.RIGHT) for label, s in scheme.items()}
    structures |= {label + 100: Structure(s.code, Side.LEFT) for label, s in scheme.items()}
    return image, Segmentation.from_array(labels, structures, label_image)


def phantom_thighs() -> tuple[sitk.Image, Segmentation]:
    """Return the T1w image of the digital limb and its 22 muscles."""
    from MuscleMyopathyLib.phantom.case import phantom_series
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
    from MuscleMyopathyLib.phantom.sequences import SpinEcho

    series, limb = phantom_series(LimbParameters(pattern=Pattern.LGMDR2, seed=1), (SpinEcho(),))
    return series[0].image, limb.muscles


def plain_loop(image: sitk.Image, segmentation: Segmentation, preset: RadiomicsPreset) -> pd.DataFrame:
    """Return the features by PyRadiomics alone, one call of ``execute`` per structure."""
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    extractor = RadiomicsFeatureExtractor(dict(preset.pyradiomics))
    rows = [extractor.execute(image, segmentation.image, label=label) for label in segmentation.structures]
    return pd.DataFrame([{k: float(v) for k, v in row.items() if not k.startswith("diagnostics")} for row in rows])


def largest_difference(plain: pd.DataFrame, ours: pd.DataFrame) -> float:
    """Return the largest relative difference of two tables of the same columns."""
    if list(plain.columns) != list(ours.columns):
        return float("inf")
    first, second = plain.to_numpy(float), ours.to_numpy(float)
    equal = (first == second) | (np.isnan(first) & np.isnan(second))
    scale = np.maximum(np.abs(first), np.finfo(float).tiny)
    return float(np.where(equal, 0.0, np.abs(first - second) / scale).max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--structures", type=int, default=22, help="how many of the structures")
    parser.add_argument("--phantom", action="store_true", help="the digital limb even where real data are")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    for name in ("radiomics", "radiomics.glcm", "radiomics.imageoperations"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")

    real = (ROOT.parent / "shared" / "data" / "huashan_thigh").is_dir() and not options.phantom
    image, segmentation = real_thighs() if real else phantom_thighs()
    chosen = dict(list(segmentation.structures.items())[: options.structures])
    segmentation = Segmentation(segmentation.image, chosen)
    preset = read_radiomics_preset("wei2023")

    start = time.perf_counter()
    ours = extract_features({"image": image}, segmentation, preset, workers=options.workers)
    ours_s = time.perf_counter() - start

    start = time.perf_counter()
    plain = plain_loop(image, segmentation, preset)
    plain_s = time.perf_counter() - start

    start = time.perf_counter()
    with threadpool_limits(1):
        plain_loop(image, segmentation, preset)
    one_thread_s = time.perf_counter() - start

    difference = largest_difference(plain, ours.table[ours.feature_names])
    ratio = plain_s / ours_s
    grid = " × ".join(map(str, image.GetSize()))
    print(f"radiomics, wei2023: {len(chosen)} structures × {plain.shape[1]} features, {grid} voxels")
    print(f"  PyRadiomics, loop of execute:         {plain_s:7.1f} s")
    print(f"  PyRadiomics, linear algebra 1 thread: {one_thread_s:7.1f} s")
    print(f"  this library, {options.workers} processes:            {ours_s:7.1f} s")
    print(f"  ratio {ratio:.1f}, against one thread {one_thread_s / ours_s:.1f}")
    print(f"  largest relative difference {difference:.1e}")
    if ratio < REQUIRED_RATIO or difference > TOLERANCE:
        print(f"  NOT REACHED: ratio {REQUIRED_RATIO:g} and difference {TOLERANCE:g}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
