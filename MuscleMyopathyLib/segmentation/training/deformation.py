"""Random places at which a cross-section is sampled: turned, stretched, shifted and smoothly bent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from MuscleMyopathyLib.segmentation.training.cross_sections import CANVAS
from MuscleMyopathyLib.segmentation.training.noise_fields import RandomFields

if TYPE_CHECKING:
    import torch

    from MuscleMyopathyLib.segmentation.training.synthesis import SynthesisParameters


def random_places(parameters: SynthesisParameters, fields: RandomFields) -> tuple[torch.Tensor, torch.Tensor]:
    """Return sampling places for torch's grid_sample, (batch, row, column, 2), and each image's enlargement.

    Args:
        parameters: How far; see `SynthesisParameters`.
        fields: Source of randomness.
    """
    import torch

    size = parameters.size
    angle = torch.deg2rad(fields.uniform(-1, 1) * parameters.rotation_degrees)
    stretch = torch.exp(fields.uniform(-1, 1) * parameters.scale)
    unequal = torch.exp(0.4 * parameters.scale * fields.normal())
    cosine, sine = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        [
            torch.stack([cosine * stretch * unequal, -sine * stretch], -1),
            torch.stack([sine * stretch * unequal, cosine * stretch], -1),
        ],
        -2,
    )
    line = torch.arange(size) - (size - 1) / 2
    row, column = torch.meshgrid(line, line, indexing="ij")
    corner = matrix[:, None, None]
    places = corner[..., 0] * column[..., None] + corner[..., 1] * row[..., None]
    places = places + parameters.shift_pixels * fields.normal(1, 1, 2)
    amount = parameters.elastic_pixels * fields.uniform(0.2, 1.2, 1, 1, 1)
    bend = fields.smooth(4, 2) + 0.35 * fields.smooth(9, 2)
    places = (places + amount * bend.permute(0, 2, 3, 1)) * (2 / CANVAS)
    return places, 1 / stretch
