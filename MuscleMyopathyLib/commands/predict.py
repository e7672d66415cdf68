"""``muscle-myopathy predict``: a model package's answer to a table of features, or to the images of a case."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from MuscleMyopathyLib.commands.feature_options import image_files, label_file, slices_option
from MuscleMyopathyLib.commands.options import (
    any_path,
    existing_file,
    existing_folder,
    label_scheme_option,
    region_option,
)
from MuscleMyopathyLib.commands.reporting import Reporter, progress_option, reporting

if TYPE_CHECKING:
    # Imported where they are used: the command line starts without them.
    import pandas as pd

    from MuscleMyopathyLib.modeling.package.archive import ModelPackage
    from MuscleMyopathyLib.study.feature_inputs import FeatureInputs, LabelFile

_SHOWN = 10


@click.command()
@click.argument("model")
@click.argument("folders", type=existing_folder, nargs=-1)
@click.option("--table", type=existing_file, help="Features of one or many cases (CSV), instead of images.")
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="[REGION.]SEQUENCE=FILE",
    help="An image, e.g. T1w=t1.nii.gz, or calf.T1w=t1.nii.gz where thigh and calf are needed; repeatable.",
)
@click.option(
    "--labels",
    multiple=True,
    metavar="[[REGION.][READER[:SESSION]]=]FILE",
    help="What is drawn, on the grid of the images, e.g. muscle.nii.gz, R1=…, calf.R1=…, calf.=…; repeatable.",
)
@label_scheme_option
@click.option(
    "--segmentation",
    type=click.Choice(["muscles", "whole_muscle", "compartments"]),
    help="Which segmentation of a results folder. Default: whole_muscle, where the model learned from it.",
)
@slices_option
@region_option
@click.option("--case", default="", help="Name of the case in the tables; a pseudonym.")
@click.option("--output", type=any_path, required=True, help="Folder for the results.")
@progress_option
def command(
    model: str,
    folders: tuple[Path, ...],
    table: Path | None,
    images: tuple[str, ...],
    labels: tuple[str, ...],
    label_scheme: str,
    segmentation: str | None,
    slices: str | None,
    region: str | None,
    case: str,
    output: Path,
    progress_mode: str,
) -> None:
    """Classify cases with MODEL, a package (.mmyo) or the name of a shipped one.

    \b
      muscle-myopathy predict model.mmyo --table features.csv --output answer
      muscle-myopathy predict demonstration-lgmdr2-imnm thigh-results --output answer
      muscle-myopathy predict model.mmyo thigh-results calf-results --output answer
      muscle-myopathy predict model.mmyo --image T1w=t1.nii.gz --labels muscle.nii.gz --region thigh --output out
      muscle-myopathy predict model.mmyo --image thigh.T1w=a.nii.gz --labels thigh.=b.nii.gz \\
        --image calf.T1w=c.nii.gz --labels calf.=d.nii.gz --output out

    FOLDERS are results of 'muscle-myopathy case', or images of a case, one for each limb segment. From images the
    features are made with the preset that the package holds.

    Writes predictions.csv (probabilities, classes not excluded, warnings), contributions.csv (what spoke for and
    against), prediction.json (with the card's figures), and features.csv where there were images.
    """
    from MuscleMyopathyLib.modeling.package.archive import find_model, load_model

    if sum((bool(folders), table is not None, bool(images))) != 1:
        raise click.UsageError("Give either --table, or folders, or --image SEQUENCE=FILE.")
    if images and not labels:
        raise click.UsageError("Give what is drawn on the images: --labels FILE.")
    with reporting(progress_mode) as report:
        report.progress(0.0, "reading the model")
        package = load_model(find_model(model))
        if table is not None:
            _predict_table(package, table, output, report)
            return
        inputs = _examinations(
            package, folders, images, labels, label_scheme, segmentation or "", region or "", case, report
        )
        _predict_images(package, inputs, slices, output, report)


def _predict_table(package: ModelPackage, table: Path, output: Path, report: Reporter) -> None:
    from MuscleMyopathyLib.modeling.inference.contributions import contributions
    from MuscleMyopathyLib.modeling.inference.prediction import predict
    from MuscleMyopathyLib.study.classifier_inputs import made_with, read_any_table
    from MuscleMyopathyLib.study.prediction_outputs import write_prediction

    features = read_any_table(table)
    answer = predict(package, features, preset_sha256=str(made_with(table).get("preset_sha256") or ""))
    report.progress(0.5, "contributions")
    write_prediction(package.card, answer, contributions(package, features), output)
    _tell(package, answer, output, report)


def _predict_images(
    package: ModelPackage, inputs: list[FeatureInputs], slices: str | None, output: Path, report: Reporter
) -> None:
    from MuscleMyopathyLib.commands.feature_options import slice_choice
    from MuscleMyopathyLib.study.case_prediction import predict_case
    from MuscleMyopathyLib.study.prediction_outputs import write_prediction

    made = predict_case(
        package,
        inputs,
        slices=None if slices is None else slice_choice(slices),
        progress=report.within(0.1, 0.98).progress,
    )
    write_prediction(
        package.card, made.answer, made.contributions, output, features=made.features, notes=made.notes
    )
    for note in made.notes:
        report.note(note)
    _tell(package, made.answer, output, report)


def _examinations(
    package: ModelPackage,
    folders: tuple[Path, ...],
    images: tuple[str, ...],
    labels: tuple[str, ...],
    label_scheme: str,
    segmentation: str,
    region: str,
    case: str,
    report: Reporter,
) -> list[FeatureInputs]:
    from MuscleMyopathyLib.study.feature_inputs import inputs_from_files, inputs_from_folder
    from MuscleMyopathyLib.study.model_fit import WHOLE_MUSCLE
    from MuscleMyopathyLib.study.results import MANIFEST

    if images:
        drawn = _by_region(labels, region)
        return [
            inputs_from_files(
                image_files(own), _drawn_on(of_region, drawn), label_scheme, case=case, region=of_region
            )
            for of_region, own in _by_region(images, region).items()
        ]
    files = [label_file(text) for text in labels]
    of_whole = any(text.startswith(WHOLE_MUSCLE) for text in package.card.population.structures)
    found = []
    for number, folder in enumerate(folders):
        wanted = segmentation or ("whole_muscle" if of_whole and (folder / MANIFEST).is_file() else "")
        share = report.within(0.1 * number / len(folders), 0.1 * (number + 1) / len(folders)).progress
        found.append(
            inputs_from_folder(folder, files, label_scheme, segmentation=wanted, case=case, progress=share)
        )
    return found


def _by_region(texts: tuple[str, ...], region: str) -> dict[str, tuple[str, ...]]:
    """Return the texts by the limb segment that they begin with (``calf.T1w=…``), else under the one given."""
    from MuscleMyopathyLib.anatomy import Region

    begin = re.compile(rf"({'|'.join(one.value for one in Region)})\.([^=]*=.+)")
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        match = begin.fullmatch(text)
        of_region, rest = (match[1], match[2].removeprefix("=")) if match else (region, text)
        found[of_region] = (*found.get(of_region, ()), rest)
    return found


def _drawn_on(region: str, drawn: dict[str, tuple[str, ...]]) -> list[LabelFile]:
    """Return the label files of a limb segment.

    Raises:
        click.BadParameter: There are none.
    """
    if region not in drawn:
        raise click.BadParameter(
            f"give what is drawn on the {region or 'images'}: {region}.=FILE or {region}.READER=FILE.",
            param_hint="--labels",
        )
    return [label_file(text) for text in drawn[region]]


def _tell(package: ModelPackage, answer: pd.DataFrame, output: Path, report: Reporter) -> None:
    report.progress(1.0, "done")
    for row in answer.head(_SHOWN).to_dict("records"):
        shares = ", ".join(f"{name} {_percent(row[f'p_{name}'])}" for name in package.card.classes)
        said = row["problem"] or f"{shares}; not excluded: {row['not_excluded'] or 'not known'}"
        report.note(f"{row['case']}: {said}")
        for text in _warnings(row["warning"], len(package.card.features)):
            report.note(f"  warning: {text}")
    if len(answer) > _SHOWN:
        report.note(f"… and {len(answer) - _SHOWN} more rows")
    report.note(f"{package.card.name} {package.card.version}: {package.card.validated}.")
    for notice in package.card.notices:
        report.note(notice)
    report.result(output / "predictions.csv", f"Predictions: {output / 'predictions.csv'}")


def _warnings(warning: str, features: int) -> list[str]:
    """Return the warnings of a row one by one, led by how much of the answer lies outside what training showed."""
    from MuscleMyopathyLib.modeling.inference.prediction import NEVER_SEEN

    texts = [text for text in warning.split("; ") if text]
    unseen = sum(text.startswith(NEVER_SEEN) for text in texts)
    if unseen < 2:
        return texts
    return [f"{unseen} of {features} features lie outside the training range: an extrapolation", *texts]


def _percent(share: float) -> str:
    """Return a probability in words; no model is sure."""
    if share < 0.01 or share > 0.99:
        return "< 1 %" if share < 0.01 else "> 99 %"
    return f"{100 * share:.0f} %"
