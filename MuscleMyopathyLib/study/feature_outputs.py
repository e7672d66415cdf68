"""Features on disk: the tables, and beside them where they come from."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.output import write_json, write_table
from MuscleMyopathyLib.radiomics.feature_table import FeatureTable, fused_table
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset
from MuscleMyopathyLib.study.case import NOT_A_DEVICE_NOTICE, PHANTOM_NOTICE


def write_features(
    features: FeatureTable,
    path: Path,
    *,
    fused: Path | None = None,
    grey_levels: Path | None = None,
    phantom: bool = False,
) -> Path:
    """Write a case's features as CSV, and beside them as JSON where they come from.

    Args:
        features: What was extracted.
        path: CSV file of the tidy table, one row per sequence, reading, structure and side.
        fused: CSV file of the table with regions and sequences side by side; not written where None.
        grey_levels: CSV file of the grey levels per image type; not written where None.
        phantom: Whether the images are simulated.

    Returns:
        The provenance file: ``path`` with the suffix ``.json``.

    Raises:
        OutputError: A file cannot be written.
    """
    write_table(features.table, path)
    if fused is not None:
        write_table(fused_table(features.table), fused)
    if grey_levels is not None:
        write_table(features.grey_levels, grey_levels)
    beside = path.with_suffix(".json")
    write_json({**feature_provenance(features.preset, phantom=phantom), **features.provenance}, beside)
    return beside


def feature_provenance(preset: RadiomicsPreset, *, phantom: bool) -> dict[str, Any]:
    """Return software, date, notices and the whole preset as plain values."""
    return {
        "notice": PHANTOM_NOTICE if phantom else NOT_A_DEVICE_NOTICE,
        "phantom": phantom,
        "software": f"MuscleMyopathy {__version__}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "preset": preset.name,
        "preset_sha256": preset.content_hash,
        "parameters": preset.to_mapping(),
    }
