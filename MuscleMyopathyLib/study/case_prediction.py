"""A model package's answer to one case, straight from its images: its own preset, features, probabilities.

The package holds the whole radiomics preset that made its training features, so that nothing is left to choose but
what is drawn on the images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.modeling.inference.contributions import contributions
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package.archive import ModelPackage
from MuscleMyopathyLib.modeling.package.card import ModelCard
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions, extract_features
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset, preset_from_mapping
from MuscleMyopathyLib.radiomics.slices import SliceChoice, choose_slices, keep_slices
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.segmentation.whole_muscle import whole_muscle
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE
from MuscleMyopathyLib.study.feature_inputs import FeatureInputs
from MuscleMyopathyLib.study.model_fit import WHOLE_MUSCLE, made_of_compartments, missing_parts, wanted_structures


@dataclass(frozen=True)
class CasePrediction:
    """What a model says about a case.

    Attributes:
        answer: As of `predict`: one row per reading and structure.
        contributions: What spoke for and against, as of `contributions`.
        features: The features made from the images, as of `radiomics.feature_table`.
        notes: How the case was brought into the model's form, in words.
        card: The model's card.
        phantom: Whether the case itself is simulated.
    """

    answer: pd.DataFrame
    contributions: pd.DataFrame
    features: pd.DataFrame
    notes: tuple[str, ...]
    card: ModelCard
    phantom: bool = False


def predict_case(
    package: ModelPackage,
    examinations: Sequence[FeatureInputs],
    *,
    slices: SliceChoice | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> CasePrediction:
    """Classify a case from its images and what is drawn on them.

    Args:
        package: The model; its card says which limb segments, sequences and structures it needs.
        examinations: One for each limb segment, e.g. thigh and calf. Where whole muscle is needed and the
            segmentation holds compartments, it is made of them.
        slices: Which slices are measured; by default those that the training's readers drew, where more is drawn.
        workers: Processes that share the structures.
        progress: Told of each structure; may raise `Cancelled`.

    Raises:
        InputError: The package holds no preset, or the case lacks a limb segment, sequence or structure.
        GeometryError: An image and what was drawn on it do not share one grid.
        MissingPackageError: PyRadiomics is not installed.
    """
    card = package.card
    preset = package_preset(card)
    _require_parts(card, examinations)
    tables: list[pd.DataFrame] = []
    notes: list[str] = []
    for number, one in enumerate(examinations):
        sequences = [sequence for region, sequence in card.parts if region in ("", one.region)]
        if not sequences:
            continue
        images = {name: one.images[name] for name in sequences}
        readings = [_reading(reading, one.region, card, slices, notes) for reading in one.readings]
        share = portion(progress, 0.95 * number / len(examinations), 0.95 * (number + 1) / len(examinations))
        made = extract_features(
            images, readings, preset, case=one.case, region=one.region, workers=workers, progress=share
        )
        tables.append(made.table)
    features = pd.concat(tables, ignore_index=True)
    if features["case"].nunique() > 1:
        raise InputError(
            f"The examinations are of several cases: {', '.join(features['case'].unique())}. Name them alike."
        )
    progress(0.96, "classifying")
    phantom = any(one.phantom for one in examinations)
    answer = predict(package, features, preset_sha256=card.preset.sha256)
    if phantom and not card.phantom:
        answer["notice"] = answer["notice"] + " " + PHANTOM_NOTICE
    unmeasured = features.loc[features["problem"] != "", ["sequence", "structure", "side", "problem"]]
    notes += [": ".join((" ".join(map(str, row[:3])), str(row[3]))) for row in unmeasured.to_numpy()]
    result = CasePrediction(
        answer, contributions(package, features), features, tuple(dict.fromkeys(notes)), card, phantom
    )
    progress(1.0, "done")
    return result


def package_preset(card: ModelCard) -> RadiomicsPreset:
    """Return the preset that a package holds.

    Raises:
        InputError: It holds none, or one whose content is not what its hash says.
        MissingPackageError: PyRadiomics is not installed.
    """
    if not card.preset.parameters:
        raise InputError(
            f"The model {card.name} does not hold the preset of its features: it can classify tables, not images."
        )
    preset = preset_from_mapping(card.preset.parameters, card.preset.name)
    if preset.content_hash != card.preset.sha256:
        raise InputError(
            f"The preset in the model {card.name} is not the one that made its training features. Train it anew."
        )
    return preset


def _require_parts(card: ModelCard, examinations: Sequence[FeatureInputs]) -> None:
    there = {(one.region, name) for one in examinations for name in one.images}
    missing = missing_parts(card, there)
    if missing:
        named = ", ".join(sorted(f"{region} {name}".strip() for region, name in there))
        raise InputError(f"The model {card.name} needs {', '.join(missing)}. The case has: {named or 'no image'}.")


def _reading(
    reading: DrawnRegions, region: str, card: ModelCard, slices: SliceChoice | None, notes: list[str]
) -> DrawnRegions:
    """Return a reading with the structures and slices that the model learned from."""
    wanted = wanted_structures(card)
    drawn = reading.segmentation
    codes = {structure.code for structure in drawn.structures.values()}
    if made_of_compartments(card, codes):
        depth = CompartmentParameters().epimysium_erosion_mm
        drawn = whole_muscle(drawn, depth)
        notes.append(f"{region}: the whole muscle was made of the compartments, {depth:g} mm inside the fascia")
        codes = {WHOLE_MUSCLE}
    if wanted and not wanted & codes:
        raise InputError(
            f"The model {card.name} learned from {', '.join(sorted(wanted))}, and drawn on the {region} are: "
            f"{', '.join(sorted(codes)) or 'no structures'}. {_what_to_give(wanted)}"
        )
    if wanted:
        drawn = _only(drawn, wanted)
    drawn = _chosen_slices(drawn, region, card.preset.drawn_levels, slices, notes)
    return dataclasses.replace(reading, segmentation=drawn, sequences=())


def _what_to_give(wanted: set[str]) -> str:
    if WHOLE_MUSCLE in wanted:
        return "Give the whole muscle, or the compartments, of which it is made (the command 'case' writes both)."
    return "Give a segmentation with these structures."


def _only(drawn: Segmentation, wanted: set[str]) -> Segmentation:
    kept = {label: one for label, one in drawn.structures.items() if one.code in wanted}
    return Segmentation(drawn.image, kept)


def _chosen_slices(
    drawn: Segmentation, region: str, levels: Mapping[str, Any], slices: SliceChoice | None, notes: list[str]
) -> Segmentation:
    if slices is not None:
        return keep_slices(drawn, choose_slices(drawn, slices))
    wanted = levels.get(region)
    inside = np.isin(drawn.array, list(drawn.structures))
    if not wanted or np.count_nonzero(inside.any(axis=(1, 2))) <= len(wanted):
        return drawn
    chosen = choose_slices(drawn, SliceChoice(levels=tuple(wanted)))
    named = ", ".join(str(index) for index in chosen)
    notes.append(f"{region}: measured in slices {named} ({', '.join(map(str, wanted))}), as in training")
    return keep_slices(drawn, chosen)
