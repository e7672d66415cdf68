"""Validates a recipe on a cohort: paper or nested mode, all classifiers, every scheme, reproducibly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.classifiers import WEIGHTED
from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.pipeline import require_learning
from MuscleMyopathyLib.modeling.recipe import Balance, Imputation, Recipe
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme
from MuscleMyopathyLib.modeling.validation.permutation import permutation_table
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.modeling.validation.run import Piece, run_splits
from MuscleMyopathyLib.modeling.validation.splits import Split, splits, with_external
from MuscleMyopathyLib.modeling.validation.summary import confusion_table, score_table, summary_table
from MuscleMyopathyLib.progress import Progress, portion, silent

_REPEATS_AT_ONCE = {Mode.NESTED: 1, Mode.PAPER: 25}
"""Repeats of one piece of work: enough to fit many at once, few enough to be stopped and resumed."""


def validate(
    data: CohortData,
    recipe: Recipe,
    mode: Mode,
    *,
    seed: int = 0,
    icc: ReproducibilityTable | pd.DataFrame | None = None,
    external: CohortData | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> ValidationResult:
    """Validate all classifiers of a recipe on a cohort.

    The result depends on the data, the recipe, the mode and the seed alone, not on ``workers``. Repeat r is the
    same whatever the number of repeats, and the splits are the same in both modes.

    Args:
        data: The cohort.
        recipe: Steps, classifiers and scheme.
        mode: Paper or nested.
        seed: Of all random numbers.
        icc: For an ICC filter: where its numbers come from. A plain table is taken as of unknown origin, which
            nested mode refuses.
        external: The other table, for the external scheme.
        workers: Processes.
        progress: Told of every fold; may raise `Cancelled`.

    Raises:
        InputError: The cohort does not fit the recipe: too few patients of a class for the folds, missing values
            without imputation, no ICC table, no centres, no external table.
        LeakageError: A test case would be used before its test.
        ParameterError: ``workers`` is below 1.
        MissingPackageError: scikit-learn or XGBoost is not installed.
    """
    if workers < 1:
        raise ParameterError(f"workers = {workers}: at least one process is needed.")
    table = ReproducibilityTable(icc=icc) if isinstance(icc, pd.DataFrame) else icc
    joined = data if external is None else with_external(data, external)
    parts = planned(joined, recipe, seed, table, 0 if external is None else len(external.features))
    pieces = []
    permuted = recipe.validation.permutations
    share = 1.0 if not permuted else _work(recipe, parts) / (_work(recipe, parts) + permuted + 1)
    for piece in _pieces(joined, recipe, mode, parts, seed, table, workers, portion(progress, 0.0, 0.97 * share)):
        pieces.append(piece)
    result = assemble(joined, recipe, mode, pieces, seed)
    if permuted:
        of_permutation = permutation_table(
            joined, recipe, mode, seed=seed, icc=table, progress=portion(progress, 0.97 * share, 0.97)
        )
        result = replace(result, permutation=of_permutation)
    progress(1.0, "done")
    return result


def planned(
    data: CohortData, recipe: Recipe, seed: int, icc: ReproducibilityTable | None, external: int = 0
) -> list[Split]:
    """Check that a cohort fits a recipe, and return the splits.

    Raises:
        As `validate`.
    """
    require_learning()
    if recipe.needs_icc and icc is None:
        raise InputError(
            f"The recipe {recipe.name} keeps reliable features only: give the features of all readings "
            "(--readings) or a reproducibility table (--icc), or leave that step out (--without-icc)."
        )
    if recipe.validation.permutations and data.outcome.groupby(data.patients.to_numpy()).nunique().max() > 1:
        raise InputError(
            "A permutation test gives each patient the outcome of another, and some have rows of different "
            "outcomes. Correct the outcomes, or leave the test out (--permutations 0)."
        )
    missing = data.features.isna()
    if recipe.imputation is Imputation.NONE and missing.to_numpy().any():
        features = data.features.columns[missing.any()]
        who = data.patients[missing.any(axis="columns")].unique()
        raise InputError(
            f"{int(missing.to_numpy().sum())} values are missing, e.g. of {features[0]} for {who[0]}. Fill them "
            f"in, leave these {len(features)} features or {len(who)} patients out, or let the recipe impute "
            "inside the training sets ('imputation: median')."
        )
    return splits(data, recipe.validation, seed, external=external)


def in_pieces(parts: Sequence[Split], mode: Mode, scheme: Scheme) -> list[list[Split]]:
    """Group splits by repeats into pieces of work of a sensible size."""
    at_once = _REPEATS_AT_ONCE[mode]
    if scheme is Scheme.SPLIT:
        at_once = max(at_once, 5)
    groups: dict[int, list[Split]] = {}
    for split in parts:
        groups.setdefault(split.repeat // at_once, []).append(split)
    return list(groups.values())


def assemble(
    data: CohortData, recipe: Recipe, mode: Mode, pieces: Sequence[Piece], seed: int, feature_set: str = ""
) -> ValidationResult:
    """Put the pieces of a validation together, in the order of the repeats, and compute the scores."""
    order = {name: number for number, name in enumerate(recipe.classifiers)}
    predictions = pd.concat([piece.predictions for piece in pieces], ignore_index=True)
    predictions = predictions.sort_values(
        ["classifier", "repeat", "fold", "sample"],
        key=lambda column: column.map(order) if column.name == "classifier" else column,
        ignore_index=True,
    )
    table = score_table(predictions, data.classes)
    names = tuple(one.name for one in recipe.feature_sets)
    return ValidationResult(
        recipe=recipe,
        mode=mode,
        classes=data.classes,
        predictions=predictions,
        scores=table,
        summary=summary_table(table, predictions, data.classes, recipe.validation, seed),
        confusion=confusion_table(predictions, data.classes),
        stability=_stability(pieces, recipe, mode),
        problems=_problems(pieces, recipe),
        data_note=data.description,
        notes=data.notes,
        phantom=data.phantom,
        feature_set=feature_set or (names[0] if len(names) == 1 else ""),
        seed=seed,
    )


def _pieces(
    data: CohortData,
    recipe: Recipe,
    mode: Mode,
    parts: Sequence[Split],
    seed: int,
    icc: ReproducibilityTable | None,
    workers: int,
    progress: Progress,
) -> Iterator[Piece]:
    groups = in_pieces(parts, mode, recipe.validation.scheme)
    if workers == 1 or len(groups) == 1:
        for number, group in enumerate(groups):
            share = portion(progress, number / len(groups), (number + 1) / len(groups))
            yield run_splits(data, recipe, mode, group, seed=seed, icc=icc, progress=share)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    pool = Parallel(n_jobs=min(workers, len(groups)), return_as="generator", max_nbytes=None)
    running = pool(delayed(run_splits)(data, recipe, mode, group, seed=seed, icc=icc) for group in groups)
    progress(0.0, f"{len(groups)} pieces of work on {workers} processes")
    ended = False
    try:
        for number, piece in enumerate(running):
            yield piece
            progress((number + 1) / len(groups), f"{number + 1} of {len(groups)} pieces of work done")
        ended = True
    finally:
        if not ended:
            # Stopped: no process goes on with what nobody waits for.
            get_reusable_executor().shutdown(wait=False, kill_workers=True)


def _work(recipe: Recipe, parts: Sequence[Split]) -> float:
    """Return the number of repeats, the unit in which a permutation counts one."""
    return len({split.repeat for split in parts})


def _stability(pieces: Sequence[Piece], recipe: Recipe, mode: Mode) -> pd.DataFrame:
    """Return in which share of the fits each feature was selected; in paper mode there is one selection."""
    selections = pd.concat([piece.selections for piece in pieces], ignore_index=True)
    if mode is Mode.PAPER:
        selections = selections.drop_duplicates(["classifier", "feature"])
    rows = []
    for name in recipe.classifiers:
        own = selections[selections["classifier"] == name]
        fits = own[["repeat", "fold"]].drop_duplicates().shape[0]
        shares = own["feature"].value_counts(sort=False) / max(fits, 1)
        ordered = sorted(shares.items(), key=lambda item: (-item[1], str(item[0])))
        rows += [(name, str(feature), float(share), fits) for feature, share in ordered]
    return pd.DataFrame(rows, columns=["classifier", "feature", "share", "fits"])


def _problems(pieces: Sequence[Piece], recipe: Recipe) -> pd.DataFrame:
    """Return each problem once for a classifier, with where it came first and how often."""
    found = pd.concat([piece.problems for piece in pieces], ignore_index=True)
    # In paper mode every piece repeats the one selection on all cases and its notes.
    found = found[(found["fold"] >= 0) | ~found.duplicated()]
    counted = found.groupby(["classifier", "problem"], sort=False).agg(
        repeat=("repeat", "first"), fold=("fold", "first"), count=("problem", "size")
    )
    table = counted.reset_index()[["classifier", "repeat", "fold", "problem", "count"]]
    if recipe.balance is Balance.WEIGHTS:
        rows = [
            (name, -1, -1, "cannot weigh classes: the rare ones count less while it learns", 1)
            for name in recipe.classifiers
            if name not in WEIGHTED
        ]
        table = pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)
    return table.astype({"repeat": np.int64, "fold": np.int64, "count": np.int64})
