"""Segmentation on nodes, and its files: the module's logic offers this in the batch console.

muscles = segment([water, fat], "muscles", "thigh")
export_segmentation(muscles, "/results/muscles.nii.gz")
propagated, table = propagate(segmentation, volume, drawn_slices=[3, 8, 12])
muscles = segment_with("/weights/nnUNetTrainer__nnUNetPlans__3d_fullres", [water], "thigh")
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.dicom_segmentation_export import write_dicom_segmentation
from MuscleMyopathyLib.imaging.files import image_suffix, write_image
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.label_schemes import read_label_scheme, write_itksnap_labels
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file
from MuscleMyopathyLib.scene.attributes import MADE_BY
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node, segmentation_node_from
from MuscleMyopathyLib.scene.tables import table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import image_from_volume_node, nodes_by_role
from MuscleMyopathyLib.segmentation import propagation
from MuscleMyopathyLib.segmentation.engines import dividing
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from MuscleMyopathyLib.segmentation.methods import SegmentationMethod, by_compartments, by_network
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.segmentation.propagation import PropagationParameters


def segment(
    volume_nodes: Sequence[Any],
    method: SegmentationMethod | str = SegmentationMethod.MUSCLES,
    region: Region | str | None = None,
    *,
    structures: Collection[Structure | str] | None = None,
    network: str | Path | None = None,
    only_side: Side | str = Side.BOTH,
    output_node: Any = None,
    table_node: Any = None,
    progress: Progress = silent,
) -> Any:
    """Segment volumes of one examination; their roles say what they are.

    Args:
        volume_nodes: Volume nodes; for muscles all vote, for compartments water and fat or a T1w.
        method: ``muscles`` or ``compartments``; for the others see `segment_with` and `propagate`.
        region: ``thigh`` or ``calf``; None lets the muscle network recognise it.
        structures: Which to keep, such as ``RF_left``; None for all.
        network: Folder with card and weights of a muscle network; the shipped one by default.
        only_side: ``left`` or ``right``, the side of the one leg in the images; ``both`` finds out how many legs
            there are and which.
        output_node: Segmentation node to fill; None makes a new one.
        table_node: Table node to fill with volume, confidence and problem of each structure; None for no table.
        progress: Receives fraction and text.

    Returns:
        The segmentation node; what the user should know stands in its description.

    Raises:
        InputError, GeometryError, MissingPackageError: As `segmentation.methods.by_network` and
            `by_compartments`.
    """
    read = {name: image_from_volume_node(node) for name, node in nodes_by_role(volume_nodes).items()}
    kind = SegmentationMethod(method)
    if kind is SegmentationMethod.MUSCLES:
        wanted = None if region is None else Region(region)
        found = by_network(
            read,
            wanted,
            MuscleParameters(only_side=Side(only_side)),
            None if network is None else Path(network),
            progress,
        )
    elif kind is SegmentationMethod.COMPARTMENTS and region is not None:
        found = by_compartments(read, Region(region), CompartmentParameters(only_side=Side(only_side)), progress)
    elif kind is SegmentationMethod.COMPARTMENTS:
        raise InputError("Compartments need to know what the images show: region 'thigh' or 'calf'.")
    else:
        raise InputError(f"For the method '{kind}' there are functions of their own: segment_with and propagate.")
    if structures is not None:
        found = found.only([Structure.parse(one) if isinstance(one, str) else one for one in structures])
    grid = next(
        node for node in volume_nodes if same_geometry(image_from_volume_node(node), found.segmentation.image)
    )
    node = segmentation_node_from(found.segmentation, str(kind), grid, output_node)
    node.SetDescription("; ".join((found.made_by, *found.problems)))
    node.SetAttribute(MADE_BY, found.made_by)
    if table_node is not None:
        table_node_from_dataframe(found.structures, table_node.GetName(), table_node)
    return node


def import_segmentation(
    path: str | Path, volume_node: Any = None, *, label_scheme: str | Path | None = None, output_node: Any = None
) -> Any:
    """Put a segmentation of another program into a segmentation node.

    Args:
        path: NIfTI, NRRD (``.seg.nrrd`` included), MetaImage or DICOM SEG.
        volume_node: The volume that was segmented, to check that both share a grid; None checks nothing.
        label_scheme: What the labels mean; by default what the file or an ITK-SNAP label description beside it
            says, else this extension's own numbers.
        output_node: Segmentation node to fill; None makes a new one.

    Raises:
        InputError, GeometryError: As `reproducibility.reading_import.read_segmentation_file`.
    """
    image = None if volume_node is None else image_from_volume_node(volume_node)
    read = read_segmentation_file(path, label_scheme, image)
    name = Path(path).name.split(".")[0]
    return segmentation_node_from(read, name, volume_node, output_node)


def export_segmentation(
    segmentation_node: Any, path: str | Path, volume_node: Any = None, *, dicom_files: Sequence[str | Path] = ()
) -> list[Path]:
    """Save a segmentation for other programs.

    Args:
        segmentation_node: Its known structures are saved under this extension's own label numbers.
        path: ``.nii.gz``, ``.nii``, ``.nrrd`` or ``.mha`` with an ITK-SNAP label description (.txt) beside it; or
            ``.dcm`` for a DICOM Segmentation.
        volume_node: The volume whose grid the labels get; None takes the one drawn on.
        dicom_files: For DICOM: the files of the series that was segmented. By default those that the volume was
            loaded from in the application.

    Returns:
        The files written.

    Raises:
        InputError: The segmentation or the DICOM series cannot be used.
        GeometryError: The segmentation does not lie on the grid of the DICOM series.
        MissingPackageError: highdicom, for DICOM, is not installed.
        OutputError: A file cannot be written.
    """
    path = Path(path)
    drawn = segmentation_from_node(segmentation_node, volume_node).renumbered()
    if path.suffix.lower() == ".dcm":
        files = [Path(file) for file in dicom_files] or _dicom_files(volume_node)
        return [write_dicom_segmentation(drawn, files, path)]
    suffix = image_suffix(path)
    if suffix is None:
        raise InputError(f"{path.name}: name the format by .nii.gz, .nrrd, .mha or .dcm.")
    labels = path.with_name(f"{path.name.removesuffix(suffix)}.txt")
    write_image(drawn.image, path)
    write_itksnap_labels(drawn.structures, labels)
    return [path, labels]


def _dicom_files(volume_node: Any) -> list[Path]:
    """Return the DICOM files that a volume was loaded from, as the application's database knows them."""
    import slicer

    instances = (volume_node.GetAttribute("DICOM.instanceUIDs") or "").split() if volume_node is not None else []
    database = getattr(slicer, "dicomDatabase", None)
    files = [database.fileForInstance(instance) for instance in instances] if database is not None else []
    if not files or not all(files):
        raise InputError(
            "A DICOM segmentation needs the DICOM series that was segmented, and this volume was not loaded from "
            "the DICOM database. Import the series there, or export as NIfTI."
        )
    return [Path(file) for file in files]


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
    only_side: Side | str = Side.BOTH,
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
        only_side: As in `segment`, for a network that does not tell left from right.
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
    made = dividing.segment_with(engine, images, Region(region), progress, only_side=Side(only_side))
    node = segmentation_node_from(made.segmentation, f"muscles by {made.engine}", volume_nodes[0], output_node)
    node.SetDescription("; ".join(made.remarks))
    node.SetAttribute(MADE_BY, f"muscles by {made.engine}")
    return node
