"""From nodes to the arguments of the command ``features``: images, labels and preset as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FEATURES, GREY_LEVELS = "features.csv", "grey_levels.csv"


@dataclass(frozen=True)
class FeaturesJob:
    """What the command ``features`` is asked for.

    Attributes:
        identifier: Case identifier.
        region: Limb segment, a value of `anatomy.Region`.
        reader: Who drew the segmentation; letters, digits and hyphens, or empty.
        session: Which reading of that reader.
        volumes: Volume nodes on one grid by the name of their sequence.
        segmentation: Segmentation node.
        preset: A ``RadiomicsPreset``, slices included.
        phantom: Whether the images are simulated.
        workers: Processes that share the structures.
    """

    identifier: str
    region: str
    reader: str
    session: int
    volumes: Mapping[str, Any]
    segmentation: Any
    preset: Any
    phantom: bool
    workers: int = 1

    def write(self, folder: Path) -> list[str]:
        """Write the inputs into a new folder and return the arguments; the tables go into the folder as well.

        Raises:
            InputError, GeometryError: A volume or the segmentation cannot be used.
            OutputError: The folder cannot be written.
        """
        import yaml

        from MuscleMyopathyLib.imaging.files import write_image
        from MuscleMyopathyLib.label_schemes import write_itksnap_labels
        from MuscleMyopathyLib.output import write_json
        from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node
        from MuscleMyopathyLib.study.case import PHANTOM_NOTICE
        from MuscleMyopathyLib.study.inputs import PHANTOM_MARK

        folder.mkdir(parents=True)
        arguments = ["features", "--case", self.identifier, "--region", self.region]
        for number, (sequence, node) in enumerate(self.volumes.items()):
            path = folder / f"image-{number}.nrrd"
            write_image(image_from_volume_node(node), path)
            arguments += ["--image", f"{sequence}={path}"]
        drawn = segmentation_from_node(self.segmentation, next(iter(self.volumes.values()))).renumbered()
        write_image(drawn.image, folder / "labels.nrrd")
        # A scheme of its own for this file: a structure without a voxel keeps its row, with the reason.
        write_itksnap_labels(drawn.structures, folder / "labels.txt")
        who = f"{self.reader}:{self.session}=" if self.reader else ""
        arguments += ["--labels", f"{who}{folder / 'labels.nrrd'}", "--label-scheme", str(folder / "labels.txt")]
        preset = folder / f"{self.preset.name}.yaml"
        preset.write_text(
            yaml.safe_dump(plain(self.preset.to_mapping()), sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
        if self.phantom:
            write_json({"notice": PHANTOM_NOTICE}, folder / PHANTOM_MARK)
        arguments += ["--preset", str(preset), "--workers", str(self.workers)]
        return [*arguments, "--output", str(folder / FEATURES), "--grey-levels", str(folder / GREY_LEVELS)]


def plain(value: Any) -> Any:
    """Return nested values with lists for tuples, as YAML's safe form knows them."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value
