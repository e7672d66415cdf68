"""``muscle-myopathy validate``: a recipe's classifiers on a cohort, in paper and in nested mode, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from MuscleMyopathyLib.commands.cohort_options import CohortChoice, cohort_options
from MuscleMyopathyLib.commands.feature_options import cluster_options
from MuscleMyopathyLib.commands.options import any_path, existing_file
from MuscleMyopathyLib.commands.reporting import progress_option, reporting

if TYPE_CHECKING:
    from MuscleMyopathyLib.modeling.recipe import Recipe
    from MuscleMyopathyLib.modeling.validation.result import ValidationResult


@click.command()
@cohort_options
@click.option(
    "--mode",
    type=click.Choice(["paper", "nested", "both"]),
    default="both",
    show_default=True,
    help="Selection on all cases before the validation, as in the papers; inside each training set; or both.",
)
@click.option(
    "--scheme",
    type=click.Choice(["repeated-k-fold", "split", "leave-one-centre-out", "external"]),
    help="Which patients train and which test.  [default: as the recipe says]",
)
@click.option("--folds", type=click.IntRange(min=2), help="Of k-fold.  [default: as the recipe says]")
@click.option("--repeats", type=click.IntRange(min=1), help="Of k-fold or split.  [default: as the recipe says]")
@click.option("--permutations", type=click.IntRange(min=0), help="Shuffles of the permutation test.")
@click.option("--classifier", "classifiers", multiple=True, help="Only this one of the recipe's; repeatable.")
@click.option("--external", type=existing_file, help="Features of other patients to test on (scheme external).")
@click.option("--external-outcomes", type=existing_file, help="Their table of patients, where not in --external.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all random numbers.")
@cluster_options
@click.option("--output", type=any_path, required=True, help="Folder for the results.")
@progress_option
def command(
    cohort: CohortChoice,
    mode: str,
    scheme: str | None,
    folds: int | None,
    repeats: int | None,
    permutations: int | None,
    classifiers: tuple[str, ...],
    external: Path | None,
    external_outcomes: Path | None,
    seed: int,
    workers: int,
    scheduler: str,
    output: Path,
    progress_mode: str,
) -> None:
    """Tell how well classifiers do on the patients of TABLE, a CSV of features or of any numbers.

    \b
      muscle-myopathy validate features.csv --outcomes participants.tsv --outcome group \\
        --recipe nagawa2021 --readings features.csv --reading A:1 --output validation

    Writes, for each model and mode, predictions.csv (out of fold), scores.csv, summary.csv (mean, SD, interval),
    confusion.csv, stability.csv, problems.csv; summary.csv and optimism.csv of all; report.html, and one for each
    of several models; provenance.json. A stopped run goes on where it was when the command is repeated.
    """
    from MuscleMyopathyLib.imaging.checksums import file_checksum
    from MuscleMyopathyLib.modeling.recipe import recipe_to_mapping
    from MuscleMyopathyLib.modeling.validation.parameters import Mode
    from MuscleMyopathyLib.output import require_writable, write_json
    from MuscleMyopathyLib.report.classifier_reports import write_classifier_reports
    from MuscleMyopathyLib.study.classifier_inputs import read_cohort_files, read_external
    from MuscleMyopathyLib.study.classifier_validation import validate_models
    from MuscleMyopathyLib.study.provenance import environment

    with reporting(progress_mode) as report:
        require_writable(output)
        recipe = _chosen(
            cohort.recipe(),
            scheme if external is None else "external",
            folds,
            repeats,
            permutations,
            classifiers,
        )
        files = cohort.files
        data = read_cohort_files(files)
        other = None if external is None else read_external(files, data, external, external_outcomes)
        modes = list(Mode) if mode == "both" else [Mode(mode)]
        icc = cohort.reproducibility()
        results = validate_models(
            data,
            recipe,
            modes,
            output,
            seed=seed,
            icc=icc,
            external=other,
            workers=workers,
            scheduler=scheduler,
            progress=report.within(0.0, 0.95).progress,
        )
        whole = None if icc is None else icc.whole()
        write_classifier_reports(results, output, icc=whole, progress=report.within(0.95, 1.0).progress)
        inputs = [
            ("features", cohort.table),
            ("scores", cohort.scores),
            ("outcomes", cohort.outcomes),
            ("ICC", cohort.icc),
            ("external", external),
        ]
        write_json(
            {
                **environment(),
                "phantom": data.phantom,
                "preset": data.preset,
                "preset_sha256": data.preset_sha256,
                "inputs": [
                    {"role": role, "sha256": file_checksum(path)}
                    for role, path in [*inputs, *(("readings", path) for path in cohort.readings)]
                    if path is not None
                ],
                "modes": [str(one) for one in modes],
                "seed": seed,
                "recipe": recipe_to_mapping(recipe),
            },
            output / "provenance.json",
        )
        report.progress(1.0, "done")
        report.note(data.description)
        for note in data.notes:
            report.note(note)
        for result in results:
            model = f"{result.feature_set}, " if result.feature_set else ""
            for name in recipe.classifiers:
                report.note(f"{model}{result.mode}: {name}: {_figures(result, name)}")
        report.result(output / "report.html", f"Report: {output / 'report.html'}")


def _figures(result: ValidationResult, classifier: str) -> str:
    auc, accuracy = result.figure(classifier, "auc"), result.figure(classifier, "accuracy")
    if auc["mean"] != auc["mean"]:
        own = result.problems[result.problems["classifier"] == classifier]
        return f"no prediction ({'; '.join(dict.fromkeys(own['problem']))})"
    table = result.permutation
    tested = table[table["classifier"] == classifier] if len(table) else table
    chance = "".join(f", p {row['p']:.3g} by {row['permutations']} shuffles" for row in tested.to_dict("records"))
    return (
        f"AUC {auc['mean']:.3f} ({auc['ci_low']:.3f} to {auc['ci_high']:.3f}), "
        f"accuracy {100 * accuracy['mean']:.1f} %{chance}"
    )


def _chosen(
    recipe: Recipe,
    scheme: str | None,
    folds: int | None,
    repeats: int | None,
    permutations: int | None,
    classifiers: tuple[str, ...],
) -> Recipe:
    """Return the recipe with what the command line overrules."""
    from dataclasses import replace

    from MuscleMyopathyLib.modeling.validation.parameters import ValidationParameters
    from MuscleMyopathyLib.parameters import from_mapping, to_mapping

    given = {"scheme": scheme, "folds": folds, "repeats": repeats, "permutations": permutations}
    changed = {name: value for name, value in given.items() if value is not None}
    validation = from_mapping(ValidationParameters, {**to_mapping(recipe.validation), **changed})
    return replace(recipe, validation=validation, classifiers=classifiers or recipe.classifiers)
