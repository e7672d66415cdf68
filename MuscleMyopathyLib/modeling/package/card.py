"""The card of a model: what it tells apart, from what it learned, how it was tested, where it must not be used.

After Mitchell et al., Model cards for model reporting (FAT* 2019).
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.parameters import from_mapping, to_mapping

FORMAT = 1
"""Number of the card's format; a program reads cards up to its own."""

NOT_A_DEVICE = "For research. Not a medical device."
PHANTOM_TRAINING = "Trained on simulated data: a digital phantom, no patients. It says nothing about people."


@dataclass(frozen=True)
class FeatureRange:
    """One feature and what the training cases had.

    Attributes:
        name: Column of the fused table (``thigh.T1w.original_firstorder_Mean``).
        lowest: Lowest value among the training cases.
        highest: Highest value.
        mean: Mean, the reference of contributions.
        sd: Standard deviation (n − 1).
    """

    name: str
    lowest: float
    highest: float
    mean: float
    sd: float


@dataclass(frozen=True)
class Figure:
    """One figure of the validation.

    Attributes:
        mode: ``paper`` or ``nested``.
        metric: One of `validation.result.METRICS`.
        of_class: Class that it is about; empty for the whole.
        mean: Over the repeats.
        sd: Over the repeats.
        ci_low: Lower end of the interval.
        ci_high: Upper end.
        interval: How the interval was made.
    """

    mode: str
    metric: str
    of_class: str
    mean: float | None
    sd: float | None
    ci_low: float | None
    ci_high: float | None
    interval: str = ""


@dataclass(frozen=True)
class UsedPreset:
    """The radiomics preset that made the training features.

    Attributes:
        name: Its name; empty where the features are no radiomics or the preset is not known.
        sha256: Its content hash; empty where not known.
        parameters: The whole preset, so that a case's features can be made from images; empty where not known.
        drawn_levels: Which slices of a limb segment the readers drew, where it was not all of them (``thigh``:
            proximal, middle, distal; or fractions from the proximal end): the slices measured in a case of which
            more is segmented.
    """

    name: str = ""
    sha256: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    drawn_levels: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Population:
    """Who the model learned from.

    Attributes:
        words: Patients, classes and features in one sentence.
        patients: Number of patients by class.
        structures: Structure and side of the rows, e.g. ``MUSCLE both``; empty where not known.
        centres: Names of the centres.
        notes: What was noticed when the table was read.
    """

    words: str
    patients: Mapping[str, int]
    structures: tuple[str, ...] = ()
    centres: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelCard:
    """Everything about a model but its numbers.

    Attributes:
        name: Short name.
        version: Version of the model, e.g. 1.0.
        task: What it tells apart, in words.
        classes: The classes in order; of two the last one is positive.
        classifier: As the recipe names it.
        recipe: The recipe as plain values.
        features: What it takes, in the order of the model.
        preset: How the features were made.
        population: Training population.
        figures: Of the validation, by mode.
        validation: Scheme of the validation in words.
        intended_use: What it is for.
        limits: What it is not for, and what it has not seen.
        phantom: Whether it was trained on simulated images.
        software: Versions of what trained it.
        created: Date and time (UTC).
        seed: Of all random numbers.
        wrongness: For each class, one minus the probability that nested validation gave the true class, for its
            patients and repeats: by these the classes are found that a case does not exclude
            (`inference.conformal`).
    """

    name: str
    version: str
    task: str
    classes: tuple[str, ...]
    classifier: str
    recipe: Mapping[str, Any]
    features: tuple[FeatureRange, ...]
    preset: UsedPreset
    population: Population
    figures: tuple[Figure, ...]
    validation: str
    intended_use: str
    limits: tuple[str, ...]
    phantom: bool
    software: Mapping[str, str]
    created: str
    seed: int = 0
    wrongness: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.classes) < 2:
            raise ParameterError(f"The model {self.name} has fewer than two classes.")
        if not self.features:
            raise ParameterError(f"The model {self.name} takes no feature.")

    @property
    def feature_names(self) -> list[str]:
        """The columns that the model takes."""
        return [feature.name for feature in self.features]

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Limb segments and sequences that the features come from; ("", sequence) where no segment is named.

        Empty for features that are no radiomics (a user's own table).
        """
        found = dict.fromkeys(
            tuple(name.split(".")[:-1]) for name in self.feature_names if name.count(".") in (1, 2)
        )
        return (
            [("", *part) if len(part) == 1 else (part[0], part[1]) for part in found] if self.preset.sha256 else []
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What must stand beside every result."""
        return (NOT_A_DEVICE, PHANTOM_TRAINING) if self.phantom else (NOT_A_DEVICE,)

    def figure(self, metric: str, mode: str = "nested", of_class: str = "") -> Figure | None:
        """Return one figure, or None where the validation did not have it."""
        for figure in self.figures:
            if (figure.metric, figure.mode, figure.of_class) == (metric, mode, of_class):
                return figure
        return None

    @property
    def validated(self) -> str:
        """The area under the ROC curve that stands beside every result, in words."""
        for mode, words in (("nested", "nested"), ("paper", "paper mode, optimistic")):
            figure = self.figure("auc", mode)
            if figure is not None and figure.mean is not None:
                interval = (
                    f" ({figure.ci_low:.2f} to {figure.ci_high:.2f})"
                    if figure.ci_low is not None and figure.ci_high is not None
                    else ""
                )
                simulated = ", simulated cases" if self.phantom else ""
                return f"AUC {figure.mean:.2f}{interval}, {words}{simulated}"
        return "not validated"


def card_to_mapping(card: ModelCard) -> dict[str, Any]:
    """Return plain values that `card_from_mapping` reads back."""
    plain = to_mapping(card)
    for name in ("features", "figures"):
        plain[name] = [dataclasses.asdict(one) for one in getattr(card, name)]
    plain["wrongness"] = {name: list(values) for name, values in card.wrongness.items()}
    return {"format": FORMAT, **plain}


def card_from_mapping(values: Mapping[str, Any]) -> ModelCard:
    """Make a card from plain values.

    Raises:
        InputError: The card has another format, or lacks something.
    """
    plain = dict(values)
    number = plain.pop("format", None)
    if number != FORMAT:
        raise InputError(
            f"The model's card has the format {number!r}; this program reads {FORMAT}. Update MuscleMyopathy."
        )
    try:
        plain["features"] = tuple(from_mapping(FeatureRange, one) for one in plain["features"])
        plain["figures"] = tuple(from_mapping(Figure, one) for one in plain["figures"])
        plain["wrongness"] = {str(name): tuple(map(float, own)) for name, own in plain["wrongness"].items()}
        return from_mapping(ModelCard, plain)
    except (KeyError, TypeError, ValueError, AttributeError, ParameterError) as error:
        raise InputError(f"The model's card is damaged: {error}") from error


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes (64 hex digits)."""
    return hashlib.sha256(content).hexdigest()
