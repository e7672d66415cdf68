"""How a classifier is validated: scheme, folds, repeats, intervals, permutations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from MuscleMyopathyLib.errors import ParameterError


class Scheme(StrEnum):
    """Which patients train and which test."""

    REPEATED_K_FOLD = "repeated-k-fold"
    SPLIT = "split"
    CENTRES = "leave-one-centre-out"
    EXTERNAL = "external"


class Mode(StrEnum):
    """What a test case may have been used for before the test.

    Attributes:
        PAPER: Scaling and selection on all the data before the cross-validation, as the papers did: optimistic.
        NESTED: Scaling, selection and tuning in each training set alone: honest.
    """

    PAPER = "paper"
    NESTED = "nested"


@dataclass(frozen=True)
class ValidationParameters:
    """How a classifier is validated; every scheme keeps a patient's rows together.

    Attributes:
        scheme: Repeated stratified k-fold; a stratified split; each centre left out in turn; another table.
        folds: Of k-fold.
        repeats: Of k-fold or of the split, each with other patients together.
        test_share: Of the patients, for the split.
        permutations: How often outcomes are shuffled among the patients to learn what chance gives; 0: never.
        confidence: Of all intervals.
    """

    scheme: Scheme = Scheme.REPEATED_K_FOLD
    folds: int = 10
    repeats: int = 100
    test_share: float = 0.3
    permutations: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ParameterError(f"folds = {self.folds}: cross-validation needs two or more.")
        if self.repeats < 1:
            raise ParameterError(f"repeats = {self.repeats}: at least one is needed.")
        if not 0 < self.test_share < 1:
            raise ParameterError(f"test_share = {self.test_share}: it must lie between 0 and 1.")
        if self.permutations < 0:
            raise ParameterError(f"permutations = {self.permutations}: it cannot be negative.")
        if not 0 < self.confidence < 1:
            raise ParameterError(f"confidence = {self.confidence}: it must lie between 0 and 1.")

    @property
    def words(self) -> str:
        """The scheme in words."""
        if self.scheme is Scheme.REPEATED_K_FOLD:
            times = "once" if self.repeats == 1 else f"{self.repeats} times"
            return f"stratified {self.folds}-fold cross-validation by patient, {times}"
        if self.scheme is Scheme.SPLIT:
            share = round(100 * self.test_share)
            times = "once" if self.repeats == 1 else f"{self.repeats} times"
            return f"stratified split of the patients into {100 - share} % training and {share} % test, {times}"
        if self.scheme is Scheme.CENTRES:
            return "each centre tested by what the other centres taught"
        return "tested on another table of patients"
