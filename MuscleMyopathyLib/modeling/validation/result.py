"""The result of a validation: out-of-fold predictions, scores with intervals, confusion, stability, problems."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.modeling.validation.parameters import Mode

POOLED = -1
"""``fold`` of the scores that rest on all folds of a repeat."""

METRICS = ("auc", "accuracy", "recall", "precision", "specificity", "f1", "brier")
"""Averages over the classes (macro) but accuracy and Brier; with two classes those of the positive class."""

PREDICTION_KEYS = ("classifier", "repeat", "fold", "sample", "patient", "centre", "outcome", "predicted")


def probability_column(name: str) -> str:
    """Return the column of the probability of a class, e.g. ``p_DM``."""
    return f"p_{name}"


@dataclass(frozen=True)
class ValidationResult:
    """What a validation found.

    Attributes:
        recipe: What was validated.
        mode: Paper or nested.
        classes: The classes in order; of two the last one is positive.
        predictions: One row per classifier, repeat and tested sample: `PREDICTION_KEYS`, then ``p_<class>`` for
            each class. No model has seen the patients that it predicts; in paper mode the selection has.
        scores: One row per classifier, repeat and fold (`POOLED` for the repeat as a whole): `METRICS`, then
            ``auc_<class>``, ``recall_<class>``, ``precision_<class>``, ``specificity_<class>``, ``f1_<class>``,
            and ``cases``. The AUC of a repeat is the mean of its folds' (each compares cases of one model only);
            all other figures of a repeat rest on its pooled confusion matrix.
        summary: One row per classifier, metric and ``class`` ("" for the whole): ``mean`` and ``sd`` over repeats,
            ``ci_low``, ``ci_high``, ``interval`` (how the interval was made).
        confusion: One row per classifier, ``outcome`` and ``predicted``: ``count``, mean over repeats.
        stability: One row per classifier and feature: ``share`` of the fits that selected it, of ``fits``.
        problems: What failed or deserves a look: ``classifier``, ``repeat``, ``fold``, ``problem``, ``count``.
        permutation: One row per classifier: ``observed`` AUC, ``null_mean``, ``null_sd``, ``null_high`` (95 %),
            ``permutations``, ``p``; empty where none was asked for.
        data_note: The cohort and its imbalance in words.
        notes: What was noticed when the cohort was read.
        phantom: Whether the cohort is simulated.
        feature_set: Name of the part of the features, e.g. "TM thigh"; empty for all.
        seed: Of all random numbers.
        validation_words: Scheme in words.
    """

    recipe: Recipe
    mode: Mode
    classes: tuple[str, ...]
    predictions: pd.DataFrame
    scores: pd.DataFrame
    summary: pd.DataFrame
    confusion: pd.DataFrame
    stability: pd.DataFrame
    problems: pd.DataFrame
    permutation: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_note: str = ""
    notes: tuple[str, ...] = ()
    phantom: bool = False
    feature_set: str = ""
    seed: int = 0

    @property
    def validation_words(self) -> str:
        """The scheme in words."""
        return self.recipe.validation.words

    @property
    def predicting(self) -> tuple[str, ...]:
        """The classifiers that predicted anybody; one whose every fit failed is told among the problems."""
        rows = self.predictions
        made = set(rows.loc[rows["predicted"] != "", "classifier"])
        return tuple(name for name in self.recipe.classifiers if name in made)

    def figure(self, classifier: str, metric: str, of_class: str = "") -> pd.Series:
        """Return the row of the summary for one classifier, metric and class.

        Raises:
            KeyError: There is none.
        """
        table = self.summary
        rows = table[
            (table["classifier"] == classifier) & (table["metric"] == metric) & (table["class"] == of_class)
        ]
        if rows.empty:
            raise KeyError(f"{classifier} {metric} {of_class}")
        return rows.iloc[0]


def optimism(paper: ValidationResult, nested: ValidationResult) -> pd.DataFrame:
    """Return what paper mode promises above nested mode, per classifier, metric and class.

    Returns:
        Columns ``classifier``, ``metric``, ``class``, ``paper``, ``nested`` and ``optimism`` (paper − nested; for
        the Brier score, where less is better, nested − paper).
    """
    keys = ["classifier", "metric", "class"]
    both = paper.summary[[*keys, "mean"]].merge(nested.summary[[*keys, "mean"]], on=keys)
    table = both.rename(columns={"mean_x": "paper", "mean_y": "nested"})
    gap = table["paper"] - table["nested"]
    return table.assign(optimism=gap.where(table["metric"] != "brier", -gap))
