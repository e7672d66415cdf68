"""``muscle-myopathy score``: suggested scores, agreement of readers, exports, and a simulated study."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import (
    any_path,
    dixon_options,
    existing_file,
    existing_folder,
    label_scheme_option,
    preset_option,
)
from MuscleMyopathyLib.commands.reporting import progress_option, reporting

scale_option = click.option(
    "--scale",
    "scale_name",
    default="mercuri-modified",
    show_default=True,
    metavar="ID|FILE",
    help="A shipped scale, one of --scales, or a scale's JSON file.",
)
scales_option = click.option("--scales", type=existing_folder, help="Folder with scales of your own.")


@click.group()
def command() -> None:
    """Score muscles: suggested Mercuri scores, agreement of readers, exports.

    Example: muscle-myopathy score simulate-study --output study
    """


@command.command()
@dixon_options
@click.option("--labels", type=existing_file, required=True, help="Label image of the muscles on the map's grid.")
@label_scheme_option
@click.option(
    "--divide-sides",
    type=click.Choice(["thigh", "calf"]),
    help="The labels do not tell left from right: find the sides in the water and fat images of this region.",
)
@preset_option
@click.option("--output", type=any_path, required=True, help="CSV file to write.")
@progress_option
def suggest(
    water: Path | None,
    fat: Path | None,
    ff_map: Path | None,
    labels: Path,
    label_scheme: str,
    divide_sides: str | None,
    preset: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Suggest modified Mercuri scores from a fat fraction.

    A suggestion for the reader to accept or overrule: the table holds the share of fat voxels behind each.
    """
    from MuscleMyopathyLib.anatomy import Region
    from MuscleMyopathyLib.imaging.files import read_image, read_label_image
    from MuscleMyopathyLib.imaging.segmentation import Segmentation
    from MuscleMyopathyLib.label_schemes import read_label_scheme
    from MuscleMyopathyLib.output import write_table
    from MuscleMyopathyLib.parameters import read_preset
    from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
    from MuscleMyopathyLib.qmri.vendor_map import fat_fraction_from_vendor_map
    from MuscleMyopathyLib.scoring.suggestion import SuggestionParameters, suggest_scores
    from MuscleMyopathyLib.segmentation.sides import divide_sides as find_sides
    from MuscleMyopathyLib.segmentation.sides import split_by_side

    if (water is None) != (fat is None) or (water is None) == (ff_map is None):
        raise click.UsageError("Give either --water and --fat, or --ff-map.")
    if divide_sides and water is None:
        raise click.UsageError("--divide-sides needs --water and --fat: the legs are found in them.")
    with reporting(progress_mode) as report:
        parameters = read_preset(SuggestionParameters, preset) if preset else SuggestionParameters()
        report.progress(0.0, "reading")
        segmentation = Segmentation(read_label_image(labels), read_label_scheme(label_scheme))
        if ff_map is not None:
            percent, note = fat_fraction_from_vendor_map(read_image(ff_map))
            report.note(note)
        else:
            assert water is not None
            assert fat is not None
            water_image, fat_image = read_image(water), read_image(fat)
            percent = fat_fraction(water_image, fat_image).percent
            if divide_sides:
                report.progress(0.3, "finding left and right")
                side_map = find_sides(water=water_image, fat=fat_image, region=Region(divide_sides))
                segmentation = split_by_side(segmentation, side_map)
        report.progress(0.7, "suggesting scores")
        write_table(suggest_scores(percent, segmentation, parameters), output)
        report.result(output, f"Suggested scores: {output}")


