"""ICC filter: keeps the features that readings agree on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import validate_data

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.selection.step import FloatArray, Mask, SelectionStep


class ICCFilter(SelectionStep):
    """Keeps features whose lowest ICC reaches the threshold (Nagawa 0.80, Wei 0.81).

    The ICC is learned from repeated readings, which are no rows of the training set: it comes ready. Whose
    readings it may rest on is held by `validation.guards.require_icc_of`.

    Args:
        icc: Lowest ICC of each feature over all comparisons, by the feature's name.
        threshold: That a reliable feature reaches.
    """

    def __init__(self, icc: Mapping[str, float], threshold: float = 0.8) -> None:
        self.icc = icc
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None) -> Self:
        """Keep the reliable features among the columns of ``X``, which must have names.

        Raises:
            InputError: The features have no names, none is in the reproducibility table, or none is reliable.
        """
        validate_data(self, X, dtype=np.float64)
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            raise InputError("The ICC filter knows features by their names: give a table with named columns.")
        found = np.array([self.icc.get(str(name), np.nan) for name in names], dtype=np.float64)
        if np.isnan(found).all():
            raise InputError(
                f"The reproducibility table has none of the features ({names[0]}, …). It must come from the same "
                "preset and the same sequences and regions."
            )
        unknown = int(np.isnan(found).sum())
        self.note_ = f"{unknown} of {len(names)} features have no ICC and count as not reliable" if unknown else ""
        self.support_ = np.nan_to_num(found, nan=-1.0) >= self.threshold
        if not self.support_.any():
            raise InputError(
                f"No feature reaches an ICC of {self.threshold:g}; the highest is {np.nanmax(found):.2f}. The "
                "readings do not agree: there is nothing to select from."
            )
        return self

    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        return self.support_
