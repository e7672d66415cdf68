"""``muscle-myopathy train``: a cohort and a recipe in, a validated model package and its report out."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.cohort_options import CohortChoice, cohort_options
from MuscleMyopathyLib.commands.feature_options import cluster_options
from MuscleMyopathyLib.commands.options import any_path
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@cohort_options
@click.option("--classifier", required=True, help="One of the recipe's, e.g. LR, LDA, RF.")
@click.option("--feature-set", default="", help="One of the recipe's models, e.g. 'CM thigh' of wei2023.")
@click.option("--name", required=True, help="Name of the model, as it stands on its card.")
@click.option("--model-version", default="1.0", show_default=True, help="Version of the model.")
@click.option("--task", default="", help="What it tells apart, in words.  [default: the classes]")
@click.option("--intended-use", default="", help="What it is for, in words, for the card.")
@click.option("--limit", "limits", multiple=True, help="What it is not for, for the card; repeatable.")
@click.option("--folds", type=click.IntRange(min=2), help="Of the validation.  [default: as the recipe says]")
@click.option("--repeats", type=click.IntRange(min=1), help="Of the validation.  [default: as the recipe says]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all random numbers.")
@cluster_options
@click.option("--output", type=any_path, required=True, help="The package to write, e.g. lgmdr2.mmyo.")
@progress_option
def command(
    cohort: CohortChoice,
    classifier: str,
    feature_set: str,
    name: str,
    model_version: str,
    task: str,
    intended_use: str,
    limits: tuple[str, ...],
    folds: int | None,
    repeats: int | None,
    seed: int,
    workers: int,
    scheduler: str,
    output: Path,
    progress_mode: str,
) -> None:
    """Validate a classifier on TABLE in paper and nested mode, train it on all patients, and write a package.

    \b
      muscle-myopathy train features_first_reading.csv --outcomes participants.tsv --outcome group \\
        --recipe recommended --readings features.csv --classifier LR --name lgmdr2-imnm --output lgmdr2.mmyo

    The package (.mmyo) holds the model and its card: training population, preset, features with their ranges, the
    figures of the validation, limits. Beside it stand its card (.html) and the folder of the validation with
    report.html; a stopped run goes on there.
    """
    import dataclasses

    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.modeling.package.archive import SUFFIX
    from MuscleMyopathyLib.modeling.package.training import ModelDescription
    from MuscleMyopathyLib.report.classifier import write_classifier_report
    from MuscleMyopathyLib.report.model_card import card_lines, write_card
    from MuscleMyopathyLib.study.classifier_inputs import read_any_table, read_cohort_files
    from MuscleMyopathyLib.study.model_training import of_feature_set, table_origin, train_model

    with reporting(progress_mode) as report:
        if output.suffix != SUFFIX:
            raise InputError(f"{output} is no name of a package: it must end in {SUFFIX}.")
        report.progress(0.0, "reading the cohort")
        recipe = of_feature_set(cohort.recipe(), feature_set)
        asked = recipe.validation
        asked = dataclasses.replace(asked, folds=folds or asked.folds, repeats=repeats or asked.repeats)
        recipe = dataclasses.replace(recipe, validation=asked)
        data = read_cohort_files(cohort.files)
        described = ModelDescription(name, model_version, task, limits=limits)
        if intended_use:
            described = dataclasses.replace(described, intended_use=intended_use)
        work = output.with_name(f"{output.stem}-validation")
        training = train_model(
            data,
            recipe,
            classifier,
            described,
            output,
            work,
            origin=table_origin(cohort.table, read_any_table(cohort.table), data.preset_sha256),
            icc=cohort.reproducibility(),
            seed=seed,
            workers=workers,
            scheduler=scheduler,
            progress=report.within(0.0, 0.95).progress,
        )
        report.progress(0.96, "writing the reports")
        write_classifier_report(training.results, work / "report.html")
        write_card(training.package.card, output.with_suffix(".html"))
        report.progress(1.0, "done")
        for line in card_lines(training.package.card):
            report.note(line)
        report.result(output, f"Model: {output}\nReport: {work / 'report.html'}")
