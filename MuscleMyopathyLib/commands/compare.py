"""``muscle-myopathy compare``: two or more classifiers on the same patients."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from MuscleMyopathyLib.commands.options import any_path
from MuscleMyopathyLib.commands.reporting import progress_option, reporting

if TYPE_CHECKING:
    # Imported where they are used: the command line starts without them.
    from MuscleMyopathyLib.modeling.comparison.inputs import Candidates


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--first", default="", help="Classifier of the first input, or column of the first model.")
@click.option("--second", default="", help="Classifier of the last input, or column of the second model.")
@click.option("--outcome", default="", help="In a table of predictions: column of the true class.")
@click.option("--positive", default="", help="In a table of predictions: the positive class.")
@click.option("--patient", default="case", show_default=True, help="In a table of predictions: the patient.")
@click.option(
    "--cut-off",
    type=float,
    default=0.5,
    show_default=True,
    help="In a table of predictions: a value from here on is called positive.",
)
@click.option("--first-predicted", default="", help="Column of the class by the first model, for the cut-off.")
@click.option("--second-predicted", default="", help="Likewise by the second.")
@click.option(
    "--resamples", type=click.IntRange(min=100), default=2000, show_default=True, help="Of the bootstrap."
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="Of all intervals.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@click.option("--phantom", is_flag=True, help="In a table of predictions: the patients are simulated.")
@click.option("--output", type=any_path, required=True, help="Folder for the results.")
@progress_option
def command(
    inputs: tuple[Path, ...],
    first: str,
    second: str,
    outcome: str,
    positive: str,
    patient: str,
    cut_off: float,
    first_predicted: str,
    second_predicted: str,
    resamples: int,
    confidence: float,
    seed: int,
    phantom: bool,
    output: Path,
    progress_mode: str,
) -> None:
    """Compare classifiers on the patients that both have predicted.

    INPUTS are one or two folders of a validation (each the folder of one mode, with validation.json), or a CSV of
    one row per patient with a column of probabilities or scores for each of two models.

    \b
      muscle-myopathy compare validation/nested --output comparison
      muscle-myopathy compare radiomics/nested mercuri/nested --first LR --second LR --output comparison
      muscle-myopathy compare predictions.csv --outcome diagnosis --positive PM --first cnn --second score \\
        --output comparison

    Of one validation, every two classifiers are compared unless --first and --second name them; of two, those of
    the same name. Writes comparison.csv (AUC by DeLong's test, accuracy by McNemar's, bootstrap intervals, the
    corrected t test where both were validated on the same splits), comparison.html and provenance.json; of two
    classes diagnostic_accuracy.csv as well (sensitivity, specificity, accuracy, PPV, NPV).
    """
    from MuscleMyopathyLib.imaging.checksums import file_checksum
    from MuscleMyopathyLib.modeling.comparison.bootstrap import BootstrapParameters
    from MuscleMyopathyLib.modeling.comparison.models import (
        compare_pairs,
        comparison_table,
        diagnostic_shares,
    )
    from MuscleMyopathyLib.output import require_writable, write_json, write_table
    from MuscleMyopathyLib.parameters import to_mapping
    from MuscleMyopathyLib.report.classifier_comparison import write_comparison_report
    from MuscleMyopathyLib.study.provenance import environment

    with reporting(progress_mode) as report:
        require_writable(output)
        parameters = BootstrapParameters(resamples, seed, confidence)
        if inputs[0].is_dir():
            candidates = _validations(inputs, first, second)
        else:
            candidates = _table(
                inputs, (first, second), (first_predicted, second_predicted), outcome, positive, patient, cut_off,
                phantom
            )  # fmt: skip
        report.progress(0.1, f"comparing {len(candidates.pairs)} pairs")
        found = compare_pairs(candidates.pairs, parameters, candidates.splits)
        report.progress(0.9, "writing")
        write_table(comparison_table(found), output / "comparison.csv")
        shares = diagnostic_shares(found)
        if not shares.empty:
            write_table(shares, output / "diagnostic_accuracy.csv")
        write_comparison_report(
            found, output / "comparison.html", phantom=candidates.phantom, cohort=candidates.cohort
        )
        files = [path / "predictions.csv" if path.is_dir() else path for path in inputs]
        record = {
            **environment(),
            "phantom": candidates.phantom,
            "inputs": [{"role": "predictions", "sha256": file_checksum(path)} for path in files],
            "parameters": to_mapping(parameters),
        }
        write_json(record, output / "provenance.json")
        for one in found:
            for row in one.table.to_dict("records"):
                if row["problem"]:
                    report.note(f"{row['first']} – {row['second']}, {row['method']}: {row['problem']}.")
                elif row["p"] == row["p"]:
                    report.note(
                        f"{row['first']} – {row['second']}: {row['measure']} {row['first_value']:.3f} and "
                        f"{row['second_value']:.3f}, {row['method']}: p = {row['p']:.3g}"
                    )
        report.progress(1.0, "done")
        report.result(output / "comparison.html", f"Comparison: {output / 'comparison.html'}")


def _validations(folders: Sequence[Path], first: str, second: str) -> Candidates:
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.modeling.comparison.inputs import of_validations
    from MuscleMyopathyLib.modeling.validation.files import RECORD, read_validation

    if len(folders) > 2 or not all(folder.is_dir() for folder in folders):
        raise InputError("Give one or two folders of a validation, or one table of predictions.")
    for folder in folders:
        inside = sorted(path.parent for path in folder.glob(f"**/{RECORD}"))
        if inside and folder not in inside:
            raise InputError(
                f"{folder} holds several validations: give the folder of one, {' or '.join(map(str, inside))}."
            )
    results = [read_validation(folder) for folder in folders]
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        names = [f"{folder.resolve().parent.name}/{folder.resolve().name}" for folder in folders]
    return of_validations(results, names, first, second)


def _table(
    paths: Sequence[Path],
    columns: tuple[str, str],
    predicted: tuple[str, str],
    outcome: str,
    positive: str,
    patient: str,
    cut_off: float,
    phantom: bool,
) -> Candidates:
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.modeling.comparison.inputs import Candidates
    from MuscleMyopathyLib.modeling.comparison.patient_predictions import table_predictions
    from MuscleMyopathyLib.study.classifier_inputs import made_with, read_any_table

    if len(paths) > 1:
        raise InputError("Give one table of predictions with a column for each of the two models.")
    if not all((*columns, outcome, positive)):
        raise InputError(
            "Of a table of predictions, name both models' columns (--first, --second), the column of the true "
            "class (--outcome) and the positive class (--positive)."
        )
    table = read_any_table(paths[0], patient)
    one, two = (
        table_predictions(
            table, column, outcome=outcome, positive=positive, patient=patient, cut_off=cut_off, predicted=said
        )
        for column, said in zip(columns, predicted, strict=True)
    )
    simulated = phantom or bool(made_with(paths[0]).get("phantom"))
    counts = f"{len(one.patients)} patients, {int(one.outcome.sum())} of them {positive}"
    return Candidates([(one, two)], lambda first, second: None, simulated, counts)
