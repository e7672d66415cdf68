"""Minimum redundancy, maximum relevance: features that tell the classes apart and do not repeat one another."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.feature_selection import f_classif

from MuscleMyopathyLib.modeling.selection.collinearity import absolute_correlation
from MuscleMyopathyLib.modeling.selection.step import FloatArray, Mask, SelectionStep

_LEAST_REDUNDANCY = 1e-3


class MrmrSelection(SelectionStep):
    """Adds features one by one: highest F statistic divided by mean |r| with those already chosen.

    The quotient scheme for continuous features (FCQ) of Ding & Peng, J Bioinform Comput Biol 2005;3:185.

    Args:
        features: How many are kept.
    """

    def __init__(self, features: int = 20) -> None:
        self.features = features

    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        with warnings.catch_warnings():
            # A constant feature has no F statistic and comes last.
            warnings.filterwarnings("ignore", "Features .* are constant")
            warnings.filterwarnings("ignore", "invalid value encountered", RuntimeWarning)
            relevance = np.nan_to_num(f_classif(values, outcome)[0], nan=0.0, posinf=1e300)
        correlation = absolute_correlation(values)
        chosen = np.zeros(values.shape[1], dtype=bool)
        redundancy = np.zeros(values.shape[1])
        for number in range(min(self.features, values.shape[1])):
            # A redundancy near 0 would let a feature win that tells nothing.
            quotient = relevance / np.maximum(redundancy / number, _LEAST_REDUNDANCY) if number else relevance
            best = int(np.where(chosen, -1.0, quotient).argmax())
            chosen[best] = True
            redundancy += correlation[best]
        return chosen
