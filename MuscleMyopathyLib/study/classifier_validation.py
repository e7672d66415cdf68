"""Validations of several models and modes, piece by piece: resumable, in processes here or on a Dask scheduler.

``work/`` holds the finished pieces (some repeats of one model in one mode each), recognised by a checksum over
data, recipe, splits and seed; a stopped run goes on from there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.recipe import Recipe, recipe_to_mapping
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.validation.files import write_validation
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.permutation import permutation_table
from MuscleMyopathyLib.modeling.validation.result import (
    PREDICTION_KEYS,
    ValidationResult,
    optimism,
    probability_column,
)
from MuscleMyopathyLib.modeling.validation.run import Piece, run_splits
from MuscleMyopathyLib.modeling.validation.splits import Split, with_external
from MuscleMyopathyLib.modeling.validation.validate import assemble, in_pieces, planned
from MuscleMyopathyLib.output import write_table
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.study.cohort_features import content_hash
from MuscleMyopathyLib.study.cohort_records import CaseRecords, CaseTables
from MuscleMyopathyLib.study.cohort_run import run_cohort
from MuscleMyopathyLib.study.validation_so_far import FiguresSoFar

WORK = "work"


@dataclass(frozen=True)
class Model:
    """One model in one mode: the unit of a result.

    Attributes:
        data: The cohort with this model's features.
        recipe: The recipe with this model's steps.
        mode: Paper or nested.
        feature_set: Its name; empty for the one model of all features.
        external: Number of rows of the external table, which stand last.
    """

    data: CohortData
    recipe: Recipe
    mode: Mode
    feature_set: str
    external: int = 0

    @property
    def folder(self) -> str:
        """Name of its folder under the output: ``TM-calf-thigh/nested``, or ``nested``."""
        name = set_folder(self.feature_set)
        return f"{name}/{self.mode}" if name else str(self.mode)


def set_folder(feature_set: str) -> str:
    """Return the name of a feature set's folder; empty for the one model of all features.

    >>> set_folder("TM calf + thigh")
    'TM-calf-thigh'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", feature_set).strip("-")


@dataclass(frozen=True)
class PieceTask:
    """Some repeats of one model; a task of `run_cohort`, so it travels to other processes."""

    identifier: str
    model: Model
    parts: tuple[Split, ...]
    seed: int
    icc: ReproducibilityTable | None

    def fingerprint(self) -> str:
        """Return a checksum over data, recipe, mode, splits, seed and the packages' versions."""
        import sklearn

        recipe = recipe_to_mapping(self.model.recipe)
        return content_hash(
            {
                "version": __version__,
                "scikit-learn": sklearn.__version__,
                "data": self._data_hash,
                "recipe": {
                    name: recipe[name]
                    for name in ("steps", "classifiers", "tuning", "imputation", "balance", "calibrated")
                },
                "mode": str(self.model.mode),
                "splits": [[s.repeat, s.fold, s.train.tolist(), s.test.tolist()] for s in self.parts],
                "seed": self.seed,
            }
        )

    @cached_property
    def _data_hash(self) -> str:
        return _data_hash(self.model.data, self.icc)

    def run(self, progress: Progress = silent) -> CaseTables:
        """Fit and predict; classes and features are kept as numbers, which come back from CSV as they were."""
        from threadpoolctl import threadpool_limits

        model = self.model
        # One thread of linear algebra in each process: fits are small, and the processes share the processors.
        with threadpool_limits(1):
            piece = run_splits(
                model.data, model.recipe, model.mode, self.parts, seed=self.seed, icc=self.icc, progress=progress
            )
        classes, features = pd.Index(model.data.classes), pd.Index(model.data.features.columns)
        keys = ["classifier", "repeat", "fold", "sample"]
        predictions = piece.predictions[keys].assign(
            predicted=classes.get_indexer(pd.Index(piece.predictions["predicted"]))
        )
        for number, name in enumerate(model.data.classes):
            predictions[f"p{number}"] = piece.predictions[probability_column(name)]
        selections = piece.selections.assign(feature=features.get_indexer(pd.Index(piece.selections["feature"])))
        return CaseTables({"predictions": predictions, "selections": selections, "problems": piece.problems}, {})


