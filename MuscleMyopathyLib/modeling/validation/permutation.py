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
    In paper mode the selection sees the shuffled outcomes of all cases as well: its null lies above 0.5.

    Returns:
        As `ValidationResult.permutation`. External validations are not permuted: the table is empty.
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
        null.append(areas(replace(data, outcome=shuffled(data, rng))))
    rows = []
    for name, area in observed.items():
        found = np.array([one[name] for one in null], dtype=np.float64)
        rows.append(
            {
                "classifier": name,
                "observed": float(area),
                "null_mean": float(found.mean()),
                "null_sd": float(found.std(ddof=1)) if count > 1 else np.nan,
                "null_high": float(np.quantile(found, 0.95)),
                "permutations": count,
                "p": float((1 + (found >= area - 1e-12).sum()) / (1 + count)),
            }
        )
    return pd.DataFrame(rows)


def shuffled(data: CohortData, rng: np.random.Generator) -> pd.Series[str]:
    """Return the outcomes given to other patients; a patient's rows get one patient's outcome."""
    firsts = data.outcome[~data.patients.duplicated()].to_numpy()
    codes, _ = pd.factorize(data.patients)
    return pd.Series(rng.permutation(firsts)[codes], dtype=object)
