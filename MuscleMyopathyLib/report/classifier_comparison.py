"""The report of a comparison of classifiers on the same patients, and its part of a validation's report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.models import ModelComparison
from MuscleMyopathyLib.modeling.comparison.patient_predictions import PatientPredictions
from MuscleMyopathyLib.modeling.decision_curve import decision_curve
from MuscleMyopathyLib.modeling.diagnostic_accuracy import Share, diagnostic_accuracy
from MuscleMyopathyLib.modeling.roc import roc_curve
from MuscleMyopathyLib.output import write_text
from MuscleMyopathyLib.report.charts import round_ticks
from MuscleMyopathyLib.report.classifier_page import p_text, render_page
from MuscleMyopathyLib.report.formatting import MISSING, number
from MuscleMyopathyLib.report.line_chart import Axis, Chart, Line, share_axis, svg_points

PERCENT = ("accuracy", "sensitivity", "specificity")
"""Measures shown in percent."""


@dataclass(frozen=True)
class ComparisonLine:
    """One measure by one method, in words."""

    measure: str
    first: str
    second: str
    difference: str
    interval: str
    method: str
    p: str
    p_holm: str
    problem: str


@dataclass(frozen=True)
class ComparisonView:
    """Two classifiers as the page shows them.

    Attributes:
        first: Name.
        second: Name.
        patients: Number compared.
        confidence: Of the intervals, in percent.
        lines: The table.
        fourfold: Both right, only the first, only the second, both wrong.
        shares: Of two classes, by measure (sensitivity and so on): its name and both classifiers' shares in words.
        primary: The lines of the first method of AUC and accuracy, for an overview of several comparisons.
        charts: ROC and decision curves of both.
        notes: In words.
    """

    first: str
    second: str
    patients: int
    confidence: str
    lines: tuple[ComparisonLine, ...]
    fourfold: tuple[int, int, int, int]
    shares: tuple[tuple[str, str, str], ...]
    primary: tuple[ComparisonLine, ...]
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]


def write_comparison_report(
    comparisons: Sequence[ModelComparison], path: Path, *, phantom: bool = False, cohort: str = ""
) -> Path:
    """Write the comparisons as one self-contained HTML page, whole or not at all.

    Args:
        comparisons: One or more.
        path: The file to write.
        phantom: Whether the patients are simulated.
        cohort: What they are, in a sentence.

    Raises:
        InputError: No comparison.
        OutputError: The page cannot be written.
    """
    if not comparisons:
        raise InputError("There is no comparison to report.")
    page = render_page(
        "classifier_comparison.html.j2",
        phantom=phantom,
        software=f"MuscleMyopathy {__version__}",
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        cohort=cohort,
        comparisons=comparison_views(comparisons),
    )
    write_text(page, Path(path))
    return Path(path)


def comparison_views(comparisons: Sequence[ModelComparison]) -> list[ComparisonView]:
    """Return what the page shows of each comparison."""
    return [_view(one) for one in comparisons]


def _view(comparison: ModelComparison) -> ComparisonView:
    lines = []
    for row in comparison.table.to_dict("records"):
        percent = row["measure"] in PERCENT
        factor, digits = (100, 1) if percent else (1, 3)
        values = [number(factor * row[name], digits) for name in ("first_value", "second_value", "difference")]
        interval = (
            f"{number(factor * row['low'], digits)} to {number(factor * row['high'], digits)}"
            if np.isfinite(row["low"])
            else MISSING
        )
        sign = "+" if row["difference"] > 0 and float(values[2]) > 0 else ""
        lines.append(
            ComparisonLine(
                f"{str(row['measure']).capitalize()}, %" if percent else row["measure"],
                values[0],
                values[1],
                sign + values[2],
                interval,
                row["method"],
                p_text(row["p"]),
                p_text(row["p_holm"]),
                row["problem"],
            )
        )
    table = comparison.fourfold
    return ComparisonView(
        comparison.first.name,
        comparison.second.name,
        len(comparison.first.patients),
        f"{100 * comparison.confidence:g}",
        tuple(lines),
        (table.both_right, table.only_first, table.only_second, table.both_wrong),
        _shares(comparison),
        tuple(line for line in lines if line.p_holm != MISSING),
        _charts(comparison.first, comparison.second),
        comparison.notes,
    )


def _shares(comparison: ModelComparison) -> tuple[tuple[str, str, str], ...]:
    """Return sensitivity and so on of both, as "95.7 % (22/23), 79.0 to 99.2"; of two classes only."""
    models = (comparison.first, comparison.second)
    if len(comparison.first.classes) != 2:
        return ()
    first, second = (
        diagnostic_accuracy(model.outcome == 1, model.predicted == 1, comparison.confidence) for model in models
    )
    return tuple((one.name, _share(one), _share(two)) for one, two in zip(first, second, strict=True))


def _share(share: Share) -> str:
    if not share.of:
        return MISSING
    low, high = number(100 * share.low), number(100 * share.high)
    return f"{number(100 * share.value)} % ({share.count}/{share.of}), {low} to {high}"


def _charts(first: PatientPredictions, second: PatientPredictions) -> tuple[Chart, ...]:
    """Return ROC curves, and decision curves where both give probabilities, of each class (of two the
    positive)."""
    classes = range(len(first.classes))[1:] if len(first.classes) == 2 else range(len(first.classes))
    charts = [_roc_chart((first, second), code, f"ROC, {first.classes[code]}") for code in classes]
    if first.calibrated_scale and second.calibrated_scale:
        charts += [
            _decision_chart((first, second), code, f"Net benefit, {first.classes[code]}")
            for code in classes
            if 0 < (first.outcome == code).mean() < 1
        ]
    return tuple(charts)


def _roc_chart(models: Sequence[PatientPredictions], code: int, title: str) -> Chart:
    x, y = share_axis("1 − specificity"), share_axis("sensitivity")
    lines = []
    for color, model in enumerate(models):
        positive, score = model.outcome == code, model.probabilities[:, code]
        if min(positive.sum(), (~positive).sum()) < 3:
            continue
        curve = roc_curve(score[positive], score[~positive])
        points = svg_points(x, y, curve.false_positive_rate, curve.true_positive_rate)
        lines.append(Line(model.name, color, points))
    return Chart(title, x, y, tuple(lines), (("chance", svg_points(x, y, [0, 1], [0, 1])),))


def _decision_chart(models: Sequence[PatientPredictions], code: int, title: str) -> Chart:
    curves = [decision_curve(model.outcome == code, model.probabilities[:, code]) for model in models]
    top = 1.08 * max(float(curve[["net_benefit", "treat_all"]].to_numpy().max()) for curve in curves)
    x = share_axis("threshold probability")
    ticks = tuple((tick, number(tick, 1 if top > 0.3 else 2)) for tick in round_ticks(0, top, 5))
    y = Axis("net benefit", -0.1, top, ticks)
    lines = tuple(
        Line(model.name, color, svg_points(x, y, curve["threshold"], curve["net_benefit"]))
        for color, (model, curve) in enumerate(zip(models, curves, strict=True))
    )
    references = (
        ("acting on everybody", svg_points(x, y, curves[0]["threshold"], curves[0]["treat_all"])),
        ("on nobody", svg_points(x, y, [0, 1], [0, 0])),
    )
    return Chart(title, x, y, lines, references)