def validate_models(
    data: CohortData,
    recipe: Recipe,
    modes: Sequence[Mode],
    output: Path,
    *,
    seed: int = 0,
    icc: ReproducibilityTable | None = None,
    external: CohortData | None = None,
    workers: int = 1,
    scheduler: str = "",
    progress: Progress = silent,
) -> list[ValidationResult]:
    """Validate every model of a recipe in every mode, going on where an earlier run into the folder stopped.

    Writes each result under its own folder (`Model.folder`), ``summary.csv`` of all, and ``optimism.csv`` where
    both modes are asked for. The result is that of `validate`, whatever the number of processes.

    Args:
        data: The cohort with all features.
        recipe: Its feature sets are the models; those without any column in the table are left out.
        modes: Paper, nested or both.
        output: Folder for the results.
        seed: Of all random numbers.
        icc: For an ICC filter.
        external: The other table of the external scheme.
        workers: Processes on this computer; 1 works in this process, without Dask.
        scheduler: Address of a running Dask scheduler instead.
        progress: Told of every piece; may raise `Cancelled`, which keeps the finished pieces.

    Raises:
        InputError: As `validate`, or no feature set fits the table.
        LeakageError: A test case would be used before its test.
        MuscleMyopathyError: A piece failed; the others are kept.
        OutputError: The folder cannot be written.
    """
    models = models_of(data, recipe, modes, external)
    tasks: dict[int, list[PieceTask]] = {}
    for number, model in enumerate(models):
        parts = planned(model.data, model.recipe, seed, icc, model.external)
        groups = in_pieces(parts, model.mode, recipe.validation.scheme)
        tasks[number] = [
            PieceTask(f"model {number} piece {place}", model, tuple(group), seed, icc)
            for place, group in enumerate(groups)
        ]
    _try_one_split(models, tasks)
    everything = [task for own in tasks.values() for task in own]
    permuted = recipe.validation.permutations > 0
    run = run_cohort(
        everything,
        output / WORK,
        workers=workers,
        scheduler=scheduler,
        progress=portion(_of_pieces(progress, _so_far(everything, output)), 0.0, 0.5 if permuted else 0.95),
    )
    if len(run.failures):
        first = run.failures.iloc[0]
        raise MuscleMyopathyError(
            f"{len(run.failures)} of {len(everything)} pieces of work failed, the first with: {first['problem']} "
            "The others are kept: repeat the command to go on."
        )
    results = []
    for number, model in enumerate(models):
        share = portion(progress, *(0.5 + 0.48 * np.array([number, number + 1]) / len(models)).tolist())
        pieces = [_read_piece(run.records, task) for task in tasks[number]]
        result = assemble(model.data, model.recipe, model.mode, pieces, seed, model.feature_set)
        if permuted:
            null = permutation_table(model.data, model.recipe, model.mode, seed=seed, icc=icc, progress=share)
            result = replace(result, permutation=null)
        write_validation(result, output / model.folder)
        results.append(result)
    write_table(summary_of_all(results), output / "summary.csv")
    gap = optimism_of_all(results)
    if not gap.empty:
        write_table(gap, output / "optimism.csv")
    progress(1.0, "done")
    return results


def models_of(
    data: CohortData, recipe: Recipe, modes: Sequence[Mode], external: CohortData | None = None
) -> list[Model]:
    """Return every model of a recipe whose features the table has, in every mode.

    Raises:
        InputError: The table has features of none of them.
    """
    joined = data if external is None else with_external(data, external)
    rows = 0 if external is None else len(external.features)
    sets = recipe.sets_of(list(data.features.columns))
    if not sets:
        return [Model(joined, recipe, mode, "", rows) for mode in modes]
    return [
        Model(joined.with_columns(one.columns), recipe.for_feature_set(one), mode, one.name, rows)
        for one in sets
        for mode in modes
    ]


