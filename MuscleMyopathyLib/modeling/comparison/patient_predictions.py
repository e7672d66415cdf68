"""What a classifier says of each patient: one row per patient, from out-of-fold predictions or from a user's
table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_NAMED = 5
_POOLED = (
    "Probabilities of the models of all folds are put together, since DeLong's test ranks all patients at once; "
    "the areas in a validation's tables are means over the folds."
)
_AVERAGED = (
    "Probabilities are averaged over up to {} predictions of a patient before the areas are compared (which makes "
    "the area mostly higher than the mean of the repeats); the class is the one predicted most often."
)


@dataclass(frozen=True)
class PatientPredictions:
    """Predictions of one classifier, one per patient.

    Attributes:
        name: Of the classifier.
        patients: Identifiers.
        classes: The classes in order; of two the last is "positive".
        outcome: True class of each patient, as an index of ``classes``.
        predicted: Predicted class, likewise.
        probabilities: Shape (patients, classes); NaN in all columns but the last where a table of two classes
            holds a score that is no probability.
        notes: How several predictions of a patient became one, in words.
    """

    name: str
    patients: tuple[str, ...]
    classes: tuple[str, ...]
    outcome: IntArray
    predicted: IntArray
    probabilities: FloatArray
    notes: tuple[str, ...] = ()

    @property
    def calibrated_scale(self) -> bool:
        """Whether the probabilities are such: between 0 and 1, for every class."""
        return bool(((self.probabilities >= 0) & (self.probabilities <= 1)).all())

    def of(self, patients: Sequence[str]) -> PatientPredictions:
        """Return the predictions of these patients, in this order."""
        places = {patient: place for place, patient in enumerate(self.patients)}
        rows = np.array([places[patient] for patient in patients], dtype=np.intp)
        return replace(
            self,
            patients=tuple(patients),
            outcome=self.outcome[rows],
            predicted=self.predicted[rows],
            probabilities=self.probabilities[rows],
        )


def patient_predictions(
    predictions: pd.DataFrame, classifier: str, classes: Sequence[str], name: str = ""
) -> PatientPredictions:
    """Return one prediction per patient from out-of-fold predictions.

    Probabilities are averaged over a patient's rows (repeats of the cross-validation, legs, readings). The class
    is the one predicted most often; of classes predicted equally often, the one of higher mean probability.

    Args:
        predictions: Columns ``classifier``, ``patient``, ``outcome``, ``predicted``, ``p_<class>``; see
            `modeling.validation.result.ValidationResult`.
        classifier: The classifier to take.
        classes: The classes in order.
        name: Shown instead of the classifier's name.

    Raises:
        InputError: No such classifier, or a patient with several outcomes.
    """
    rows = predictions[predictions["classifier"] == classifier]
    if rows.empty or not (rows["predicted"] != "").any():
        there = ", ".join(map(str, predictions["classifier"].unique()))
        raise InputError(f"There are no predictions by {classifier}. There are: {there}.")
    columns = [f"p_{label}" for label in classes]
    everybody = rows["patient"].nunique()
    rows = rows[(rows["predicted"] != "") & rows[columns].notna().all(axis=1)]
    without = everybody - rows["patient"].nunique()
    by_patient = rows.groupby(rows["patient"].astype(str), sort=False)
    mixed = by_patient["outcome"].nunique()
    if (mixed > 1).any():
        raise InputError(f"Patients with several outcomes: {_some(mixed.index[mixed > 1].tolist())}.")
    mean = by_patient[columns].mean()
    votes = pd.crosstab(rows["patient"].astype(str), rows["predicted"]).reindex(
        index=mean.index, columns=list(classes), fill_value=0
    )
    # A probability is below 1, so that it decides between classes of equal votes only.
    predicted = (votes.to_numpy() + mean.to_numpy() / 2).argmax(axis=1)
    most = int(by_patient.size().max())
    notes = [_AVERAGED.format(most)] if most > 1 else []
    if "fold" in rows.columns and rows["fold"].nunique() > 1:
        notes.append(_POOLED)
    if without:
        notes.append(f"{without} patients have no prediction by {name or classifier} and are left out.")
    return PatientPredictions(
        name=name or classifier,
        patients=tuple(map(str, mean.index)),
        classes=tuple(classes),
        outcome=_codes(by_patient["outcome"].first(), classes),
        predicted=predicted,
        probabilities=mean.to_numpy(dtype=np.float64),
        notes=tuple(notes),
    )


def table_predictions(
    table: pd.DataFrame,
    column: str,
    *,
    outcome: str,
    positive: str,
    patient: str = "case",
    cut_off: float = 0.5,
    predicted: str = "",
) -> PatientPredictions:
    """Return one model's predictions from a table of one row per patient, of two classes.

    Args:
        table: The user's table.
        column: Probability or score of the positive class.
        outcome: Column of the true class.
        positive: Value of ``outcome`` that is the positive class; the other values together are the negative one.
        patient: Column of the patient.
        cut_off: A value equal to or above it is predicted positive.
        predicted: Column of the predicted class instead of the cut-off; empty for none.

    Raises:
        InputError: A column is missing or holds no numbers, a value is missing, a patient stands there twice, or
            the positive class is unknown.
    """
    named = [patient, outcome, column, *([predicted] if predicted else [])]
    missing = [name for name in named if name not in table.columns]
    if missing:
        raise InputError(
            f"The table has no column {', '.join(missing)}. It has: {', '.join(map(str, table.columns))}."
        )
    if not pd.api.types.is_numeric_dtype(table[column]):
        raise InputError(f"The column {column} must hold probabilities or scores; it holds words.")
    empty = table[named].isna().any(axis=1)
    if empty.any():
        who = _some(table.loc[empty, patient].astype(str).tolist())
        raise InputError(f"Outcome or prediction are missing for {who}. Fill them in, or take these rows out.")
    truth = table[outcome].astype(str)
    if positive not in set(truth):
        raise InputError(f"The column {outcome} holds no {positive!r}; it holds: {_some(sorted(set(truth)))}.")
    twice = table[patient][table[patient].duplicated()].astype(str).unique().tolist()
    if twice:
        raise InputError(f"One row per patient is needed; {_some(twice)} stand there more than once.")
    values = table[column].to_numpy(dtype=np.float64)
    probable = bool(((values >= 0) & (values <= 1)).all())
    said = (table[predicted].astype(str) == positive).to_numpy() if predicted else values >= cut_off
    return PatientPredictions(
        name=column,
        patients=tuple(table[patient].astype(str)),
        classes=(f"not {positive}", positive),
        outcome=(truth == positive).to_numpy().astype(np.intp),
        predicted=said.astype(np.intp),
        probabilities=np.column_stack([1 - values if probable else np.full(values.size, np.nan), values]),
    )


def on_same_patients(
    first: PatientPredictions, second: PatientPredictions
) -> tuple[PatientPredictions, PatientPredictions]:
    """Return both on the patients that both have, in the order of the first; a note counts those left out.

    Raises:
        InputError: Other classes, no common patient, or a patient whose outcome differs.
    """
    if first.classes != second.classes:
        raise InputError(
            f"{first.name} tells apart {', '.join(first.classes)}, {second.name} {', '.join(second.classes)}: "
            "they cannot be compared."
        )
    theirs = set(second.patients)
    common = [patient for patient in first.patients if patient in theirs]
    if not common:
        raise InputError(f"{first.name} and {second.name} have no patient in common.")
    one, two = first.of(common), second.of(common)
    differing = [patient for patient, same in zip(common, one.outcome == two.outcome, strict=True) if not same]
    if differing:
        raise InputError(f"The outcome of {_some(differing)} is not the same in {first.name} and {second.name}.")
    left_out = len(first.patients) + len(second.patients) - 2 * len(common)
    if left_out:
        note = f"{left_out} patients with a prediction by one of the two only are left out."
        one = replace(one, notes=(*one.notes, note))
    return one, two


def _codes(outcome: pd.Series, classes: Sequence[str]) -> IntArray:
    codes = pd.Index(list(classes)).get_indexer(pd.Index(outcome.astype(str)))
    if (codes < 0).any():
        raise InputError(f"Outcomes that are no class: {_some(sorted(set(outcome[codes < 0].astype(str))))}.")
    return np.asarray(codes, dtype=np.intp)


def _some(names: Sequence[object]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(str, names[:_NAMED])) + more
