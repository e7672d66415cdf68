"""From out-of-fold predictions to scores with means, deviations and intervals, and to confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from MuscleMyopathyLib.modeling.area_under_curve import area_interval
from MuscleMyopathyLib.modeling.comparison.corrected_t import corrected_error
from MuscleMyopathyLib.modeling.validation.metrics import PER_CLASS, confusion_matrix, scores
from MuscleMyopathyLib.modeling.validation.parameters import Scheme, ValidationParameters
from MuscleMyopathyLib.modeling.validation.result import METRICS, POOLED, probability_column

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

BOOTSTRAP_DRAWS = 1000
CORRECTED = "corrected resampled t (Nadeau & Bengio 2003)"
BOOTSTRAP = f"percentile bootstrap over test patients, {BOOTSTRAP_DRAWS} draws"


def score_table(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the scores of every fold and of every repeat, as in `ValidationResult.scores`."""
    rows = []
    for classifier, own in predictions.groupby("classifier", sort=False):
        outcome, predicted, probabilities = _arrays(own, classes)
        repeats, folds = own["repeat"].to_numpy(), own["fold"].to_numpy()
        for repeat in np.unique(repeats):
            of_repeat = np.flatnonzero(repeats == repeat)
            parts = []
            for fold in np.unique(folds[of_repeat]):
                chosen = of_repeat[folds[of_repeat] == fold]
                found = scores(outcome[chosen], predicted[chosen], probabilities[chosen], classes)
                parts.append({"classifier": classifier, "repeat": repeat, "fold": fold, **found})
            pooled = scores(outcome[of_repeat], predicted[of_repeat], probabilities[of_repeat], classes)
            for name in ("auc", *(f"auc_{of}" for of in classes)):
                # Probabilities of different models are not on one scale: pairs of cases are compared within a
                # fold (Forman & Scholz, SIGKDD Explorations 2010;12:49).
                pooled[name] = _mean(np.array([part[name] for part in parts], dtype=np.float64))
            rows += [{"classifier": classifier, "repeat": repeat, "fold": POOLED, **pooled}, *parts]
    return pd.DataFrame(rows)


def summary_table(
    table: pd.DataFrame,
    predictions: pd.DataFrame,
    classes: Sequence[str],
    parameters: ValidationParameters,
    seed: int,
) -> pd.DataFrame:
    """Return mean, SD over repeats and interval of every score, as in `ValidationResult.summary`.

    The interval of a repeated cross-validation or split is Nadeau & Bengio's: the variance of the folds' scores
    times (1/J + test/train) with J folds in all, as the training sets overlap (Mach Learn 2003;52:239; Bouckaert &
    Frank 2004). Where the cases are tested once it is the percentile bootstrap over the test patients. A figure
    of 0 or 1 varies in neither: the "rule of three" bounds it by the patients that it rests on (`area_interval`;
    of several classes the fewest, an F1 like its recall).
    """
    resampled = parameters.scheme is Scheme.REPEATED_K_FOLD or (
        parameters.scheme is Scheme.SPLIT and parameters.repeats > 1
    )
    columns = [(name, "", name) for name in METRICS]
    columns += [(name, of, f"{name}_{of}") for of in classes for name in PER_CLASS]
    rows = []
    for classifier, part in table.groupby("classifier", sort=False):
        pooled, folds = part[part["fold"] == POOLED], part[part["fold"] != POOLED]
        drawn = None
        own = predictions[predictions["classifier"] == classifier]
        if not resampled:
            drawn = _bootstrap(own, classes, np.random.default_rng(seed))
        for metric, of, column in columns:
            values = pooled[column].to_numpy(dtype=np.float64)
            mean = _mean(values)
            if drawn is None:
                low, high = _corrected(mean, folds[column], _test_to_train(parameters), parameters.confidence)
            else:
                low, high = _percentiles(drawn[column], parameters.confidence)
            if metric != "brier" and mean in (0.0, 1.0):
                behind = _patients_behind(own, metric, of, classes)
                low, high = area_interval(mean, 0.0, behind, parameters.confidence) if behind else (np.nan, np.nan)
            rows.append(
                {
                    "classifier": classifier,
                    "metric": metric,
                    "class": of,
                    "mean": mean,
                    "sd": float(np.nanstd(values, ddof=1)) if np.isfinite(values).sum() > 1 else np.nan,
                    "ci_low": max(low, 0.0),
                    "ci_high": min(high, 2.0 if metric == "brier" and len(classes) > 2 else 1.0),
                    "interval": BOOTSTRAP if drawn is not None else CORRECTED,
                }
            )
    return pd.DataFrame(rows)


