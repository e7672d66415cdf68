"""What all selection steps share: scikit-learn's contract, and a word on what was remarkable in a fit."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class SelectionStep(SelectorMixin, BaseEstimator):
    """A step that keeps some of the features; what it learns, it learns from the rows that it is fitted on.

    Attributes:
        support_: Which features are kept, shape (features,).
        note_: What deserves a look, in words; empty where all went as asked for.
    """

    support_: Mask
    note_: str

    def fit(self, X: Any, y: Any = None) -> Self:
        """Choose features of these training rows.

        Args:
            X: Shape (rows, features). Where its index is named ``patient``, steps that cross-validate keep the
                rows of a patient together.
            y: Class of each row.
        """
        values = validate_data(self, X, dtype=np.float64)
        self.note_ = ""
        self.support_ = self._select(values, None if y is None else np.asarray(y), X)
        return self

    @abstractmethod
    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        """Return which features are kept."""

    def _get_support_mask(self) -> Mask:
        check_is_fitted(self, "support_")
        return self.support_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
