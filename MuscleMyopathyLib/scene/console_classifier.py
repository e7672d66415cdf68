"""Classifiers on nodes: the module's logic offers these in the batch console.

table = classify("demonstration-lgmdr2-imnm.mmyo", [t1w, water], whole_muscle, region="thigh")
results = train(cohort_table, "group", "recommended", "LR", "my model", "/results/my-model.mmyo")
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.modeling.inference.contributions import contributions
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package.archive import ModelPackage, find_model, load_model
from MuscleMyopathyLib.modeling.package.card import ModelCard
from MuscleMyopathyLib.modeling.package.training import ModelDescription
from MuscleMyopathyLib.modeling.recipe import Recipe
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions
from MuscleMyopathyLib.radiomics.slices import SliceChoice
from MuscleMyopathyLib.scene.console_features import sequence_names
from MuscleMyopathyLib.scene.console_validation import cohort_of_nodes, recipe_for_nodes
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe
from MuscleMyopathyLib.scene.volumes import image_from_volume_node
from MuscleMyopathyLib.study.case_prediction import CasePrediction, predict_case
from MuscleMyopathyLib.study.classifier_validation import summary_of_all
from MuscleMyopathyLib.study.feature_inputs import FeatureInputs
from MuscleMyopathyLib.study.model_training import TableOrigin, of_feature_set, structures_of, train_model

DESCRIPTIONS = {
    "predicted": "The most probable class.",
    "not_excluded": "Classes that the case does not exclude at 90 % (conformal prediction from the validation).",
    "warning": "What the model has never seen.",
    "problem": "Why there is no answer.",
    "validated": "How well the model did in its own validation.",
    "contribution": "Positive speaks for the class; against the mean of the training cases.",
}


def classify(
    model: ModelPackage | Path | str,
    volume_nodes: Sequence[Any],
    segmentation_node: Any,
    *,
    region: str = "",
    case: str = "",
    reader: str = "",
    session: int = 1,
    slices: SliceChoice | None = None,
    phantom: bool = False,
    others: Mapping[str, tuple[Sequence[Any], Any]] | None = None,
    output_nodes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Classify a case from its volumes and what is drawn on them, with the preset that the model holds.

    Args:
        model: A package, the file of one (``.mmyo``), or the name of a shipped one.
        volume_nodes: Volume nodes on one grid, named after their roles (T1w, water, STIR …); others are left out.
        segmentation_node: The structure that the model learned from, or compartments of which it is made.
        region: ``thigh`` or ``calf``.
        case: Identifier of the case.
        reader: Who drew the segmentation.
        session: Which reading of that reader, from 1.
        slices: Which slices; None as in training.
        phantom: Whether the volumes are simulated.
        others: For a model of thigh and calf, volumes and segmentation of the other limb segment by its name, read
            by the same reader: ``{"calf": ([t1w, water], whole_muscle)}``.
        output_nodes: Table nodes of an earlier call to fill in place.
        progress: Receives fraction and text.

    Returns:
        Table nodes ``answer`` (as `modeling.inference.prediction.predict`), ``contributions``, ``features``. The
        description of the first holds the notices and how the case was brought into the model's form.

    Raises:
        InputError, GeometryError, MissingPackageError: As `load_model` and `predict_case`.
    """
    package = opened(model)
    made = prediction_of_nodes(
        package,
        volume_nodes,
        segmentation_node,
        region=region,
        case=case,
        reader=reader,
        session=session,
        slices=slices,
        phantom=phantom,
        others=others,
        progress=progress,
    )
    name = f"{case or segmentation_node.GetName()} by {package.card.name}"
    nodes = _answer_nodes(name, made.answer, made.contributions, package.card, output_nodes, made.notes)
    given = output_nodes or {}
    nodes["features"] = table_node_from_dataframe(made.features, f"{name} features", given.get("features"))
    return nodes


def prediction_of_nodes(
    package: ModelPackage,
    volume_nodes: Sequence[Any],
    segmentation_node: Any,
    *,
    region: str = "",
    case: str = "",
    reader: str = "",
    session: int = 1,
    slices: SliceChoice | None = None,
    phantom: bool = False,
    others: Mapping[str, tuple[Sequence[Any], Any]] | None = None,
    progress: Progress = silent,
) -> CasePrediction:
    """Return what `classify` puts into table nodes."""
    inputs = []
    for of_region, (volumes, drawn_node) in {region: (volume_nodes, segmentation_node), **(others or {})}.items():
        if not volumes:
            raise InputError("No volume is chosen. Choose at least one.")
        named = sequence_names(volumes)
        wanted = [sequence for of, sequence in package.card.parts if of in ("", of_region)]
        chosen = {name: node for name, node in named.items() if name in wanted} or named
        drawn: Segmentation = segmentation_from_node(drawn_node, next(iter(chosen.values())))
        inputs.append(
            FeatureInputs(
                images={name: image_from_volume_node(node) for name, node in chosen.items()},
                readings=(DrawnRegions(drawn, reader, session),),
                case=case,
                region=of_region,
                phantom=phantom,
            )
        )
    return predict_case(package, inputs, slices=slices, progress=progress)


