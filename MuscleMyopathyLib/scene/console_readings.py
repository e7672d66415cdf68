"""Agreement of readings on nodes: the module's logic offers this in the batch console.

tables = agreement([first_reader_table, second_reader_table])
dice = overlap(first_reading, second_reading)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.reproducibility import overlap as overlaps
from MuscleMyopathyLib.reproducibility.agreement_bands import dice_band
from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters
from MuscleMyopathyLib.reproducibility.feature_agreement import feature_agreement, mean_icc
from MuscleMyopathyLib.reproducibility.measure_agreement import measure_agreement, measure_columns
from MuscleMyopathyLib.reproducibility.reading_tables import checked_table
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe


def agreement(
    table_nodes: Sequence[Any], parameters: AgreementParameters | None = None, progress: Progress = silent
) -> dict[str, Any]:
    """Compute intra- and inter-reader agreement of every feature or measure in table nodes.

    Args:
        table_nodes: Tables with ``case``, ``reader``, ``session``, ``structure`` and numbers; put together.
        parameters: Which comparisons, form of the ICC, threshold.
        progress: Receives fraction and text.

    Returns:
        New table nodes by name: ``icc``, ``mean_icc``, ``reliable_features``, ``problems``, and ``bland_altman``
        where the tables hold measures (columns in %, ms, cm² or cm³).

    Raises:
        InputError: No table, or as `reproducibility.feature_agreement.feature_agreement`.
    """
    if not table_nodes:
        raise InputError("No table is chosen. Choose one or more tables of readings.")
    table = checked_table(pd.concat([dataframe_from_table_node(node) for node in table_nodes], ignore_index=True))
    found = feature_agreement(table, parameters, progress)
    tables = {
        "icc": found.icc,
        "mean_icc": mean_icc(found.icc),
        "reliable_features": found.reliable[found.reliable["reliable"]],
        "problems": found.problems,
    }
    if measure_columns(table):
        tables["bland_altman"] = measure_agreement(table, parameters)
    return {
        name: table_node_from_dataframe(made.reset_index(drop=True), f"agreement {name.replace('_', ' ')}")
        for name, made in tables.items()
    }


def overlap(first_node: Any, second_node: Any, reference_volume: Any = None, output_node: Any = None) -> Any:
    """Compare two segmentation nodes of one image: Dice, surface distances and volumes per structure.

    Args:
        first_node: Segmentation node.
        second_node: Segmentation node.
        reference_volume: Volume whose grid both get; None takes what the first was drawn on, else its own grid.
        output_node: Table node to fill; None makes a new one.

    Returns:
        The table node: the columns of `reproducibility.overlap.overlap`, and ``band`` (green, amber, red).

    Raises:
        InputError, GeometryError: A node is missing or cannot be used, or the two do not share one grid.
    """
    first = segmentation_from_node(first_node, reference_volume)
    second = segmentation_from_node(second_node, reference_volume)
    table = overlaps.overlap(first, second)
    table = table.assign(band=table["dice"].map(dice_band))
    return table_node_from_dataframe(table, f"{first_node.GetName()} / {second_node.GetName()}", output_node)
