"""Smooth random fields over a batch of images, for shapes, textures and coil profiles."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@cache
def _interpolation(knots: int, size: int) -> torch.Tensor:
    """Return the weights (size, knots) of cubic interpolation, scaled to keep the standard deviation at 1."""
    import torch

    identity = torch.eye(knots)[None]
    weights = torch.nn.functional.interpolate(
        identity[:, None], (size, knots), mode="bicubic", align_corners=True
    )[0, 0]
    spread: torch.Tensor = weights / weights.square().sum(1).mean().sqrt()
    return spread


class RandomFields:
    """Draws random numbers and fields for a batch of square images.

    Args:
        batch: Number of images.
        size: Pixels per side.
        generator: Source of all randomness.
    """

    def __init__(self, batch: int, size: int, generator: torch.Generator) -> None:
        self.batch, self.size, self.generator = batch, size, generator

    def uniform(self, low: float, high: float, *shape: int) -> torch.Tensor:
        """Return uniform numbers of shape (batch, *shape)."""
        import torch

        return low + (high - low) * torch.rand((self.batch, *shape), generator=self.generator)

    def normal(self, *shape: int) -> torch.Tensor:
        """Return standard normal numbers of shape (batch, *shape)."""
        import torch

        return torch.randn((self.batch, *shape), generator=self.generator)

    def chance(self, probability: float, *shape: int) -> torch.Tensor:
        """Return booleans of shape (batch, *shape), true with a probability."""
        import torch

        return torch.rand((self.batch, *shape), generator=self.generator) < probability

    def smooth(self, knots: int, channels: int = 1) -> torch.Tensor:
        """Return fields of mean 0 and standard deviation about 1, shape (batch, channels, size, size).

        Args:
            knots: Independent values per side; structures are about ``size / knots`` pixels wide.
            channels: Fields per image.
        """
        if knots >= self.size:
            return self.normal(channels, self.size, self.size)
        weights = _interpolation(knots, self.size)
        return weights @ self.normal(channels, knots, knots) @ weights.T

    def streaks(self, length: int, width: int) -> torch.Tensor:
        """Return elongated structures in a random direction per image, shape (batch, 1, size, size).

        Args:
            length: Knots along the streaks.
            width: Knots across them.
        """
        import torch

        coarse = self.normal(1, width, length)
        angle = self.uniform(0, math.pi)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        zero = torch.zeros_like(angle)
        turn = torch.stack([torch.stack([cosine, -sine, zero], -1), torch.stack([sine, cosine, zero], -1)], -2)
        places = torch.nn.functional.affine_grid(turn, [self.batch, 1, self.size, self.size], align_corners=False)
        # A slow bend keeps the streaks from being ruled lines.
        bend = 0.12 * self.smooth(5, 2).permute(0, 2, 3, 1)
        streaks: torch.Tensor = torch.nn.functional.grid_sample(
            coarse, 0.72 * places + bend, padding_mode="reflection", align_corners=False
        )
        return streaks / 0.67
