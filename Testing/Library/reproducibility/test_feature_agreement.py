"""Tests of the agreement of feature tables: comparisons, ICC, bands, the filter and its counts."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.output import write_table
from MuscleMyopathyLib.reproducibility.agreement_summary import SIMULATED_NOTICE, summary
from MuscleMyopathyLib.reproducibility.comparisons import AgreementKind, AgreementParameters, find_comparisons
from MuscleMyopathyLib.reproducibility.feature_agreement import (
    feature_agreement,
    mean_icc,
    reliability_counts,
    reliable_features,
)
from MuscleMyopathyLib.reproducibility.intraclass_correlation import IccForm, intraclass_correlation
from MuscleMyopathyLib.reproducibility.reading_tables import checked_table, read_reading_tables

FEATURES = ["original_glcm_Contrast", "original_glcm_Idm", "wavelet-LLH_firstorder_Mean", "lbp-2D_ngtdm_Busyness"]
READINGS = [("A", 1), ("A", 2), ("B", 1)]
CASES = [f"P-{number:02d}" for number in range(20)]


def study_table(second_reader: str = "B", seed: int = 0) -> pd.DataFrame:
    """Return 20 cases read thrice: two features agree everywhere, one only in A's repeat, one nowhere."""
    rng = np.random.default_rng(seed)
    rows = []
    for structure, side in (("RF", "left"), ("RF", "right")):
        truth = rng.normal(size=(len(CASES), 4))
        errors = {("A", 1): [0.1] * 4, ("A", 2): [0.1, 0.1, 0.1, 3.0], ("B", 1): [0.1, 0.1, 3.0, 3.0]}
        for (reader, session), sd in errors.items():
            values = truth + rng.normal(size=truth.shape) * sd
            for case, row in zip(CASES, values, strict=True):
                key = [case, second_reader if reader == "B" else reader, session, "T1w", "thigh", structure, side]
                rows.append([*key, *row, ""])
    keys = ["case", "reader", "session", "sequence", "region", "structure", "side"]
    return pd.DataFrame(rows, columns=[*keys, *FEATURES, "problem"])


def without(table: pd.DataFrame, **keys: object) -> pd.DataFrame:
    match = np.logical_and.reduce([table[name] == value for name, value in keys.items()])
    return table[~match]


def test_every_number_is_that_of_the_features_own_icc() -> None:
    table = study_table()
    found = feature_agreement(table).icc
    one = found[
        (found["analysis"] == "inter") & (found["side"] == "right") & (found["feature"] == FEATURES[2])
    ].iloc[0]
    own = table[(table["side"] == "right") & (table["session"] == 1)]
    values = own.pivot(index="case", columns="reader", values=FEATURES[2]).to_numpy()[:, :, None]
    expected = intraclass_correlation(values, ["x"], [IccForm.AGREEMENT]).iloc[0]
    for name in ("icc", "ci_low", "ci_high", "f", "p", "cases"):
        assert one[name] == pytest.approx(expected[name], rel=1e-12)
    assert one["comparison"] == "A session 1 / B session 1"


def test_only_features_that_agree_in_both_analyses_are_reliable() -> None:
    reliable = feature_agreement(study_table()).reliable
    assert reliable[reliable["reliable"]]["feature"].unique().tolist() == FEATURES[:2]
    assert reliability_counts(reliable)["reported"].tolist() == ["2 of 4", "2 of 4"]


def test_one_analysis_alone_filters_by_itself() -> None:
    intra = feature_agreement(study_table(), AgreementParameters(AgreementKind.INTRA))
    assert reliability_counts(intra.reliable)["reported"].tolist() == ["3 of 4", "3 of 4"]
    assert intra.reliable["icc_inter"].isna().all()
    inter = feature_agreement(study_table(), AgreementParameters(AgreementKind.INTER))
    assert reliability_counts(inter.reliable)["reported"].tolist() == ["2 of 4", "2 of 4"]


def test_the_threshold_itself_is_reliable() -> None:
    icc = pd.DataFrame(
        [
            [analysis, "", "", "RF", "left", f"f{number}", "", "", value]
            for number, values in enumerate([(0.80, 0.80), (0.7999, 0.9), (0.9, np.nan)])
            for analysis, value in zip(("intra", "inter"), values, strict=True)
        ],
        columns=[
            "analysis", "sequence", "region", "structure", "side", "feature", "image_type", "feature_class", "icc"
        ],
    )  # fmt: skip
    assert reliable_features(icc, 0.80)["reliable"].tolist() == [True, False, False]


