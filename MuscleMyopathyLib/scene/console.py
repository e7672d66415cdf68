"""What the panels do, on nodes and without a window: the module's logic offers these in the batch console.

water, fat = slicer.util.getNode("water"), slicer.util.getNode("fat")
nodes = run_case("P-001", "thigh", [water, fat])
write_case_report("P-001", "/results/P-001.html")
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters, fat_fraction
from MuscleMyopathyLib.qmri.measures import MeasureParameters, measure_structures
from MuscleMyopathyLib.report.html import write_report
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.case import CaseNodes, place_case
from MuscleMyopathyLib.scene.case_classification import case_classification
from MuscleMyopathyLib.scene.case_reading import read_case
from MuscleMyopathyLib.scene.case_scores import case_scores
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.series_nodes import echo_nodes, series_from_volume_nodes
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import (
    image_from_volume_node,
    set_role,
    volume_node_from_image,
)
from MuscleMyopathyLib.segmentation import compartments as segmentation_compartments
from MuscleMyopathyLib.segmentation import whole_muscle as segmentation_whole_muscle
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.study import pipeline
from MuscleMyopathyLib.study.case import Case


def fat_fraction_map(
    water_node: Any, fat_node: Any, parameters: FatFractionParameters | None = None, output_node: Any = None
) -> Any:
    """Compute the fat-fraction map of a water and a fat volume, in percent.

    Args:
        water_node: Volume node of the water image.
        fat_node: Volume node of the fat image on the same grid.
        parameters: Noise mask.
        output_node: Volume node to fill; None makes a new one.

    Returns:
        The volume node, coloured from 0 to 100 %.

    Raises:
        InputError, GeometryError: As `qmri.fat_fraction.fat_fraction`.
    """
    made = fat_fraction(image_from_volume_node(water_node), image_from_volume_node(fat_node), parameters)
    node = volume_node_from_image(made.percent, "fat fraction", output_node, Role.FAT_FRACTION_MAP)
    set_role(node, Role.FAT_FRACTION_MAP, f"Computed from {water_node.GetName()} and {fat_node.GetName()}.")
    return node


def measure_fat_fraction(
    water_node: Any,
    fat_node: Any,
    segmentation_node: Any,
    *,
    by_slice: bool = False,
    fat_fraction_parameters: FatFractionParameters | None = None,
    measure_parameters: MeasureParameters | None = None,
    output_node: Any = None,
) -> Any:
    """Measure size and fat fraction of every structure of a segmentation.

    Args:
        water_node: Volume node of the water image.
        fat_node: Volume node of the fat image on the same grid.
        segmentation_node: Its structures are brought onto the grid of the water image.
        by_slice: A row per structure and slice instead of one per structure.
        fat_fraction_parameters: Noise mask.
        measure_parameters: Erosion and cut-off.
        output_node: Table node to fill; None makes a new one.

    Returns:
        The table node, with the columns of `qmri.measures.measure_structures`.

    Raises:
        InputError, GeometryError: A node is missing or cannot be used; as the converters and `measure_structures`.
    """
    water, fat = image_from_volume_node(water_node), image_from_volume_node(fat_node)
    measures = measure_structures(
        segmentation_from_node(segmentation_node, water_node),
        fat_fraction(water, fat, fat_fraction_parameters).percent,
        water=water,
        fat=fat,
        parameters=measure_parameters,
    )
    table = measures.by_slice if by_slice else measures.volume
    return table_node_from_dataframe(table, f"{segmentation_node.GetName()} fat fraction", output_node)


def segment_compartments(
    region: Region | str,
    *,
    water_node: Any = None,
    fat_node: Any = None,
    t1w_node: Any = None,
    parameters: CompartmentParameters | None = None,
    output_node: Any = None,
    progress: Progress = silent,
) -> Any:
    """Find subcutaneous fat, lean tissue and fat inside the fascia, bone and skin of each limb.

    Args:
        region: ``thigh`` or ``calf``.
        water_node: Volume node of the water image, with ``fat_node``.
        fat_node: Volume node of the fat image on the same grid.
        t1w_node: Volume node of a T1-weighted image, instead of the two.
        parameters: See `CompartmentParameters`.
        output_node: Segmentation node to fill; None makes a new one.
        progress: Receives fraction and text.

    Returns:
        The segmentation node. What was not found stands in its description.

    Raises:
        InputError, GeometryError: As `segmentation.compartments.segment_compartments`.
    """
    reference = t1w_node if water_node is None else water_node
    if reference is None:
        raise InputError("No volume is chosen. Choose water and fat, or a T1-weighted image.")
    made = segmentation_compartments.segment_compartments(
        water=None if water_node is None else image_from_volume_node(water_node),
        fat=None if fat_node is None else image_from_volume_node(fat_node),
        t1w=None if t1w_node is None else image_from_volume_node(t1w_node),
        region=_region(region),
        parameters=parameters or CompartmentParameters(),
        progress=progress,
    )
    node = segmentation_node_from(made.compartments, "compartments", reference, output_node)
    node.SetDescription("; ".join(made.problems["problem"]))
    return node


def segment_whole_muscle(
    compartments_node: Any, erosion_mm: float = CompartmentParameters.epimysium_erosion_mm, output_node: Any = None
) -> Any:
    """Make the global muscle region of interest from compartments: inside the fascia, without bone, eroded.

    Args:
        compartments_node: Segmentation node with the compartments.
        erosion_mm: Depth of the erosion from the fascia inwards.
        output_node: Segmentation node to fill; None makes a new one.

    Returns:
        The segmentation node with one segment a side.

    Raises:
        InputError: The segmentation holds no compartments.
        ParameterError: A negative erosion.
    """
    region = segmentation_whole_muscle.whole_muscle(segmentation_from_node(compartments_node), erosion_mm)
    role = compartments_node.GetReferenceImageGeometryReferenceRole()
    return segmentation_node_from(region, "whole muscle", compartments_node.GetNodeReference(role), output_node)


def run_case(
    identifier: str,
    region: Region | str,
    volume_nodes: Sequence[Any],
    muscles_node: Any = None,
    *,
    parameters: pipeline.CaseParameters | None = None,
    reader: str = "",
    session: int = 1,
    phantom: bool = False,
    progress: Progress = silent,
) -> CaseNodes:
    """Run the whole pipeline on volumes of the scene and put its results into the case's folder.

    Args:
        identifier: Case identifier, a pseudonym.
        region: ``thigh`` or ``calf``.
        volume_nodes: The case's volumes; what each is stands with the node (`set_role`), else in its name. One
            node of an echo train stands for the whole train (`series_nodes.echo_nodes`).
        muscles_node: Segmentation node of the muscles, brought onto the grid of the first volume; or None.
        parameters: Of all stages.
        reader: Who drew the muscles.
        session: Which reading of that reader, from 1.
        phantom: Whether the images are simulated.
        progress: Receives fraction and text.

    Returns:
        The nodes of the case.

    Raises:
        InputError, GeometryError: As `study.pipeline.run_case`, or two volumes have one name.
    """
    if not volume_nodes:
        raise InputError(f"Case {identifier} has no volume. Give at least one.")
    trains = _trains(volume_nodes)
    series = [series_from_volume_nodes(nodes) for nodes in trains]
    names = [one.name for one in series]
    if len(set(names)) < len(names):
        raise InputError(f"Volumes of case {identifier} have the same name: {', '.join(names)}. Rename one.")
    case = Case(
        identifier=identifier,
        region=_region(region),
        series=tuple(series),
        muscles=None if muscles_node is None else segmentation_from_node(muscles_node, volume_nodes[0]),
        phantom=phantom,
        reader=reader,
        session=session,
    )
    result = pipeline.run_case(case, parameters, progress)
    for nodes, one in zip(trains, series, strict=True):
        for node in nodes:
            node.SetAttribute(attributes.CASE, identifier)
            if one.role is not Role.UNKNOWN:
                set_role(node, one.role, one.reason)
    placed = {name: nodes if len(nodes) > 1 else nodes[0] for name, nodes in zip(names, trains, strict=True)}
    return place_case(result, volumes=placed)


def _trains(volume_nodes: Sequence[Any]) -> list[list[Any]]:
    """Return the nodes of each series, the echoes of a train together."""
    trains: list[list[Any]] = []
    for node in volume_nodes:
        train = echo_nodes(node)
        if len(train) == 1 or train not in trains:
            trains.append(train)
    return trains


def write_case_report(identifier: str, path: Path | str, progress: Progress = silent) -> Path:
    """Write the report of a case in the scene as one HTML page, with the readers' scores where there are any.

    Args:
        identifier: Case identifier.
        path: The file to write.
        progress: Receives fraction and text.

    Returns:
        The path.

    Raises:
        InputError: The scene holds no results of that case.
        OutputError: The page cannot be written.
    """
    return write_report(
        read_case(identifier),
        Path(path),
        progress,
        scores=case_scores(identifier),
        classification=case_classification(identifier),
    )


def _region(region: Region | str) -> Region:
    try:
        return Region(region)
    except ValueError:
        known = ", ".join(known.value for known in Region)
        raise ParameterError(f"There is no region {region!r}; the regions are: {known}.") from None
