"""Nagawa's protocol (6 classifiers × 10-fold × 100, ICC, SFS) against the plain loop, on a phantom cohort.

The cohort is that of ``muscle-myopathy cohort simulate-study --design nagawa2021``: 55 simulated patients (19 PM,
22 DM, 14 ADM), the original features of one STIR slice, two simulated readers. It is made once, under the folder
for temporary files, and found there by later runs.

The plain loop is what one would write with scikit-learn's own classes: StandardScaler, ``cross_val_score`` for
each candidate of the forward selection (each step of SequentialFeatureSelector) and each classifier's ``fit`` and
``predict_proba`` in every fold, on one core; the ICC is computed by our function, as scikit-learn has none. It
gives the same predictions, which are compared. It is timed on a few folds and multiplied, as its time is
proportional to their number; ours runs paper mode whole, and nested mode for some repeats. Two processes here, one
there.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.patient_folds import inner_folds
from MuscleMyopathyLib.modeling.pipeline import final_classifier
from MuscleMyopathyLib.modeling.recipe import Recipe, read_recipe
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.selection.collinearity import CollinearityFilter
from MuscleMyopathyLib.modeling.selection.parameters import (
    ForwardSelection,
    ReliableOnly,
    Uncorrelated,
    Univariate,
)
from MuscleMyopathyLib.modeling.selection.univariate import UnivariateFilter
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.splits import splits
from MuscleMyopathyLib.modeling.validation.validate import validate
from MuscleMyopathyLib.study.classifier_inputs import CohortFiles, read_cohort_files, read_reproducibility
from MuscleMyopathyLib.study.simulated_designs import NAGAWA_2021_DESIGN
from MuscleMyopathyLib.study.simulated_study import StudyParameters, simulate_study, study_preset

SEED = 0
WORKERS = 2
REPEATS = 100
PLAIN_FOLDS = {Mode.PAPER: 10, Mode.NESTED: 1}
"""Of the plain loop: all folds of one repeat in paper mode, one fold in nested mode."""


def cohort() -> tuple[CohortData, ReproducibilityTable]:
    """Return the phantom cohort with its original features, and its readings."""
    folder = Path(tempfile.gettempdir()) / "muscle-myopathy-benchmark" / NAGAWA_2021_DESIGN.name
    design = NAGAWA_2021_DESIGN
    simulate_study(StudyParameters(design=design), study_preset(design.preset), folder, workers=WORKERS)
    files = CohortFiles(
        folder / "features_first_reading.csv",
        "group",
        folder / "participants.tsv",
        classes=("PM", "DM", "ADM"),
        columns=("*original_*",),
    )
    readings = read_reproducibility(None, [folder / "features.csv"])
    assert readings is not None
    return read_cohort_files(files), readings


def plain(
    data: CohortData, recipe: Recipe, icc: ReproducibilityTable, mode: Mode, folds: int
) -> dict[str, np.ndarray]:
    """Return each classifier's out-of-fold probabilities of the first folds of the first repeat."""
    # Classes as numbers in their order, which decides where the votes of a support vector machine are equal.
    values, outcome = data.features.to_numpy(), data.codes
    parts = splits(data, replace(recipe.validation, repeats=1), SEED)[:folds]
    found = {}
    for name in recipe.classifiers:
        rows = []
        chosen = None
        for part in parts:
            model = final_classifier(recipe, name, seed=SEED, classes=3)
            fitted_on = part.train if mode is Mode.NESTED else np.arange(len(values))
            if mode is Mode.NESTED or chosen is None:
                reliable = reliable_columns(data, recipe, icc.for_patients(set(data.patients.iloc[fitted_on])))
                chosen = select(values[fitted_on], outcome[fitted_on], reliable, recipe, model)
            scaler, columns = chosen
            scaled = scaler.transform(values)[:, columns]
            model.fit(scaled[part.train], outcome[part.train])
            rows.append(model.predict_proba(scaled[part.test]))
        found[name] = np.concatenate(rows)
    return found


def reliable_columns(data: CohortData, recipe: Recipe, icc: Mapping[str, float]) -> np.ndarray:
    """Return the columns whose lowest ICC reaches the recipe's threshold."""
    (step,) = (step for step in recipe.steps if isinstance(step, ReliableOnly))
    found = np.array([icc.get(name, np.nan) for name in data.features.columns])
    return np.flatnonzero(np.nan_to_num(found, nan=-1.0) >= step.threshold)


def select(
    values: np.ndarray, outcome: np.ndarray, reliable: np.ndarray, recipe: Recipe, model: object
) -> tuple[StandardScaler, list[int]]:
    """Return the scaler and the columns chosen by collinearity, U test and sequential forward selection."""
    by_kind = {type(step): step for step in recipe.steps}
    uncorrelated, univariate, forward = (by_kind[kind] for kind in (Uncorrelated, Univariate, ForwardSelection))
    scaler = StandardScaler().fit(values)
    scaled = scaler.transform(values)
    columns = reliable
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
    data, icc = cohort()
    recipe = read_recipe("nagawa2021")
    print(f"Digital limb (a phantom): {data.description}")
    nested_repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for mode, repeats in ((Mode.PAPER, REPEATS), (Mode.NESTED, nested_repeats)):
        of_mode = replace(recipe, validation=replace(recipe.validation, repeats=repeats))
        start = time.perf_counter()
        result = validate(data, of_mode, mode, seed=SEED, icc=icc, workers=WORKERS)
        ours = (time.perf_counter() - start) * REPEATS / repeats
        folds = PLAIN_FOLDS[mode]
        busy = os.getloadavg()[0]
        start = time.perf_counter()
        expected = plain(data, of_mode, icc, mode, folds)
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
            f"same predictions; ratio {theirs / ours:.1f} (load of the machine {busy:.1f})"
        )


if __name__ == "__main__":
    main()