def classify_table(
    model: ModelPackage | Path | str,
    table_node: Any,
    *,
    preset_sha256: str = "",
    output_nodes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Classify the rows of a table of features.

    Args:
        model: As of `classify`.
        table_node: As of `modeling.inference.prediction.predict`.
        preset_sha256: Content hash of the preset that made the features; empty where not known.
        output_nodes: Table nodes of an earlier call to fill in place.

    Returns:
        Table nodes ``answer`` and ``contributions``.

    Raises:
        InputError, MissingPackageError: As `load_model` and `predict`.
    """
    package = opened(model)
    table = dataframe_from_table_node(table_node)
    answer = predict(package, table, preset_sha256=preset_sha256)
    name = f"{table_node.GetName()} by {package.card.name}"
    return _answer_nodes(name, answer, contributions(package, table), package.card, output_nodes)


def train(
    table_node: Any,
    outcome: str,
    recipe: Recipe | str,
    classifier: str,
    name: str,
    path: Path | str,
    *,
    outcomes_node: Any = None,
    feature_set: str = "",
    readings_node: Any = None,
    description: ModelDescription | None = None,
    preset: Mapping[str, Any] | None = None,
    seed: int = 0,
    output_node: Any = None,
    progress: Progress = silent,
    **columns: Any,
) -> Any:
    """Validate a classifier on a cohort in both modes, train it on all patients and write a model package.

    Args:
        table_node: Features, as of `modeling.cohort_data.read_cohort`.
        outcome: Column of the outcome.
        recipe: A recipe, or the name or file of one. Its ICC filter needs ``readings_node``.
        classifier: One of the recipe's.
        name: Of the model.
        path: The package to write (``.mmyo``).
        outcomes_node: Table of the patients with the outcome; None where ``table_node`` has it.
        feature_set: One of the recipe's models, where it describes several.
        readings_node: Features of all readings; without it an ICC filter is left out.
        description: Version, use and limits; its name is ``name``.
        preset: ``preset``, ``preset_sha256`` and ``parameters``, as beside a table of features; without it the
            model can classify tables, not images.
        seed: Of all random numbers.
        output_node: Table node to fill; None makes a new one.
        progress: Receives fraction and text.
        columns: Further arguments of `read_cohort`: ``patient``, ``centre``, ``classes``, ``leave_out``.

    Returns:
        The table node of the validation's figures in both modes.

    Raises:
        InputError, LeakageError, OutputError, MissingPackageError: As `train_model`.
    """
    chosen, icc = recipe_for_nodes(recipe, readings_node)
    chosen = of_feature_set(chosen, feature_set)
    made = dict(preset or {})
    data = cohort_of_nodes(table_node, outcome, outcomes_node, preset, **columns)
    structures = structures_of(dataframe_from_table_node(table_node))
    origin = TableOrigin(dict(made.get("parameters") or {}), dict(made.get("drawn_levels") or {}), structures)
    with tempfile.TemporaryDirectory() as work:
        training = train_model(
            data,
            chosen,
            classifier,
            dataclasses.replace(description, name=name) if description else ModelDescription(name),
            Path(path),
            Path(work),
            origin=origin,
            icc=icc,
            seed=seed,
            progress=progress,
        )
    figures = summary_of_all(training.results)
    node = table_node_from_dataframe(figures, f"{name} validation", output_node)
    node.SetDescription(" ".join((*training.package.card.notices, training.package.card.population.words)))
    return node


def opened(model: ModelPackage | Path | str) -> ModelPackage:
    """Return a package: itself, from its file, or a shipped one by its name.

    Raises:
        InputError, MissingPackageError: As `find_model` and `load_model`.
    """
    return model if isinstance(model, ModelPackage) else load_model(find_model(model))


def _answer_nodes(
    name: str,
    answer: Any,
    shares: Any,
    card: ModelCard,
    output_nodes: Mapping[str, Any] | None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    given = output_nodes or {}
    nodes = {
        "answer": table_node_from_dataframe(answer, name, given.get("answer"), _described(answer)),
        "contributions": table_node_from_dataframe(
            shares, f"{name} contributions", given.get("contributions"), _described(shares)
        ),
    }
    nodes["answer"].SetDescription(" ".join((*card.notices, f"{card.name}: {card.validated}.", *notes)))
    return nodes


def _described(table: Any) -> dict[str, str]:
    return {column: text for column, text in DESCRIPTIONS.items() if column in table.columns}
