"""Real images with their labels as training pairs, and their augmentation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.nifti import read_nifti
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, OTHER, TISSUES, class_index
from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid, limb_views
from MuscleMyopathyLib.segmentation.network.sequences import read_voting_images
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, divide
from MuscleMyopathyLib.segmentation.training.cross_sections import CANVAS, PIXEL_MM
from MuscleMyopathyLib.segmentation.training.noise_fields import RandomFields

if TYPE_CHECKING:
    import torch

    from MuscleMyopathyLib.segmentation.training.synthesis import SynthesisParameters

BRIGHTEST = 1.5


@dataclass(frozen=True)
class PairSource:
    """Real images of one examination with labels.

    Attributes:
        name: For the card and the log.
        images: Files by role or name, all on one grid.
        labels: Label image on that grid.
        scheme: Label scheme of the labels.
        region: What the images show.
        weight: Share of the training images, relative to the other sources.
    """

    name: str
    images: Mapping[str, str]
    labels: str
    scheme: str
    region: Region
    weight: float


@dataclass(frozen=True)
class Pairs:
    """Views of single limbs with their labels.

    Attributes:
        images: Normalised views (view, `CANVAS`, `CANVAS`), half precision.
        labels: Class numbers; `OTHER` where no muscle is labelled.
    """

    images: npt.NDArray[np.float16]
    labels: npt.NDArray[np.uint8]


def unlabelled_in(labelled: set[str], classes: tuple[str, ...] = CLASSES) -> tuple[str, ...]:
    """Return the classes that labels of some muscles say nothing about: the tissues, and the other muscles."""
    return tuple(name for name in classes if name not in labelled and name != TISSUES[OTHER])


def read_pairs(source: PairSource, data_folder: Path) -> Pairs:
    """Read a source into views; slices without any label are left out.

    Raises:
        InputError: A file is missing or shows no limb.
        GeometryError: Labels and images lie on different grids.
    """
    images = {name: read_nifti(data_folder / path) for name, path in source.images.items()}
    labels = Segmentation(read_nifti(data_folder / source.labels), read_label_scheme(source.scheme))
    return pairs_of(images, labels, source.region)


def pairs_of(images: Mapping[str, sitk.Image], labels: Segmentation, region: Region) -> Pairs:
    """Return the views of every limb in every labelled slice, one per sequence.

    Labels count by their muscle; their side is that of the leg in which they lie. Muscles without a class, and
    both heads of biceps under one label, are not used.

    Raises:
        InputError: The images show no limb.
        GeometryError: Labels and images lie on different grids.
    """
    first = next(iter(images.values()))
    require_same_geometry(first, labels.image, "image", "label image")
    voting = read_voting_images(images)
    axes = voting.limbs.axes
    table = np.full(256, OTHER, np.uint8)
    for label, structure in labels.structures.items():
        if structure.code in CLASSES[OTHER + 1 :]:
            table[label] = class_index(structure.code)
    classes = table[axes.labels(labels.image)]
    side_map = divide(voting.limbs, region).side_map
    grid = ViewGrid(CANVAS, PIXEL_MM)
    seen: list[npt.NDArray[np.float32]] = []
    named: list[npt.NDArray[np.uint8]] = []
    for view in limb_views(side_map, SIDE_NUMBER, axes.spacing_mm, grid):
        limb = side_map[view.index] == SIDE_NUMBER[view.side]
        here = np.where(limb, classes[view.index], OTHER)
        if (here == OTHER).all():
            continue
        drawn = np.full((CANVAS, CANVAS), OTHER, np.uint8)
        for number in np.unique(here[here != OTHER]):
            drawn[view.mask(here == number)] = number
        for values in voting.values.values():
            seen.append(view.image(values[view.index], limb))
            named.append(drawn)
    return Pairs(np.stack(seen).astype(np.float16), np.stack(named))


def augmented(
    images: torch.Tensor, labels: torch.Tensor, parameters: SynthesisParameters, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pairs turned, stretched, bent, and with other brightness, shading, sharpness and noise.

    Args:
        images: Views (batch, `CANVAS`, `CANVAS`).
        labels: Their class numbers.
        parameters: Of the deformation.
        generator: Source of all randomness.

    Returns:
        Images (batch, 1, size, size) and class numbers (batch, size, size).
    """
    import torch

    from MuscleMyopathyLib.segmentation.training.deformation import random_places

    fields = RandomFields(len(images), parameters.size, generator)
    places, _ = random_places(parameters, fields)

    def sample(values: torch.Tensor, mode: str) -> torch.Tensor:
        return torch.nn.functional.grid_sample(values[:, None].float(), places, mode=mode, align_corners=False)[
            :, 0
        ]

    image = sample(images, "bilinear")
    background = 255
    named = sample(background - labels.float(), "nearest")
    classes = torch.where(named == 0, OTHER, background - named).long()
    image = image * torch.exp(fields.uniform(0.0, 0.35, 1, 1) * fields.smooth(3)[:, 0])
    image = image.clamp_min(0) ** torch.exp(0.25 * fields.normal(1, 1))
    noise = torch.exp(fields.uniform(math.log(0.004), math.log(0.08), 1, 1))
    image = torch.hypot(
        image + noise * fields.normal(fields.size, fields.size), noise * fields.normal(fields.size, fields.size)
    )
    image = image * torch.exp(0.1 * fields.normal(1, 1))
    return image.clamp(0, BRIGHTEST)[:, None], classes
