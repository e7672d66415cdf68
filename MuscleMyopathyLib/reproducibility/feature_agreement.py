"""Agreement of radiomics features between readings: ICC of all features, bands, and the filter for reliable ones.

As in Nagawa et al. (Sci Rep 2021) and Wei et al. (Front Neurol 2023): features of regions drawn twice by one
reader and once by another; those whose ICC reaches the threshold in the intra- and in the inter-reader analysis
are kept and reported as "80 of 93" and as mean ± SD per image type and feature class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.reproducibility.agreement_bands import agreement_band
from MuscleMyopathyLib.reproducibility.comparisons import (
    AgreementKind,
    AgreementParameters,
    Comparison,
    find_comparisons,
)
from MuscleMyopathyLib.reproducibility.feature_names import image_type_and_class
from MuscleMyopathyLib.reproducibility.intraclass_correlation import intraclass_correlation
from MuscleMyopathyLib.reproducibility.reading_tables import (
    GROUP_COLUMNS,
    PROBLEM_COLUMNS,
    checked_table,
    columns_of_text,
    groups_of,
    problems_of,
    value_columns,
)

FEATURE_KEYS = [*GROUP_COLUMNS, "feature", "image_type", "feature_class"]


@dataclass(frozen=True)
class FeatureAgreement:
    """Agreement of all features in all comparisons.

    Attributes:
        icc: One row per comparison, sequence, region, structure, side and feature: ``analysis`` (intra or inter),
            ``comparison`` (the readings in words), `FEATURE_KEYS`, ``form``, ``icc``, ``ci_low``, ``ci_high``,
            ``f``, ``df1``, ``df2``, ``p``, ``cases``, ``readings``, ``band``, ``problem``.
        reliable: One row per sequence, region, structure, side and feature: ``icc_intra`` and ``icc_inter`` (the
            lowest of each analysis; NaN where there is none) and ``reliable``.
        problems: `PROBLEM_COLUMNS`: what was left out, and why.
        parameters: What was asked for.
        simulated: Whether a simulated reading is among those compared.
    """

    icc: pd.DataFrame
    reliable: pd.DataFrame
    problems: pd.DataFrame
    parameters: AgreementParameters
    simulated: bool


def feature_agreement(
    table: pd.DataFrame, parameters: AgreementParameters | None = None, progress: Progress = silent
) -> FeatureAgreement:
    """Compute the intra- and inter-reader agreement of every feature of a table.

    Args:
        table: One row per case, reader, session, sequence, region, structure and side; every numeric column
            besides is a feature.
        parameters: Which comparisons, form, threshold.
        progress: Told of each group.

    Raises:
        InputError: The table lacks a key column, holds a row twice or no feature, a comparison asked for is not
            possible, or fewer than two cases are in all of its readings.
    """
    parameters = parameters or AgreementParameters()
    checked = checked_table(table)
    features = value_columns(checked)
    if not features:
        raise InputError("The table holds no feature: none of its columns besides the keys is a number.")
    readings = zip(checked["reader"], checked["session"].tolist(), strict=True)
    comparisons = find_comparisons(readings, parameters)
    problems = [
        {"problem": f"the column {name!r} holds text, such as {example!r}, and is left out"}
        for name, example in columns_of_text(checked).items()
    ]
    blank = dict.fromkeys(PROBLEM_COLUMNS, "")
    tables = []
    for number, comparison in enumerate(comparisons):
        part = portion(progress, number / len(comparisons), (number + 1) / len(comparisons))
        icc, lacks = _compare(checked, comparison, features, parameters, part)
        tables.append(icc)
        problems += lacks
    icc = pd.concat(tables, ignore_index=True)
    return FeatureAgreement(
        icc=icc,
        reliable=reliable_features(icc, parameters.threshold),
        problems=pd.DataFrame([blank | row for row in problems], columns=PROBLEM_COLUMNS),
        parameters=parameters,
        simulated=any(comparison.simulated for comparison in comparisons),
    )


def _compare(
    table: pd.DataFrame,
    comparison: Comparison,
    features: Sequence[str],
    parameters: AgreementParameters,
    progress: Progress,
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    groups = list(groups_of(table, comparison, features))
    tables = []
    for number, group in enumerate(groups):
        progress(number / len(groups), f"agreement of {comparison.name}: {' '.join(group.keys.values())}")
        icc = intraclass_correlation(group.values, features, [parameters.form], parameters.confidence)
        tables.append(icc.assign(**group.keys))
    icc = pd.concat(tables, ignore_index=True)
    types = {feature: image_type_and_class(feature) for feature in features}
    icc = icc.assign(
        analysis=str(comparison.kind),
        comparison=comparison.name,
        image_type=icc["feature"].map({feature: kinds[0] for feature, kinds in types.items()}),
        feature_class=icc["feature"].map({feature: kinds[1] for feature, kinds in types.items()}),
        band=icc["icc"].map(agreement_band),
    )
    statistics = [
        "form",
        "icc",
        "ci_low",
        "ci_high",
        "f",
        "df1",
        "df2",
        "p",
        "cases",
        "readings",
        "band",
        "problem",
    ]
    ordered = icc[["analysis", "comparison", *FEATURE_KEYS, *statistics]]
    return ordered, problems_of(table, comparison, groups)


def reliable_features(icc: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Tell which features reach the threshold in every comparison of an ICC table.

    Args:
        icc: As in `FeatureAgreement.icc`.
        threshold: Lowest ICC that counts as reliable; the threshold itself is reliable.

    Returns:
        As in `FeatureAgreement.reliable`. A feature without an ICC (constant, missing) is never reliable.
    """
    lowest = icc.groupby(FEATURE_KEYS, sort=False)["icc"].agg(lambda values: values.min(skipna=False))
    table = lowest.rename("lowest").reset_index()
    for kind in AgreementKind.BOTH.single:
        of_kind = icc[icc["analysis"] == str(kind)]
        values = of_kind.groupby(FEATURE_KEYS, sort=False)["icc"].agg(lambda values: values.min(skipna=False))
        table = table.merge(values.rename(f"icc_{kind}").reset_index(), how="left", on=FEATURE_KEYS)
    return table.assign(reliable=table.pop("lowest") >= threshold)


