"""Parameters of the selection steps, as they stand in a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from MuscleMyopathyLib.errors import ParameterError


class Correlation(StrEnum):
    """How two features are compared."""

    PEARSON = "pearson"
    SPEARMAN = "spearman"


@dataclass(frozen=True)
class ZScore:
    """Mean 0 and standard deviation 1 (scikit-learn's StandardScaler)."""

    key: ClassVar[str] = "z-score"


@dataclass(frozen=True)
class ReliableOnly:
    """Features whose intraclass correlation reaches a threshold in every comparison of readings.

    Attributes:
        threshold: Lowest ICC that counts as reliable (Nagawa 0.80, Wei 0.81).
    """

    key: ClassVar[str] = "icc"
    threshold: float = 0.8

    def __post_init__(self) -> None:
        _require_share("threshold", self.threshold)


@dataclass(frozen=True)
class Univariate:
    """Features that differ between the classes: Mann–Whitney U for two, Kruskal–Wallis for more.

    Attributes:
        p: Highest p value that is kept is below this.
        fewest: Where fewer reach it, this many with the lowest p stay, which is reported.
    """

    key: ClassVar[str] = "univariate"
    p: float = 0.05
    fewest: int = 1

    def __post_init__(self) -> None:
        _require_share("p", self.p)
        _require_count("fewest", self.fewest)


@dataclass(frozen=True)
class Uncorrelated:
    """Of two features that are too alike, the one less collinear with all the others stays.

    Attributes:
        method: Pearson (Nagawa) or Spearman (Wei).
        threshold: Absolute correlation from which two features are too alike.
        inclusive: Whether the threshold itself is too alike (Nagawa: r ≥ 0.7; Wei: ρ > 0.9).
    """

    key: ClassVar[str] = "collinearity"
    method: Correlation = Correlation.PEARSON
    threshold: float = 0.7
    inclusive: bool = True

    def __post_init__(self) -> None:
        _require_share("threshold", self.threshold)


@dataclass(frozen=True)
class Lasso:
    """Features with a coefficient in an L1-penalised regression whose penalty is found by cross-validation.

    Attributes:
        folds: Of the cross-validation, by patient; fewer where a class has fewer patients.
        fewest: Where the best penalty leaves fewer, the strongest penalty of the path that leaves so many is
            taken, which is reported.
    """

    key: ClassVar[str] = "lasso"
    folds: int = 10
    fewest: int = 1

    def __post_init__(self) -> None:
        _require_folds(self.folds)
        _require_count("fewest", self.fewest)


@dataclass(frozen=True)
class RelevantNotRedundant:
    """Minimum redundancy, maximum relevance (mRMR).

    Attributes:
        features: How many are kept.
    """

    key: ClassVar[str] = "mrmr"
    features: int = 20

    def __post_init__(self) -> None:
        _require_count("features", self.features)


@dataclass(frozen=True)
class ForwardSelection:
    """Sequential forward selection for the classifier that follows, by cross-validated accuracy.

    Attributes:
        fewest: Fewest features.
        most: Most features; the number with the highest accuracy is taken, the lower one on a tie.
        patients_per_feature: No more features than the number of patients divided by this, but ``fewest``.
        folds: Of the inner cross-validation, by patient; fewer where a class has fewer patients.
    """

    key: ClassVar[str] = "forward"
    fewest: int = 3
    most: int = 4
    patients_per_feature: float = 12.0
    folds: int = 5

    def __post_init__(self) -> None:
        _require_count("fewest", self.fewest)
        _require_folds(self.folds)
        if self.most < self.fewest:
            raise ParameterError(f"forward: most = {self.most} lies below fewest = {self.fewest}.")
        _require_positive("patients_per_feature", self.patients_per_feature)


@dataclass(frozen=True)
class CappedBySize:
    """No more features than the sample bears: those that tell the classes apart best, one by one, stay.

    Attributes:
        patients_per_feature: Patients of the rarest class for each feature.
        fewest: At least so many stay.
    """

    key: ClassVar[str] = "cap"
    patients_per_feature: float = 10.0
    fewest: int = 1

    def __post_init__(self) -> None:
        _require_positive("patients_per_feature", self.patients_per_feature)
        _require_count("fewest", self.fewest)


Step = (
    ZScore
    | ReliableOnly
    | Univariate
    | Uncorrelated
    | Lasso
    | RelevantNotRedundant
    | ForwardSelection
    | CappedBySize
)
STEPS: dict[str, type[Step]] = {
    kind.key: kind
    for kind in (
        ZScore,
        ReliableOnly,
        Univariate,
        Uncorrelated,
        Lasso,
        RelevantNotRedundant,
        ForwardSelection,
        CappedBySize,
    )
}


def _require_share(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise ParameterError(f"{name} = {value}: it must lie above 0 and at most at 1.")


def _require_count(name: str, value: int) -> None:
    if value < 1:
        raise ParameterError(f"{name} = {value}: at least one is needed.")


def _require_folds(value: int) -> None:
    if value < 2:
        raise ParameterError(f"folds = {value}: cross-validation needs two or more.")


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ParameterError(f"{name} = {value}: it must be positive.")
