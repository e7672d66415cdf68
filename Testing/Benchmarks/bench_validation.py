"""Nagawa's protocol (6 classifiers × 10-fold × 100, selection with SFS) against the plain scikit-learn loop.

The plain loop is what one would write with scikit-learn's own classes: StandardScaler, ``cross_val_score`` for
each candidate of the forward selection (each step of SequentialFeatureSelector) and each classifier's ``fit`` and
``predict_proba`` in every fold, on one core. It gives the same predictions, which are compared. It is timed on a
few folds and multiplied, as its time is proportional to their number; ours runs paper mode whole, and nested mode
for some repeats. Two processes here, one there.
"""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort
from MuscleMyopathyLib.modeling.patient_folds import inner_folds
from MuscleMyopathyLib.modeling.pipeline import final_classifier
from MuscleMyopathyLib.modeling.recipe import Recipe, read_recipe
from MuscleMyopathyLib.modeling.selection.collinearity import CollinearityFilter
from MuscleMyopathyLib.modeling.selection.parameters import ForwardSelection, Uncorrelated, Univariate
from MuscleMyopathyLib.modeling.selection.univariate import UnivariateFilter
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.splits import splits
from MuscleMyopathyLib.modeling.validation.validate import validate

SEED = 0
WORKERS = 2
REPEATS = 100
PLAIN_REPEATS = {Mode.PAPER: 1, Mode.NESTED: 1}
PLAIN_FOLDS = {Mode.PAPER: 10, Mode.NESTED: 1}
"""Of the plain loop: all folds of one repeat in paper mode, one fold in nested mode."""


def cohort() -> CohortData:
    """Return 55 cases (19 PM, 22 DM, 14 ADM) with 93 correlated features, some of which tell the classes apart."""
    rng = np.random.default_rng(SEED)
    outcome = np.repeat(["PM", "DM", "ADM"], [19, 22, 14])
    causes = rng.normal(size=(55, 20))
    causes[:, 0] += 0.9 * (outcome == "PM")
    causes[:, 1] += 0.9 * (outcome == "ADM")
    causes[:, 2] += 0.6 * (outcome == "DM")
    values = causes @ rng.normal(size=(20, 93)) * 0.3 + rng.normal(size=(55, 93))
    values[:, :20] += causes
    table = pd.DataFrame(values, columns=[f"feature_{number}" for number in range(93)])
    return read_cohort(table.assign(case=[f"case-{n}" for n in range(55)], group=outcome), None, "group")


def plain(data: CohortData, recipe: Recipe, mode: Mode, folds: int) -> dict[str, np.ndarray]:
    """Return each classifier's out-of-fold probabilities of the first folds of the first repeat."""
    values, outcome = data.features.to_numpy(), data.outcome.to_numpy()
    parts = splits(data, replace(recipe.validation, repeats=1), SEED)[:folds]
    found = {}
    for name in recipe.classifiers:
        rows = []
        chosen = None
        for part in parts:
            model = final_classifier(recipe, name, seed=SEED, classes=3)
            fitted_on = part.train if mode is Mode.NESTED else np.arange(len(values))
            if mode is Mode.NESTED or chosen is None:
                chosen = select(values[fitted_on], outcome[fitted_on], recipe, model)
            scaler, columns = chosen
            scaled = scaler.transform(values)[:, columns]
            model.fit(scaled[part.train], outcome[part.train])
            order = [list(model.classes_).index(of) for of in data.classes]
            rows.append(model.predict_proba(scaled[part.test])[:, order])
        found[name] = np.concatenate(rows)
    return found


def select(
    values: np.ndarray, outcome: np.ndarray, recipe: Recipe, model: object
) -> tuple[StandardScaler, list[int]]:
    """Return the scaler and the columns chosen by collinearity, U test and sequential forward selection."""
    by_kind = {type(step): step for step in recipe.steps}
    uncorrelated, univariate, forward = (by_kind[kind] for kind in (Uncorrelated, Univariate, ForwardSelection))
    scaler = StandardScaler().fit(values)
    scaled = scaler.transform(values)
    columns = np.arange(values.shape[1])
    for step in (
        CollinearityFilter(str(uncorrelated.method), uncorrelated.threshold),
        UnivariateFilter(univariate.p),
    ):
        columns = columns[step.fit(scaled[:, columns], outcome).get_support()]
    borne = int(len(values) / forward.patients_per_feature)
    most = min(len(columns), max(forward.fewest, min(forward.most, borne)))
    folds = inner_folds(scaled, outcome, forward.folds, SEED)
    # For the accuracy of its classes alone, the support vector machine needs no probabilities.
    machine = model.machine() if hasattr(model, "machine") else model
    chosen: list[int] = []
    path = []
    while len(chosen) < most:
        # What SequentialFeatureSelector does, once for all numbers of features instead of once for each.
        tried = [column for column in columns.tolist() if column not in chosen]
        found = [
            round(cross_val_score(clone(machine), scaled[:, sorted([*chosen, one])], outcome, cv=folds).mean(), 12)
            for one in tried
        ]
        chosen.append(tried[int(np.argmax(found))])
        path.append(max(found))
    start = min(forward.fewest, most)
    return scaler, sorted(chosen[: start + int(np.argmax(path[start - 1 :]))])


def main() -> None:
    """Time both, compare the predictions, and print times and ratios; an argument sets the nested repeats."""
    warnings.simplefilter("ignore")
    data = cohort()
    recipe = read_recipe("nagawa2021").without_icc()
    nested_repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for mode, repeats in ((Mode.PAPER, REPEATS), (Mode.NESTED, nested_repeats)):
        of_mode = replace(recipe, validation=replace(recipe.validation, repeats=repeats))
        start = time.perf_counter()
        result = validate(data, of_mode, mode, seed=SEED, workers=WORKERS)
        ours = (time.perf_counter() - start) * REPEATS / repeats
        folds = PLAIN_FOLDS[mode]
        start = time.perf_counter()
        expected = plain(data, of_mode, mode, folds)
        theirs = (time.perf_counter() - start) * REPEATS * recipe.validation.folds / folds
        for name, probabilities in expected.items():
            own = result.predictions
            own = own[(own["classifier"] == name) & (own["repeat"] == 0) & (own["fold"] < folds)]
            found = own[[f"p_{of}" for of in data.classes]].to_numpy()
            np.testing.assert_allclose(found, probabilities, rtol=0, atol=1e-9, err_msg=f"{mode} {name}")
        said = "whole" if repeats == REPEATS else f"{REPEATS // repeats} × {repeats} repeats"
        print(
            f"{mode}, 6 classifiers × 10 folds × {REPEATS} repeats: {ours:.0f} s on {WORKERS} processes ({said}); "
            f"plain scikit-learn loop: {theirs:.0f} s on one ({REPEATS * 10 // folds} × {folds} folds); "
            f"same predictions; ratio {theirs / ours:.1f}"
        )


if __name__ == "__main__":
    main()
