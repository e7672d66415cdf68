"""Synthetic MR images of one limb, with random contrast, disease, shape and artefacts, from its anatomy.

Domain randomisation (Billot et al., SynthSeg, Med Image Anal 2023;86:102789), with the physics of muscle disease
kept: every point has a share of fat, and water and fat shine according to the sequence, so that a muscle replaced
by fat looks like fat in every contrast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from MuscleMyopathyLib.segmentation.network.classes import BACKGROUND, BONE, OTHER, SUBCUTANEOUS
from MuscleMyopathyLib.segmentation.training.contrasts import draw_contrasts
from MuscleMyopathyLib.segmentation.training.cross_sections import (
    DEPTH_STEP_MM,
    FASCIA_STEP_MM,
    UNNAMED_MUSCLE,
)
from MuscleMyopathyLib.segmentation.training.deformation import random_places
from MuscleMyopathyLib.segmentation.training.image_effects import acquired, other_leg
from MuscleMyopathyLib.segmentation.training.noise_fields import RandomFields

if TYPE_CHECKING:
    import torch

FIRST_MUSCLE = OTHER + 1
TISSUE_COUNT = UNNAMED_MUSCLE + 1
SKIN_MM = 1.8


@dataclass(frozen=True)
class SynthesisParameters:
    """How far the synthesised images depart from the anatomy.

    Attributes:
        size: Pixels per side of an image.
        rotation_degrees: Greatest rotation.
        scale: Greatest enlargement or shrinking, as a factor minus 1.
        shift_pixels: Usual shift (standard deviation).
        elastic_pixels: Standard deviation of the smooth deformation.
        healthy, patchy: Shares of images with hardly any fat, and with some muscles replaced; the rest is
            replaced throughout.
        atrophy: Share of images with shrunken muscles.
        lines: Share of images with visible lines (fat or fascia) between the muscles.
        other_leg: Share of images in which part of the other leg shows.
        masked: Share of images in which all outside the limb is blanked, as before inference.
        cut_off: Share of images with a part beyond the field of view.
        no_limb: Share of images of a round body without the limb's structures, in which nothing is muscle, so
            that the network does not find a thigh in a head.
    """

    size: int = 160
    rotation_degrees: float = 20.0
    scale: float = 0.2
    shift_pixels: float = 5.0
    elastic_pixels: float = 3.0
    healthy: float = 0.3
    patchy: float = 0.3
    atrophy: float = 0.3
    lines: float = 0.75
    other_leg: float = 0.35
    masked: float = 0.5
    cut_off: float = 0.1
    no_limb: float = 0.03


@dataclass(frozen=True)
class _Place:
    """Warped anatomy; tensors (batch, row, column), distances in mm."""

    labels: torch.Tensor
    fascia: torch.Tensor
    depth: torch.Tensor


def synthesise(
    labels: torch.Tensor,
    fascia: torch.Tensor,
    depth: torch.Tensor,
    parameters: SynthesisParameters,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images and their classes.

    Args:
        labels: Cross-sections (batch, `CANVAS`, `CANVAS`), see `CrossSection`; so are the next two.
        fascia: Distances to the deep fascia.
        depth: Depths below the structures' borders.
        parameters: See `SynthesisParameters`.
        generator: Source of all randomness; the same state gives the same images.

    Returns:
        Images (batch, 1, size, size), normalised as for inference, and class numbers (batch, size, size).
    """
    import torch

    fields = RandomFields(len(labels), parameters.size, generator)
    place = _warp(labels, fascia, depth, parameters, fields)
    labels_here = _without_structures(_atrophied(place, parameters, fields), parameters, fields)
    beyond_mm = place.fascia - _thickness(fields)
    limb = beyond_mm < 0
    tissue = torch.where((place.fascia > 0) & limb, SUBCUTANEOUS, labels_here)
    tissue = torch.where(limb, tissue, BACKGROUND)
    targets = torch.where(tissue == UNNAMED_MUSCLE, OTHER, tissue)

    fat = _fat_share(tissue, place, parameters, fields)
    contrast = draw_contrasts(fields, TISSUE_COUNT, FIRST_MUSCLE)
    rows = torch.arange(len(tissue))[:, None, None]
    water = contrast.water[rows, tissue] * (1 + contrast.texture[:, None, None] * fields.smooth(50)[:, 0])
    fat_signal = contrast.fat[rows, tissue]

    vessels = ((tissue == OTHER) & (fields.smooth(34)[:, 0] > 1.7)) | (
        (tissue == SUBCUTANEOUS) & (fields.smooth(40)[:, 0] > 2.6)
    )
    water = torch.where(vessels, contrast.vessel[:, None, None].expand_as(water), water)
    fat = torch.where(vessels, torch.zeros_like(fat), fat)
    skin = limb & (beyond_mm > -SKIN_MM)
    fat = torch.where(skin, 0.15 * torch.ones_like(fat), fat)
    water = torch.where(skin, contrast.skin[:, None, None].expand_as(water), water)

    of_water, of_fat = (1 - fat) * water, fat * fat_signal
    opposed = contrast.opposed[:, None, None]
    image = torch.where(opposed, (of_water - of_fat).abs(), of_water + of_fat)
    cortex = (tissue == BONE) & (place.depth < fields.uniform(1.5, 5.5, 1, 1))
    dark = cortex | _fascia_line(place, limb, fields)
    image = torch.where(dark, image * fields.uniform(0.0, 0.3, 1, 1), image)
    image = torch.where(tissue == BACKGROUND, torch.zeros_like(image), image)

    image, shown = other_leg(image, limb, parameters.other_leg, fields)
    return acquired(image, beyond_mm, shown, targets, contrast, parameters.masked, parameters.cut_off, fields)


