"""What the scanner, the field of view and the neighbouring leg do to an image of one limb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from MuscleMyopathyLib.segmentation.network.classes import BACKGROUND
from MuscleMyopathyLib.segmentation.training.contrasts import Contrasts
from MuscleMyopathyLib.segmentation.training.noise_fields import RandomFields

if TYPE_CHECKING:
    import torch

BRIGHT_PERCENTILE = 98.0
BRIGHTEST = 1.5
KERNEL = 9


def other_leg(
    image: torch.Tensor, limb: torch.Tensor, share: float, fields: RandomFields
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images in some of which another limb, mirrored, stands at the medial side, and where it shows."""
    import torch

    shown = torch.zeros_like(limb)
    result = image.clone()
    wanted = fields.chance(share)
    gaps = fields.uniform(-4, 22)
    size = fields.size
    neighbours = image.roll(1, 0).flip(2), limb.roll(1, 0).flip(2)
    for index in torch.nonzero(wanted)[:, 0].tolist():
        own = torch.nonzero(limb[index].any(0))[:, 0]
        other = torch.nonzero(neighbours[1][index].any(0))[:, 0]
        if not len(own) or not len(other):
            continue
        shift = int(own[-1] - other[0] + gaps[index])
        if not 0 < shift < size:
            continue
        moved = torch.zeros_like(limb[index])
        moved[:, shift:] = neighbours[1][index][:, : size - shift]
        moved &= ~limb[index]
        values = torch.zeros_like(image[index])
        values[:, shift:] = neighbours[0][index][:, : size - shift]
        # Both legs are imaged alike: the neighbour is brought to the same brightness.
        level = image[index][limb[index]].mean() / values[moved].mean().clamp_min(1e-3) if moved.any() else 1.0
        result[index] = torch.where(moved, values * level, result[index])
        shown[index] = moved
    return result, shown


def acquired(
    image: torch.Tensor,
    beyond_mm: torch.Tensor,
    shown: torch.Tensor,
    targets: torch.Tensor,
    contrast: Contrasts,
    masked: float,
    cut_off: float,
    fields: RandomFields,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (batch, 1, size, size) with blur, coil profile, noise and cuts, normalised, and their targets.

    Args:
        image: Ideal images (batch, size, size).
        beyond_mm: Distance from the limb's skin in mm, negative inside.
        shown: Where the other leg is.
        targets: Class numbers.
        contrast: The contrasts that the images were made with.
        masked: Share of images blanked outside the limb.
        cut_off: Share of images with a part beyond the field of view.
        fields: Source of randomness.
    """
    import torch

    limb = beyond_mm < 0
    body = limb | shown
    level = (image * body).sum((1, 2)) / body.sum((1, 2)).clamp_min(1)
    image = image / level.clamp_min(1e-3)[:, None, None]
    amount = fields.uniform(0.0, 0.45, 1, 1) * ~contrast.is_map[:, None, None]
    image = image * torch.exp(amount * fields.smooth(3)[:, 0])
    noise = torch.exp(fields.uniform(-5.0, -1.6, 1, 1))
    early = fields.chance(0.5, 1, 1)
    image = _rician(image, noise * early * 1.8, fields)
    image = _blurred(image, fields)
    image = _rician(image, noise * ~early, fields)
    ghost = fields.uniform(0.0, 0.06, 1, 1) * fields.chance(0.15, 1, 1)
    image = image + ghost * image.roll(int(fields.uniform(15, 60)[0]), 1)
    hollow = contrast.is_map[:, None, None] & ~body
    image = torch.where(
        hollow & fields.chance(0.5, 1, 1), 2.0 * fields.uniform(0, 1, fields.size, fields.size), image
    )
    image = torch.where(contrast.is_map[:, None, None] & fields.chance(0.5, 1, 1) & ~body, 0 * image, image)

    border = fields.uniform(0.0, 8.0, 1, 1) + 4 * fields.smooth(4)[:, 0]
    outside = beyond_mm > border.clamp_min(0)
    blank = fields.chance(masked, 1, 1) & outside
    cut = _beyond_view(cut_off, fields)
    image = torch.where(blank | cut, torch.zeros_like(image), image)
    targets = torch.where(cut, BACKGROUND, targets)
    gamma = torch.exp(0.2 * fields.normal(1, 1))
    image = normalised(image, limb & ~cut) ** gamma
    return image[:, None], targets


def normalised(image: torch.Tensor, limb: torch.Tensor) -> torch.Tensor:
    """Return images divided by the bright percentile inside the limb, limited to 0 … `BRIGHTEST`."""
    import torch

    result = torch.zeros_like(image)
    for index, (values, inside) in enumerate(zip(image, limb, strict=True)):
        if inside.any():
            bright = _percentile(values[inside])
            result[index] = values / bright.clamp_min(1e-6)
    return result.clamp(0, BRIGHTEST)


def _percentile(values: torch.Tensor) -> torch.Tensor:
    # Every third pixel tells the percentile well enough, and sorting is what costs here.
    some = values[::3] if len(values) > 300 else values
    rank = max(1, round(BRIGHT_PERCENTILE / 100 * len(some)))
    return some.kthvalue(rank).values


def _rician(image: torch.Tensor, noise: torch.Tensor, fields: RandomFields) -> torch.Tensor:
    import torch

    real = image + noise * fields.normal(fields.size, fields.size)
    return torch.hypot(real, noise * fields.normal(fields.size, fields.size))


def _blurred(image: torch.Tensor, fields: RandomFields) -> torch.Tensor:
    import torch

    places = torch.arange(KERNEL) - KERNEL // 2
    result = image[None]
    for axis in (0, 1):
        width = torch.exp(fields.uniform(-1.2, 0.6, 1))
        kernel = torch.exp(-0.5 * (places / width) ** 2)
        kernel = kernel / kernel.sum(1, keepdim=True)
        shape = (fields.batch, 1, KERNEL, 1) if axis == 0 else (fields.batch, 1, 1, KERNEL)
        padding = (KERNEL // 2, 0) if axis == 0 else (0, KERNEL // 2)
        result = torch.nn.functional.conv2d(result, kernel.reshape(shape), padding=padding, groups=fields.batch)
    return result[0]


def _beyond_view(share: float, fields: RandomFields) -> torch.Tensor:
    import torch

    size = fields.size
    line = torch.arange(size)
    start = fields.uniform(0.05, 0.4) * size
    column, row = line[None, None, :], line[None, :, None]
    which = torch.randint(0, 4, (fields.batch,), generator=fields.generator)[:, None, None]
    edge = start[:, None, None]
    cut = torch.where(
        which == 0,
        column < edge,
        torch.where(which == 1, column >= size - edge, torch.where(which == 2, row < edge, row >= size - edge)),
    )
    return cut & fields.chance(share, 1, 1)
