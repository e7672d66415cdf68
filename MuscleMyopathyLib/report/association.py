"""The page of a cohort's associations: ROC curves, scatter plots with Spearman's rho, groups and sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.anatomy import SIDE_COLORS, Side, structure_type
from MuscleMyopathyLib.modeling.association import KEYS, AssociationParameters, Associations
from MuscleMyopathyLib.output import write_text
from MuscleMyopathyLib.report.charts import round_ticks
from MuscleMyopathyLib.report.formatting import MISSING, number, text
from MuscleMyopathyLib.report.line_chart import Axis, Chart, Line, Mark, share_axis, svg_points
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.study.case import NOT_A_DEVICE_NOTICE, PHANTOM_NOTICE

_CUT_OFFS = (
    "Youden's, chosen on this very cohort: sensitivity and specificity are optimistic. A cut-off holds for the "
    "scanner and the protocol of the cohort that made it."
)

LARGEST_SCATTER_COUNT = 12
"""Scatter plots drawn: those with the smallest p; the table holds all."""

SIDES = (Side.LEFT, Side.RIGHT, Side.BOTH)


@dataclass(frozen=True)
class Plot:
    """A chart with what is said under it."""

    chart: Chart
    facts: str


def write_association_report(
    found: Associations,
    cohort: pd.DataFrame,
    parameters: AssociationParameters,
    path: Path,
    *,
    phantom: bool = False,
) -> Path:
    """Write the page, whole or not at all.

    Args:
        found: What `modeling.association.associate` found.
        cohort: The table that it was found in.
        parameters: What was asked for.
        path: The file to write.
        phantom: Whether the cohort is simulated; the page then says so.

    Raises:
        OutputError: The page cannot be written.
    """
    # Imported here: a command that writes no report must start without Jinja2.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("Report")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("association.html.j2").render(
        notice=NOT_A_DEVICE_NOTICE,
        phantom_notice=PHANTOM_NOTICE if phantom else None,
        software=f"MuscleMyopathy {__version__}",
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        side_colors=SIDE_COLORS,
        statements=_statements(found, cohort, parameters),
        rocs=roc_plots(found),
        scatters=scatter_plots(found, cohort),
        tables=_tables(found),
    )
    write_text(page, path)
    return path


def roc_plots(found: Associations) -> list[Plot]:
    """Return one chart per measure and structure, a curve per side, with area, interval and Youden's cut-off."""
    if found.roc.empty:
        return []
    plots = []
    keys = [key for key in ("measure", "region", "structure") if key in found.roc]
    for place, rows in found.roc.groupby(keys, sort=False, dropna=False):
        x, y = share_axis("1 − specificity"), share_axis("sensitivity")
        lines, facts = [], []
        for row in rows.to_dict("records"):
            side = Side(text(row.get("side")) or Side.BOTH)
            if row["problem"]:
                facts.append(f"{side if 'side' in row else ''} {row['problem']}".strip())
                continue
            curve = found.roc_points[_same(found.roc_points, row, [*keys, "side"])]
            cut = Mark(
                float(x.percent(1 - row["specificity"])),
                float(100 - y.percent(row["sensitivity"])),
                f"Youden's cut-off {row['cut_off']:.4g}",
            )
            points = svg_points(x, y, curve["false_positive_rate"], curve["true_positive_rate"])
            lines.append(Line(str(side), SIDES.index(side), points, marks=(cut,)))
            facts.append(_roc_words(row, side if "side" in row else None))
        title = _title(dict(zip(keys, place, strict=True)))
        plots.append(Plot(Chart(title, x, y, tuple(lines), (("chance", "0,100 100,0"),)), "; ".join(facts)))
    return plots


