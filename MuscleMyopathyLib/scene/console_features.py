"""Radiomics features on nodes: the module's logic offers this in the batch console.

table = extract_features([t1w, water], muscles, "wei2023", slices="proximal,middle,distal")
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.radiomics import extraction
from MuscleMyopathyLib.radiomics.feature_table import FeatureTable
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset, read_radiomics_preset
from MuscleMyopathyLib.radiomics.slices import SliceChoice
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, role_of


def extract_features(
    volume_nodes: Sequence[Any],
    segmentation_node: Any,
    preset: RadiomicsPreset | str = "recommended",
    *,
    slices: SliceChoice | None = None,
    case: str = "",
    region: str = "",
    reader: str = "",
    session: int = 1,
    workers: int = 1,
    output_node: Any = None,
    progress: Progress = silent,
) -> Any:
    """Extract radiomics features of every structure of a segmentation in every volume.

    Args:
        volume_nodes: Volume nodes on one grid; a sequence is named after the volume's role, see `sequence_names`.
        segmentation_node: Its structures are brought onto the grid of the first volume.
        preset: A preset, or the name or file of one.
        slices: Which slices; None as the preset says.
        case: Identifier of the case, for the table.
        region: ``thigh`` or ``calf``, for structures that belong to both.
        reader: Who drew the segmentation.
        session: Which reading of that reader, from 1.
        workers: Processes that share the structures.
        output_node: Table node to fill; None makes a new one.
        progress: Receives fraction and text.

    Returns:
        The table node: a row per sequence, structure and side with the columns of
        `radiomics.feature_table.FeatureTable`.

    Raises:
        InputError, GeometryError, ParameterError, MissingPackageError: A node is missing or cannot be used; as
            `radiomics.extraction.extract_features`.
    """
    made = features_of_nodes(
        volume_nodes,
        segmentation_node,
        preset,
        slices=slices,
        case=case,
        region=region,
        reader=reader,
        session=session,
        workers=workers,
        progress=progress,
    )
    return table_node_from_dataframe(made.table, f"{segmentation_node.GetName()} features", output_node)


def features_of_nodes(
    volume_nodes: Sequence[Any],
    segmentation_node: Any,
    preset: RadiomicsPreset | str,
    *,
    slices: SliceChoice | None = None,
    case: str = "",
    region: str = "",
    reader: str = "",
    session: int = 1,
    workers: int = 1,
    progress: Progress = silent,
) -> FeatureTable:
    """Return what `extract_features` puts into a table node, with grey levels and provenance."""
    if not volume_nodes:
        raise InputError("No volume is chosen. Choose at least one.")
    chosen = read_radiomics_preset(preset) if isinstance(preset, str) else preset
    if slices is not None:
        chosen = dataclasses.replace(
            chosen, preprocessing=dataclasses.replace(chosen.preprocessing, slices=slices)
        )
    drawn = segmentation_from_node(segmentation_node, volume_nodes[0])
    return extraction.extract_features(
        {name: image_from_volume_node(node) for name, node in sequence_names(volume_nodes).items()},
        [extraction.DrawnRegions(drawn, reader, session)],
        chosen,
        case=case,
        region=region,
        workers=workers,
        progress=progress,
    )


def sequence_names(volume_nodes: Sequence[Any]) -> Mapping[str, Any]:
    """Return the volumes by the name of their sequence: the role where it is known and only one has it.

    Raises:
        InputError: Two volumes have one name.
    """
    roles = [role_of(node) for node in volume_nodes]
    names = [
        role.value if role is not Role.UNKNOWN and roles.count(role) == 1 else node.GetName().replace("=", "-")
        for node, role in zip(volume_nodes, roles, strict=True)
    ]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"Several volumes are called {', '.join(twice)}. Rename one, or set their roles.")
    return dict(zip(names, volume_nodes, strict=True))
