"""One piece of a validation: some repeats, all classifiers. What travels to another process and comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.modeling.batched.dispatch import predictions
from MuscleMyopathyLib.modeling.batched.fit import Fit, Prediction
from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.pipeline import (
    CLASSIFIER,
    final_classifier,
    make_pipeline,
    selected_features,
    selection_steps,
)
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.validation.guards import require_disjoint, require_icc_of, require_unfitted
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme
from MuscleMyopathyLib.modeling.validation.result import PREDICTION_KEYS, probability_column
from MuscleMyopathyLib.modeling.validation.splits import Split
from MuscleMyopathyLib.progress import Progress, silent


@dataclass(frozen=True)
class Piece:
    """What some splits gave.

    Attributes:
        predictions: As in `ValidationResult.predictions`.
        selections: One row per classifier, repeat, fold and selected feature.
        problems: One row per classifier, repeat, fold and ``problem``.
    """

    predictions: pd.DataFrame
    selections: pd.DataFrame
    problems: pd.DataFrame


@dataclass
class _Rows:
    """The rows of a piece as they come."""

    predictions: list[pd.DataFrame] = field(default_factory=list)
    selections: list[tuple[str, int, int, str]] = field(default_factory=list)
    problems: list[tuple[str, int, int, str]] = field(default_factory=list)

    def add_fit(self, classifier: str, split: Split, features: Sequence[str], notes: Sequence[str]) -> None:
        key = (classifier, split.repeat, split.fold)
        self.selections += [(*key, name) for name in features]
        self.problems += [(*key, note) for note in notes if note]

    def piece(self) -> Piece:
        keys = ["classifier", "repeat", "fold"]
        return Piece(
            pd.concat(self.predictions, ignore_index=True) if self.predictions else pd.DataFrame(),
            pd.DataFrame(self.selections, columns=[*keys, "feature"]),
            pd.DataFrame(self.problems, columns=[*keys, "problem"]),
        )


def run_splits(
    data: CohortData,
    recipe: Recipe,
    mode: Mode,
    parts: Sequence[Split],
    *,
    seed: int,
    icc: ReproducibilityTable | None = None,
    progress: Progress = silent,
) -> Piece:
    """Fit and predict some splits with all classifiers of a recipe.

    Nested: every step is fitted on the training rows of each split. Paper: the steps are fitted on all rows (but
    those of an external table), and the classifier alone on the training rows.

    Raises:
        LeakageError: A split or the ICC table would let a test case be used before its test.
        InputError: A step cannot be fitted at all, e.g. as no feature is reliable.
    """
    patients = data.patients.to_numpy(dtype=object)
    for split in parts:
        require_disjoint(patients, split.train.tolist(), split.test.tolist())
        if mode is Mode.NESTED and icc is not None and recipe.needs_icc:
            require_icc_of(icc, sorted(set(patients[split.test])))
    if mode is Mode.PAPER:
        return _paper(data, recipe, parts, seed, icc, progress)
    if recipe.validates_inside:
        return _nested_whole(data, recipe, parts, seed, icc, progress)
    return _nested_shared(data, recipe, parts, seed, icc, progress)


def _icc(icc: ReproducibilityTable | None, patients: Any, recipe: Recipe) -> Mapping[str, float] | None:
    if icc is None or not recipe.needs_icc:
        return None
    return icc.for_patients(sorted(set(map(str, patients))))


def _nested_shared(
    data: CohortData,
    recipe: Recipe,
    parts: Sequence[Split],
    seed: int,
    icc: ReproducibilityTable | None,
    progress: Progress,
) -> Piece:
    """Fit the steps that all classifiers have in common once in each training set."""
    matrix, codes, rows = data.matrix, data.codes, _Rows()
    fits: dict[str, list[Fit]] = {name: [] for name in recipe.classifiers}
    for number, split in enumerate(parts):
        train, test = matrix.iloc[split.train], matrix.iloc[split.test]
        known = _icc(icc, train.index, recipe)
        shared: _Steps | None = None
        for place, name in enumerate(recipe.classifiers):
            done = number + place / len(recipe.classifiers)
            progress(
                0.9 * done / len(parts), f"repeat {split.repeat + 1}, fold {split.fold + 1}: selecting for {name}"
            )
            model = final_classifier(recipe, name, seed=seed, classes=len(data.classes))
            steps = selection_steps(recipe, model, seed=seed, icc=known)
            own = [step for step in steps if step[0].startswith("forward")]
            require_unfitted([*steps, (name, model)])
            if shared is None:
                shared = _fitted_steps(steps[: len(steps) - len(own)], train, codes[split.train], test)
            last = _fitted_steps(own, shared.train, codes[split.train], shared.test)
            rows.add_fit(name, split, list(last.train.columns), [*shared.notes, *last.notes])
            fits[name].append(_fit(last.train, codes[split.train], last.test))
    for place, (name, own_fits) in enumerate(fits.items()):
        progress(0.9 + 0.1 * place / len(fits), f"fitting {name}")
        model = final_classifier(recipe, name, seed=seed, classes=len(data.classes))
        _add_predictions(rows, data, name, parts, predictions(model, own_fits))
    return rows.piece()


def _nested_whole(
    data: CohortData,
    recipe: Recipe,
    parts: Sequence[Split],
    seed: int,
    icc: ReproducibilityTable | None,
    progress: Progress,
) -> Piece:
    """Tune and calibrate whole pipelines in each training set."""
    import warnings

    matrix, codes, rows = data.matrix, data.codes, _Rows()
    known = [_icc(icc, matrix.index[split.train], recipe) for split in parts]
    for place, name in enumerate(recipe.classifiers):
        found = []
        for number, split in enumerate(parts):
            done = (place + number / len(parts)) / len(recipe.classifiers)
            progress(done, f"repeat {split.repeat + 1}, fold {split.fold + 1}: {name}, tuning and calibration")
            train, test = matrix.iloc[split.train], matrix.iloc[split.test]
            model = make_pipeline(recipe, name, seed=seed, icc=known[number], classes=len(data.classes))
            require_unfitted([(name, model)])
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model.fit(train, codes[split.train])
            notes = dict.fromkeys(str(one.message).strip().splitlines()[0] for one in caught)
            probabilities = np.zeros((len(test), len(data.classes)))
            probabilities[:, model.classes_] = model.predict_proba(test)
            found.append(Prediction(np.asarray(model.predict(test), dtype=np.intp), probabilities))
            rows.add_fit(name, split, selected_features(model), list(notes))
        _add_predictions(rows, data, name, parts, found)
    return rows.piece()


def _paper(
    data: CohortData,
    recipe: Recipe,
    parts: Sequence[Split],
    seed: int,
    icc: ReproducibilityTable | None,
    progress: Progress,
) -> Piece:
    """Scale and select on all rows, as the papers did; cross-validate the classifier alone.

    Of an external table even the papers selected nothing: there the training rows are all.
    """
    matrix, codes, rows = data.matrix, data.codes, _Rows()
    seen = parts[0].train if recipe.validation.scheme is Scheme.EXTERNAL else np.arange(len(matrix))
    known = _icc(icc, matrix.index[seen], recipe)
    shared: _Steps | None = None
    for place, name in enumerate(recipe.classifiers):
        progress(place / len(recipe.classifiers), f"{name}: selecting on all cases, then {len(parts)} folds")
        model = final_classifier(recipe, name, seed=seed, classes=len(data.classes))
        steps = selection_steps(recipe, model, seed=seed, icc=known)
        own = [step for step in steps if step[0].startswith("forward")]
        if shared is None:
            shared = _fitted_steps(steps[: len(steps) - len(own)], matrix.iloc[seen], codes[seen], matrix)
        last = _fitted_steps(own, shared.train, codes[seen], shared.test)
        first = parts[0]
        rows.add_fit(
            name, Split(-1, -1, first.train, first.test), list(last.train.columns), [*shared.notes, *last.notes]
        )
        if recipe.validates_inside:
            bare = _without_selection(recipe)
            found = []
            for split in parts:
                whole = make_pipeline(bare, name, seed=seed, classes=len(data.classes))
                whole.fit(last.test.iloc[split.train], codes[split.train])
                probabilities = np.zeros((len(split.test), len(data.classes)))
                probabilities[:, whole.classes_] = whole.predict_proba(last.test.iloc[split.test])
                found.append(Prediction(probabilities.argmax(axis=1), probabilities))
        else:
            fits = [
                _fit(last.test.iloc[split.train], codes[split.train], last.test.iloc[split.test])
                for split in parts
            ]
            found = predictions(model, fits)
        _add_predictions(rows, data, name, parts, found)
    return rows.piece()


def _without_selection(recipe: Recipe) -> Recipe:
    from dataclasses import replace

    return replace(recipe, steps=())


@dataclass(frozen=True)
class _Steps:
    """Rows after some fitted steps, and what the steps noted."""

    train: pd.DataFrame
    test: pd.DataFrame
    notes: list[str]


def _fitted_steps(steps: Sequence[tuple[str, Any]], train: pd.DataFrame, codes: Any, test: pd.DataFrame) -> _Steps:
    """Fit the steps on the training rows, one after the other, and apply them to both sides."""
    from MuscleMyopathyLib.modeling.selection.icc_filter import ICCFilter
    from MuscleMyopathyLib.modeling.selection.step import SelectionStep

    names = train.columns.to_numpy(dtype=object)
    sides = [train.to_numpy(dtype=np.float64), test.to_numpy(dtype=np.float64)]
    # Tables of thousands of columns cost scikit-learn more than the steps themselves: they are used where a step
    # needs the patient of a row, as each has several, or the name of a feature.
    by_patient = train.index.has_duplicates
    notes = []
    for name, step in steps:
        step.set_output(transform="default")
        table = (
            pd.DataFrame(sides[0], train.index, names) if by_patient or isinstance(step, ICCFilter) else sides[0]
        )
        try:
            step.fit(table, codes)
        except ValueError as error:
            raise MuscleMyopathyError(f"The step {name} cannot be fitted: {error}") from error
        if isinstance(step, SelectionStep):
            kept = step.get_support()
            names, sides = names[kept], [side[:, kept] for side in sides]
        else:
            sides = [step.transform(pd.DataFrame(side, columns=names) if by_patient else side) for side in sides]
        notes.append(f"{name}: {step.note_}" if getattr(step, "note_", "") else "")
    return _Steps(
        pd.DataFrame(sides[0], train.index, names),
        pd.DataFrame(sides[1], test.index, names),
        [note for note in notes if note],
    )


def _fit(train: pd.DataFrame, codes: Any, test: pd.DataFrame) -> Fit:
    patients = train.index.to_numpy(dtype=object) if train.index.has_duplicates else None
    return Fit(train.to_numpy(dtype=np.float64), codes, test.to_numpy(dtype=np.float64), patients)


def _add_predictions(
    rows: _Rows, data: CohortData, name: str, parts: Sequence[Split], found: Sequence[Prediction]
) -> None:
    names = np.array([*data.classes, ""], dtype=object)
    tested = np.concatenate([split.test for split in parts])
    sizes = [len(split.test) for split in parts]
    table = {
        "classifier": name,
        "repeat": np.repeat([split.repeat for split in parts], sizes),
        "fold": np.repeat([split.fold for split in parts], sizes),
        "sample": tested,
        "patient": data.patients.to_numpy()[tested],
        "centre": "" if data.centres is None else data.centres.to_numpy()[tested],
        "outcome": data.outcome.to_numpy()[tested],
        "predicted": names[np.concatenate([prediction.codes for prediction in found])],
    }
    probabilities = np.concatenate([prediction.probabilities for prediction in found])
    columns = {probability_column(of): probabilities[:, number] for number, of in enumerate(data.classes)}
    rows.predictions.append(pd.DataFrame({key: table[key] for key in PREDICTION_KEYS} | columns))
    rows.problems += [
        (name, split.repeat, split.fold, f"{CLASSIFIER}: {prediction.note}")
        for split, prediction in zip(parts, found, strict=True)
        if prediction.note
    ]
