"""A model's answer as it stands on the page of a case: probabilities, what is not excluded, what spoke for it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from MuscleMyopathyLib.modeling.inference.conformal import kept_classes
from MuscleMyopathyLib.report.formatting import number, text

_KEYS = ("reader", "session", "structure", "side")
_MOST_FEATURES = 6


@dataclass(frozen=True)
class ClassRow:
    """One class.

    Attributes:
        name: The class.
        percent: Its probability in percent, for the length of the bar.
        probability: The same as text.
        verdict: ``not excluded``, ``excluded``, or a dash where that is not known.
    """

    name: str
    percent: float
    probability: str
    verdict: str


@dataclass(frozen=True)
class Contribution:
    """One feature of the case and what it spoke for; texts."""

    feature: str
    value: str
    training_mean: str
    contribution: str


@dataclass(frozen=True)
class Classification:
    """The answer of a model to one reading of the case.

    Attributes:
        reading: Reader, session, structure and side, as far as the answer names them.
        model: Name and version.
        validated: The figure of the model's validation.
        notice: What must stand beside every result.
        predicted: The most probable class; empty where there is no answer.
        classes: The classes in the model's order.
        unit: Of the contributions.
        contributions: To the most probable class, the strongest first.
        warnings: What the model has never seen.
        problem: Why there is no answer.
    """

    reading: str
    model: str
    validated: str
    notice: str
    predicted: str
    classes: tuple[ClassRow, ...]
    unit: str
    contributions: tuple[Contribution, ...]
    warnings: tuple[str, ...]
    problem: str


def classifications(answer: pd.DataFrame, shares: pd.DataFrame) -> list[Classification]:
    """Return what stands on the page.

    Args:
        answer: As of `modeling.inference.prediction.predict`.
        shares: As of `modeling.inference.contributions.contributions`.
    """
    names = [str(column).removeprefix("p_") for column in answer.columns if str(column).startswith("p_")]
    keys = [key for key in _KEYS if key in answer.columns]
    found = []
    for _, row in answer.iterrows():
        predicted, problem = text(row["predicted"]), text(row["problem"])
        own = shares[shares["class"] == predicted]
        for key in keys:
            if key in own.columns:
                own = own[own[key] == row[key]]
        strongest = own.reindex(own["contribution"].abs().sort_values(ascending=False).index).head(_MOST_FEATURES)
        found.append(
            Classification(
                reading=", ".join(f"{key} {row[key]}" for key in keys if text(row[key])),
                model=text(row["model"]),
                validated=text(row["validated"]),
                notice=text(row["notice"]),
                predicted=predicted,
                classes=() if problem else tuple(_class_row(row, name) for name in names),
                unit=text(own["unit"].iloc[0]) if len(own) else "",
                contributions=tuple(_contribution(one) for _, one in strongest.iterrows()),
                warnings=tuple(filter(None, text(row["warning"]).split("; "))),
                problem=problem,
            )
        )
    return found


def _class_row(row: pd.Series, name: str) -> ClassRow:
    percent = 100 * float(row[f"p_{name}"])
    kept = text(row["not_excluded"])
    verdict = "–" if not kept else "not excluded" if kept_classes(kept, [name]) else "excluded"
    return ClassRow(name, round(percent, 1), f"{number(percent, 0)} %", verdict)


def _contribution(row: pd.Series) -> Contribution:
    return Contribution(
        text(row["feature"]),
        "imputed" if pd.isna(row["value"]) else f"{row['value']:.4g}",
        f"{row['training_mean']:.4g}",
        f"{row['contribution']:+.2f}",
    )
