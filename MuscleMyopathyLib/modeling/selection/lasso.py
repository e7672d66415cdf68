"""LASSO: features with a coefficient in an L1-penalised linear regression, the penalty cross-validated."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV, MultiTaskLassoCV, enet_path

from MuscleMyopathyLib.modeling.patient_folds import inner_folds
from MuscleMyopathyLib.modeling.selection.step import FloatArray, Mask, SelectionStep

_ITERATIONS = 10_000


class LassoSelection(SelectionStep):
    """Keeps features with a coefficient other than 0 (Wei et al. 2023).

    Two classes are regressed as 0 and 1. More are regressed as indicators of each class under a penalty on all
    coefficients of a feature together, so that one set of features comes out.

    Args:
        folds: Of the cross-validation, by patient.
        fewest: Where the best penalty leaves fewer, the strongest penalty of the path that leaves so many is
            taken, and `note_` says so.
        seed: Of the folds.
    """

    def __init__(self, folds: int = 10, fewest: int = 1, seed: int = 0) -> None:
        self.folds = folds
        self.fewest = fewest
        self.seed = seed

    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        names = np.unique(outcome)
        indicators = (outcome[:, None] == names[None, :]).astype(np.float64)
        several = len(names) > 2
        target = indicators if several else indicators[:, 1]
        folds = inner_folds(table, outcome, self.folds, self.seed)
        model = (MultiTaskLassoCV if several else LassoCV)(cv=folds, max_iter=_ITERATIONS)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            model.fit(values, target)
        if caught:
            self.note_ = f"{len(caught)} regressions on the path did not converge in {_ITERATIONS} iterations"
        self.penalty_ = float(model.alpha_)
        chosen: Mask = (np.atleast_2d(model.coef_) != 0).any(axis=0)
        if chosen.sum() < min(self.fewest, values.shape[1]):
            self.note_ = f"the best penalty left {int(chosen.sum())} features; a weaker one left {self.fewest}"
            chosen = self._first_on_path(values, target)
        return chosen

    def _first_on_path(self, values: FloatArray, target: FloatArray) -> Mask:
        """Return the features at the strongest penalty that leaves ``fewest`` of them."""
        centred = target - target.mean(axis=0)
        _, paths, _ = enet_path(values - values.mean(axis=0), centred, l1_ratio=1.0)
        kept = (paths != 0).any(axis=0) if paths.ndim == 3 else paths != 0
        enough = np.flatnonzero(kept.sum(axis=0) >= self.fewest)
        step = int(enough[0]) if enough.size else kept.shape[1] - 1
        chosen: Mask = kept[:, step]
        if not chosen.any():
            # Outcome and features are not related at all, as for a constant feature: the first one stays.
            chosen[0] = True
        return chosen
