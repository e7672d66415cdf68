"""Memory of T2 maps of a whole examination: the largest resident size while 17 echoes are fitted.

The volume of 512 × 512 × 40 voxels takes minutes; by default a fifth of its slices is fitted, and the part that
grows with the voxels is scaled up (the echoes and maps do; the pieces that are fitted do not). ``--whole`` fits
all.
"""

from __future__ import annotations

import gc
import resource
import sys
import time

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.extended_phase_graph import EchoTrain, echo_amplitudes
from MuscleMyopathyLib.qmri.t2_maps import T2Method, t2_maps

ECHOES, SPACING_MS, ROWS, COLUMNS, SLICES = 17, 7.6, 512, 512, 40
LIMIT_GB = 2.0


def make_train(slices: int) -> Echoes:
    """Return echoes as a scanner stores them, 16-bit integers: two limbs, over a third of the field of view."""
    rows, columns = np.indices((ROWS, COLUMNS))
    limbs = sum(((rows - 256) / 150) ** 2 + ((columns - middle) / 115) ** 2 < 1 for middle in (130, 382)) > 0
    train = EchoTrain(ECHOES, SPACING_MS)
    decay = 0.8 * echo_amplitudes(train, 38.0, 1420.0, 0.9) + 0.2 * echo_amplitudes(train, 130.0, 370.0, 0.9)
    random = np.random.default_rng(0)
    images = []
    for amplitude in decay:
        noise = random.rayleigh(10, (slices, ROWS, COLUMNS)).astype(np.float32)
        image = sitk.GetImageFromArray((limbs * np.float32(1000 * amplitude) + noise).astype(np.int16))
        image.SetSpacing((0.8, 0.8, 6.0))
        images.append(image)
    times = tuple(SPACING_MS * number for number in range(1, ECHOES + 1))
    return Echoes.of_series(Series("train", images[0], Role.MULTI_ECHO_SE, "", tuple(images), times))


def peak_gb() -> float:
    """Return the largest resident size of this process so far in GB."""
    factor = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * factor / 1e9


def fitted(slices: int, method: T2Method) -> None:
    """Fit a train of so many slices and let go of it."""
    echoes = make_train(slices)
    start = time.perf_counter()
    maps = t2_maps(echoes, method)
    seconds = time.perf_counter() - start
    voxels = int(np.isfinite(sitk.GetArrayViewFromImage(next(iter(maps.maps.values())))).sum())
    print(f"  {method}, {slices} slices: {voxels:,} voxels in {seconds:.1f} s, peak {peak_gb():.2f} GB")


def main() -> None:
    """Measure, and say whether the whole volume stays below the limit."""
    whole = "--whole" in sys.argv
    for method in T2Method:
        fitted(2, method)
        gc.collect()
    small = peak_gb()
    slices = SLICES if whole else SLICES // 5
    for method in T2Method:
        fitted(slices, method)
        gc.collect()
    peak = peak_gb()
    expected = peak if whole else small + (peak - small) * (SLICES - 2) / (slices - 2)
    how = "measured" if whole else f"extrapolated from {slices} slices"
    print(f"{ROWS} × {COLUMNS} × {SLICES} × {ECHOES} echoes: peak {expected:.2f} GB ({how}), limit {LIMIT_GB} GB")
    assert expected < LIMIT_GB


if __name__ == "__main__":
    main()
