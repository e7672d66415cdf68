"""Imperfect fields of the scanner over both legs: coil sensitivity, B1 and B0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class FieldParameters:
    """How uneven the fields are; zeros for a perfect scanner.

    Attributes:
        coil_bias: Relative variation of the receive sensitivity, standard deviation over the field of view.
        b1_variation: Relative variation of the flip angle, standard deviation over the field of view.
        b0_hz: Off-resonance, standard deviation over the field of view.
    """

    coil_bias: float = 0.12
    b1_variation: float = 0.08
    b0_hz: float = 40.0


PERFECT_FIELDS = FieldParameters(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Fields:
    """The fields on a grid; arrays (slice, row, column).

    Attributes:
        coil: Receive sensitivity, about 1, the same for all sequences of one seed.
        b1: Flip angle over the nominal one.
        b0_hz: Off-resonance.
    """

    coil: Array
    b1: Array
    b0_hz: Array


def make_fields(parameters: FieldParameters, like: sitk.Image, seed: int) -> Fields:
    """Return smooth seeded fields on the grid of an image."""
    rng = np.random.default_rng([seed, 101])
    columns, rows, slices = like.GetSize()
    z, y, x = np.meshgrid(
        np.linspace(-1, 1, slices) if slices > 1 else np.zeros(1),
        np.linspace(-1, 1, rows),
        np.linspace(-1, 1, columns),
        indexing="ij",
        sparse=True,
    )
    coil = 1 + _smooth(rng, x, y, z, parameters.coil_bias)
    b1 = 1 + _smooth(rng, x, y, z, parameters.b1_variation)
    b0_hz = _smooth(rng, x, y, z, parameters.b0_hz)
    return Fields(np.clip(coil, 0.3, None), np.clip(b1, 0.6, 1.3), b0_hz)


def _smooth(rng: np.random.Generator, x: Array, y: Array, z: Array, deviation: float) -> Array:
    """Return a random polynomial of third degree with zero mean and the given standard deviation."""
    terms = [(i, j, k) for i in range(4) for j in range(4) for k in range(3) if 0 < i + j + k <= 3]
    weights = rng.normal(0, 1, len(terms))
    total = sum(w * x**i * y**j * z**k for w, (i, j, k) in zip(weights, terms, strict=True))
    values = np.asarray(total, dtype=np.float32)
    values = values - values.mean()
    spread = float(values.std())
    return np.asarray(values * np.float32(deviation / spread) if spread > 0 else values)
