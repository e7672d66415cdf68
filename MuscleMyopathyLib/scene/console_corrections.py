"""Learning from corrections on nodes: the module's logic offers this in the batch console.

accept_correction("/library", muscles, [water, fat], "P-017", "thigh")
fine_tune("/library")
versions = network_versions("/library")
use_version("/library", 0)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, nodes_by_role
from MuscleMyopathyLib.segmentation.corrections.finetuning import FineTuning, FineTuningParameters
from MuscleMyopathyLib.segmentation.corrections.learning import learn
from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary, Pair
from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions
from MuscleMyopathyLib.segmentation.network.engine import SHIPPED


def accept_correction(
    library: str | Path, segmentation_node: Any, volume_nodes: Sequence[Any], case: str, region: Region | str
) -> Pair:
    """Keep images with their corrected muscles in a library on this machine.

    Args:
        library: Its folder, made on the first correction.
        segmentation_node: The muscles as the reader left them.
        volume_nodes: Volume nodes on the grid that was drawn on; their roles name them.
        case: Pseudonym of the case; no name of a patient.
        region: ``thigh`` or ``calf``.

    Returns:
        The pair as it was kept; ``held_back`` tells whether it is only ever used to check.

    Raises:
        InputError, GeometryError, OutputError: As `corrections.library.CorrectionLibrary.add`.
    """
    if not volume_nodes:
        raise InputError("No volume is chosen. Choose the one that the segmentation was drawn on.")
    drawn = segmentation_from_node(segmentation_node, volume_nodes[0])
    images = {name: image_from_volume_node(node) for name, node in nodes_by_role(volume_nodes).items()}
    return CorrectionLibrary(Path(library)).add(case, Region(region), images, drawn)


def fine_tune(
    library: str | Path,
    parameters: FineTuningParameters | None = None,
    *,
    network: str | Path | None = None,
    progress: Progress = silent,
) -> FineTuning:
    """Fine-tune the network in use on a library's corrections; the result is used only if it is not worse.

    Args:
        library: Folder of the library.
        parameters: Steps, learning rate, tolerance.
        network: Network to begin with; the shipped one by default.
        progress: Receives fraction and text.

    Returns:
        Version, whether it is in use, why, the corrections left out, and Dice before and after.

    Raises:
        InputError, MissingPackageError, OutputError: As `corrections.learning.learn`.
    """
    first = Path(network) if network is not None else resource("Models", SHIPPED)
    return learn(Path(library), first, parameters, progress=progress)


def network_versions(library: str | Path, table_node: Any = None) -> Any:
    """Return a table node with a row per version: date, figures before and after, reason, which is in use.

    Args:
        library: Folder of the library.
        table_node: Table node to fill; None makes a new one.

    Raises:
        InputError: A version is damaged.
    """
    return table_node_from_dataframe(NetworkVersions(Path(library)).table(), "versions of the network", table_node)


def use_version(library: str | Path, version: int) -> Path:
    """Put a version into use; its output is the same as ever.

    Returns:
        The folder of its card and weights.

    Raises:
        InputError: There is no such version.
    """
    versions = NetworkVersions(Path(library))
    versions.use(version, "chosen by the user")
    return versions.network()
