"""Sequential forward selection: adds, one by one, the feature that helps the classifier most."""

from __future__ import annotations

from typing import Any

import numpy as np

from MuscleMyopathyLib.modeling.batched.dispatch import predicted_codes
from MuscleMyopathyLib.modeling.batched.fit import Fit
from MuscleMyopathyLib.modeling.patient_folds import inner_folds, patients_of
from MuscleMyopathyLib.modeling.selection.step import FloatArray, Mask, SelectionStep


class ForwardFeatureSelection(SelectionStep):
    """Sequential forward selection by cross-validated accuracy, as scikit-learn's SequentialFeatureSelector.

    The features are those that scikit-learn finds with the same folds (of equal candidates the first column). In
    addition the number of features is chosen between two limits, by the same accuracy. The candidates of one step
    are tried together (`modeling.batched`), which changes the time and not the result.

    Args:
        estimator: The classifier that follows.
        fewest: Fewest features.
        most: Most features.
        patients_per_feature: No more features than patients divided by this, but ``fewest``.
        folds: Of the cross-validation, by patient; fewer where a class has fewer patients.
        seed: Of the folds.
    """

    def __init__(
        self,
        estimator: Any,
        fewest: int = 3,
        most: int = 4,
        patients_per_feature: float = 12.0,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.estimator = estimator
        self.fewest = fewest
        self.most = most
        self.patients_per_feature = patients_per_feature
        self.folds = folds
        self.seed = seed

    def _select(self, values: FloatArray, outcome: Any, table: Any) -> Mask:
        patients = patients_of(table)
        count = len(values) if patients is None else len(set(patients))
        available = values.shape[1]
        most = min(available, max(self.fewest, min(self.most, int(count / self.patients_per_feature))))
        if available < self.fewest:
            self.note_ = f"{available} features were left to select {self.fewest} from; all were taken"
        _, codes = np.unique(outcome, return_inverse=True)
        folds = inner_folds(table, outcome, self.folds, self.seed)
        chosen: list[int] = []
        accuracies = []
        for _ in range(most):
            candidates = [column for column in range(available) if column not in chosen]
            found = self._accuracies(values, codes, folds, [[*chosen, column] for column in candidates])
            best = int(np.argmax(found))
            chosen.append(candidates[best])
            accuracies.append(found[best])
        # Accuracies are means of fractions: those that differ in the last digit alone are equal.
        rounded = np.round(accuracies, 12)
        start = min(self.fewest, most)
        number = start + int(np.argmax(rounded[start - 1 :]))
        mask = np.zeros(available, dtype=bool)
        mask[chosen[:number]] = True
        return mask

    def _accuracies(self, values: FloatArray, codes: Any, folds: Any, candidates: list[list[int]]) -> FloatArray:
        """Return the cross-validated accuracy with each set of columns: the mean over the folds."""
        fits = [
            Fit(values[np.ix_(train, sorted(columns))], codes[train], values[np.ix_(test, sorted(columns))])
            for columns in candidates
            for train, test in folds
        ]
        predicted = predicted_codes(self.estimator, fits)
        right = [
            float(np.mean(found == codes[folds[number % len(folds)][1]])) for number, found in enumerate(predicted)
        ]
        means: FloatArray = np.reshape(right, (len(candidates), len(folds))).mean(axis=1)
        return np.round(means, 12)
