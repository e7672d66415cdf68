"""The ICC of features for a filter, and whose readings it rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from MuscleMyopathyLib.errors import InputError

IccOfReadings = Callable[[pd.DataFrame], pd.DataFrame]
"""From the feature table of several readings to its ICC table; `reproducibility.feature_agreement` does this."""


@dataclass(frozen=True)
class ReproducibilityTable:
    """Where the ICC filter's numbers come from.

    Give either ``readings`` with ``agreement``: then the ICC is computed anew from the training patients of each
    fold. Or a ready ``icc`` table: then say whose readings it rests on, or that they are of other people.

    Attributes:
        icc: As ``icc.csv`` (`reproducibility.feature_agreement`): ``region``, ``sequence``, ``feature``, ``icc``.
        patients: Whose readings ``icc`` rests on; None where that is not known.
        of_others: Whether the user says that none of them is in the cohort.
        readings: Features of all readings: ``case``, ``reader``, ``session``, … .
        agreement: Computes an ICC table from readings.
    """

    icc: pd.DataFrame | None = None
    patients: frozenset[str] | None = None
    of_others: bool = False
    readings: pd.DataFrame | None = None
    agreement: IccOfReadings | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if (self.icc is None) == (self.readings is None):
            raise InputError("Give either an ICC table or the features of all readings, not both and not neither.")
        if self.readings is not None and self.agreement is None:
            raise InputError("Readings need the function that computes their ICC.")

    def whole(self) -> pd.DataFrame:
        """Return the ICC table of everybody who was read, for a report; never for a selection."""
        if self.readings is None or self.agreement is None:
            assert self.icc is not None
            return self.icc
        return self.agreement(self.readings)

    def for_patients(self, patients: Collection[str]) -> Mapping[str, float]:
        """Return the lowest ICC of each feature, from the readings of these patients where there are readings.

        Raises:
            InputError: None of these patients was read twice.
        """
        if self.readings is None or self.agreement is None:
            assert self.icc is not None
            return lowest_icc(self.icc)
        cases = self.readings["case"].astype(str)
        rows = self.readings[cases.isin([str(name) for name in patients])]
        if rows.empty:
            raise InputError("None of the training patients is in the table of readings: no ICC can be computed.")
        return lowest_icc(self.agreement(rows))


def lowest_icc(icc: pd.DataFrame) -> dict[str, float]:
    """Return the lowest ICC of each feature over comparisons, structures and sides, by the fused table's names.

    A feature without an ICC in some comparison (constant, missing) has NaN. Where the table holds one region and
    sequence only, the features' own names stand beside the fused ones (``thigh.T1w.original_firstorder_Mean``).

    Raises:
        InputError: The table has no ``feature`` or ``icc``.
    """
    if missing := {"feature", "icc"} - set(icc.columns):
        raise InputError(f"The reproducibility table has no column {' and '.join(sorted(missing))}.")
    parts = [
        icc[name].fillna("").astype(str) if name in icc.columns else pd.Series("", index=icc.index)
        for name in ("region", "sequence")
    ]
    prefixes = [".".join(filter(None, pair)) for pair in zip(*parts, strict=True)]
    names = [
        f"{prefix}.{name}" if prefix else str(name) for prefix, name in zip(prefixes, icc["feature"], strict=True)
    ]
    lowest = icc["icc"].groupby(names).agg(lambda values: values.min(skipna=False))
    found = {str(name): float(value) for name, value in lowest.items()}
    if len(set(prefixes)) == 1:
        plain = icc["icc"].groupby(icc["feature"].astype(str)).agg(lambda values: values.min(skipna=False))
        found |= {str(name): float(value) for name, value in plain.items()}
    return found
