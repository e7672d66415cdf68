"""Permutation test: what the whole procedure finds where outcomes are shuffled among the patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.cohort_data import CohortData
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme
from MuscleMyopathyLib.modeling.validation.result import POOLED
from MuscleMyopathyLib.modeling.validation.run import run_splits
from MuscleMyopathyLib.modeling.validation.splits import splits
from MuscleMyopathyLib.modeling.validation.summary import score_table
from MuscleMyopathyLib.progress import Progress, silent


def permutation_table(
    data: CohortData,
    recipe: Recipe,
    mode: Mode,
    *,
    seed: int,
    icc: ReproducibilityTable | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Compare the AUC with that of shuffled outcomes, selection and all, in one repeat of the validation.

    p = (1 + permutations at least as good) / (1 + permutations) (Phipson & Smyth, Stat Appl Genet Mol Biol 2010).
    In paper mode the selection sees the shuffled outcomes of all cases as well: its null lies above 0.5. Where
    each centre is left out, outcomes are shuffled within the centres: between them nothing makes patients
    exchangeable, and the other centres would sometimes be left without a class.

    Returns:
        As `ValidationResult.permutation`; without a p where a classifier predicted nobody. A shuffle in which it
        could not be fitted does not count. External validations are not permuted: the table is empty.
    """
    if recipe.validation.scheme is Scheme.EXTERNAL:
        return pd.DataFrame()
    count = recipe.validation.permutations
    once = replace(recipe, validation=replace(recipe.validation, repeats=1))

    def areas(cohort: CohortData) -> dict[str, float]:
        parts = splits(cohort, once.validation, seed)
        piece = run_splits(cohort, once, mode, parts, seed=seed, icc=icc)
        table = score_table(piece.predictions, cohort.classes)
        whole = table[table["fold"] == POOLED]
        return dict(zip(whole["classifier"], whole["auc"], strict=True))

    progress(0.0, "permutation test: the true outcomes")
    observed = areas(data)
    rng = np.random.default_rng(seed)
    null = []
    for number in range(count):
        progress((number + 1) / (count + 1), f"permutation test: {number} of {count} shuffles")
        within = recipe.validation.scheme is Scheme.CENTRES
        null.append(areas(replace(data, outcome=shuffled(data, rng, within_centres=within))))
    rows = []
    for name, area in observed.items():
        found = np.array([one[name] for one in null], dtype=np.float64)
        found = found[np.isfinite(found)]
        tested = bool(found.size) and np.isfinite(area)
        rows.append(
            {
                "classifier": name,
                "observed": float(area),
                "null_mean": float(found.mean()) if found.size else np.nan,
                "null_sd": float(found.std(ddof=1)) if found.size > 1 else np.nan,
                "null_high": float(np.quantile(found, 0.95)) if found.size else np.nan,
                "permutations": int(found.size),
                "p": float((1 + (found >= area - 1e-12).sum()) / (1 + found.size)) if tested else np.nan,
            }
        )
    return pd.DataFrame(rows)


def shuffled(data: CohortData, rng: np.random.Generator, *, within_centres: bool = False) -> pd.Series[str]:
    """Return the outcomes given to other patients; a patient's rows get one patient's outcome.

    Args:
        data: The cohort.
        rng: Of the order.
        within_centres: Whether only patients of the same centre exchange outcomes; each centre keeps its counts.
    """
    own = ~data.patients.duplicated().to_numpy()
    drawn = data.outcome[own].to_numpy(copy=True)
    codes, _ = pd.factorize(data.patients)
    if within_centres and data.centres is not None:
        centres = data.centres[own].to_numpy()
        for name in np.unique(centres):
            members = np.flatnonzero(centres == name)
            drawn[members] = rng.permutation(drawn[members])
    else:
        drawn = rng.permutation(drawn)
    return pd.Series(drawn[codes], dtype=object)