def scatter_plots(found: Associations, cohort: pd.DataFrame) -> list[Plot]:
    """Return scatter plots of the correlations with the smallest p, at most `LARGEST_SCATTER_COUNT`."""
    if found.correlations.empty:
        return []
    usable = found.correlations[found.correlations["problem"] == ""].sort_values("p", kind="stable")
    plots = []
    for row in usable.head(LARGEST_SCATTER_COUNT).to_dict("records"):
        own = cohort[_same(cohort, row, list(KEYS))][[row["measure"], row["covariate"]]].dropna()
        x = _axis(own[row["covariate"]], str(row["covariate"]))
        y = _axis(own[row["measure"]], str(row["measure"]))
        marks = tuple(
            Mark(round(float(x.percent(a)), 2), round(float(100 - y.percent(b)), 2), f"{a:.4g}, {b:.4g}")
            for b, a in own.itertuples(index=False)
        )
        side = Side(text(row.get("side")) or Side.BOTH)
        title = _title({key: row[key] for key in ("measure", *KEYS) if key in row})
        facts = (
            f"Spearman ρ {number(row['rho'], 2)} ({number(row['low'], 2)} to {number(row['high'], 2)}), "
            f"{_p(row['p'])}, n = {len(own)}"
        )
        plots.append(Plot(Chart(title, x, y, (Line(str(side), SIDES.index(side), "", marks=marks),)), facts))
    return plots


def _roc_words(row: Mapping[Any, Any], side: Side | None) -> str:
    return (
        f"{side + ': ' if side else ''}AUC {number(row['area'], 3)} ({number(row['area_low'], 3)} to "
        f"{number(row['area_high'], 3)}), cut-off {row['cut_off']:.4g}: sensitivity "
        f"{number(100 * row['sensitivity'], 0)} %, specificity {number(100 * row['specificity'], 0)} %, "
        f"{row['patients']} patients, {row['controls']} controls"
    )


def _statements(
    found: Associations, cohort: pd.DataFrame, parameters: AssociationParameters
) -> list[tuple[str, str]]:
    cases = cohort["case"].nunique() if "case" in cohort else len(cohort)
    said = [("Cohort", f"{len(cohort)} rows of {cases} cases; measures: {', '.join(parameters.measures)}.")]
    if parameters.group:
        counts = cohort[parameters.group].astype(str).value_counts()
        groups = ", ".join(f"{name} {counts.get(name, 0)}" for name in (parameters.patients, parameters.controls))
        said.append(("Groups", f"Rows by “{parameters.group}”: {groups}."))
        said.append(
            (
                "Cut-offs",
                _CUT_OFFS,
            )
        )
    said.append(("Intervals", f"{100 * parameters.confidence:g} %; AUC by DeLong on the logit scale."))
    said.append(("p values", f"{found.tests}, not corrected for their number."))
    return said


_TITLES = (
    ("groups", "Patients against controls (Mann–Whitney)"),
    ("sides", "Left against right (Wilcoxon)"),
    ("correlations", "Spearman's correlations"),
)
_DIGITS = {"p": 4, "rho": 3, "low": 3, "high": 3}


def _tables(found: Associations) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return title, column names and cells of each table that holds anything."""
    tables = []
    for name, title in _TITLES:
        table = getattr(found, name)
        if not table.empty:
            columns = [column for column in table.columns if column != "problem" or table["problem"].any()]
            rows = [[_cell(column, row[column]) for column in columns] for row in table.to_dict("records")]
            tables.append((title, [column.replace("_", " ") for column in columns], rows))
    return tables


def _cell(column: str, value: Any) -> str:
    if isinstance(value, bool | str | int | np.integer):
        return str(value)
    if isinstance(value, float):
        return (
            f"< {10 ** -_DIGITS['p']:g}"
            if column == "p" and value < 5e-5
            else number(value, _DIGITS.get(column, 2))
        )
    return MISSING if value is None else str(value)


def _same(table: pd.DataFrame, row: Mapping[Any, Any], keys: list[str]) -> pd.Series[bool]:
    same = pd.Series(True, index=table.index)
    for key in keys:
        if key in table and key in row:
            same &= table[key].isna() if pd.isna(row[key]) else table[key] == row[key]
    return same


def _title(place: Mapping[str, Any]) -> str:
    words = {key: text(value) for key, value in place.items()}
    where = []
    if words.get("structure"):
        where.append(structure_type(words["structure"]).name)
    where += [words[key] for key in ("side", "region") if words.get(key)]
    return f"{words['measure']}{': ' + ', '.join(where) if where else ''}"


def _axis(values: pd.Series[float], title: str) -> Axis:
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or 1.0
    low, high = low - margin, high + margin
    return Axis(title, low, high, tuple((tick, f"{tick:g}") for tick in round_ticks(low, high, 5)))


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {number(value, 3)}"