def test_mean_and_sd_per_image_type_and_class_are_those_of_the_features() -> None:
    icc = feature_agreement(study_table()).icc
    table = mean_icc(icc)
    row = table[
        (table["analysis"] == "intra") & (table["side"] == "left") & (table["feature_class"] == "glcm")
    ].iloc[0]
    own = icc[(icc["analysis"] == "intra") & (icc["side"] == "left") & (icc["feature_class"] == "glcm")]["icc"]
    assert row["image_type"] == "original"
    assert (row["features"], row["without_icc"]) == (2, 0)
    assert row["icc_mean"] == pytest.approx(own.mean())
    assert row["icc_sd"] == pytest.approx(own.std(ddof=1))


def test_a_constant_feature_is_not_reliable_and_does_not_count_into_the_mean() -> None:
    table = study_table()
    table[FEATURES[0]] = 7.0
    found = feature_agreement(table)
    constant = found.icc[found.icc["feature"] == FEATURES[0]]
    assert constant["icc"].isna().all()
    assert set(constant["problem"]) == {"constant"}
    assert not found.reliable[found.reliable["feature"] == FEATURES[0]]["reliable"].any()
    glcm = mean_icc(found.icc, ["feature_class"]).set_index("feature_class").loc["glcm"]
    assert glcm["without_icc"] == 4  # two sides, two analyses


def test_a_column_of_nan_says_that_no_case_has_it() -> None:
    table = study_table()
    table[FEATURES[1]] = np.nan
    icc = feature_agreement(table).icc
    assert set(icc[icc["feature"] == FEATURES[1]]["problem"]) == {"no case has this feature in every reading"}


def test_a_nan_leaves_out_the_case_for_that_feature_only() -> None:
    table = study_table()
    table.loc[0, FEATURES[0]] = np.nan
    icc = feature_agreement(table, AgreementParameters(AgreementKind.INTRA)).icc
    left = icc[icc["side"] == "left"].set_index("feature")["cases"]
    assert left.to_dict() == {FEATURES[0]: 19, FEATURES[1]: 20, FEATURES[2]: 20, FEATURES[3]: 20}


def test_infinite_values_count_as_missing() -> None:
    table = study_table()
    table.loc[0, FEATURES[0]] = np.inf
    icc = feature_agreement(table, AgreementParameters(AgreementKind.INTRA)).icc
    assert icc.loc[0, "cases"] == 19
    assert np.isfinite(icc.loc[0, "icc"])


def test_a_structure_that_one_reading_lacks_is_named() -> None:
    found = feature_agreement(without(study_table(), reader="B", side="right"))
    missing = found.problems[found.problems["problem"] == "this structure was not drawn by B session 1"]
    assert len(missing) == 20
    assert set(missing["side"]) == {"right"}
    inter = found.icc[(found.icc["analysis"] == "inter") & (found.icc["side"] == "right")]
    assert set(inter["problem"]) == {"no case has this feature in every reading"}
    assert reliability_counts(found.reliable)["reported"].tolist() == ["2 of 4", "0 of 4"]


def test_a_case_that_one_reader_did_not_read_is_named_once() -> None:
    found = feature_agreement(without(study_table(), reader="B", case="P-03"))
    rows = found.problems[["comparison", "case", "structure", "problem"]].values.tolist()
    assert rows == [["A session 1 / B session 1", "P-03", "", "not read by B session 1"]]
    assert set(found.icc[found.icc["analysis"] == "inter"]["cases"]) == {19}


def test_the_problem_of_a_row_is_carried_on() -> None:
    table = study_table()
    table.loc[0, FEATURES] = np.nan
    table.loc[0, "problem"] = "one voxel thick"
    problems = feature_agreement(table, AgreementParameters(AgreementKind.INTRA)).problems
    assert problems[["case", "structure", "side", "problem"]].values.tolist() == [
        ["P-00", "RF", "left", "A session 1: one voxel thick"]
    ]


def test_a_reader_with_one_case_only_is_refused_in_words() -> None:
    table = study_table()
    few = table[(table["reader"] != "B") | (table["case"] == "P-05")]
    with pytest.raises(InputError, match=r"share only P-05\. Cases read: A session 1 20, B session 1 1"):
        feature_agreement(few, AgreementParameters(AgreementKind.INTER))
    assert len(feature_agreement(few, AgreementParameters(AgreementKind.INTRA)).icc) == 8


