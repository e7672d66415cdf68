"""Designs of the papers' studies, for simulated subjects: diseases, acquired images, drawn slices.

Both thighs, or both calves, are one region, as the papers' readers drew them. How severe the simulated patients of
each disease are is our choice: wide enough that the diseases overlap, so that telling them apart is no matter of
course.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.phantom.sequences import InversionRecovery, Sequence, SpinEcho, WaterFat


@dataclass(frozen=True)
class SimulatedGroup:
    """The patients of one disease.

    Attributes:
        pattern: The disease.
        patients: How many there are in the paper.
        severity: Mildest and severest patient, 0 to 1; all between are as likely.
    """

    pattern: Pattern
    patients: int
    severity: tuple[float, float] = (0.25, 1.0)


@dataclass(frozen=True)
class StudyDesign:
    """A study.

    Attributes:
        name: Its short name.
        source: The paper.
        groups: The diseases.
        acquired: What the simulated scanner does.
        sequences: Which of the images are measured.
        levels: The slices drawn in each limb segment, as of `SliceChoice`.
        preset: Radiomics preset of the paper.
        threshold: Lowest ICC of a reliable feature.
    """

    name: str
    source: str
    groups: tuple[SimulatedGroup, ...]
    acquired: tuple[Sequence, ...]
    sequences: tuple[str, ...]
    levels: Mapping[Region, tuple[float | str, ...]]
    preset: str
    threshold: float

    @property
    def patients(self) -> int:
        """Number of patients in the paper."""
        return sum(group.patients for group in self.groups)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The limb segments."""
        return tuple(self.levels)

    def within(self, regions: Many[str]) -> StudyDesign:
        """Return the design with these limb segments alone; with all of them where none is named.

        Raises:
            ParameterError: The design has none of them.
        """
        kept = {region: levels for region, levels in self.levels.items() if not regions or region in regions}
        if not kept:
            raise ParameterError(
                f"The design {self.name} has no {' or '.join(regions)}: {', '.join(self.regions)}."
            )
        return replace(self, levels=kept)

    def groups_of(self, count: int) -> list[SimulatedGroup]:
        """Return the group of each of ``count`` subjects, spread evenly.

        A study of any size has the paper's mixture, and a smaller one is the beginning of a larger one.
        """
        given = dict.fromkeys(range(len(self.groups)), 0)
        order = []
        for number in range(count):
            # The group that lags furthest behind its share comes next.
            due = {
                index: (number + 1) * group.patients / self.patients - given[index]
                for index, group in enumerate(self.groups)
            }
            chosen = max(due, key=lambda index: (due[index], -index))
            given[chosen] += 1
            order.append(self.groups[chosen])
        return order


WEI_2023_DESIGN = StudyDesign(
    name="wei2023",
    source="Wei et al., Front Neurol 2023;14:1251025",
    groups=(
        # Severer ones differ so much that every classifier tells them apart.
        SimulatedGroup(Pattern.LGMDR2, 30, severity=(0.0, 0.35)),
        SimulatedGroup(Pattern.IMNM, 45, severity=(0.0, 0.35)),
    ),
    acquired=(SpinEcho(), WaterFat()),
    sequences=("T1w", "water"),
    levels={Region.THIGH: ("proximal", "middle", "distal"), Region.CALF: ("proximal", "middle")},
    preset="wei2023",
    threshold=0.81,
)
"""T1w and water images of thighs and calves of patients with LGMDR2 and IMNM."""

NAGAWA_2021_DESIGN = StudyDesign(
    name="nagawa2021",
    source="Nagawa et al., Sci Rep 2021;11:9821",
    groups=(
        SimulatedGroup(Pattern.PM, 19, severity=(0.05, 0.8)),
        SimulatedGroup(Pattern.DM, 22, severity=(0.05, 0.8)),
        SimulatedGroup(Pattern.ADM, 14),
    ),
    acquired=(InversionRecovery(),),
    sequences=("STIR",),
    # The paper's proximal 1/3 to 1/4.
    levels={Region.THIGH: (0.29,)},
    preset="nagawa2021",
    threshold=0.8,
)
"""One STIR slice of the thighs of patients with PM, DM and ADM."""

DESIGNS = {design.name: design for design in (WEI_2023_DESIGN, NAGAWA_2021_DESIGN)}
"""The designs by name."""


def study_design(name: str) -> StudyDesign:
    """Return a design by its name.

    Raises:
        ParameterError: There is none of this name.
    """
    if name not in DESIGNS:
        raise ParameterError(f"There is no study design {name!r}. There are: {', '.join(DESIGNS)}.")
    return DESIGNS[name]
