"""Quantitative maps on nodes: the module's logic offers these in the batch console.

t2 = map_t2(slicer.util.getNode("mese"), method="water")     # {"water_t2": node, "b1": node, …}
carried = transfer(muscles, t1w, t2["water_t2"])             # muscles on the grid of the map
table = measure_map(t2["water_t2"], carried.segmentation)    # a row per structure and side
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.imaging.transfer import Refinement, TransferParameters, transfer_structures
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.qmri import measures
from MuscleMyopathyLib.qmri.dixon import DixonParameters, separate_water_and_fat
from MuscleMyopathyLib.qmri.dixon_maps import dixon_maps
from MuscleMyopathyLib.qmri.echoes import Echoes
from MuscleMyopathyLib.qmri.measures import MeasureParameters, Quantity
from MuscleMyopathyLib.qmri.phase import complex_echoes
from MuscleMyopathyLib.qmri.phase_scale import PhaseScale
from MuscleMyopathyLib.qmri.t2_maps import T2Method, T2Parameters, t2_maps
from MuscleMyopathyLib.qmri.vendor_map import (
    fat_fraction_from_vendor_map,
    r2star_from_vendor_map,
    t2_from_vendor_map,
)
from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.map_nodes import kind_of, map_nodes
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.series_nodes import series_from_volume_nodes
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.transforms import transform_node_from
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, series_from_volume_node

_FROM_SCANNER = {
    Quantity.FAT_FRACTION: fat_fraction_from_vendor_map,
    Quantity.T2: t2_from_vendor_map,
    Quantity.R2STAR: r2star_from_vendor_map,
}


def map_t2(
    echo_nodes: Any,
    echo_times_ms: Sequence[float] = (),
    method: T2Method | str = T2Method.MONO_EXPONENTIAL,
    *,
    parameters: T2Parameters | None = None,
    output_nodes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Compute T2 maps of a spin-echo train.

    Args:
        echo_nodes: As `series_nodes.series_from_volume_nodes` takes them: a node of a train, all its nodes, a
            sequence, or a 4D volume.
        echo_times_ms: Where the nodes do not tell them; in their order.
        method: ``mono-exponential``, or ``water`` for water T2 by the extended phase graph.
        parameters: Of both methods.
        output_nodes: Nodes to fill in place, as an earlier call returned them.
        progress: Receives fraction and text.

    Returns:
        Volume nodes: ``t2``, ``s0`` (mono-exponential) or ``water_t2``, ``fat_share``, ``b1`` (water), with
        ``residual`` and ``standard_error``. What a reader should know stands in their description.

    Raises:
        InputError, GeometryError, ParameterError: The echoes or the method cannot be used; as `t2_maps`.
    """
    chosen = _method(method)
    series = series_from_volume_nodes(echo_nodes, echo_times_ms)
    found = t2_maps(Echoes.of_series(series), chosen, parameters, progress)
    reason = f"{chosen.value.capitalize()} fit of {series.name}, echoes {_listed(found.echoes_used)}."
    return _described(map_nodes(found.maps, series.name, reason, output_nodes), found.problems)


