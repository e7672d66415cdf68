"""Agreement in a few lines of text: the figures that a paper's results section gives."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from MuscleMyopathyLib.reproducibility.comparisons import AgreementKind
from MuscleMyopathyLib.reproducibility.feature_agreement import FeatureAgreement, mean_icc, reliability_counts
from MuscleMyopathyLib.reproducibility.reading_tables import GROUP_COLUMNS

SIMULATED_NOTICE = "Simulated readings are among those compared: these figures say nothing about readers."
_MAXIMUM_ROWS = 40


def summary(agreement: FeatureAgreement) -> list[str]:
    """Return the comparisons, the mean ± SD of the ICC, and the count of reliable features of each group."""
    lines = [SIMULATED_NOTICE] if agreement.simulated else []
    compared = agreement.icc.groupby(["analysis", "comparison"], sort=False)["cases"].max()
    lines += [
        f"{row['analysis'].capitalize()}-reader: {row['comparison']}, {row['cases']} cases"
        for row in compared.reset_index().to_dict("records")
    ]
    form = agreement.parameters.form
    for row in mean_icc(agreement.icc, ["analysis", "image_type", "feature_class"]).to_dict("records"):
        kind = " ".join(filter(None, (str(row["image_type"]), str(row["feature_class"])))) or "measures"
        figure = f"{form} {_mean_and_sd(row['icc_mean'], row['icc_sd'])}" if row["features"] else f"no {form}"
        lines.append(f"  {row['analysis']} {kind}: {figure} ({_features(row['features'], row['without_icc'])})")
    counts = reliability_counts(agreement.reliable)
    where = "both analyses" if agreement.parameters.kind is AgreementKind.BOTH else "every comparison"
    lines.append(f"Features with {form} ≥ {agreement.parameters.threshold:g} in {where}:")
    lines += [
        f"  {' '.join(filter(None, (row[name] for name in GROUP_COLUMNS)))}: {row['reported']}"
        for row in counts.head(_MAXIMUM_ROWS).to_dict("records")
    ]
    if len(counts) > _MAXIMUM_ROWS:
        lines.append(f"  … and {len(counts) - _MAXIMUM_ROWS} more in reliable_counts.csv")
    if len(agreement.problems):
        lines.append(f"{len(agreement.problems)} notes on what was left out: problems.csv")
    return lines


def _mean_and_sd(mean: float, sd: float) -> str:
    return f"{mean:.3f}" if math.isnan(sd) else f"{mean:.3f} ± {sd:.3f}"


def _features(count: object, without: object) -> str:
    counts = {"features": count, "without an ICC": without}
    return ", ".join(f"{number} {what}" for what, number in counts.items() if number)


def overlap_summary(overlaps: pd.DataFrame) -> list[str]:
    """Return the mean Dice and contour distance of each structure, with how many readings lie in each band."""
    lines = [SIMULATED_NOTICE] if overlaps["simulated"].any() else []
    drawn = overlaps[overlaps["structure"] != ""]
    for key, rows in drawn.groupby(["simulated", "analysis", "structure", "side"], sort=False):
        simulated, analysis, structure, side = key
        name = f"{analysis}{' (simulated)' if simulated else ''} {structure}{_side(side)}"
        distance = rows["mean_contour_distance_mm"].mean()
        lines.append(
            f"  {name}: Dice {rows['dice'].mean():.3f}, contours {distance:.2f} mm "
            f"apart, {_bands(rows['band'].tolist())}"
        )
    failed = int((overlaps["structure"] == "").sum())
    if failed:
        lines.append(f"{failed} pairs of readings could not be compared: overlap.csv says why")
    return lines


def _side(side: object) -> str:
    return "" if side == "both" else f" {side}"


def _bands(bands: Sequence[str]) -> str:
    counts = {band: bands.count(band) for band in ("green", "amber", "red")}
    return ", ".join(f"{count} {band}" for band, count in counts.items() if count) or "no Dice"
