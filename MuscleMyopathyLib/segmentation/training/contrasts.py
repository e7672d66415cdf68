"""Random contrasts: how brightly water and fat of each tissue shine in one sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from MuscleMyopathyLib.segmentation.network.classes import BONE, OTHER, SUBCUTANEOUS
from MuscleMyopathyLib.segmentation.training.noise_fields import RandomFields

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Family:
    """A kind of sequence.

    Attributes:
        weight: Share of the images.
        muscle: Range of the signal of muscle water, where 1 is the brightest usual tissue.
        fat: Range of the signal of fat.
        oedema: Chance that some muscles' water is brighter.
        opposed: Whether water and fat cancel each other.
        is_map: Whether it is a quotient of images: no coil profile, and noise in the air.
    """

    weight: float
    muscle: tuple[float, float]
    fat: tuple[float, float]
    oedema: float = 0.1
    opposed: bool = False
    is_map: bool = False


FAMILIES: dict[str, Family] = {
    "T1w": Family(0.16, (0.2, 0.6), (0.9, 1.1)),
    "T2w": Family(0.12, (0.08, 0.45), (0.7, 1.1), oedema=0.4),
    "in-phase": Family(0.08, (0.55, 1.0), (0.6, 1.3)),
    "opposed": Family(0.04, (0.6, 1.0), (0.5, 1.1), opposed=True),
    "water": Family(0.22, (0.5, 1.0), (0.0, 0.4)),
    "fat": Family(0.16, (0.0, 0.15), (0.9, 1.1), oedema=0.0),
    "STIR": Family(0.10, (0.2, 0.7), (0.0, 0.3), oedema=0.6),
    "fat fraction": Family(0.03, (0.0, 0.06), (0.95, 1.0), oedema=0.0, is_map=True),
    "T2 map": Family(0.03, (0.25, 0.45), (0.6, 1.3), oedema=0.4, is_map=True),
    "random": Family(0.06, (0.0, 1.0), (0.0, 1.0), oedema=0.3),
}


@dataclass(frozen=True)
class Contrasts:
    """Drawn contrasts of a batch.

    Attributes:
        water: Signal of the water of each tissue (batch, tissue).
        fat: Signal of its fat (batch, tissue).
        vessel, skin: Signal of vessels and skin (batch).
        texture: Relative variation of the water's signal within a tissue (batch).
        opposed: Whether water and fat cancel (batch).
        is_map: See `Family` (batch).
    """

    water: torch.Tensor
    fat: torch.Tensor
    vessel: torch.Tensor
    skin: torch.Tensor
    texture: torch.Tensor
    opposed: torch.Tensor
    is_map: torch.Tensor


def draw_contrasts(fields: RandomFields, tissues: int, first_muscle: int) -> Contrasts:
    """Return a random contrast per image; tissues from ``first_muscle`` on are muscles."""
    import torch

    families = list(FAMILIES.values())
    weights = torch.tensor([family.weight for family in families])
    chosen = torch.multinomial(weights, fields.batch, replacement=True, generator=fields.generator)

    def table(values: list[float]) -> torch.Tensor:
        return torch.tensor(values)[chosen]

    def between(low: list[float], high: list[float]) -> torch.Tensor:
        start, stop = table(low), table(high)
        return start + (stop - start) * fields.uniform(0, 1)

    muscle = between([f.muscle[0] for f in families], [f.muscle[1] for f in families])
    fat = between([f.fat[0] for f in families], [f.fat[1] for f in families])
    random = table([float(f is FAMILIES["random"]) for f in families])[:, None] > 0

    spread = torch.where(fields.chance(0.15, 1), 0.25, 0.06)
    water = muscle[:, None] * torch.exp(spread * fields.normal(tissues))
    boost = 1 + fields.uniform(0.2, 2.0, tissues) * fields.chance(0.4, tissues)
    oedema = fields.uniform(0, 1, 1) < table([f.oedema for f in families])[:, None]
    water = torch.where(oedema, water * boost, water)
    for tissue, low, high in ((SUBCUTANEOUS, 0.2, 0.8), (OTHER, 0.4, 1.2), (BONE, 0.1, 0.8)):
        water[:, tissue] = muscle * fields.uniform(low, high)
    fats = fat[:, None] * torch.ones(tissues)
    fats[:, OTHER] = fat * fields.uniform(0.75, 1.0)
    fats[:, BONE] = fat * fields.uniform(0.7, 1.1)
    fats[:, first_muscle:] = fat[:, None] * fields.uniform(0.75, 1.0, 1)
    anything = fields.uniform(0, 1, tissues)
    free = random & fields.chance(0.5, 1)
    water = torch.where(free, anything, water)
    fats = torch.where(random & fields.chance(0.5, 1), fields.uniform(0, 1, tissues), fats)
    bright = torch.maximum(muscle, fat)
    vessel = torch.where(fields.chance(0.5), bright * fields.uniform(0.6, 1.4), muscle * fields.uniform(0.0, 0.4))
    return Contrasts(
        water,
        fats,
        vessel,
        muscle * fields.uniform(0.4, 1.3),
        fields.uniform(0.0, 0.15),
        table([float(f.opposed) for f in families]) > 0,
        table([float(f.is_map) for f in families]) > 0,
    )