def map_fat_fraction(
    magnitude_nodes: Any,
    phase_nodes: Any,
    echo_times_ms: Sequence[float] = (),
    *,
    phase_scale: PhaseScale | str | None = None,
    field_strength_tesla: float | None = None,
    parameters: DixonParameters | None = None,
    output_nodes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Separate water and fat of a gradient-echo train.

    Args:
        magnitude_nodes: As `series_nodes.series_from_volume_nodes` takes them.
        phase_nodes: The phase of each echo.
        echo_times_ms: Where the nodes do not tell them; in their order.
        phase_scale: What the phase's numbers mean; seen from their range by default.
        field_strength_tesla: Where the nodes do not tell it.
        parameters: Of the separation.
        output_nodes: Nodes to fill in place, as an earlier call returned them.
        progress: Receives fraction and text.

    Returns:
        Volume nodes: ``fat_fraction`` (percent), ``water``, ``fat``, ``field_map``, ``residual``, ``confidence``,
        ``suspected_swap``, and ``r2star`` where the echoes give it.

    Raises:
        InputError, GeometryError: The echoes cannot be used; as `separate_water_and_fat`.
    """
    magnitude = series_from_volume_nodes(magnitude_nodes, echo_times_ms)
    phase = series_from_volume_nodes(phase_nodes, echo_times_ms)
    if not magnitude.echo_times_ms:
        raise InputError(
            f"The echo times of {magnitude.name} are unknown, and they are not guessed. Give them in milliseconds."
        )
    parameters = parameters or DixonParameters()
    if field_strength_tesla is not None:
        parameters = dataclasses.replace(parameters, field_strength_tesla=field_strength_tesla)
    echoes = complex_echoes(
        magnitude.echoes or (magnitude.image,),
        phase.echoes or (phase.image,),
        magnitude.echo_times_ms,
        None if phase_scale is None else PhaseScale(phase_scale),
    )
    separated = separate_water_and_fat(echoes, magnitude.acquisition, parameters, progress)
    reason = f"Computed from {len(echoes.times_ms)} echoes of {magnitude.name}."
    made = map_nodes(dixon_maps(separated), magnitude.name, reason, output_nodes)
    return _described(made, separated.problems)


@dataclasses.dataclass(frozen=True)
class TransferNodes:
    """Structures carried to another series.

    Attributes:
        segmentation: Segmentation node on the target's grid.
        transform: Linear transform node that moves what lies on the source to its place on the target; None
            without a refinement.
        volumes: Table node, a row per structure and side: volumes before and after, displacement in mm.
        refinement: Displacement and likeness of the images before and after; None without a refinement.
        problems: What a reader should know, in words.
    """

    segmentation: Any
    transform: Any
    volumes: Any
    refinement: Refinement | None
    problems: tuple[str, ...]


def transfer(
    segmentation_node: Any,
    from_node: Any,
    to_node: Any,
    *,
    refine: bool = False,
    same_space: bool = False,
    output: TransferNodes | None = None,
    progress: Progress = silent,
) -> TransferNodes:
    """Carry structures from the volume that they were drawn on to another series of the examination.

    Args:
        segmentation_node: The structures.
        from_node: Volume that they were drawn on.
        to_node: Volume (or an echo, or a map) to carry them to.
        refine: Whether to align the images rigidly first.
        same_space: The user's word that both volumes share their space.
        output: Nodes of an earlier call to fill in place; None makes new ones.
        progress: Receives fraction and text.

    Raises:
        InputError, GeometryError: As `imaging.transfer.transfer_structures`.
    """
    source, target = series_from_volume_node(from_node), series_from_volume_node(to_node)
    carried = transfer_structures(
        segmentation_from_node(segmentation_node, from_node),
        source,
        target,
        TransferParameters(refine=refine, same_space=same_space),
        progress,
    )
    name = f"{segmentation_node.GetName()} on {to_node.GetName()}"
    found = carried.refinement
    node = segmentation_node_from(carried.segmentation, name, to_node, output.segmentation if output else None)
    node.SetDescription("; ".join(carried.problems))
    return TransferNodes(
        segmentation=node,
        transform=None
        if found is None
        else transform_node_from(
            found.transform.GetInverse(), f"{name} transform", output.transform if output else None
        ),
        volumes=table_node_from_dataframe(carried.volumes, f"{name} volumes", output.volumes if output else None),
        refinement=found,
        problems=carried.problems,
    )


def measure_map(
    map_volume_node: Any,
    segmentation_node: Any,
    quantity: Quantity | str | None = None,
    *,
    by_slice: bool = False,
    parameters: MeasureParameters | None = None,
    same_space: bool = False,
    output_node: Any = None,
) -> Any:
    """Measure a map in every structure of a segmentation.

    Structures that were drawn on a volume of another grid are carried to the map first, with the checks of
    `transfer`.

    Args:
        map_volume_node: The map; what it shows is stored with the node or follows from its role.
        segmentation_node: The structures.
        quantity: What the map shows, where the node does not tell: ``ff``, ``t2``, ``water_t2`` or ``r2star``.
        by_slice: A row per structure and slice instead of one per structure.
        parameters: Erosion and cut-offs.
        same_space: The user's word that segmentation and map share their space.
        output_node: Table node to fill; None makes a new one.

    Returns:
        The table node, with the columns of `qmri.measures.measure_map`. How a scanner's scale was understood, and
        what the transfer found, stand in its description.

    Raises:
        InputError, GeometryError, ParameterError: A node cannot be used.
    """
    chosen = _quantity(map_volume_node, quantity)
    image, notes = _values(map_volume_node, chosen)
    segmentation, problems = _on_grid_of(map_volume_node, segmentation_node, same_space)
    if chosen is Quantity.FAT_FRACTION:
        found = measures.measure_structures(segmentation, image, parameters=parameters)
    else:
        found = measures.measure_map(segmentation, image, chosen, parameters)
    name = f"{segmentation_node.GetName()} {map_volume_node.GetName()}"
    node = table_node_from_dataframe(found.by_slice if by_slice else found.volume, name, output_node)
    node.SetDescription("; ".join((*notes, *problems)))
    return node


def _method(method: T2Method | str) -> T2Method:
    try:
        return T2Method(method)
    except ValueError:
        known = ", ".join(T2Method)
        raise ParameterError(f"There is no method {method!r}; the methods are: {known}.") from None


def _quantity(node: Any, quantity: Quantity | str | None) -> Quantity:
    if isinstance(quantity, Quantity):
        return quantity
    if quantity is not None:
        by_prefix = {one.prefix: one for one in Quantity}
        if quantity not in by_prefix:
            raise ParameterError(f"There is no quantity {quantity!r}; there are: {', '.join(by_prefix)}.")
        return by_prefix[quantity]
    found = kind_of(node).quantity
    if found is None:
        raise InputError(f"The map {node.GetName()} is to be looked at; nothing is measured of it.")
    return found


def _values(node: Any, quantity: Quantity) -> tuple[Any, tuple[str, ...]]:
    """Return the map's values in the quantity's unit; one computed here is in that unit already."""
    image = image_from_volume_node(node)
    if node.GetAttribute(attributes.MAP) is not None or quantity not in _FROM_SCANNER:
        return image, ()
    values, note = _FROM_SCANNER[quantity](image, node.GetAttribute(attributes.UNIT))
    return values, (note,)


def _on_grid_of(map_volume_node: Any, segmentation_node: Any, same_space: bool) -> tuple[Segmentation, Any]:
    role = segmentation_node.GetReferenceImageGeometryReferenceRole() if segmentation_node is not None else ""
    drawn_on = segmentation_node.GetNodeReference(role) if segmentation_node is not None else None
    grid = image_from_volume_node(map_volume_node)
    if drawn_on is None or same_geometry(image_from_volume_node(drawn_on), grid):
        return segmentation_from_node(segmentation_node, map_volume_node), ()
    carried = transfer_structures(
        segmentation_from_node(segmentation_node, drawn_on),
        series_from_volume_node(drawn_on),
        series_from_volume_node(map_volume_node),
        TransferParameters(same_space=same_space),
    )
    return carried.segmentation, carried.problems


def _described(nodes: dict[str, Any], problems: Sequence[str]) -> dict[str, Any]:
    for node in nodes.values():
        node.SetDescription("; ".join(problems))
    return nodes


def _listed(numbers: Sequence[int]) -> str:
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 2 else ", ".join(map(str, numbers))
