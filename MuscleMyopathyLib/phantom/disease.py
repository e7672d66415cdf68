"""Disease patterns: how much of a muscle is fat or oedematous, and how it lies in the muscle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.resources import resource


@dataclass(frozen=True)
class Involvement:
    """Disease of one muscle.

    Attributes:
        fat: Share of the muscle replaced by fat, 0 to 1.
        oedema: Strength of the oedema, 0 (T2 of healthy muscle) to 1.
        gradient: Where along the limb it is stronger: −1 distal, 0 even, +1 proximal.
        texture_mm: Size of the islands of fat across the fibres.
    """

    fat: float
    oedema: float
    gradient: float
    texture_mm: float


@cache
def _patterns() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(resource("Phantom", "patterns.json").read_text(encoding="utf-8"))
    return table


def involvement(pattern: Pattern, muscle: str, severity: float) -> Involvement:
    """Return the disease of a muscle (code of `StructureType`, or a name of the limb's table) at a severity."""
    entry = _patterns()[pattern.value]

    def of(item: str) -> float:
        return float(entry[item].get(muscle, entry[item]["default"]))

    return Involvement(
        fat=of("fat") * severity,
        oedema=of("oedema") * severity,
        gradient=of("gradient"),
        texture_mm=float(entry["texture_mm"]),
    )
