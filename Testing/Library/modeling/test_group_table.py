"""Tests of the group table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.group_table import GroupRow, GroupTableParameters, Kind, Rule, group_table

rng = np.random.default_rng(13)
COHORT = pd.DataFrame(
    {
        "case": [f"P{n:02d}" for n in range(75)],
        "diagnosis": ["LGMDR2"] * 30 + ["IMNM"] * 45,
        "age": np.r_[rng.normal(34, 11, 30), rng.normal(49, 12, 45)].round(),
        "ck": rng.lognormal(8, 1, 75).round(),
        "sex": ["female"] * 12 + ["male"] * 18 + ["female"] * 28 + ["male"] * 17,
        "steroids": [0] * 30 + [1] * 40 + [0] * 5,
        "mercuri": rng.integers(0, 5, 75),
        "hospital": rng.integers(1, 8, 75),
    }
)
COHORT.loc[[3, 40, 41], "ck"] = np.nan
VARIABLES = ("age", "ck", "sex", "steroids", "mercuri")


def rows_of(parameters: GroupTableParameters) -> dict[tuple[str, str], GroupRow]:
    return {(row.variable, row.level): row for row in group_table(COHORT, parameters).rows}


def test_each_variable_is_summarized_and_tested_as_its_type_asks_for() -> None:
    rows = rows_of(GroupTableParameters("diagnosis", VARIABLES))
    assert (rows["age", ""].kind, rows["age", ""].test) == (Kind.NORMAL, "Welch's t test")
    assert (rows["ck", ""].kind, rows["ck", ""].test) == (Kind.SKEWED, "Mann–Whitney")
    assert (rows["sex", ""].kind, rows["sex", ""].test) == (Kind.CATEGORICAL, "χ²")
    assert (rows["steroids", ""].kind, rows["steroids", ""].test) == (Kind.CATEGORICAL, "χ²")
    assert (rows["mercuri", ""].kind, rows["mercuri", ""].test) == (Kind.ORDINAL, "Mann–Whitney")


def test_cells_show_mean_and_sd_median_and_quartiles_or_counts() -> None:
    rows = rows_of(GroupTableParameters("diagnosis", VARIABLES))
    ages = COHORT["age"][:30]
    assert rows["age", ""].cells[0] == f"{ages.mean():.1f} ± {ages.std():.1f}"
    low, middle, high = COHORT["ck"][30:].dropna().quantile([0.25, 0.5, 0.75])
    assert rows["ck", ""].cells[1] == f"{middle:.0f} [{low:.0f}, {high:.0f}]"
    assert rows["sex", "female"].cells == ("12 (40 %)", "28 (62 %)")
    assert rows["sex", "female"].overall == "40 (53 %)"
    assert rows["steroids", "1"].cells == ("0 (0 %)", "40 (89 %)")


def test_missing_values_are_counted_by_group_and_left_out_of_the_percentages() -> None:
    rows = rows_of(GroupTableParameters("diagnosis", VARIABLES))
    assert rows["ck", ""].missing == (1, 2)
    cohort = COHORT.assign(sex=COHORT["sex"].where(COHORT.index != 0))
    found = {(row.variable, row.level): row for row in group_table(cohort, GroupTableParameters("diagnosis")).rows}
    assert found["sex", ""].missing == (1, 0)
    assert found["sex", "female"].cells[0] == "11 (38 %)"


def test_the_rule_for_continuous_variables_can_be_chosen_and_is_said() -> None:
    ranks = group_table(COHORT, GroupTableParameters("diagnosis", ("age", "ck"), rule=Rule.RANK))
    assert {row.test for row in ranks.rows} == {"Mann–Whitney"}
    assert "Continuous variables are all compared by ranks." in ranks.notes
    means = group_table(COHORT, GroupTableParameters("diagnosis", ("age", "ck"), rule=Rule.NORMAL))
    assert {row.test for row in means.rows} == {"Welch's t test"}


def test_numbers_that_are_categories_are_taken_so_when_named() -> None:
    rows = rows_of(GroupTableParameters("diagnosis", ("hospital",), categorical=("hospital",)))
    assert rows["hospital", ""].kind is Kind.CATEGORICAL
    assert ("hospital", "7") in rows


def test_identifiers_and_what_is_left_out_are_no_variables() -> None:
    table = group_table(COHORT, GroupTableParameters("diagnosis", leave_out=("hospital", "ck")))
    assert list(dict.fromkeys(row.variable for row in table.rows)) == ["age", "sex", "steroids", "mercuri"]


def test_three_groups_are_compared_together_in_the_order_given() -> None:
    cohort = COHORT.assign(diagnosis=["PM", "DM", "ADM"] * 25)
    table = group_table(cohort, GroupTableParameters("diagnosis", VARIABLES), ("PM", "DM", "ADM"))
    assert (table.groups, table.counts) == (("PM", "DM", "ADM"), (25, 25, 25))
    assert {row.test for row in table.rows if row.test} == {"Welch's ANOVA", "Kruskal–Wallis", "χ²"}


def test_holms_p_counts_variables_and_not_levels() -> None:
    rows = rows_of(GroupTableParameters("diagnosis", ("age", "ck", "sex"), holm=True))
    assert rows["age", ""].p_holm == pytest.approx(3 * rows["age", ""].p)
    assert np.isnan(rows["sex", "female"].p_holm)


def test_patients_without_a_group_are_counted_in_the_notes() -> None:
    cohort = COHORT.assign(diagnosis=COHORT["diagnosis"].where(COHORT.index > 1))
    table = group_table(cohort, GroupTableParameters("diagnosis", ("age",)))
    assert table.counts == (28, 45)
    assert "2 rows without a group left out." in table.notes


def test_the_table_has_a_column_for_each_group_with_its_size() -> None:
    table = group_table(COHORT, GroupTableParameters("diagnosis", ("age", "sex"))).table()
    assert list(table.columns[:6]) == ["variable", "level", "kind", "LGMDR2 (n = 30)", "IMNM (n = 45)", "overall"]
    assert table["level"].tolist() == ["", "", "female", "male"]


def test_missing_columns_and_single_groups_are_refused() -> None:
    with pytest.raises(InputError, match="no column weight"):
        group_table(COHORT, GroupTableParameters("diagnosis", ("weight",)))
    with pytest.raises(InputError, match=r"it has no PM\. It holds: LGMDR2 \(30\), IMNM \(45\)"):
        group_table(COHORT, GroupTableParameters("diagnosis"), ("PM", "IMNM"))
    with pytest.raises(InputError, match="two or more groups"):
        group_table(COHORT[:30], GroupTableParameters("diagnosis"))
    with pytest.raises(ParameterError, match="both categorical and ordinal"):
        GroupTableParameters("diagnosis", categorical=("mercuri",), ordinal=("mercuri",))
    with pytest.raises(InputError, match="ordinal column sex must hold numbers"):
        group_table(COHORT, GroupTableParameters("diagnosis", ("sex",), ordinal=("sex",)))


def test_running_numbers_are_no_variables_and_are_named_in_the_notes() -> None:
    table = group_table(COHORT.assign(no=range(1, 76)), GroupTableParameters("diagnosis"))
    assert "no" not in {row.variable for row in table.rows}
    assert any(note.endswith(": case, no.") for note in table.notes)
    assert {row.variable for row in group_table(COHORT, GroupTableParameters("diagnosis", ("age",))).rows} == {
        "age"
    }


def test_groups_written_as_numbers_keep_their_names_beside_a_missing_one() -> None:
    coded = pd.Series([0.0] * 30 + [1.0] * 44 + [np.nan])
    table = group_table(COHORT.assign(diagnosis=coded), GroupTableParameters("diagnosis", ("age",)), ("1", "0"))
    assert (table.groups, table.counts) == (("1", "0"), (44, 30))


def test_a_patient_in_several_rows_is_refused_as_the_tests_take_rows_for_people() -> None:
    twice = pd.concat([COHORT, COHORT[:2]], ignore_index=True)
    with pytest.raises(InputError, match=r"P00, P01 have several rows.*one row per patient"):
        group_table(twice, GroupTableParameters("diagnosis", ("age",)))