def test_a_comparison_that_the_readings_do_not_allow_is_refused() -> None:
    with pytest.raises(InputError, match=r"two sessions of one reader, and there is: A session 1, B session 1"):
        feature_agreement(without(study_table(), session=2))
    with pytest.raises(InputError, match="needs two readers"):
        feature_agreement(without(study_table(), reader="B"))
    with pytest.raises(InputError, match="no reading by C"):
        feature_agreement(study_table(), AgreementParameters(readers=("A", "C")))


def test_three_readers_are_compared_at_once_unless_two_are_chosen() -> None:
    readings = [("A", 1), ("A", 2), ("B", 1), ("C", 2)]
    names = [comparison.name for comparison in find_comparisons(readings)]
    assert names == ["A session 1 / A session 2", "A session 1 / B session 1 / C session 2"]
    chosen = AgreementParameters(AgreementKind.INTER, readers=("A", "C"))
    assert [comparison.name for comparison in find_comparisons(readings, chosen)] == ["A session 1 / C session 2"]


def test_a_row_that_occurs_twice_is_refused_by_its_key() -> None:
    table = study_table()
    with pytest.raises(InputError, match=r"row twice \(case P-00, reader A, session 1, sequence T1w"):
        feature_agreement(pd.concat([table, table.iloc[:1]]))


@pytest.mark.parametrize("column", ["case", "reader", "session", "structure"])
def test_a_table_without_a_key_is_refused(column: str) -> None:
    with pytest.raises(InputError, match=f"no column {column}"):
        checked_table(study_table().drop(columns=column))
    table = study_table().astype({"session": object})
    table.loc[2, column] = None
    with pytest.raises(InputError, match=rf"Row 3 of the table has no {column}.*columns Reader and Session"):
        checked_table(table)


def test_a_column_of_text_is_left_out_and_named() -> None:
    table = study_table().assign(comment="1,5", diagnostics_Versions_Numpy="2.4")
    problems = feature_agreement(table).problems
    assert problems["problem"].tolist() == ["the column 'comment' holds text, such as '1,5', and is left out"]


def test_a_table_without_a_feature_is_refused() -> None:
    with pytest.raises(InputError, match="holds no feature"):
        feature_agreement(study_table().drop(columns=FEATURES))


@pytest.mark.parametrize("values", [{"threshold": 1.2}, {"confidence": 95.0}])
def test_impossible_parameters_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=next(iter(values))):
        AgreementParameters(**values)  # type: ignore[arg-type]


def test_a_simulated_reader_shows_in_the_summary() -> None:
    found = feature_agreement(study_table(second_reader="A-simulated"))
    assert found.simulated
    assert summary(found)[0] == SIMULATED_NOTICE
    assert not feature_agreement(study_table()).simulated


def test_the_summary_gives_the_papers_figures() -> None:
    lines = summary(feature_agreement(study_table()))
    assert lines[0] == "Intra-reader: A session 1 / A session 2, 20 cases"
    assert "  T1w thigh RF left: 2 of 4" in lines


def test_the_summary_says_which_features_have_no_icc() -> None:
    constant = study_table().assign(**{"lbp-2D_ngtdm_Busyness": 1.0})
    assert "  inter lbp-2D ngtdm: no ICC(2,1) (2 without an ICC)" in summary(feature_agreement(constant))


def test_the_summary_of_a_single_icc_has_no_spread() -> None:
    one_side = without(study_table(), side="left")
    line = next(line for line in summary(feature_agreement(one_side)) if line.startswith("  intra lbp-2D ngtdm"))
    assert re.fullmatch(r"  intra lbp-2D ngtdm: ICC\(2,1\) -?0\.\d{3} \(1 features\)", line)


def test_one_file_per_reader_is_read_as_one_table(tmp_path: Path) -> None:
    table = study_table()
    table["case"] = [f"{int(case[2:]):03d}" for case in table["case"]]  # numbers with leading zeros stay names
    for reader in ("A", "B"):
        write_table(table[table["reader"] == reader], tmp_path / f"{reader}.csv")
    together = read_reading_tables([tmp_path / "A.csv", tmp_path / "B.csv"])
    assert together["case"].iloc[0] == "000"
    pd.testing.assert_frame_equal(feature_agreement(together).icc, feature_agreement(table).icc)


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match=r"empty\.csv cannot be read as a table"):
        read_reading_tables([tmp_path / "empty.csv"])
