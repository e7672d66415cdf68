"""From echo trains to the arguments of the commands ``map-t2`` and ``map-ff``, and from their files to maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.scene.series_nodes import series_from_volume_nodes

MONO_EXPONENTIAL, WATER = "mono-exponential", "water"
"""Methods of ``map-t2``."""


@dataclass(frozen=True)
class T2Job:
    """What the command ``map-t2`` is asked for.

    Attributes:
        echoes: Volume nodes of the spin echoes, by echo time.
        times_ms: Their echo times.
        method: `MONO_EXPONENTIAL` or `WATER`.
        preset: The method's parameters as text, YAML; empty for the defaults.
    """

    echoes: Sequence[Any]
    times_ms: tuple[float, ...]
    method: str
    preset: str = ""

    def write(self, folder: Path) -> list[str]:
        """Write the echoes into a new folder and return the arguments; the maps go to ``folder/maps``.

        Raises:
            InputError, GeometryError: A volume cannot be used.
            OutputError: The folder cannot be written.
        """
        write_echoes(self.echoes, self.times_ms, folder / "echoes")
        arguments = ["map-t2", str(folder / "echoes"), "--method", self.method]
        arguments += ["--echo-times", _listed(self.times_ms), "--output", str(folder / "maps")]
        if self.preset:
            (folder / "preset.yaml").write_text(self.preset, encoding="utf-8")
            arguments += ["--preset", str(folder / "preset.yaml")]
        return arguments


@dataclass(frozen=True)
class SeparationJob:
    """What the command ``map-ff`` is asked for.

    Attributes:
        magnitudes: Volume nodes of the gradient echoes, by echo time.
        phases: Their phases.
        times_ms: Their echo times.
        field_strength_tesla: Of the scanner; 0 as the volumes tell.
    """

    magnitudes: Sequence[Any]
    phases: Sequence[Any]
    times_ms: tuple[float, ...]
    field_strength_tesla: float = 0.0

    def write(self, folder: Path) -> list[str]:
        """Write the echoes into a new folder and return the arguments; the maps go to ``folder/maps``.

        Raises:
            InputError, GeometryError: A volume cannot be used.
            OutputError: The folder cannot be written.
        """
        write_echoes(self.magnitudes, self.times_ms, folder / "magnitude")
        write_echoes(self.phases, self.times_ms, folder / "phase")
        arguments = ["map-ff", "--magnitude", str(folder / "magnitude"), "--phase", str(folder / "phase")]
        arguments += ["--echo-times", _listed(self.times_ms), "--output", str(folder / "maps")]
        if self.field_strength_tesla:
            arguments += ["--field-strength", repr(self.field_strength_tesla)]
        return arguments


def write_echoes(nodes: Sequence[Any], times_ms: Sequence[float], folder: Path) -> None:
    """Write a train as BIDS does: a file per echo, and beside each what is known of its sequence."""
    from MuscleMyopathyLib.imaging.files import write_image
    from MuscleMyopathyLib.output import write_json

    folder.mkdir(parents=True)
    series = series_from_volume_nodes(list(nodes), times_ms)
    known = series.acquisition
    # BIDS counts in seconds.
    tags = {
        "RepetitionTime": None if known.repetition_time_ms is None else known.repetition_time_ms / 1000,
        "FlipAngle": known.flip_angle_degrees,
        "MagneticFieldStrength": known.field_strength_tesla,
    }
    for number, (image, time) in enumerate(zip(series.echoes, series.echo_times_ms, strict=True), start=1):
        write_image(image, folder / f"train_echo-{number}.nii.gz")
        told = {name: value for name, value in {"EchoTime": time / 1000, **tags}.items() if value is not None}
        write_json(told, folder / f"train_echo-{number}.json")


def read_maps(folder: Path) -> dict[Any, Any]:
    """Return the images that a job left, by their ``MapKind``.

    Raises:
        InputError: A file cannot be read.
    """
    from MuscleMyopathyLib.imaging.files import read_image
    from MuscleMyopathyLib.qmri.map_kinds import MapKind

    files = {path.name.removesuffix(".nii.gz"): path for path in sorted(folder.glob("*.nii.gz"))}
    return {MapKind.of_file_name(name): read_image(path) for name, path in files.items()}


def read_problems(folder: Path) -> list[str]:
    """Return what a reader of the maps should know, in words."""
    import json

    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return [str(problem) for problem in provenance.get("problems", [])]


def _listed(times_ms: Sequence[float]) -> str:
    return ",".join(repr(float(time)) for time in times_ms)
