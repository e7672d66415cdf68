"""Tests of the agreement of two raters' forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.reproducibility.form_agreement import (
    SUGGESTED,
    FormAgreement,
    Rater,
    form_agreement,
    kappa_range,
    landis_koch_band,
)
from MuscleMyopathyLib.reproducibility.kappa import Weights
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.scale_files import read_scale
from MuscleMyopathyLib.scoring.score_tables import score_table

MERCURI = read_scale("mercuri-modified")
R1, R2 = Rater("R1", 1), Rater("R2", 1)
CASES = 40


def rows_of(case: int, reader: str, form: Form) -> pd.DataFrame:
    return score_table(form).assign(case=f"P-{case:03d}", reader=reader, session=1)


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    """Random scores that mostly agree, correlated within a case, with a suggestion in the first reader's forms."""
    rng = np.random.default_rng(5)
    tables = []
    for case in range(CASES):
        severity = rng.uniform(0, 4)
        forms = {"R1": Form(MERCURI), "R2": Form(MERCURI)}
        for target in MERCURI.targets:
            truth = severity + rng.normal(0, 0.8)
            for reader, form in forms.items():
                code = str(int(np.clip(round(truth + rng.normal(0, 0.4)), 0, 4)))
                forms[reader] = form.scored(target.id, code)
            suggestion = Suggestion(str(int(np.clip(round(truth), 0, 4))), 50.0)
            forms["R1"] = forms["R1"].with_suggestion(target.id, suggestion)
        tables += [rows_of(case, reader, form) for reader, form in forms.items()]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def agreement(scores: pd.DataFrame) -> FormAgreement:
    return form_agreement(scores, MERCURI, R1, R2)


def pair(
    scores: pd.DataFrame, structure: str | None = None, side: str | None = None
) -> tuple[list[int], list[int]]:
    chosen = scores
    if structure:
        chosen = chosen[chosen["structure"] == structure]
    if side:
        chosen = chosen[chosen["side"] == side]
    return tuple(chosen[chosen["reader"] == reader]["score"].astype(int).tolist() for reader in ("R1", "R2"))  # type: ignore[return-value]


def row_of(agreement: FormAgreement, structure: str, side: str, weights: Weights) -> pd.Series:
    table = agreement.kappa.set_index(["structure", "side", "weights"])
    return table.loc[(structure, side, str(weights))]


@pytest.mark.parametrize("weights", list(Weights))
@pytest.mark.parametrize(("structure", "side"), [("RF", "left"), ("GL", "right"), ("SM", "both"), ("all", "both")])
def test_kappa_per_muscle_and_side_and_overall_equals_scikit_learn(
    scores: pd.DataFrame, agreement: FormAgreement, structure: str, side: str, weights: Weights
) -> None:
    first, second = pair(scores, None if structure == "all" else structure, None if side == "both" else side)
    expected = cohen_kappa_score(
        first, second, labels=range(5), weights=None if weights is Weights.UNWEIGHTED else str(weights)
    )
    row = row_of(agreement, structure, side, weights)
    assert row["kappa"] == pytest.approx(expected, abs=1e-12)
    assert row["agreement_percent"] == pytest.approx(100 * np.mean(np.equal(first, second)), abs=1e-9)
    assert (row["count"], row["cases"]) == (len(first), CASES)


@pytest.mark.parametrize("weights", list(Weights))
def test_the_interval_of_a_single_target_equals_statsmodels(
    scores: pd.DataFrame, agreement: FormAgreement, weights: Weights
) -> None:
    first, second = pair(scores, "VL", "left")
    table = pd.crosstab(pd.Categorical(first, range(5)), pd.Categorical(second, range(5)), dropna=False).to_numpy()
    expected = inter_rater.cohens_kappa(table, wt=None if weights is Weights.UNWEIGHTED else str(weights))
    row = row_of(agreement, "VL", "left", weights)
    assert row["ci_method"] == "large-sample"
    assert row["ci_low"] == pytest.approx(expected.kappa_low, abs=1e-9)
    assert row["ci_high"] == pytest.approx(min(1.0, expected.kappa_upp), abs=1e-9)


