"""Small random changes of corrected views, so that few corrections teach more than themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ROTATION_DEGREES = 8.0
SCALE = 0.08
SHIFT = 0.03
"""Of the view's width."""
GAMMA = 0.25
NOISE = 0.03
BIAS = 0.15


def augmented(
    images: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return views turned, scaled and shifted a little, with another grey-scale, bias field and noise.

    Args:
        images: (view, 1, size, size), normalised to about 0 to 1.5.
        targets: Classes (view, size, size); beyond the border 0.
        generator: Source of all randomness.
    """
    import torch

    count = len(images)

    def uniform(*size: int) -> torch.Tensor:
        return 2 * torch.rand(count, *size, generator=generator) - 1

    angle = uniform() * math.radians(ROTATION_DEGREES)
    factor = torch.exp(uniform() * SCALE)
    cosine, sine = torch.cos(angle) * factor, torch.sin(angle) * factor
    matrix = torch.stack([torch.stack([cosine, -sine], -1), torch.stack([sine, cosine], -1)], -2)
    placed = torch.cat([matrix, 2 * SHIFT * uniform(2, 1)], -1)
    places = torch.nn.functional.affine_grid(placed, list(images.shape), align_corners=False)

    def sample(values: torch.Tensor, mode: str) -> torch.Tensor:
        return torch.nn.functional.grid_sample(
            values, places, mode=mode, padding_mode="zeros", align_corners=False
        )

    shown = sample(images, "bilinear").clamp_min(0)
    shown = shown ** torch.exp(uniform(1, 1, 1) * GAMMA)
    field = torch.nn.functional.interpolate(uniform(1, 3, 3), images.shape[2:], mode="bicubic", align_corners=True)
    shown = shown * (1 + BIAS * field)
    noise = NOISE * torch.rand(count, 1, 1, 1, generator=generator)
    shown = (shown + noise * torch.randn(shown.shape, generator=generator)).clamp(0, 1.5)
    return shown, sample(targets[:, None].float(), "nearest")[:, 0].long()