def reliability_counts(reliable: pd.DataFrame) -> pd.DataFrame:
    """Count the reliable features as the papers report them, per sequence, region, structure and side.

    Returns:
        Group columns, ``features``, ``reliable`` and ``reported`` ("80 of 93").
    """
    counts = reliable.groupby(list(GROUP_COLUMNS), sort=False)["reliable"].agg(["size", "sum"]).reset_index()
    counts = counts.rename(columns={"size": "features", "sum": "reliable"})
    reported = [f"{kept} of {total}" for kept, total in zip(counts["reliable"], counts["features"], strict=True)]
    return counts.assign(reported=reported)


def mean_icc(
    icc: pd.DataFrame, by: Sequence[str] = ("analysis", *GROUP_COLUMNS, "image_type", "feature_class")
) -> pd.DataFrame:
    """Return mean and SD of the ICC over features, as the papers' tables give them.

    Args:
        icc: As in `FeatureAgreement.icc`.
        by: What to keep apart; by default analysis, sequence, region, structure, side, image type and class.

    Returns:
        The columns of ``by``, ``icc_mean``, ``icc_sd`` (NaN for a single feature), ``features`` (with an ICC) and
        ``without_icc`` (constant or missing).
    """
    grouped = icc.groupby(list(by), sort=False)["icc"]
    table = grouped.agg(["mean", "std", "count", "size"]).reset_index()
    table = table.rename(columns={"mean": "icc_mean", "std": "icc_sd", "count": "features"})
    return table.assign(without_icc=table.pop("size") - table["features"])
