"""A simple image for networks: a bright and a dark block on air, and networks that find them by their brightness.

The networks are real ones with weights made by hand: in each, one chain of weights carries the image through, and
the last convolution puts thresholds to it. What such a network finds is known exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
import torch

RF_AT, VL_AT = (slice(1, 5), slice(6, 14), slice(4, 12)), (slice(1, 5), slice(6, 14), slice(20, 28))


def blocks() -> npt.NDArray[np.uint8]:
    """Return labels (slice, row, column): 1 in one block, 2 in the other."""
    labels = np.zeros((6, 20, 32), np.uint8)
    labels[RF_AT], labels[VL_AT] = 1, 2
    return labels


def image_of(labels: npt.NDArray[np.uint8], spacing: tuple[float, float, float] = (1.5, 1.5, 8.0)) -> sitk.Image:
    """Return an oblique image of brightness 100 in block 1, 200 in block 2, and 0 in air."""
    image = sitk.GetImageFromArray((100.0 * labels).astype(np.float32))
    image.SetSpacing(spacing)
    image.SetOrigin((-12.0, 30.0, 100.0))
    angle = np.radians(7.0)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    image.SetDirection(turn.ravel().tolist())
    return image


def set_thresholds(convolution: torch.nn.Module, low: float, high: float) -> None:
    """Make a convolution of feature 0 tell background below ``low``, class 1 between, class 2 above ``high``.

    Scores are lines of the brightness v: 0, v - low, and 2 v - low - high, of which the highest wins.
    """
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.bias.copy_(torch.tensor([0.0, -low, -low - high]) * 50)
        centre = (0, *(length // 2 for length in convolution.weight.shape[2:]))
        for number, slope in enumerate((0.0, 1.0, 2.0)):
            convolution.weight[(number, *centre)] = 50 * slope


class Threshold(torch.nn.Module):
    """One convolution."""

    def __init__(self, dimensions: int, channels: int = 1, classes: int = 3) -> None:
        super().__init__()
        self.head = (torch.nn.Conv2d if dimensions == 2 else torch.nn.Conv3d)(channels, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(image)