def summary_of_all(results: Sequence[ValidationResult]) -> pd.DataFrame:
    """Return the summaries of several results under one another, with ``feature_set`` and ``mode`` before."""
    return pd.concat(
        [
            pd.concat(
                [
                    pd.DataFrame(
                        {"feature_set": result.feature_set, "mode": str(result.mode)}, index=result.summary.index
                    ),
                    result.summary,
                ],
                axis="columns",
            )
            for result in results
        ],
        ignore_index=True,
    )


def optimism_of_all(results: Sequence[ValidationResult]) -> pd.DataFrame:
    """Return what paper mode promises above nested mode for every model that ran in both; else an empty table."""
    tables = []
    for paper in results:
        for nested in results:
            if (paper.feature_set, paper.mode, nested.mode) == (nested.feature_set, Mode.PAPER, Mode.NESTED):
                gap = optimism(paper, nested)
                gap.insert(0, "feature_set", paper.feature_set)
                tables.append(gap)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _of_pieces(progress: Progress, so_far: FiguresSoFar) -> Progress:
    """Return a progress that calls the tasks what they are here, and adds finished ones to the figures so far."""
    counted = ""

    def report(fraction: float, text: str) -> None:
        nonlocal counted
        count, mark, rest = text.partition(" cases done")
        if mark and count != counted:
            counted = count
            so_far.update()
        progress(fraction, f"{count} pieces of work done{rest}" if mark else text)

    return report


def _so_far(tasks: Sequence[PieceTask], output: Path) -> FiguresSoFar:
    records = CaseRecords(output / WORK)
    by_name = {task.identifier: task for task in tasks}

    def read(name: str) -> Piece | None:
        return _read_piece(records, by_name[name]) if records.exists(name) else None

    waiting = {
        name: (task.model.feature_set, str(task.model.mode), task.model.data.classes)
        for name, task in by_name.items()
    }
    return FiguresSoFar(output, waiting, read)


def _try_one_split(models: Sequence[Model], tasks: dict[int, list[PieceTask]]) -> None:
    """Check splits and ICC table at once, so that what cannot work at all is an error before the work begins."""
    from MuscleMyopathyLib.modeling.validation.guards import require_disjoint, require_icc_of

    for number, model in enumerate(models):
        patients = model.data.patients.to_numpy(dtype=object)
        for task in tasks[number]:
            for split in task.parts:
                require_disjoint(patients, split.train.tolist(), split.test.tolist())
                if model.mode is Mode.NESTED and task.icc is not None and model.recipe.needs_icc:
                    require_icc_of(task.icc, sorted(set(patients[split.test])))


def _data_hash(data: CohortData, icc: ReproducibilityTable | None) -> str:
    digest = hashlib.sha256()
    digest.update("\t".join([*data.features.columns, *data.classes]).encode())
    digest.update(np.ascontiguousarray(data.features.to_numpy(dtype=np.float64)).tobytes())
    digest.update("\t".join([*data.outcome, *data.patients]).encode())
    for table in (None, None) if icc is None else (icc.icc, icc.readings):
        if table is not None:
            digest.update(table.to_csv(index=False).encode())
    return digest.hexdigest()


def _read_piece(records: CaseRecords, task: PieceTask) -> Piece:
    """Read a finished piece, with the names of classes, patients and features in place of their numbers."""
    data = task.model.data
    kept = records.table(task.identifier, "predictions")
    rows = kept["sample"].to_numpy(dtype=np.intp)
    names = np.array([*data.classes, ""], dtype=object)
    table = kept.assign(
        patient=data.patients.to_numpy()[rows],
        centre="" if data.centres is None else data.centres.to_numpy()[rows],
        outcome=data.outcome.to_numpy()[rows],
        predicted=names[kept["predicted"].to_numpy(dtype=np.intp)],
        **{probability_column(name): kept[f"p{number}"] for number, name in enumerate(data.classes)},
    )
    selections = records.table(task.identifier, "selections")
    features = data.features.columns.to_numpy(dtype=object)
    return Piece(
        table[[*PREDICTION_KEYS, *map(probability_column, data.classes)]],
        selections.assign(feature=features[selections["feature"].to_numpy(dtype=np.intp)]),
        records.table(task.identifier, "problems"),
    )
