"""Whether a model can classify a case, told before anything is computed: what fits and what does not, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from MuscleMyopathyLib.modeling.package.card import ModelCard
from MuscleMyopathyLib.segmentation.whole_muscle import INSIDE_FASCIA

WHOLE_MUSCLE = "MUSCLE"


@dataclass(frozen=True)
class Fit:
    """One thing that a model asks of a case.

    Attributes:
        what: ``sequences``, ``preset`` or ``structures``.
        fits: Whether the case has it.
        reason: In words, what fits or what is missing.
    """

    what: str
    fits: bool
    reason: str


@dataclass(frozen=True)
class Examined:
    """What there is of one limb segment.

    Attributes:
        region: ``thigh`` or ``calf``.
        sequences: Names of its images (T1w, water, STIR …).
        codes: Codes of the structures that are drawn on them, e.g. ``MUSCLE``, ``RF``.
    """

    region: str
    sequences: Collection[str]
    codes: Collection[str]


def model_fit(card: ModelCard, examined: Sequence[Examined]) -> list[Fit]:
    """Return what a model asks of a case's images.

    Args:
        card: The model's card.
        examined: The limb segments of the case that the model needs, or the one there is.
    """
    held = bool(card.preset.parameters)
    preset = f"the model holds its preset {card.preset.name}" if held else "it can classify tables, not images"
    fits = [Fit("preset", held, preset)]
    if not held:
        return fits
    missing = missing_parts(card, {(one.region, name) for one in examined for name in one.sequences})
    needed = ", ".join(f"{of} {name}".strip() for of, name in card.parts)
    there = "; ".join(f"of the {one.region}: {', '.join(sorted(one.sequences)) or 'none'}" for one in examined)
    fits.append(
        Fit("sequences", False, f"missing {', '.join(missing)}; the case has {there}")
        if missing
        else Fit("sequences", True, needed)
    )
    structures = [_structures(card, one.codes) for one in examined]
    # What is the same of thigh and calf is said once.
    if len({one.reason for one in structures}) > 1:
        structures = [
            replace(fit, reason=f"{one.region}: {fit.reason}")
            for one, fit in zip(examined, structures, strict=True)
        ]
    return [*fits, *dict.fromkeys(structures)]


def other_regions(card: ModelCard, region: str) -> tuple[str, ...]:
    """Return the limb segments that a model needs besides one."""
    return tuple(dict.fromkeys(of for of, _ in card.parts if of not in ("", region)))


def missing_parts(card: ModelCard, there: Collection[tuple[str, str]]) -> list[str]:
    """Return the limb segments and sequences that a model needs and a case lacks, in words."""
    sequences = {name for _, name in there}
    return [
        f"{region} {sequence}".strip()
        for region, sequence in card.parts
        if (region, sequence) not in there and (region or sequence not in sequences)
    ]


def wanted_structures(card: ModelCard) -> set[str]:
    """Return the codes of the structures that a model learned from; empty where that is not known."""
    return {text.split(" ")[0] for text in card.population.structures}


def made_of_compartments(card: ModelCard, codes: Collection[str]) -> bool:
    """Tell whether the whole muscle that a model needs is not drawn, but can be made of compartments."""
    return (
        WHOLE_MUSCLE in wanted_structures(card)
        and WHOLE_MUSCLE not in codes
        and bool(set(codes) & set(INSIDE_FASCIA))
    )


def _structures(card: ModelCard, codes: Collection[str]) -> Fit:
    wanted = wanted_structures(card)
    named = ", ".join(sorted(wanted))
    if not codes:
        return Fit("structures", False, "nothing is drawn")
    if not wanted:
        return Fit("structures", True, "the model does not say what it learned from")
    if wanted & set(codes):
        return Fit("structures", True, named)
    if made_of_compartments(card, codes):
        return Fit("structures", True, "the whole muscle will be made of the compartments")
    return Fit("structures", False, f"the model learned from {named}; drawn are: {', '.join(sorted(codes))}")
