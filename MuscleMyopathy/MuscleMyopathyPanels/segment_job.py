"""From nodes to the arguments of the command ``segment``, and from its files to what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.anatomy import Structure

LABELS = "found.nrrd"


@dataclass(frozen=True)
class SegmentJob:
    """What the command ``segment`` is asked for.

    Attributes:
        method: One of `segment_method.LABELS`.
        region: Limb segment, a value of `anatomy.Region`.
        images: Volume nodes by role or name.
        structures: Which to keep; empty for all.
        network: Folder of the muscle network, or None.
        weights: Weights of others, or None.
        trusted: The user's word that a TorchScript file may run.
        side: ``left`` or ``right``, the side of the one leg in the images; ``both`` finds the legs.
        drawn: Segmentation node that propagation starts from, or None.
        drawn_slices: Slices to trust, numbers from 0 with commas between; empty for all that hold something.
    """

    method: str
    region: str
    images: Mapping[str, Any]
    structures: tuple[Structure, ...] = ()
    network: Path | None = None
    weights: Path | None = None
    trusted: bool = False
    side: str = "both"
    drawn: Any = None
    drawn_slices: str = ""

    def write(self, folder: Path) -> list[str]:
        """Write the inputs into a new folder and return the arguments.

        Raises:
            InputError, GeometryError: A node cannot be used.
            OutputError: The folder cannot be written.
        """
        from MuscleMyopathyLib.imaging.files import write_image
        from MuscleMyopathyLib.label_schemes import write_itksnap_labels
        from MuscleMyopathyLib.scene.segmentations import read_segmentation_node
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node

        folder.mkdir(parents=True)
        arguments = ["segment", "--method", self.method, "--region", self.region]
        for number, (name, node) in enumerate(self.images.items()):
            path = folder / f"image-{number}.nrrd"
            write_image(image_from_volume_node(node), path)
            arguments += ["--image", f"{name}={path}"]
        if self.drawn is not None:
            reading = read_segmentation_node(self.drawn, next(iter(self.images.values())))
            drawn = reading.segmentation.renumbered()
            write_image(drawn.image, folder / "drawn.nrrd")
            write_itksnap_labels(drawn.structures, folder / "drawn.txt")
            arguments += ["--labels", str(folder / "drawn.nrrd"), "--label-scheme", str(folder / "drawn.txt")]
            if self.drawn_slices.strip():
                arguments += ["--drawn-slices", self.drawn_slices]
        if self.side != "both":
            arguments += ["--side", self.side]
        if self.structures:
            arguments += ["--structures", ",".join(one.identifier for one in self.structures)]
        if self.network is not None:
            arguments += ["--network", str(self.network)]
        if self.weights is not None:
            arguments += ["--weights", str(self.weights), *(["--trust"] if self.trusted else [])]
        return [*arguments, "--output", str(folder / LABELS)]


def read_found(folder: Path) -> Any:
    """Return what a job left, as a ``SegmentationOutcome`` without its map of confidence.

    Raises:
        InputError: A file cannot be read.
    """
    import json

    import pandas as pd

    from MuscleMyopathyLib.imaging.files import read_label_image
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.label_schemes import read_label_scheme
    from MuscleMyopathyLib.segmentation.methods import SegmentationOutcome

    stem = LABELS.removesuffix(".nrrd")
    record = json.loads((folder / f"{stem}.provenance.json").read_text(encoding="utf-8"))
    table = pd.read_csv(folder / f"{stem}.structures.csv", dtype={"problem": str})
    return SegmentationOutcome(
        Segmentation(read_label_image(folder / LABELS), read_label_scheme(str(folder / f"{stem}.txt"))),
        table.assign(problem=table["problem"].fillna("")),
        tuple(record["problems"]),
        record["made_by"],
    )
