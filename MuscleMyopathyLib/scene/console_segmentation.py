"""Segmentation of muscles on nodes: the module's logic offers this in the batch console.

propagated, table = propagate(segmentation, volume, drawn_slices=[3, 8, 12])
muscles = segment_with("/weights/nnUNetTrainer__nnUNetPlans__3d_fullres", [water], "thigh")
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.anatomy import Region, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import image_from_volume_node
from MuscleMyopathyLib.segmentation import propagation
from MuscleMyopathyLib.segmentation.engines import dividing
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from MuscleMyopathyLib.segmentation.propagation import PropagationParameters


def propagate(
    segmentation_node: Any,
    volume_node: Any,
    *,
    structures: Collection[Structure | str] | None = None,
    drawn_slices: Collection[int] | None = None,
    parameters: PropagationParameters | None = None,
    output_node: Any = None,
    table_node: Any = None,
    progress: Progress = silent,
) -> tuple[Any, Any]:
    """Fill the slices between drawn ones.

    Args:
        segmentation_node: Drawn in a few slices of the volume.
        volume_node: Volume node of the image drawn on; its grid is the result's.
        structures: Which to propagate, such as ``RF_left``; None for all.
        drawn_slices: The slices to trust, from 0; None takes every slice that holds one of the structures.
        parameters: Method and limits.
        output_node: Segmentation node to fill, which may be the one drawn; None makes a new one.
        table_node: Table node to fill; None makes a new one.
        progress: Receives fraction and text.

    Returns:
        The segmentation node, and the table node with the columns of `propagation.Propagation.slices`.

    Raises:
        InputError, GeometryError, ParameterError: As the converters and `segmentation.propagation.propagate`.
    """
    if volume_node is None:
        raise InputError("No volume is chosen. Choose the one that the segmentation was drawn on.")
    drawn = segmentation_from_node(segmentation_node, volume_node)
    chosen = None if structures is None else [Structure.parse(s) if isinstance(s, str) else s for s in structures]
    made = propagation.propagate(
        drawn,
        image_from_volume_node(volume_node),
        parameters,
        structures=chosen,
        drawn_slices=drawn_slices,
        progress=progress,
    )
    name = f"{segmentation_node.GetName()} propagated" if output_node is None else output_node.GetName()
    node = segmentation_node_from(made.segmentation, name, volume_node, output_node)
    return node, table_node_from_dataframe(made.slices, f"{node.GetName()} slices", table_node)


def segment_with(
    weights: str | Path,
    volume_nodes: Sequence[Any],
    region: Region | str,
    *,
    label_scheme: str | None = None,
    trusted: bool = False,
    output_node: Any = None,
    progress: Progress = silent,
) -> Any:
    """Segment muscles with weights of others: a MONAI bundle, nnU-Net v2 results, or weights with a description.

    Args:
        weights: File or folder; see `segmentation.engines.opening.open_engine`.
        volume_nodes: Volume nodes of one grid, one per input channel of the network.
        region: ``thigh`` or ``calf``.
        label_scheme: Name or file of the scheme that says what an nnU-Net dataset's labels mean.
        trusted: Your word that a TorchScript file, which is a program, may run.
        output_node: Segmentation node to fill; None makes a new one.
        progress: Receives fraction and text.

    Returns:
        The segmentation node; what the user should know of the network stands in its description.

    Raises:
        InputError, GeometryError, MissingPackageError: As `open_engine` and `dividing.segment_with`.
    """
    if not volume_nodes:
        raise InputError("No volume is chosen. Choose one for each input channel of the network.")
    scheme = read_label_scheme(label_scheme) if label_scheme else None
    engine = open_engine(Path(weights), scheme=scheme, trusted=trusted)
    images = [image_from_volume_node(node) for node in volume_nodes]
    made = dividing.segment_with(engine, images, Region(region), progress)
    node = segmentation_node_from(made.segmentation, f"muscles by {made.engine}", volume_nodes[0], output_node)
    node.SetDescription("; ".join(made.remarks))
    return node
