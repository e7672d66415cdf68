"""T2 maps in voxels per second, against a loop of scipy.optimize.curve_fit; and how they scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import curve_fit
from timing import best_of

from MuscleMyopathyLib.progress import silent
from MuscleMyopathyLib.qmri.extended_phase_graph import EchoTrain, echo_amplitudes
from MuscleMyopathyLib.qmri.pieces import in_pieces
from MuscleMyopathyLib.qmri.t2_dictionary import T2Dictionary, make_dictionary
from MuscleMyopathyLib.qmri.t2_mono_exponential import fit_mono_exponential
from MuscleMyopathyLib.qmri.t2_water_fit import fit_water_t2

SPACING_MS = 10.0
WATER_T1_MS, FAT_T1_MS, FAT_T2_MS = 1420.0, 370.0, 130.0
NOISE_SD = 10.0
Trains = npt.NDArray[np.float32]


def make_trains(echoes: int, voxels: int) -> Trains:
    """Return noisy trains of water (T2 25 to 60 ms) with 20 % fat and B1 0.75 to 1, shape (echo, voxel)."""
    rng = np.random.default_rng(0)
    train = EchoTrain(echoes, SPACING_MS)
    t2, b1 = rng.uniform(25, 60, voxels), rng.uniform(0.75, 1.0, voxels)
    water = echo_amplitudes(train, t2, WATER_T1_MS, b1)
    fat = echo_amplitudes(train, FAT_T2_MS, FAT_T1_MS, b1)
    signal = 1000 * (0.8 * water + 0.2 * fat).T
    return (signal + NOISE_SD * rng.standard_normal(signal.shape)).astype(np.float32)


def dictionary_of(echoes: int) -> T2Dictionary:
    """Return the dictionary of the default parameters."""
    return make_dictionary(
        EchoTrain(echoes, SPACING_MS),
        t2_ms=(10.0, 100.0),
        b1=(0.5, 1.0),
        water_t1_ms=WATER_T1_MS,
        fat_t1_ms=FAT_T1_MS,
        fat_t2_ms=FAT_T2_MS,
    )


def fit_mono(trains: Trains, model_error: float = 0.0, noise_sd: float = 0.0) -> npt.NDArray[np.floating]:
    """Fit in the pieces that the library uses; model error and noise 0 are curve_fit's plain least squares."""
    times = tuple(SPACING_MS * n for n in range(1, len(trains) + 1))
    result = np.empty((4, trains.shape[1]), dtype=np.float32)

    def fit(place: slice) -> None:
        result[:, place] = fit_mono_exponential(trains[:, place], times, noise_sd, model_error)

    in_pieces(trains.shape[1], 16384, fit, silent, "")
    return result


def fit_water(trains: Trains, dictionary: T2Dictionary) -> npt.NDArray[np.floating]:
    """Fit in the pieces that the library uses."""
    result = np.empty((6, trains.shape[1]), dtype=np.float32)

    def fit(place: slice) -> None:
        result[:, place] = fit_water_t2(trains[:, place], dictionary, signed_fat=False)

    in_pieces(trains.shape[1], 256, fit, silent, "")
    return result


def mono_loop(trains: Trains) -> npt.NDArray[np.float64]:
    """Fit voxel by voxel with scipy, from the log-linear neighbourhood."""
    times = SPACING_MS * np.arange(1, len(trains) + 1)

    def decay(te: npt.NDArray[np.float64], s0: float, t2: float) -> npt.NDArray[np.float64]:
        return np.asarray(s0 * np.exp(-te / t2))

    return np.array([curve_fit(decay, times, train, p0=(train[0], 40.0))[0] for train in trains.T.astype(float)])


def water_loop(trains: Trains) -> npt.NDArray[np.float64]:
    """Fit water, fat, T2 and B1 voxel by voxel with scipy."""
    train = EchoTrain(len(trains), SPACING_MS)

    def model(
        _: npt.NDArray[np.float64], water: float, fat: float, t2: float, b1: float
    ) -> npt.NDArray[np.float64]:
        return water * echo_amplitudes(train, t2, WATER_T1_MS, b1) + fat * echo_amplitudes(
            train, FAT_T2_MS, FAT_T1_MS, b1
        )

    bounds = ((0, 0, 10, 0.5), (1e5, 1e5, 100, 1))
    x = np.arange(len(trains), dtype=float)
    return np.array(
        [curve_fit(model, x, y, p0=(800, 100, 40, 0.9), bounds=bounds)[0] for y in trains.T.astype(float)]
    )


def compare(what: str, ours: float, theirs: float) -> None:
    """Print voxels per second and their ratio."""
    print(f"{what}: {ours:,.0f} voxels/s; curve_fit: {theirs:,.1f} voxels/s; ratio {ours / theirs:,.0f}")


def main() -> None:
    """Run the benchmark, the fits in pieces on all processors, as the library does them."""
    echoes = 10
    trains, dictionary = make_trains(echoes, 400_000), dictionary_of(echoes)
    few, fewest, some = trains[:, :200], trains[:, :8], trains[:, :4096]
    ((mono, fitted), (loop, expected)) = best_of(9, lambda: fit_mono(trains), lambda: mono_loop(few))
    np.testing.assert_allclose(fitted[0, :200], expected[:, 1], rtol=5e-3)
    compare("mono-exponential, plain least squares", 400_000 / mono, 200 / loop)
    ((full, _),) = best_of(9, lambda: fit_mono(trains, 0.05, NOISE_SD))
    compare("mono-exponential with noise floor and model error", 400_000 / full, 200 / loop)

    ((water, found), (slow, truth)) = best_of(3, lambda: fit_water(some, dictionary), lambda: water_loop(fewest))
    compare("water T2, B1 and fat", 4096 / water, 8 / slow)
    print(f"  T2 differs by up to {np.abs(found[0, :8] - truth[:, 2]).max():.2f} ms")

    for count, voxels in ((10, 20_000), (10, 160_000), (20, 80_000)):
        more, own = make_trains(count, voxels), dictionary_of(count)
        ((seconds, _),) = best_of(3, lambda more=more: fit_mono(more))
        ((longer, _),) = best_of(2, lambda more=more, own=own: fit_water(more[:, :4096], own))
        print(f"{count} echoes, {voxels:,} voxels: mono {1e9 * seconds / voxels:.0f} ns a voxel; "
              f"water {1e6 * longer / 4096:.1f} µs a voxel")  # fmt: skip


if __name__ == "__main__":
    main()