def _warp(
    labels: torch.Tensor,
    fascia: torch.Tensor,
    depth: torch.Tensor,
    parameters: SynthesisParameters,
    fields: RandomFields,
) -> _Place:
    import torch

    places, enlargement = random_places(parameters, fields)

    def sample(values: torch.Tensor, mode: str, padding: str) -> torch.Tensor:
        return torch.nn.functional.grid_sample(
            values, places, mode=mode, padding_mode=padding, align_corners=False
        )

    warped = sample(labels[:, None].float(), "nearest", "zeros")[:, 0].long()
    distances = sample(torch.stack([fascia.float(), depth.float()], 1), "bilinear", "border")
    scale_mm = enlargement[:, None, None]
    return _Place(warped, distances[:, 0] * FASCIA_STEP_MM * scale_mm, distances[:, 1] * DEPTH_STEP_MM * scale_mm)


def _atrophied(place: _Place, parameters: SynthesisParameters, fields: RandomFields) -> torch.Tensor:
    """Return the labels with some muscles shrunken, the room left to fat."""
    import torch

    loss_mm = fields.uniform(0.0, 6.5, TISSUE_COUNT) * fields.chance(0.5, TISSUE_COUNT)
    loss_mm = loss_mm * fields.chance(parameters.atrophy, 1)
    loss_mm[:, :FIRST_MUSCLE] = 0
    here = loss_mm[torch.arange(len(loss_mm))[:, None, None], place.labels]
    here = here * (1 + 0.4 * fields.smooth(12)[:, 0])
    return torch.where(place.depth < here, OTHER, place.labels)


def _without_structures(
    labels: torch.Tensor, parameters: SynthesisParameters, fields: RandomFields
) -> torch.Tensor:
    """Return the labels with the inside of some limbs replaced by shapeless tissue."""
    import torch

    shapeless = torch.where(fields.smooth(7)[:, 0] > fields.uniform(-1.5, 1.0, 1, 1), UNNAMED_MUSCLE, OTHER)
    chosen = fields.chance(parameters.no_limb, 1, 1) & (labels != BACKGROUND)
    return torch.where(chosen, shapeless, labels)


