"""Bootstrap intervals over patients, drawn with replacement within each class.

Percentile intervals (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). A patient is drawn
with all the rows that he or she has; drawing within classes keeps their sizes, so that no resample lacks a class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.errors import InputError, ParameterError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class BootstrapParameters:
    """How often, and from which seed.

    Attributes:
        resamples: Number of resamples, 100 or more.
        seed: The same seed gives the same interval.
        confidence: Between 0 and 1.
    """

    resamples: int = 2000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.resamples < 100:
            raise ParameterError(f"{self.resamples} resamples are too few for an interval: take 100 or more.")
        if not 0 < self.confidence < 1:
            raise ParameterError(f"The confidence {self.confidence} must lie between 0 and 1.")


@dataclass(frozen=True)
class BootstrapInterval:
    """An estimate on all rows, and the percentile interval of the resamples' values.

    Attributes:
        estimate: On all rows.
        low: Lower end.
        high: Upper end.
        standard_error: Standard deviation of the resamples' values.
        undefined: Resamples in which the statistic was NaN; they are left out.
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    undefined: int


def bootstrap_interval(
    statistic: Callable[[IntArray], float],
    classes: npt.ArrayLike,
    patients: npt.ArrayLike | None = None,
    parameters: BootstrapParameters | None = None,
) -> BootstrapInterval:
    """Return the bootstrap interval of a statistic.

    Args:
        statistic: Takes the positions of the drawn rows (with repetitions) and returns a number.
        classes: Class of each row, shape (rows,).
        patients: Patient of each row; None when each row is a patient of its own.
        parameters: Number of resamples, seed, confidence.

    Raises:
        InputError: A patient's rows are of several classes, or the statistic is defined in no resample.
    """
    parameters = parameters or BootstrapParameters()
    labels = np.asarray(classes)
    values = np.array([statistic(drawn) for drawn in resamples(labels, patients, parameters)], dtype=np.float64)
    defined = values[np.isfinite(values)]
    if not defined.size:
        raise InputError("The statistic is defined in no resample: there are too few patients.")
    tail = (1 - parameters.confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return BootstrapInterval(
        estimate=float(statistic(np.arange(labels.size))),
        low=float(low),
        high=float(high),
        standard_error=float(defined.std(ddof=1)) if defined.size > 1 else np.nan,
        undefined=int(values.size - defined.size),
    )


def resamples(
    classes: npt.ArrayLike, patients: npt.ArrayLike | None, parameters: BootstrapParameters
) -> Iterator[IntArray]:
    """Yield the row positions of each resample; as `bootstrap_interval`."""
    labels = np.asarray(classes)
    names = np.arange(labels.size) if patients is None else np.asarray(patients)
    rows_of = {name: np.flatnonzero(names == name) for name in np.unique(names)}
    mixed = [str(name) for name, rows in rows_of.items() if len(set(labels[rows].tolist())) > 1]
    if mixed:
        raise InputError(f"The rows of patient {', '.join(mixed)} are of several classes; a patient has one.")
    by_class = [
        [rows for rows in rows_of.values() if labels[rows[0]] == label] for label in dict.fromkeys(labels.tolist())
    ]
    generator = np.random.default_rng(parameters.seed)
    for _ in range(parameters.resamples):
        drawn = [
            members[place] for members in by_class for place in generator.integers(len(members), size=len(members))
        ]
        yield np.concatenate(drawn)
