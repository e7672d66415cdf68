"""The local library of accepted corrections: images with the labels that a reader made of them.

A pair is a folder of its own, written whole or not at all: the images and labels without any header but their
geometry, and ``pair.json`` with checksums. It holds no name, date of birth or file name of a patient; what links
it to a case is the pseudonym that the user gives.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Kind, Region
from MuscleMyopathyLib.errors import InputError, OutputError
from MuscleMyopathyLib.imaging.checksums import checksum, file_checksum
from MuscleMyopathyLib.imaging.files import read_image, read_label_image, write_image
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import own_scheme
from MuscleMyopathyLib.output import write_json

PAIRS = "pairs"
HELD_BACK_EVERY = 3
"""Every so many cases, from the second one on, one is held back from training for good."""
_CASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Pair:
    """One accepted correction, as ``pair.json`` holds it.

    Attributes:
        name: Of its folder.
        case: Pseudonym of the case.
        region: Thigh or calf.
        held_back: Whether it is only ever used to check, never to train.
        accepted: Date and time (UTC).
        images: From role or name of each image to its file.
        files: SHA-256 of every file.
        voxels: SHA-256 of the voxels of all images and labels; the same correction is accepted once.
    """

    name: str
    case: str
    region: Region
    held_back: bool
    accepted: str
    images: dict[str, str]
    files: dict[str, str]
    voxels: str


class CorrectionLibrary:
    """The pairs in a folder of the user's machine.

    Args:
        folder: Made on the first pair.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pairs(self) -> list[Pair]:
        """Return all pairs in the order of their acceptance.

        Raises:
            InputError: The record of one is damaged.
        """
        return [_read(path) for path in sorted((self.folder / PAIRS).glob("*/pair.json"))]

    def add(self, case: str, region: Region, images: Mapping[str, sitk.Image], corrected: Segmentation) -> Pair:
        """Accept a correction.

        Args:
            case: Pseudonym of the case: letters, digits, dot, dash, underscore.
            region: Thigh or calf.
            images: One or more images by role or name, on the grid of the labels.
            corrected: The muscles as the reader left them.

        Raises:
            InputError: The pseudonym cannot be one, an image is missing, no muscle of the region is drawn, or the
                same correction is there already.
            GeometryError: An image and the labels do not share a grid.
            OutputError: The folder cannot be written to.
        """
        if not _CASE.fullmatch(case):
            raise InputError(
                f"{case!r} cannot name a case: use up to 64 letters, digits, dots, dashes and underscores, and no "
                "name of a patient."
            )
        if not images:
            raise InputError("A correction needs the image that it was drawn on.")
        for name, image in images.items():
            require_same_geometry(image, corrected.image, name, "corrected labels")
        labels = _muscles_of(corrected, region)
        bare = {name: _bare(sitk.Cast(image, sitk.sitkFloat32)) for name, image in images.items()}
        digest = "".join(checksum(image) for image in (*bare.values(), labels))
        earlier = self.pairs()
        for pair in earlier:
            if pair.voxels == digest:
                raise InputError(f"This correction was accepted on {pair.accepted} already, as {pair.name}.")
        return self._write(case, region, bare, labels, digest, earlier)

    def read(self, pair: Pair) -> tuple[dict[str, sitk.Image], Segmentation]:
        """Return the images and the labels of a pair.

        Raises:
            InputError: A file is missing or is not the one that was accepted.
        """
        folder = self.folder / PAIRS / pair.name
        for file, digest in pair.files.items():
            if file_checksum(folder / file) != digest:
                raise InputError(
                    f"{folder / file} is not the file that was accepted (its checksum differs). Remove the folder "
                    f"{folder} and accept the correction again."
                )
        images = {name: read_image(folder / file) for name, file in pair.images.items()}
        labels = read_label_image(folder / "labels.nii.gz")
        present = set(np.unique(sitk.GetArrayViewFromImage(labels)).tolist())
        scheme = {label: structure for label, structure in own_scheme().items() if label in present}
        return images, Segmentation(labels, scheme)

    def _write(
        self,
        case: str,
        region: Region,
        images: Mapping[str, sitk.Image],
        labels: sitk.Image,
        digest: str,
        earlier: list[Pair],
    ) -> Pair:
        number = 1 + max((int(pair.name) for pair in earlier), default=0)
        name = f"{number:04d}"
        files = {role: f"image_{index}.nii.gz" for index, role in enumerate(images)}
        try:
            (self.folder / PAIRS).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".writing-", dir=self.folder) as temporary:
                folder = Path(temporary) / name
                for role, image in images.items():
                    write_image(image, folder / files[role])
                write_image(labels, folder / "labels.nii.gz")
                sums = {path.name: file_checksum(path) for path in sorted(folder.iterdir())}
                accepted = datetime.now(UTC).isoformat(timespec="seconds")
                held_back = _held_back(case, earlier)
                pair = Pair(name, case, region, held_back, accepted, files, sums, digest)
                write_json(asdict(pair), folder / "pair.json")
                folder.rename(self.folder / PAIRS / name)
        except OSError as error:
            raise OutputError(
                f"The correction cannot be kept in {self.folder}: {error.strerror or error}. Choose another one."
            ) from error
        return pair


def _held_back(case: str, earlier: list[Pair]) -> bool:
    """Tell whether a case is held back: all its corrections are, or none."""
    for pair in earlier:
        if pair.case == case:
            return pair.held_back
    return len({pair.case for pair in earlier}) % HELD_BACK_EVERY == 1


def _muscles_of(corrected: Segmentation, region: Region) -> sitk.Image:
    """Return the muscles of a region under this extension's own numbers, and nothing else."""
    renumbered = corrected.renumbered()
    wanted = [
        label
        for label, structure in renumbered.structures.items()
        if structure.type.kind is Kind.MUSCLE and region in structure.type.regions
    ]
    array = np.where(np.isin(renumbered.array, wanted), renumbered.array, 0).astype(np.uint8)
    if not array.any():
        drawn = ", ".join(structure.name for structure in corrected.structures.values())
        raise InputError(f"No muscle of the {region} is drawn. The labels hold: {drawn or 'nothing'}.")
    return Segmentation.from_array(array, {}, corrected.image).image


def _bare(image: sitk.Image) -> sitk.Image:
    """Return an image with its geometry and nothing else of its header."""
    bare = sitk.GetImageFromArray(sitk.GetArrayFromImage(image))
    bare.SetSpacing(image.GetSpacing())
    bare.SetOrigin(image.GetOrigin())
    bare.SetDirection(image.GetDirection())
    return bare


def _read(path: Path) -> Pair:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Pair(**{**values, "region": Region(values["region"])})
    except (OSError, json.JSONDecodeError, TypeError, KeyError, ValueError) as error:
        raise InputError(
            f"{path} is damaged ({error!r}). Remove its folder and accept the correction again."
        ) from error