def _thickness(fields: RandomFields) -> torch.Tensor:
    """Return the thickness of skin and subcutaneous fat over the nearest fascia, in mm."""
    import torch

    thickness = torch.exp(fields.uniform(0.9, 3.6, 1, 1)) * torch.exp(0.3 * fields.smooth(3)[:, 0])
    return thickness.clamp(2.2, 58)


def _fat_share(
    tissue: torch.Tensor, place: _Place, parameters: SynthesisParameters, fields: RandomFields
) -> torch.Tensor:
    """Return the share of fat at each pixel, 0 to 1."""
    import torch

    batch = len(tissue)
    kind = fields.uniform(0, 1, 1)
    slight = fields.uniform(0.005, 0.15, TISSUE_COUNT)
    some = torch.where(fields.chance(0.45, TISSUE_COUNT), fields.uniform(0.1, 0.97, TISSUE_COUNT), slight)
    base = fields.uniform(0.25, 1.0, 1)
    heavy = base + fields.uniform(0.05, 0.4, 1) * fields.normal(TISSUE_COUNT)
    severity = torch.where(
        kind < parameters.healthy, slight, torch.where(kind < parameters.healthy + parameters.patchy, some, heavy)
    )
    severity = severity.clamp(0.005, 0.985)
    rows = torch.arange(batch)[:, None, None]
    wanted = torch.special.ndtri(severity)[rows, tissue]

    parts = torch.cat(
        [
            fields.smooth(5),
            fields.smooth(11),
            fields.smooth(24),
            fields.smooth(60),
            fields.streaks(9, 40),
            fields.streaks(14, 70),
            fields.smooth(parameters.size),
        ],
        1,
    )
    shares = -torch.log(fields.uniform(1e-3, 1.0, parts.shape[1]))
    shares = shares / shares.square().sum(1, keepdim=True).sqrt()
    pattern = (parts * shares[:, :, None, None]).sum(1)
    # Fat often enters from the borders, or spares them.
    pattern = pattern - fields.normal(1, 1) * 0.6 * (place.depth / 6 - 1).clamp(-1, 1.5)
    sharpness = torch.exp(fields.uniform(0.0, 2.2, 1, 1))
    muscle = torch.sigmoid(sharpness * (pattern + 1.3 * wanted)) * fields.uniform(0.8, 1.0, 1, 1)

    between = fields.uniform(0.75, 1.0, 1, 1) - 0.25 * (fields.streaks(8, 50)[:, 0] - 1.0).clamp(0, 1)
    share = torch.where(tissue >= FIRST_MUSCLE, muscle, between)
    bone = fields.uniform(0.75, 1.0, 1, 1).expand_as(share)
    share = torch.where(tissue == BONE, bone, share)
    return _with_lines(share, tissue, place, parameters, fields).clamp(0, 1)


def _with_lines(
    share: torch.Tensor,
    tissue: torch.Tensor,
    place: _Place,
    parameters: SynthesisParameters,
    fields: RandomFields,
) -> torch.Tensor:
    """Return the share of fat with lines of fat, or of fascia, along the borders of the muscles."""
    import torch

    reach = fields.uniform(1.0, 2.3, 1, 1)
    line = torch.sigmoid(5 * (reach - place.depth)) * fields.uniform(0.2, 1.0, 1, 1)
    line = line * torch.sigmoid(4 * (fields.smooth(14)[:, 0] + fields.uniform(-0.5, 1.5, 1, 1)))
    line = line * fields.chance(parameters.lines, 1, 1) * (tissue >= FIRST_MUSCLE)
    content = torch.where(fields.chance(0.6, 1, 1), 0.9, 0.05)
    return share * (1 - line) + content * line


def _fascia_line(place: _Place, limb: torch.Tensor, fields: RandomFields) -> torch.Tensor:
    near = place.fascia.abs() < fields.uniform(0.3, 1.0, 1, 1)
    return near & limb & fields.chance(0.6, 1, 1)
