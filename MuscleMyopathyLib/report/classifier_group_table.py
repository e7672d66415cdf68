"""The group table of a cohort as an HTML page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.modeling.group_table import GroupTable
from MuscleMyopathyLib.output import write_text
from MuscleMyopathyLib.report.classifier_page import render_page


def write_group_table(table: GroupTable, path: Path, *, phantom: bool = False) -> Path:
    """Write the table as one self-contained HTML page, whole or not at all.

    Raises:
        OutputError: The page cannot be written.
    """
    page = render_page(
        "classifier_group_table.html.j2",
        phantom=phantom,
        software=f"MuscleMyopathy {__version__}",
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        table=table,
    )
    write_text(page, Path(path))
    return Path(path)
