"""The report of a case: one HTML page that holds everything it shows, for the screen and for paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.anatomy import SIDE_COLORS
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.output import write_text
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.report.charts import FAT_FRACTION_AXIS, limb_profile, structure_rows
from MuscleMyopathyLib.report.classification import classifications
from MuscleMyopathyLib.report.formatting import number, text
from MuscleMyopathyLib.report.glossary import GLOSSARY, LETTERS
from MuscleMyopathyLib.report.map_plots import histograms, t2_against_fat_chart
from MuscleMyopathyLib.report.method import method_statements
from MuscleMyopathyLib.report.scores import score_tables
from MuscleMyopathyLib.report.slices import toward_head
from MuscleMyopathyLib.report.summary import summarize
from MuscleMyopathyLib.report.tables import COLUMNS, side_tables
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.study.case import NOT_A_DEVICE_NOTICE, PHANTOM_NOTICE, CaseResult


def write_report(
    result: CaseResult,
    path: Path,
    progress: Progress = silent,
    *,
    scores: pd.DataFrame | None = None,
    classification: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> Path:
    """Write the report of a case as one self-contained HTML page, whole or not at all.

    The page loads nothing, runs no script, and shows neither a patient's name nor the date of the examination:
    only the identifier that the user gave.

    Args:
        result: What the pipeline made of the case.
        path: The file to write; its folder is made where it is missing.
        progress: Receives what is being drawn.
        scores: The readers' scores of the case, see `report.scores.score_tables`; None leaves the section out.
        classification: A model's answer and its contributions, see `report.classification.classifications`; None
            leaves the section out.

    Returns:
        The path written.

    Raises:
        InputError: The measures are of several readings.
        OutputError: The page cannot be written.
    """
    path = Path(path)
    page = render_report(result, progress, scores=scores, classification=classification)
    progress(0.95, "writing the report")
    write_text(page, path)
    progress(1.0, "report written")
    return path


def render_report(
    result: CaseResult,
    progress: Progress = silent,
    *,
    scores: pd.DataFrame | None = None,
    classification: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> str:
    """Return the page as text; as `write_report`, which writes it."""
    # Imported here: a command that writes no report must start without matplotlib and Jinja2.
    import jinja2

    from MuscleMyopathyLib.report.figures import slice_figure
    from MuscleMyopathyLib.report.map_parts import map_parts
    from MuscleMyopathyLib.report.pictures import color_bar_stops
    from MuscleMyopathyLib.report.transfer_figures import transfer_figures

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("Report")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    progress(0.0, "drawing the slices")
    figure = slice_figure(result)
    progress(0.5, "drawing the maps")
    parts, carried = map_parts(result), transfer_figures(result)
    progress(0.8, "laying out the report")
    case, provenance = result.case, result.provenance
    return environment.get_template("report.html.j2").render(
        case=case,
        notice=NOT_A_DEVICE_NOTICE,
        phantom_notice=PHANTOM_NOTICE if case.phantom else None,
        software=provenance.get("software", f"MuscleMyopathy {__version__}"),
        made=_date(provenance.get("date")),
        side_colors=SIDE_COLORS,
        summary=summarize(result.measures, result.problems, result.map_measures),
        statements=method_statements(result),
        series=[_series(series) for series in case.series],
        figure=figure,
        color_bar=color_bar_stops(),
        rows=structure_rows(result.measures),
        ff_axis=FAT_FRACTION_AXIS,
        map_parts=parts,
        transfer_figures=carried,
        t2_against_fat=t2_against_fat_chart(result.t2_against_fat, case.phantom),
        histograms=histograms(result) if result.maps else None,
        profile=limb_profile(result.measures_by_slice, toward_head=_toward_head(result)),
        columns=COLUMNS,
        tables=side_tables(result.measures),
        score_tables=[] if scores is None else score_tables(scores, result.measures),
        classifications=[] if classification is None else classifications(*classification),
        problems=_problems(result.problems),
        glossary=GLOSSARY,
        letters=LETTERS,
        parameters=_flat(result.parameters),
        inputs=_inputs(provenance),
        seconds=[(stage, number(value, 2)) for stage, value in provenance.get("seconds", {}).items()],
        environment=_flat(
            {k: v for k, v in provenance.items() if k not in ("inputs", "seconds", "date", "phantom")}
        ),
        number=number,
    )


def _date(value: Any) -> str:
    """Return the date of processing for reading; ``value`` is ISO 8601 from the provenance."""
    moment = datetime.now(UTC) if value is None else datetime.fromisoformat(str(value))
    zone = " UTC" if moment.utcoffset() is not None and not moment.utcoffset() else ""
    return f"{moment:%Y-%m-%d %H:%M}{zone}"


def _toward_head(result: CaseResult) -> bool:
    segmentations = (result.whole_muscle, result.muscles, result.compartments)
    images = [result.fat_fraction_percent, *(s.image for s in segmentations if s is not None)]
    return next((toward_head(image) for image in images if image is not None), True)


def _series(series: Series) -> dict[str, str]:
    image, acquisition = series.image, series.acquisition
    known = [
        ("TE", ", ".join(f"{time:g}" for time in series.echo_times_ms), "ms"),
        ("TR", _general(acquisition.repetition_time_ms), "ms"),
        ("flip angle", _general(acquisition.flip_angle_degrees), "°"),
        ("field", _general(acquisition.field_strength_tesla), "T"),
    ]
    return {
        "name": series.name,
        "role": str(series.role),
        "reason": series.reason,
        "size": " × ".join(str(size) for size in image.GetSize()),
        "spacing": " × ".join(f"{spacing:.2f}" for spacing in image.GetSpacing()),
        "acquisition": ", ".join(f"{name} {value} {unit}" for name, value, unit in known if value),
    }


def _general(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _problems(problems: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {column: text(row[column]) for column in ("stage", "structure", "side", "problem")}
        for _, row in problems.iterrows()
    ]


def _inputs(provenance: Mapping[str, Any]) -> list[list[tuple[str, str]]]:
    """Return each input of the provenance as (name, value) pairs."""
    return [[(name, str(value)) for name, value in entry.items()] for entry in provenance.get("inputs", ())]


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return nested plain values as (dotted name, text)."""
    lines: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines += _flat(value, f"{prefix}{name}.")
        else:
            listed = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            lines.append((f"{prefix}{name}", listed))
    return lines
