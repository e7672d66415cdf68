"""Parameters of the muscles by a network."""

from __future__ import annotations

from dataclasses import dataclass

from MuscleMyopathyLib.anatomy import Side

SIDES_BY = ("agreement", "place", "muscles")


@dataclass(frozen=True)
class MuscleParameters:
    """What the user may choose about the muscles.

    Attributes:
        only_side: The side of the one leg in the images; ``both`` finds out how many legs there are and which.
        sides_by: What decides on left and right where the place of the legs and the order of their muscles
            disagree in the whole stack: ``agreement`` refuses, ``place`` takes the leg at the patient's left for
            the left one, ``muscles`` follows the muscles (legs crossed in the whole field of view).
        detailed_muscles: Give the two heads of biceps femoris apart, and the muscles beyond Wei's 17 (adductor
            brevis, extensor digitorum longus); otherwise biceps femoris is one and the others have no label.
        smallest_island: A part of a muscle in a slice that is smaller than this share of its largest part there
            is taken away, 0 to 1.
        turns_degrees: Each cross-section is seen at these angles, and all of them vote; one angle of 0 is three
            times as fast and somewhat worse where muscles are replaced by fat.
    """

    only_side: Side = Side.BOTH
    sides_by: str = "agreement"
    detailed_muscles: bool = False
    smallest_island: float = 0.25
    turns_degrees: tuple[float, ...] = (0.0, 12.0, -12.0)

    def __post_init__(self) -> None:
        if not 0 <= self.smallest_island <= 1:
            raise ValueError("smallest_island must lie between 0 and 1.")
        if self.sides_by not in SIDES_BY:
            raise ValueError(f"sides_by must be one of {', '.join(SIDES_BY)}.")
        if not self.turns_degrees or max(abs(angle) for angle in self.turns_degrees) > 45:
            raise ValueError("turns_degrees must hold at least one angle, none beyond 45 degrees.")
