"""The figures of a validation: ROC, precision-recall, calibration and decision curves, in nested and in paper
mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.modeling.calibration import calibration_curve, repeated_calibration
from MuscleMyopathyLib.modeling.mean_curves import (
    mean_decision_curve,
    mean_macro_roc,
    mean_precision_recall,
    mean_roc,
)
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult, probability_column
from MuscleMyopathyLib.report.charts import round_ticks
from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.report.line_chart import (
    COLORS,
    Axis,
    Chart,
    Line,
    Mark,
    share_axis,
    svg_band,
    svg_points,
)

FloatArray = npt.NDArray[np.float64]

MACRO = ""
"""Stands for the average over the classes."""

_LOWEST_NET_BENEFIT = -0.1

_ONE_SPLIT = "The curves of the one test set; they have no band."

_LEADS = {
    "roc": (
        "Mean of the repeats’ curves at each false positive rate; the band is ± 1 SD over the repeats, which "
        "tells of the splits and not of other patients. A repeat’s curve puts the patients of all its folds "
        "together, the AUC in the tables does not, so that the two differ a little."
    ),
    "precision-recall": (
        "Precision (positive predictive value) in this cohort: it depends on the share of the class, which is "
        "the grey line. Mean and ± 1 SD over the repeats."
    ),
    "calibration": (
        "Patients in five groups of rising probability: what was predicted, and what came true. On the grey "
        "line the two agree. A single test set has Wilson’s 95 % intervals; several repeats are put together "
        "and have none."
    ),
    "decision": (
        "Net benefit by the probability from which one would act (biopsy, treatment): true positives per "
        "patient, less the false positives at the exchange rate of that threshold. A classifier is of use where "
        "it lies above acting on everybody and on nobody (grey). The shares of the classes are those of this "
        "cohort, not of a clinic."
    ),
}


@dataclass(frozen=True)
class Series:
    """One classifier's predictions, as a line of each chart.

    Attributes:
        label: Name of the line.
        color: Index of its colour.
        predictions: Rows of `ValidationResult.predictions`.
    """

    label: str
    color: int
    predictions: pd.DataFrame


@dataclass(frozen=True)
class Place:
    """What one chart of each kind shows: a mode and, where there are several models, a region."""

    mode: Mode
    region: str
    classes: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True)
class CurveFigure:
    """Charts of one kind.

    Attributes:
        key: ``roc``, ``precision-recall``, ``calibration`` or ``decision``.
        title: Heading.
        lead: How to read it.
        rows: (mode in a word, its charts).
        legend: (index of the colour, label).
        references: What the grey lines are.
    """

    key: str
    title: str
    lead: str
    rows: tuple[tuple[str, tuple[Chart, ...]], ...]
    legend: tuple[tuple[int, str], ...]
    references: str


@dataclass(frozen=True)
class CalibrationRow:
    """Slope and intercept of one classifier, in words: (slope, intercept) of each class drawn."""

    mode: str
    region: str
    label: str
    cells: tuple[tuple[str, str], ...]
    note: str


def places(results: Sequence[ValidationResult], classifier: str) -> list[Place]:
    """Return what the charts show, nested mode first; nothing of a mode in which no classifier predicted anybody.

    Args:
        results: Results of one recipe; of several feature sets or of one.
        classifier: Of several feature sets, the one classifier that is shown; of one set, all are.
    """
    found = []
    for mode in (Mode.NESTED, Mode.PAPER):
        chosen = [result for result in results if result.mode is mode]
        several = len({result.feature_set for result in chosen}) > 1
        if not several:
            for result in chosen:
                names = enumerate(result.predicting)
                series = tuple(Series(name, place % COLORS, _of(result, name)) for place, name in names)
                found.append(Place(mode, "", result.classes, series))
            continue
        models = list(dict.fromkeys(model_and_region(result.feature_set)[0] for result in chosen))
        regions = list(dict.fromkeys(model_and_region(result.feature_set)[1] for result in chosen))
        for region in regions:
            series = tuple(
                Series(model, models.index(model) % COLORS, _of(result, classifier))
                for result in chosen
                for model, where in [model_and_region(result.feature_set)]
                if where == region and classifier in result.predicting
            )
            found.append(Place(mode, region, chosen[0].classes, series))
    return [place for place in found if place.series]


def model_and_region(feature_set: str) -> tuple[str, str]:
    """Return the two parts of a feature set's name.

    >>> model_and_region("TM calf + thigh"), model_and_region("all")
    (('TM', 'calf + thigh'), ('all', ''))
    """
    model, _, region = feature_set.partition(" ")
    return model, region


def curve_figures(found: Sequence[Place]) -> list[CurveFigure]:
    """Return the four figures; none where there is nothing to draw."""
    legend = tuple(dict.fromkeys((series.color, series.label) for place in found for series in place.series))
    several = any(len(place.classes) > 2 for place in found)
    once = all(series.predictions["repeat"].nunique() == 1 for place in found for series in place.series)
    versus = " Each class is told from all the others together." if several else ""
    kinds: tuple[tuple[str, str, str, Callable[[Place, str], Chart]], ...] = (
        ("roc", "ROC curves", (_ONE_SPLIT if once else _LEADS["roc"]) + versus, _roc_chart),
        ("precision-recall", "Precision and recall", _LEADS["precision-recall"], _precision_chart),
        ("calibration", "Calibration", _LEADS["calibration"], _calibration_chart),
        ("decision", "Decision curves", _LEADS["decision"], _decision_chart),
    )
    figures = []
    for key, title, lead, draw in kinds:
        rows = []
        for mode in (Mode.NESTED, Mode.PAPER):
            charts = [
                draw(place, of_class)
                for place in found
                if place.mode is mode
                for of_class in drawn_classes(place, macro=key == "roc")
            ]
            if charts:
                rows.append((str(mode), tuple(charts)))
        names = dict.fromkeys(name for _, charts in rows for one in charts for name, _ in one.references)
        if rows:
            figures.append(CurveFigure(key, title, lead, tuple(rows), legend, ", ".join(names)))
    return figures


def calibration_rows(found: Sequence[Place]) -> list[CalibrationRow]:
    """Return slope and intercept of every line of the calibration charts."""
    rows = []
    for place in found:
        for series in place.series:
            each = [
                repeated_calibration(*_columns(series, of_class)) for of_class in drawn_classes(place, macro=False)
            ]
            undefined = max(one.undefined for one in each)
            cells = tuple(
                (_mean_sd(one.slope, one.slope_sd), _mean_sd(one.intercept, one.intercept_sd)) for one in each
            )
            note = f"no slope in up to {undefined} repeats" if undefined else ""
            rows.append(CalibrationRow(str(place.mode), place.region, series.label, cells, note))
    return rows


def _mean_sd(mean: float, sd: float) -> str:
    return number(mean, 2) + (f" ± {number(sd, 2)}" if np.isfinite(sd) else "")


def _of(result: ValidationResult, classifier: str) -> pd.DataFrame:
    return result.predictions[result.predictions["classifier"] == classifier]


def drawn_classes(place: Place, *, macro: bool) -> tuple[str, ...]:
    """Return the classes with a chart of their own: of two the positive one; the macro average where it is
    drawn."""
    if len(place.classes) == 2:
        return place.classes[1:]
    return (MACRO, *place.classes) if macro else place.classes


def _title(place: Place, of_class: str) -> str:
    name = of_class or "macro average"
    return f"{place.region}: {name}" if place.region else name


def _columns(series: Series, of_class: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    rows = series.predictions[series.predictions[probability_column(of_class)].notna()]
    positive = rows["outcome"].astype(str) == of_class
    return positive, rows[probability_column(of_class)].clip(0, 1), rows["repeat"]


def _roc_chart(place: Place, of_class: str) -> Chart:
    x, y = share_axis("1 − specificity"), share_axis("sensitivity")
    lines = []
    for series in place.series:
        if of_class:
            curve = mean_roc(*_columns(series, of_class))
        else:
            rows = series.predictions[series.predictions["predicted"] != ""]
            probabilities = rows[[probability_column(name) for name in place.classes]].set_axis(
                place.classes, axis=1
            )
            curve = mean_macro_roc(rows["outcome"].astype(str), probabilities, rows["repeat"])
        # From the origin: the first row already stands at the upper end of a rise along the axis.
        rate, mean, sd = (np.insert(curve[name].to_numpy(dtype=np.float64), 0, 0) for name in curve.columns)
        lines.append(_line(x, y, series, rate, mean, sd))
    return Chart(_title(place, of_class), x, y, tuple(lines), (("chance", svg_points(x, y, [0, 1], [0, 1])),))


def _precision_chart(place: Place, of_class: str) -> Chart:
    x, y = share_axis("recall"), share_axis("precision")
    lines, share = [], 0.0
    for series in place.series:
        positive, score, repeat = _columns(series, of_class)
        curve = mean_precision_recall(positive, score, repeat)
        lines.append(_line(x, y, series, curve["recall"], curve["precision"].to_numpy(), curve["sd"].to_numpy()))
        share = float(positive.mean())
    reference = ("share of the class", svg_points(x, y, [0, 1], [share, share]))
    return Chart(_title(place, of_class), x, y, tuple(lines), (reference,))


def _calibration_chart(place: Place, of_class: str) -> Chart:
    x, y = share_axis("predicted probability"), share_axis("observed share")
    lines = []
    for series in place.series:
        positive, probability, repeat = _columns(series, of_class)
        curve = calibration_curve(positive, probability)
        points = svg_points(x, y, curve["predicted"], curve["observed"])
        once = repeat.nunique() == 1
        marks = tuple(_calibration_mark(x, y, series.label, row, once) for _, row in curve.iterrows())
        lines.append(Line(series.label, series.color, points, marks=marks))
    reference = ("perfect calibration", svg_points(x, y, [0, 1], [0, 1]))
    return Chart(_title(place, of_class), x, y, tuple(lines), (reference,))


def _calibration_mark(x: Axis, y: Axis, label: str, row: pd.Series, with_bar: bool) -> Mark:
    def from_top(value: float) -> float:
        return round(100 - float(y.percent(value)), 2)

    return Mark(
        round(float(x.percent(row["predicted"])), 2),
        from_top(row["observed"]),
        f"{label}: predicted {row['predicted']:.2f}, observed {row['observed']:.2f}",
        (from_top(row["observed_low"]), from_top(row["observed_high"])) if with_bar else None,
    )


def _decision_chart(place: Place, of_class: str) -> Chart:
    curves = [(series, mean_decision_curve(*_columns(series, of_class))) for series in place.series]
    top = max(float(curve["net_benefit"].max()) for _, curve in curves)
    top = max(top, float(curves[0][1]["treat_all"].max())) * 1.08
    x = share_axis("threshold probability")
    ticks = tuple((tick, number(tick, 1 if top > 0.3 else 2)) for tick in round_ticks(0, top, 5))
    y = Axis("net benefit", _LOWEST_NET_BENEFIT, top, ticks)
    zero = np.zeros(len(curves[0][1]))
    lines = tuple(
        _line(x, y, series, curve["threshold"], curve["net_benefit"].to_numpy(), zero) for series, curve in curves
    )
    first = curves[0][1]
    references = (
        ("acting on everybody", svg_points(x, y, first["threshold"], first["treat_all"])),
        ("on nobody", svg_points(x, y, [0, 1], [0, 0])),
    )
    return Chart(_title(place, of_class), x, y, lines, references)


def _line(x: Axis, y: Axis, series: Series, xs: npt.ArrayLike, mean: FloatArray, sd: FloatArray) -> Line:
    band = svg_band(x, y, xs, np.clip(mean - sd, 0, 1), np.clip(mean + sd, 0, 1)) if sd.any() else ""
    return Line(series.label, series.color, svg_points(x, y, xs, mean), band)