def test_the_interval_of_pooled_targets_agrees_with_a_bootstrap_over_cases(
    scores: pd.DataFrame, agreement: FormAgreement
) -> None:
    row = row_of(agreement, "all", "both", Weights.LINEAR)
    assert row["ci_method"] == "jackknife over cases"
    first, second = (np.reshape(values, (CASES, 34)) for values in pair(scores))
    rng = np.random.default_rng(6)
    draws = [rng.integers(0, CASES, CASES) for _ in range(400)]
    kappas = [
        cohen_kappa_score(first[draw].ravel(), second[draw].ravel(), labels=range(5), weights="linear")
        for draw in draws
    ]
    half_width = (row["ci_high"] - row["ci_low"]) / 2
    assert half_width == pytest.approx(1.96 * np.std(kappas), rel=0.15)


def test_the_cross_table_counts_every_pair_of_levels(scores: pd.DataFrame, agreement: FormAgreement) -> None:
    crossed = agreement.cross_tables
    chosen = crossed[(crossed["structure"] == "TA") & (crossed["side"] == "right")]
    first, second = pair(scores, "TA", "right")
    expected = pd.crosstab(pd.Categorical(first, range(5)), pd.Categorical(second, range(5)), dropna=False)
    found = chosen.pivot(index="first_code", columns="second_code", values="count")
    assert found.to_numpy().tolist() == expected.to_numpy().tolist()


def test_the_reader_is_compared_with_what_was_suggested(scores: pd.DataFrame) -> None:
    found = form_agreement(scores, MERCURI, R1, SUGGESTED)
    own = scores[scores["reader"] == "R1"]
    expected = cohen_kappa_score(own["score"].astype(int), own["suggested_score"].astype(int), weights="linear")
    assert row_of(found, "all", "both", Weights.LINEAR)["kappa"] == pytest.approx(expected, abs=1e-12)


def test_targets_that_only_one_scored_are_left_out(scores: pd.DataFrame) -> None:
    gaps = scores.copy()
    missing = (gaps["reader"] == "R2") & (gaps["structure"] == "RF") & (gaps["case"] < "P-010")
    gaps.loc[missing, "score"] = np.nan
    row = row_of(form_agreement(gaps, MERCURI, R1, R2), "RF", "left", Weights.UNWEIGHTED)
    assert row["count"] == CASES - 10


def test_items_with_their_own_levels_are_compared_each_for_itself() -> None:
    lung = read_scale("ild-hrct")
    tables = []
    for case, (one, other) in enumerate((("0", "0"), ("2", "3"), ("4", "4"), ("1", "1"))):
        for reader, code in (("R1", one), ("R2", other)):
            tables.append(rows_of(case, reader, Form(lung).scored("severity", code).scored("extent", code)))
    found = form_agreement(pd.concat(tables), lung, R1, R2)
    assert found.kappa["structure"].unique().tolist() == ["severity", "extent"]
    assert row_of(found, "extent", "", Weights.UNWEIGHTED)["agreement_percent"] == 75.0


def test_weis_range_is_over_muscles_with_both_sides(agreement: FormAgreement) -> None:
    pooled = agreement.kappa.query("side == 'both' and structure != 'all' and weights == 'linear'")["kappa"]
    assert len(pooled) == 17
    assert kappa_range(agreement, Weights.LINEAR) == (pooled.min(), pooled.max())


def test_a_rater_without_forms_is_refused_with_those_who_have(scores: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"no form by R3, session 1.*R1, session 1; R2, session 1"):
        form_agreement(scores, MERCURI, R1, Rater("R3", 1))


def test_raters_without_a_case_in_common_are_refused(scores: pd.DataFrame) -> None:
    apart = scores[(scores["reader"] == "R1") == (scores["case"] < "P-010")]
    with pytest.raises(InputError, match="scored no case in common"):
        form_agreement(apart, MERCURI, R1, R2)


@pytest.mark.parametrize(
    ("kappa", "band"),
    [
        (-0.1, "poor"),
        (0.2, "slight"),
        (0.21, "fair"),
        (0.6, "moderate"),
        (0.8, "substantial"),
        (1.0, "almost perfect"),
    ],
)
def test_the_words_are_those_of_landis_and_koch(kappa: float, band: str) -> None:
    assert landis_koch_band(kappa) == band
