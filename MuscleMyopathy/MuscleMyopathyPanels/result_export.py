"""Everything that a run left, copied into a folder of the user's choice."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from .chart import has_chart, write_chart


def export_results(tables: dict[str, Any], results: Path | None, folder: Path) -> None:
    """Write the tables as CSV, the chart as PNG and SVG, and what the job left (maps, labels, report).

    Args:
        tables: Tables by file name without suffix; ``measures`` among them.
        results: Folder of the job's results, or None where it is gone.
        folder: Where to write, made if need be.

    Raises:
        OutputError, OSError: The folder cannot be written.
    """
    from MuscleMyopathyLib.output import write_table

    folder.mkdir(parents=True, exist_ok=True)
    if results is not None:
        shutil.copytree(results, folder, dirs_exist_ok=True)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    if has_chart(tables["measures"]):
        for suffix in ("png", "svg"):
            write_chart(tables["measures"], folder / f"chart.{suffix}", width_pixels=700)