@command.command()
@click.argument("study", type=existing_folder)
@scale_option
@scales_option
@click.option("--first", metavar="READER:SESSION", help="First rater; default: the first reader's first session.")
@click.option(
    "--second",
    metavar="READER:SESSION|suggested",
    help="Second rater, or the scores suggested to the first; default: the next reader or session.",
)
@click.option(
    "--diagnoses", type=existing_file, help="TSV with participant_id and diagnosis. Default: the study's."
)
@click.option("--output", type=any_path, required=True, help="Folder for the tables.")
@progress_option
def agreement(
    study: Path,
    scale_name: str,
    scales: Path | None,
    first: str | None,
    second: str | None,
    diagnoses: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Compare two raters' forms in a study of readings: kappa, cross-tables, sums, groups, heat map."""
    from MuscleMyopathyLib.report.score_heat_map import draw_heat_map
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.scoring_results import parse_raters, write_scoring_results
    from MuscleMyopathyLib.scoring.scale_files import read_scale

    with reporting(progress_mode) as report:
        scale = read_scale(scale_name, scales)
        report.progress(0.0, "reading the forms")
        readings = ReadingStudy(study)
        raters = parse_raters(first, second)
        summary = write_scoring_results(readings, scale, output, raters=raters, diagnoses=diagnoses)
        for suffix in (".svg", ".png"):
            draw_heat_map(output, scale, suffix=suffix)
        for line in summary:
            report.note(line)
        report.result(output, f"Agreement: {output}")


@command.command()
@click.argument("study", type=existing_folder)
@scale_option
@scales_option
@click.option(
    "--format",
    "export_format",
    type=click.Choice(["csv", "fhir-r4", "fhir-r5"]),
    default="csv",
    show_default=True,
    help="One table of all scores, or a Questionnaire and one QuestionnaireResponse per form.",
)
@click.option("--output", type=any_path, required=True, help="CSV file, or folder for FHIR's JSON files.")
@progress_option
def export(
    study: Path, scale_name: str, scales: Path | None, export_format: str, output: Path, progress_mode: str
) -> None:
    """Export all forms of a study on one scale, as CSV or HL7 FHIR.

    Exports hold the case's and reader's pseudonyms and no patient data.
    """
    from MuscleMyopathyLib.output import write_json, write_table
    from MuscleMyopathyLib.reproducibility.form_readings import forms_of_study, study_scores
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.scoring.fhir import FhirVersion, questionnaire, questionnaire_response
    from MuscleMyopathyLib.scoring.scale_files import read_scale

    with reporting(progress_mode) as report:
        scale = read_scale(scale_name, scales)
        report.progress(0.0, "reading the forms")
        forms, problems = forms_of_study(ReadingStudy(study), scale)
        for row in problems.to_dict("records"):
            report.note(f"  left out: {row['case']}, {row['reader']}, session {row['session']}: {row['problem']}")
        scores = study_scores(forms)
        if export_format == "csv":
            write_table(scores, output)
        else:
            version = FhirVersion(export_format.removeprefix("fhir-").upper())
            write_json(questionnaire(scale, version), output / "Questionnaire.json")
            for key, form in forms.items():
                name = f"sub-{key.case}_reader-{key.reader}_session-{key.session}"
                response = questionnaire_response(form, version, name)
                write_json(response, output / f"{name}_QuestionnaireResponse.json")
        report.result(output, f"{len(forms)} forms: {output}")


@command.command()
@click.argument("scale_name", metavar="SCALE")
@click.option("--seed", type=int, default=4, show_default=True, help="Number of the simulated subject.")
@click.option("--output", type=any_path, required=True, help="Folder for the pictures.")
@progress_option
def pictures(scale_name: str, seed: int, output: Path, progress_mode: str) -> None:
    """Make an example picture of every level of SCALE from the digital limb.

    \b
      muscle-myopathy score pictures mercuri-modified --output Resources/Scales/pictures
    """
    from MuscleMyopathyLib.scoring.example_pictures import write_example_pictures
    from MuscleMyopathyLib.scoring.scale_files import read_scale

    with reporting(progress_mode) as report:
        written = write_example_pictures(read_scale(scale_name), output, seed, report.progress)
        report.result(output, f"{len(written)} pictures: {output}")


@command.command("simulate-study")
@click.option("--lgmdr2-cases", type=int, default=30, show_default=True, help="Cases with the pattern LGMDR2.")
@click.option("--imnm-cases", type=int, default=45, show_default=True, help="Cases with the pattern IMNM.")
@click.option("--seed", type=int, default=0, show_default=True, help="Number of the simulated study.")
@click.option("--output", type=any_path, required=True, help="Folder for the study and its results.")
@progress_option
def simulate_study(lgmdr2_cases: int, imnm_cases: int, seed: int, output: Path, progress_mode: str) -> None:
    """Simulate Wei's scoring study: two readers, 34 muscles each, from forms to kappas and the group table.

    Cases and readers are simulated, never evidence about patients or readers.
    """
    from MuscleMyopathyLib.parameters import from_mapping
    from MuscleMyopathyLib.progress import portion
    from MuscleMyopathyLib.report.score_heat_map import draw_heat_map
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.scoring_results import write_scoring_results
    from MuscleMyopathyLib.reproducibility.simulated_scoring import (
        SIMULATION_NOTICE,
        ScoringStudyParameters,
        simulate_scoring_study,
    )
    from MuscleMyopathyLib.scoring.scale_files import read_scale
    from MuscleMyopathyLib.scoring.suggestion import SCALE_ID

    with reporting(progress_mode) as report:
        values = {"lgmdr2_cases": lgmdr2_cases, "imnm_cases": imnm_cases, "seed": seed}
        parameters = from_mapping(ScoringStudyParameters, values)
        study = ReadingStudy(output)
        simulate_scoring_study(study, parameters, portion(report.progress, 0.0, 0.8))
        report.progress(0.8, "comparing the readers")
        scale = read_scale(SCALE_ID)
        summary = write_scoring_results(study, scale, output / "results", notice=SIMULATION_NOTICE)
        draw_heat_map(output / "results", scale, SIMULATION_NOTICE)
        for line in summary:
            report.note(line)
        report.result(output / "results", f"Results: {output / 'results'}")
