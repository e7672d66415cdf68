"""The 2017 EULAR/ACR classification of idiopathic inflammatory myopathies (IIM): score, probability, subgroup.

Source: Lundberg et al., Ann Rheum Dis 2017;76:1955 (table of weights, cut-offs, classification tree). Criteria to
classify patients for studies, not to diagnose. Unknown answers are never guessed: the result is the range over all
ways to complete the sheet.

>>> sheet = {name: False for name in (*WEIGHTS, "biopsy_done", "finger_flexor_weakness", "response_to_treatment")}
>>> findings = {"age_at_onset": 52, "proximal_lower_weakness": True, "heliotrope_rash": True, "anti_jo1": True}
>>> result = classify({**sheet, **findings})
>>> result.score, round(result.probability.low, 3), result.categories, result.subgroups
(Range(low=9.9, high=9.9), 0.99, (<Category.DEFINITE: 'definite'>,), (<Subgroup.DM: 'DM'>,))
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, NamedTuple

from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.scoring.form import Form

SCALE_ID = "eular-acr-2017"


class Weight(NamedTuple):
    """Weight of a variable in the score without and with a muscle biopsy; NaN where it needs the biopsy."""

    without_biopsy: float
    with_biopsy: float


ONSET_18_TO_39 = Weight(1.3, 1.5)
ONSET_40_OR_LATER = Weight(2.1, 2.2)

WEAKNESS = {
    "proximal_upper_weakness": Weight(0.7, 0.7),
    "proximal_lower_weakness": Weight(0.8, 0.5),
    "neck_flexor_weakness": Weight(1.9, 1.6),
    "leg_proximal_weaker": Weight(0.9, 1.2),
}
SKIN_SIGNS = {
    "heliotrope_rash": Weight(3.1, 3.2),
    "gottron_papules": Weight(2.1, 2.7),
    "gottron_sign": Weight(3.3, 3.7),
}
BIOPSY = {
    "endomysial_infiltration": Weight(math.nan, 1.7),
    "perimysial_infiltration": Weight(math.nan, 1.2),
    "perifascicular_atrophy": Weight(math.nan, 1.9),
    "rimmed_vacuoles": Weight(math.nan, 3.1),
}
WEIGHTS = {
    **WEAKNESS,
    **SKIN_SIGNS,
    "dysphagia": Weight(0.7, 0.6),
    "anti_jo1": Weight(3.9, 3.8),
    "raised_enzymes": Weight(1.3, 1.4),
    **BIOPSY,
}
"""Published weights of the yes-or-no variables by item id of the scale ``eular-acr-2017``."""

_YES_NO = (*WEIGHTS, "biopsy_done", "finger_flexor_weakness", "response_to_treatment")


class Category(StrEnum):
    """How certain the classification is."""

    DEFINITE = "definite"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    NO = "not IIM"


class Subgroup(StrEnum):
    """Subgroup of a patient who meets the criteria (probable or definite)."""

    PM = "PM (IMNM)"
    IBM = "IBM"
    DM = "DM"
    ADM = "ADM"
    JDM = "juvenile DM"
    JM = "juvenile myositis other than JDM"
    NONE = "none: criteria not met"


class Range(NamedTuple):
    """The lowest and highest value that the unknown answers leave open; equal where none is missing."""

    low: float
    high: float


_CUT_OFFS = {
    False: ((7.5, Category.DEFINITE), (5.5, Category.PROBABLE), (5.3, Category.POSSIBLE)),
    True: ((8.7, Category.DEFINITE), (6.7, Category.PROBABLE), (6.5, Category.POSSIBLE)),
}
_OFFSET = {False: 5.33, True: 6.49}


@dataclass(frozen=True)
class Classification:
    """What the criteria say of one sheet.

    Attributes:
        with_biopsy: Whether the score with biopsy was used; None where it is unknown if there is one: then all
            below spans both scores.
        score: Sum of the weights.
        probability: Of IIM, 0 to 1.
        categories: Every category that the unknown answers leave open, the most certain first.
        subgroups: Every subgroup that they leave open.
        unknown: Items without an answer that could change the result.
        remarks: What the reader should know, in words.
    """

    with_biopsy: bool | None
    score: Range
    probability: Range
    categories: tuple[Category, ...]
    subgroups: tuple[Subgroup, ...]
    unknown: tuple[str, ...]
    remarks: tuple[str, ...]


def probability(score: float, *, with_biopsy: bool) -> float:
    """Return the probability of IIM (0 to 1) of a score: 1 / (1 + exp(5.33 − score)), with biopsy 6.49.

    >>> round(probability(7.5, with_biopsy=False), 3), round(probability(8.7, with_biopsy=True), 3)
    (0.898, 0.901)
    """
    return 1 / (1 + math.exp(_OFFSET[with_biopsy] - score))


def category(score: float, *, with_biopsy: bool) -> Category:
    """Return the category of a score by the published cut-offs of the score.

    The paper states the cut-offs both as scores (7.5, 5.5, 5.3; with biopsy 8.7, 6.7, 6.5) and as probabilities
    (90, 55, 50 %). The scores without biopsy are rounded: the formula gives 89.8, 54.2 and 49.3 % for them. The
    scores decide here, as in the paper's web calculator and tables.
    """
    for cut_off, name in _CUT_OFFS[with_biopsy]:
        if round(score, 1) >= cut_off:
            return name
    return Category.NO


def sheet_of_form(form: Form) -> dict[str, Any]:
    """Return the answers of a filled form of the scale ``eular-acr-2017`` as `classify` takes them."""
    return {target.id: form.answer(target.id).value for target in form.scale.targets}


def classify(sheet: Mapping[str, Any]) -> Classification:
    """Classify one patient.

    Args:
        sheet: ``age_at_onset`` in years and the yes-or-no variables by item id; None or missing is unknown.
            ``biopsy_done`` chooses between the two scores. ``finger_flexor_weakness`` and
            ``response_to_treatment`` serve the subgroup only.

    Raises:
        ParameterError: An unknown item, an answer that is not yes or no, an impossible age, or findings of a
            biopsy that was not done.
    """
    answers = _checked(sheet)
    biopsies = [answers["biopsy_done"]] if answers["biopsy_done"] is not None else [False, True]
    outcomes = [outcome for biopsy in biopsies for outcome in _outcomes(answers, biopsy)]
    scores = {score for outcome in outcomes for score in outcome.scores}
    chances = {
        probability(score, with_biopsy=outcome.with_biopsy) for outcome in outcomes for score in outcome.scores
    }
    categories = {name for outcome in outcomes for name in outcome.categories()}
    subgroups = {name for outcome in outcomes for name in outcome.subgroups()}
    return Classification(
        with_biopsy=answers["biopsy_done"],
        score=Range(min(scores), max(scores)),
        probability=Range(min(chances), max(chances)),
        categories=tuple(name for name in Category if name in categories),
        subgroups=tuple(name for name in Subgroup if name in subgroups),
        unknown=_unknown(answers),
        remarks=_remarks(answers),
    )


@dataclass(frozen=True)
class _Outcome:
    """One way through the tree: the branch taken and every score possible on it."""

    with_biopsy: bool
    scores: frozenset[float]
    subgroup: Subgroup

    def categories(self) -> set[Category]:
        return {category(score, with_biopsy=self.with_biopsy) for score in self.scores}

    def subgroups(self) -> set[Subgroup]:
        met = (Category.DEFINITE, Category.PROBABLE)
        return {
            self.subgroup if category(score, with_biopsy=self.with_biopsy) in met else Subgroup.NONE
            for score in self.scores
        }


def _outcomes(answers: Mapping[str, Any], biopsy: bool) -> Iterator[_Outcome]:
    """Follow every branch of the tree that the unknown answers leave open."""
    onsets = [None] if answers["age_at_onset"] is not None else [10, 30, 50]
    for onset, skin, weak in product(onsets, (True, False), (True, False)):
        known = dict(answers)
        if onset is not None:
            known["age_at_onset"] = onset
        if not biopsy:
            known |= dict.fromkeys(BIOPSY, False)
        if not (_fix(known, SKIN_SIGNS, skin) and _fix(known, WEAKNESS, weak)):
            continue
        juvenile = known["age_at_onset"] < 18
        if juvenile:
            yield _Outcome(biopsy, _scores(known, biopsy, skin, weak), Subgroup.JDM if skin else Subgroup.JM)
        elif skin:
            yield _Outcome(biopsy, _scores(known, biopsy, skin, weak), Subgroup.DM if weak else Subgroup.ADM)
        else:
            yield from _without_skin_signs(known, biopsy, weak)


def _without_skin_signs(known: Mapping[str, Any], biopsy: bool, weak: bool) -> Iterator[_Outcome]:
    """Tell IBM from PM: finger flexors weak and no response to treatment, or rimmed vacuoles."""
    fingers, response = known["finger_flexor_weakness"], known["response_to_treatment"]
    clinical = [True] if fingers is True and response is False else [False]
    if fingers is not False and response is not True and None in (fingers, response):
        clinical = [True, False]
    vacuoles = [known["rimmed_vacuoles"]] if known["rimmed_vacuoles"] is not None else [True, False]
    for by_clinic, by_vacuoles in product(clinical, vacuoles):
        scores = _scores({**known, "rimmed_vacuoles": by_vacuoles}, biopsy, False, weak)
        yield _Outcome(biopsy, scores, Subgroup.IBM if by_clinic or by_vacuoles else Subgroup.PM)


def _fix(known: dict[str, Any], group: Mapping[str, Weight], present: bool) -> bool:
    """Settle whether any of a group is present; returns False where the answers contradict it."""
    given = [known[name] for name in group]
    if not present:
        known.update(dict.fromkeys(group, False))
        return True not in given
    return True in given or None in given


def _scores(known: Mapping[str, Any], biopsy: bool, skin: bool, weak: bool) -> frozenset[float]:
    """Return every score that the unknown answers leave open; a group that is present has at least one member."""

    def weight(entry: Weight) -> float:
        return entry.with_biopsy if biopsy else entry.without_biopsy

    def sums(names: Iterable[str], at_least_one: bool = False) -> set[float]:
        """Return the sums of every choice among the open answers, with those that are known."""
        names = [name for name in names if known[name] is not False]
        fixed = sum(weight(WEIGHTS[name]) for name in names if known[name])
        possible = {(round(fixed, 1), any(known[name] for name in names))}
        for name in (name for name in names if known[name] is None):
            possible |= {(round(total + weight(WEIGHTS[name]), 1), True) for total, _ in possible}
        return {total for total, present in possible if present or not at_least_one}

    age = known["age_at_onset"]
    onset = 0.0 if age < 18 else weight(ONSET_18_TO_39 if age < 40 else ONSET_40_OR_LATER)
    rest = [name for name in WEIGHTS if name not in SKIN_SIGNS and name not in WEAKNESS]
    groups = (sums(SKIN_SIGNS, skin), sums(WEAKNESS, weak), sums(rest))
    return frozenset(round(onset + sum(parts), 1) for parts in product(*groups))


def _checked(sheet: Mapping[str, Any]) -> dict[str, Any]:
    items = ("age_at_onset", *_YES_NO)
    if unknown := [name for name in sheet if name not in items]:
        raise ParameterError(f"The sheet has unknown items {', '.join(unknown)}. Known are: {', '.join(items)}.")
    answers = {name: sheet.get(name) for name in items}
    age = answers["age_at_onset"]
    if age is not None and (isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age <= 120):
        raise ParameterError(f"The age at onset {age!r} is not a number of years from 0 to 120.")
    for name in _YES_NO:
        if answers[name] is not None and not isinstance(answers[name], bool):
            raise ParameterError(f"{name} = {answers[name]!r}: answer true, false, or leave it out if unknown.")
    found = [name for name in BIOPSY if answers[name]]
    if found and answers["biopsy_done"] is False:
        raise ParameterError(
            f"The sheet says that there is no muscle biopsy, and names findings of one: {', '.join(found)}."
        )
    if found:
        answers["biopsy_done"] = True
    return answers


def _unknown(answers: Mapping[str, Any]) -> tuple[str, ...]:
    skin = True in [answers[name] for name in SKIN_SIGNS]
    irrelevant: set[str] = set()
    if answers["biopsy_done"] is False:
        irrelevant |= set(BIOPSY)
    if (
        (answers["age_at_onset"] is not None and answers["age_at_onset"] < 18)
        or skin
        or answers["rimmed_vacuoles"]
    ):
        irrelevant |= {"finger_flexor_weakness", "response_to_treatment"}
    if answers["finger_flexor_weakness"] is False:
        irrelevant.add("response_to_treatment")
    if answers["response_to_treatment"] is True:
        irrelevant.add("finger_flexor_weakness")
    return tuple(name for name, value in answers.items() if value is None and name not in irrelevant)


def _remarks(answers: Mapping[str, Any]) -> tuple[str, ...]:
    remarks = []
    if answers["biopsy_done"] is None:
        remarks.append("Whether there is a muscle biopsy is unknown: the ranges span both scores.")
    if answers["biopsy_done"] is False and not any(answers[name] for name in SKIN_SIGNS):
        remarks.append("Without skin signs the criteria recommend a muscle biopsy.")
    return tuple(remarks)
