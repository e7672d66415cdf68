"""The report's part on each series whose maps were measured: pictures, charts, table, reference values."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.qmri.measures import Quantity
from MuscleMyopathyLib.qmri.reference_values import reference_values
from MuscleMyopathyLib.report.charts import StructureRow, structure_rows, time_axis
from MuscleMyopathyLib.report.line_chart import Axis
from MuscleMyopathyLib.report.map_figures import MapFigure, map_figures
from MuscleMyopathyLib.report.map_structures import maps_by_sequence
from MuscleMyopathyLib.report.tables import Column, SideTable, map_columns, side_tables
from MuscleMyopathyLib.study.case import CaseResult

_TITLES = {
    str(Role.MULTI_ECHO_SE): "T2 from the spin-echo train",
    str(Role.T2_MAP): "T2 map of the scanner",
    str(Role.R2STAR_MAP): "R2* map of the scanner",
    str(Role.MULTI_ECHO_GRE): "R2* and field from the gradient echoes",
}
_CHARTED = ((Quantity.T2, "T2", "t2"), (Quantity.WATER_T2, "Water T2", "water-t2"))


@dataclass(frozen=True)
class QuantityChart:
    """A quantity by structure and side."""

    title: str
    measure: str
    unit: str
    axis: Axis
    rows: tuple[StructureRow, ...]


@dataclass(frozen=True)
class MapPart:
    """What the report shows of one series.

    Attributes:
        key: For links.
        title: Heading.
        figure: Its maps; None where no slice holds anything.
        charts: T2 and water T2 by structure.
        columns: Of its table.
        tables: Left and right, and what is not divided.
        reference: Published values with protocol and source; empty where there are none.
    """

    key: str
    title: str
    figure: MapFigure | None
    charts: tuple[QuantityChart, ...]
    columns: tuple[Column, ...]
    tables: tuple[SideTable, ...]
    reference: str


def map_parts(result: CaseResult) -> list[MapPart]:
    """Return a part for each series of a case that has maps."""
    figures = {figure.sequence: figure for figure in map_figures(result)}
    parts = []
    for sequence in maps_by_sequence(result):
        measured = result.map_measures
        own = measured[measured["sequence"] == sequence] if len(measured) else pd.DataFrame()
        columns = map_columns(own) if len(own) else ()
        charts = _charts(own)
        parts.append(
            MapPart(
                key=sequence.replace(" ", "-").lower(),
                title=_TITLES.get(sequence, f"Maps of {sequence}"),
                figure=figures.get(sequence),
                charts=charts,
                columns=columns,
                tables=tuple(side_tables(own, columns)) if len(own) else (),
                reference=str(reference_values()) if charts else "",
            )
        )
    return parts


def _charts(measures: pd.DataFrame) -> tuple[QuantityChart, ...]:
    present = [entry for entry in _CHARTED if entry[0].column("mean") in measures]
    charts = []
    for quantity, title, measure in present:
        axis = time_axis(measures, [entry[0] for entry in present], f"{title}, ms")
        rows = structure_rows(measures, quantity, axis)
        if rows:
            charts.append(QuantityChart(f"{title} by structure", measure, "ms", axis, tuple(rows)))
    return tuple(charts)
