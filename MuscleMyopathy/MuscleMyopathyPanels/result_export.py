"""Everything that a run left, copied into a folder of the user's choice."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def export_results(tables: Mapping[str, Any], results: Path | None, folder: Path, maps: Mapping[str, Any]) -> None:
    """Write tables as CSV, maps as NIfTI, and what the job left (maps, labels, report).

    Args:
        tables: Tables by file name without suffix.
        results: Folder of the job's results, or None where it is gone.
        folder: Where to write, made if need be.
        maps: Volume nodes by file name without suffix.

    Raises:
        OutputError, OSError: The folder cannot be written.
    """
    from MuscleMyopathyLib.imaging.files import write_image
    from MuscleMyopathyLib.output import write_table
    from MuscleMyopathyLib.scene.volumes import image_from_volume_node

    folder.mkdir(parents=True, exist_ok=True)
    if results is not None:
        shutil.copytree(results, folder, dirs_exist_ok=True)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    for name, node in maps.items():
        write_image(image_from_volume_node(node), folder / f"{name}.nii.gz")
