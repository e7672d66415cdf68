"""Prediction on a table: probabilities, the classes not excluded, and what the model has never seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.cohort_checks import PATIENT_NAMES, numeric_columns
from MuscleMyopathyLib.modeling.inference.conformal import conformity, not_excluded
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from MuscleMyopathyLib.modeling.package.card import FeatureRange, ModelCard
from MuscleMyopathyLib.modeling.validation.result import probability_column
from MuscleMyopathyLib.radiomics.feature_table import KEY_COLUMNS, fused_table

KEYS = ("case", "reader", "session", "structure", "side")
NEVER_SEEN = "never seen: "
"""Begins the warning of a feature outside the training range."""
_NAMED = 5


def predict(package: ModelPackage, table: pd.DataFrame, *, preset_sha256: str = "") -> pd.DataFrame:
    """Classify the rows of a table.

    Args:
        package: The model.
        table: A feature table (``radiomics.feature_table``, fused here), a fused one, or any table with the
            model's features as columns; other columns are ignored.
        preset_sha256: Content hash of the preset that made the table; empty where that is not known.

    Returns:
        One row per row of the (fused) table: those of `KEYS` that are there, ``predicted``, ``p_<class>`` for each
        class, ``not_excluded`` and ``conformity_<class>`` (`inference.conformal`), ``warning`` (features outside
        the training range, a preset that is not known), ``problem`` (why a row has no answer), ``model``,
        ``validated`` (the card's figure) and ``notice`` (not a medical device; trained on simulated data).

    Raises:
        InputError: The table was made with another preset, or lacks a feature of the model.
    """
    card = package.card
    _require_preset(card, preset_sha256)
    rows = model_rows(card, table)
    values = model_values(card, rows)
    problems = row_problems(package, values, rows)
    usable = np.array([not problem for problem in problems], dtype=bool)
    probabilities = class_probabilities(package, values, usable)
    fits = conformity(card, probabilities)
    kept = not_excluded(fits)
    unknown = ["the preset of these features is not known"] if card.preset.sha256 and not preset_sha256 else []
    warnings = [
        "; ".join([*_out_of_range(card.features, row), *unknown, *_unlike(excluded)])
        for row, excluded in zip(values, kept, strict=True)
    ]
    best = probabilities.fillna(-1).to_numpy().argmax(axis=1)
    return pd.DataFrame(
        {
            **_keys(rows),
            "predicted": [card.classes[place] if good else "" for place, good in zip(best, usable, strict=True)],
            **{probability_column(name): probabilities[name] for name in card.classes},
            "not_excluded": kept,
            **{f"conformity_{name}": fits[name] for name in card.classes},
            "warning": warnings,
            "problem": problems,
            "model": f"{card.name} {card.version}",
            "validated": card.validated,
            "notice": " ".join(card.notices),
        }
    )


def model_rows(card: ModelCard, table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per case, reading, structure and side: a feature table is fused, another table kept.

    Features of a part that is in a feature table, but could not be measured in any row, are NaN.
    """
    if not {"region", "sequence", "structure"} <= set(table.columns):
        return table.reset_index(drop=True)
    filled = table.assign(
        **{name: table[name] if name in table.columns else "" for name in KEY_COLUMNS if name != "session"},
        session=table["session"] if "session" in table.columns else 1,
        problem=table["problem"].fillna("") if "problem" in table.columns else "",
    )
    rows = fused_table(filled)
    parts = filled["region"].astype(str) + "." + filled["sequence"].astype(str)
    measured = set(parts[filled["problem"] == ""])
    unmeasured = {part.removeprefix(".") for part in set(parts) - measured}
    absent = [
        name for name in card.feature_names if name not in rows.columns and name.rsplit(".", 1)[0] in unmeasured
    ]
    return pd.concat([rows, pd.DataFrame(np.nan, index=rows.index, columns=absent)], axis="columns")


def model_values(card: ModelCard, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the model's features of a fused table, shape (rows, features).

    Raises:
        InputError: A feature is missing or is text.
    """
    missing = [name for name in card.feature_names if name not in rows.columns]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        parts = sorted({name.rsplit(".", 1)[0] for name in card.feature_names if "." in name})
        of_parts = f" The model needs {' and '.join(parts)}." if parts else ""
        raise InputError(
            f"The table lacks {len(missing)} of the model's {len(card.features)} features: "
            f"{', '.join(missing[:_NAMED])}{more}.{of_parts}"
        )
    try:
        return rows[card.feature_names].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        _, notes = numeric_columns(rows[card.feature_names])
        texts = " ".join(note.replace(", left out", "") for note in notes)
        raise InputError(f"Features of the model are columns of text. {texts}") from error


def class_probabilities(
    package: ModelPackage, values: npt.NDArray[np.float64], usable: npt.NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """Return the probability of each class, columns in the card's order; NaN in rows that are not usable."""
    chosen = np.ones(len(values), dtype=bool) if usable is None else usable
    found = np.full((len(values), len(package.card.classes)), np.nan)
    if chosen.any():
        order = [list(map(str, package.model.classes_)).index(name) for name in package.card.classes]
        found[chosen] = np.asarray(package.model.predict_proba(values[chosen]), dtype=np.float64)[:, order]
    return pd.DataFrame(found, columns=list(package.card.classes))


def _require_preset(card: ModelCard, preset_sha256: str) -> None:
    if card.preset.sha256 and preset_sha256 and preset_sha256 != card.preset.sha256:
        raise InputError(
            f"The features were made with another preset ({preset_sha256[:12]}) than those that the model "
            f"{card.name} learned from ({card.preset.name}, {card.preset.sha256[:12]}). Their values are not "
            "comparable: extract them with the model's preset, or classify straight from the images."
        )


def row_problems(package: ModelPackage, values: npt.NDArray[np.float64], rows: pd.DataFrame) -> list[str]:
    """Return for each row why it cannot be classified; a model that imputes takes missing values."""
    reasons = rows["problem"].fillna("").astype(str).tolist() if "problem" in rows.columns else [""] * len(rows)
    imputes = package.card.recipe.get("imputation", "none") != "none"
    names = np.array(package.card.feature_names)
    texts = []
    for row, reason in zip(values, reasons, strict=True):
        infinite, absent = names[np.isinf(row)], names[np.isnan(row)]
        if infinite.size:
            texts.append(f"infinite value of {', '.join(infinite[:_NAMED])}")
        elif absent.size == len(names) or (absent.size and not imputes):
            because = f" ({reason})" if reason else ""
            texts.append(f"no value of {', '.join(absent[:_NAMED])}{because}")
        else:
            texts.append("")
    return texts


def _out_of_range(features: Sequence[FeatureRange], row: npt.NDArray[np.float64]) -> list[str]:
    """Return in words which features lie outside what the training cases had, or are missing."""
    texts = []
    for feature, value in zip(features, row, strict=True):
        if np.isnan(value):
            texts.append(f"{feature.name} is missing and was imputed")
        elif not feature.lowest <= value <= feature.highest:
            seen = f"{feature.lowest:.4g} to {feature.highest:.4g}"
            texts.append(f"{NEVER_SEEN}{feature.name} = {value:.4g} (training {seen})")
    return texts


def _unlike(excluded: str) -> list[str]:
    return ["unlike the validation's patients of every class"] if excluded == "none" else []


def _keys(rows: pd.DataFrame) -> dict[str, pd.Series]:
    if "case" in rows.columns:
        return {name: rows[name] for name in KEYS if name in rows.columns}
    named = next((name for name in PATIENT_NAMES if name in rows.columns), None)
    cases = rows[named].astype(str) if named else pd.Series([f"row {number + 1}" for number in range(len(rows))])
    return {"case": cases}