def confusion_table(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the confusion matrix of each classifier, mean over the repeats, as `ValidationResult.confusion`."""
    rows = []
    for classifier, part in predictions.groupby("classifier", sort=False):
        made = part[part["predicted"] != ""]
        true_codes, called_codes = _codes(made["outcome"], classes), _codes(made["predicted"], classes)
        counts = confusion_matrix(true_codes, called_codes, len(classes))
        counts /= part["repeat"].nunique()
        rows += [
            {"classifier": classifier, "outcome": true, "predicted": called, "count": counts[i, j]}
            for i, true in enumerate(classes)
            for j, called in enumerate(classes)
        ]
    return pd.DataFrame(rows)


def _arrays(part: pd.DataFrame, classes: Sequence[str]) -> tuple[Codes, Codes, FloatArray]:
    """Return true classes, predicted classes (−1 for none) and probabilities."""
    probabilities = part[[probability_column(name) for name in classes]].to_numpy(dtype=np.float64)
    return _codes(part["outcome"], classes), _codes(part["predicted"], classes), probabilities


def _codes(column: pd.Series[Any], classes: Sequence[str]) -> Codes:
    return pd.Index(classes).get_indexer(pd.Index(column))


def _mean(values: Sequence[float] | FloatArray) -> float:
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else float("nan")


def _patients_behind(predictions: pd.DataFrame, metric: str, of: str, classes: Sequence[str]) -> int:
    """Return how many patients a classifier's figure rests on; of an average over classes the fewest of one."""
    made = predictions[predictions["predicted"] != ""]
    outcomes = made.drop_duplicates("patient")["outcome"]
    if metric == "accuracy":
        return len(outcomes)
    names = [of] if of else classes[1:] if len(classes) == 2 else classes
    if metric == "precision":
        called = made.groupby(["repeat", "predicted"])["patient"].nunique().unstack(fill_value=0)
        return int(called.reindex(columns=list(names), fill_value=0).to_numpy().min())
    inside = [int(outcomes.eq(name).sum()) for name in names]
    outside = [len(outcomes) - count for count in inside]
    return min({"specificity": outside, "auc": [*inside, *outside]}.get(metric, inside))


def _test_to_train(parameters: ValidationParameters) -> float:
    if parameters.scheme is Scheme.SPLIT:
        return parameters.test_share / (1 - parameters.test_share)
    return 1 / (parameters.folds - 1)


def _corrected(mean: float, folds: pd.Series[Any], ratio: float, confidence: float) -> tuple[float, float]:
    values = folds.dropna().to_numpy(dtype=np.float64)
    if len(values) < 2:
        return float("nan"), float("nan")
    half = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1)) * corrected_error(values, ratio)
    return mean - half, mean + half


def _bootstrap(part: pd.DataFrame, classes: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """Return the scores of samples of the test patients, drawn with replacement."""
    rows_of = list(part.reset_index(drop=True).groupby(["fold", "patient"], sort=False).indices.values())
    folds = part["fold"].to_numpy()
    outcome, predicted, probabilities = _arrays(part, classes)
    drawn = []
    for _ in range(BOOTSTRAP_DRAWS):
        rows = np.concatenate([rows_of[number] for number in rng.integers(0, len(rows_of), len(rows_of))])
        found = scores(outcome[rows], predicted[rows], probabilities[rows], classes)
        if len(np.unique(folds)) > 1:
            of_folds = [
                scores(outcome[own], predicted[own], probabilities[own], classes)
                for fold in np.unique(folds[rows])
                for own in [rows[folds[rows] == fold]]
            ]
            found |= {name: _mean([one[name] for one in of_folds]) for name in found if name.startswith("auc")}
        drawn.append(found)
    return pd.DataFrame(drawn)


def _percentiles(values: pd.Series[Any], confidence: float) -> tuple[float, float]:
    known = values.dropna().to_numpy(dtype=np.float64)
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
