"""From nodes to the arguments of the command ``case``: images and labels written for the job to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.volumes import image_from_volume_node

OPTIONS = {
    Role.WATER: "--water",
    Role.FAT: "--fat",
    Role.FAT_FRACTION_MAP: "--ff-map",
    Role.T1W: "--t1w",
}


@dataclass(frozen=True)
class CaseJob:
    """What the command ``case`` is asked for.

    Attributes:
        identifier: Case identifier.
        region: Limb segment, a value of `anatomy.Region`.
        reader: Who reads; may be empty.
        session: Which reading of that reader.
        volumes: Volume nodes by role: water and fat, or a map, and T1w where there is one.
        muscles: Segmentation node on the grid of the volumes, or None.
        parameters: The pipeline's ``CaseParameters``.
        phantom: Whether the images are simulated.
    """

    identifier: str
    region: str
    reader: str
    session: int
    volumes: Mapping[Role, Any]
    muscles: Any
    parameters: Any
    phantom: bool

    def write(self, folder: Path) -> list[str]:
        """Write the inputs into a new folder and return the arguments; results go to ``folder/results``.

        Raises:
            InputError, GeometryError: A volume or the segmentation cannot be used.
            OutputError: The folder cannot be written.
        """
        import yaml

        from MuscleMyopathyLib.imaging.files import write_image
        from MuscleMyopathyLib.parameters import to_mapping
        from MuscleMyopathyLib.scene.segmentations import segmentation_from_node

        folder.mkdir(parents=True)
        arguments = ["case", "--case", self.identifier, "--region", self.region, "--no-scene"]
        arguments += ["--session", str(self.session), "--output", str(folder / "results")]
        if self.reader:
            arguments += ["--reader", self.reader]
        if self.phantom:
            arguments.append("--phantom")
        for role, node in self.volumes.items():
            path = folder / f"{role.value.replace(' ', '-')}.nrrd"
            write_image(image_from_volume_node(node), path)
            arguments += [OPTIONS[role], str(path)]
        if self.muscles is not None:
            reference = next(iter(self.volumes.values()))
            segmentation = segmentation_from_node(self.muscles, reference).renumbered()
            write_image(segmentation.image, folder / "muscles.nrrd")
            arguments += ["--labels", str(folder / "muscles.nrrd"), "--label-scheme", "muscle-myopathy"]
        preset = folder / "preset.yaml"
        preset.write_text(yaml.safe_dump(to_mapping(self.parameters), sort_keys=False), encoding="utf-8")
        return [*arguments, "--preset", str(preset)]
