"""From nodes to the arguments of the command ``transfer``, and from its files back to what the scene keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class TransferJob:
    """A rigid refinement of a transfer; patient and frame of reference were checked on the nodes before.

    Attributes:
        segmentation: Segmentation node.
        drawn_on: Volume that it was drawn on.
        target: Volume to carry it to.
    """

    segmentation: Any
    drawn_on: Any
    target: Any

    def write(self, folder: Path) -> list[str]:
        """Write the inputs into a new folder and return the arguments; the labels go to ``folder/carried.nrrd``.

        Raises:
            InputError, GeometryError: A node cannot be used.
            OutputError: The folder cannot be written.
        """
        from MuscleMyopathyLib.imaging.files import write_image
        from MuscleMyopathyLib.label_schemes import write_itksnap_labels
        from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node

        folder.mkdir(parents=True)
        drawn = segmentation_from_node(self.segmentation, self.drawn_on).renumbered()
        write_image(drawn.image, folder / "labels.nrrd")
        write_itksnap_labels(drawn.structures, folder / "labels.txt")
        for name, node in (("from", self.drawn_on), ("to", self.target)):
            write_image(image_from_volume_node(node), folder / f"{name}.nrrd")
        arguments = ["transfer", "--labels", str(folder / "labels.nrrd")]
        arguments += ["--label-scheme", str(folder / "labels.txt"), "--refine"]
        arguments += ["--from", str(folder / "from.nrrd"), "--to", str(folder / "to.nrrd")]
        return [*arguments, "--output", str(folder / "carried.nrrd")]


def read_carried(folder: Path) -> tuple[Any, Any]:
    """Return what a job left: the ``Segmentation`` on the target's grid, and the table of volumes.

    Raises:
        InputError: A file cannot be read.
    """
    import pandas as pd

    from MuscleMyopathyLib.imaging.files import read_label_image
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.label_schemes import read_label_scheme

    carried = Segmentation(
        read_label_image(folder / "carried.nrrd"), read_label_scheme(str(folder / "labels.txt"))
    )
    volumes = pd.read_csv(folder / "carried.volumes.csv", keep_default_na=True)
    return carried, volumes.assign(problem=volumes["problem"].fillna(""))
