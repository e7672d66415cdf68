"""What each mode finds in pure noise: 75 cases × 1,000 features, random labels, 20 seeds; nested finds nothing.

The selection is that of Wei et al. (U test, Spearman, LASSO; without the ICC filter, as noise has no readings),
the classifiers logistic regression and LDA, 10-fold cross-validation. Nested mode goes on for 80 more seeds: the
AUC of one such cohort has an SD of 0.1, so that the mean of 20 is known to 0.02 and that of 100 to 0.01.
Writes the table of the documentation's figure.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from MuscleMyopathyLib.modeling.cohort_data import CohortData, read_cohort
from MuscleMyopathyLib.modeling.recipe import Recipe, read_recipe
from MuscleMyopathyLib.modeling.validation.parameters import Mode, Scheme, ValidationParameters
from MuscleMyopathyLib.modeling.validation.validate import validate
from MuscleMyopathyLib.output import write_table

CASES, FEATURES, SEEDS, NESTED_SEEDS = 75, 1000, 20, 100


def noise(seed: int, cases: int = CASES, features: int = FEATURES) -> CohortData:
    """Return a cohort whose outcomes (two fifths of one class) have nothing to do with its features."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(cases, features)), columns=[f"noise_{n}" for n in range(features)])
    labels = np.where(np.arange(cases) < 2 * cases // 5, "LGMDR2", "IMNM")
    return read_cohort(
        table.assign(case=[f"case-{n}" for n in range(cases)], group=rng.permutation(labels)), None, "group"
    )


def noise_recipe(folds: int = 10, repeats: int = 1) -> Recipe:
    """Return Wei's selection under k-fold cross-validation."""
    recipe = read_recipe("wei2023").without_icc()
    return replace(
        recipe,
        classifiers=("LR", "LDA"),
        validation=ValidationParameters(Scheme.REPEATED_K_FOLD, folds=folds, repeats=repeats),
        feature_sets=(),
    )


def areas(seeds: Iterable[int], modes: Iterable[Mode], recipe: Recipe, features: int = FEATURES) -> pd.DataFrame:
    """Return the AUC of each seed, mode and classifier."""
    rows = []
    for seed in seeds:
        for mode in modes:
            summary = validate(noise(seed, features=features), recipe, mode, seed=seed).summary
            own = summary[(summary["metric"] == "auc") & (summary["class"] == "")]
            rows += [
                {"seed": seed, "mode": str(mode), "classifier": row.classifier, "auc": row.mean}
                for row in own.itertuples(index=False)
            ]
    return pd.DataFrame(rows)


def main() -> None:
    """Run all seeds and print the mean of each mode; a path given as argument receives the table."""
    recipe = noise_recipe()
    first, more = range(SEEDS), range(SEEDS, NESTED_SEEDS)
    table = pd.concat([areas(first, list(Mode), recipe), areas(more, [Mode.NESTED], recipe)], ignore_index=True)
    grouped = table.groupby(["mode", "classifier"])["auc"]
    print(grouped.agg(["count", "mean", "sem", "std", "min", "max"]).round(3).to_string())
    if len(sys.argv) > 1:
        write_table(table, Path(sys.argv[1]))
    nested = table[table["mode"] == Mode.NESTED]
    for part in (nested[nested["seed"] < SEEDS], nested):
        means = part.groupby("classifier")["auc"].mean()
        assert (abs(means - 0.5) <= 0.05).all(), f"nested validation finds something in noise: {means.to_dict()}"


if __name__ == "__main__":
    main()
