"""``muscle-myopathy case``: one examination from its images to measures, report and Slicer scene."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.commands.map_options import numbers, series_path
from MuscleMyopathyLib.commands.options import (
    any_path,
    dixon_options,
    existing_file,
    label_scheme_option,
    preset_option,
    region_option,
    side_option,
)
from MuscleMyopathyLib.commands.reporting import progress_option, reporting
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.progress import portion


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path), required=False)
@dixon_options
@click.option("--t1w", type=existing_file, help="T1-weighted image.")
@click.option("--spin-echoes", type=series_path, help="Multi-echo spin echo, for T2: file or folder.")
@click.option("--gradient-echoes", type=series_path, help="Magnitude of a multi-echo gradient echo, for Dixon.")
@click.option("--gradient-phase", type=series_path, help="Its phase.")
@click.option("--t2-map", type=series_path, help="The scanner's T2 map.")
@click.option("--r2star-map", type=series_path, help="The scanner's R2* map.")
@click.option(
    "--echo-times",
    multiple=True,
    metavar="ROLE=MS,MS,…",
    help="Where the files do not tell them, e.g. 'multi-echo SE=10,20,30,40,50'.",
)
@click.option("--labels", type=existing_file, help="Label image of muscles, on the grid of one of the images.")
@label_scheme_option
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="NAME=ROLE",
    help="Overrule what a series of the folder is, e.g. 'Ax T1 FSE=T1w'; 'unknown' leaves it out.",
)
@region_option
@side_option
@click.option(
    "--case", "identifier", help="Name of the case in every output; a pseudonym. Default: the folder's name."
)
@click.option("--reader", default="", help="Who drew the muscles.")
@click.option("--session", default=1, show_default=True, help="Which reading of that reader.")
@click.option("--output", type=any_path, required=True, help="Folder for the results.")
@preset_option
@click.option("--erosion-mm", type=float, help="Erode every structure before measuring (overrules the preset).")
@click.option("--refine", is_flag=True, help="Align images rigidly before structures are carried between them.")
@click.option("--same-space", is_flag=True, help="Your word that all series share their space.")
@click.option(
    "--scores",
    type=click.Path(exists=True, path_type=Path),
    help="Readers' scores for the report: a study of readings, or a table of 'score export'.",
)
@click.option("--phantom", is_flag=True, help="The images are simulated: every output says so.")
@click.option(
    "--scene/--no-scene",
    default=None,
    help="Write a Slicer scene (.mrb). Default: where slicer-core is installed.",
)
@progress_option
def command(
    folder: Path | None,
    water: Path | None,
    fat: Path | None,
    ff_map: Path | None,
    t1w: Path | None,
    spin_echoes: Path | None,
    gradient_echoes: Path | None,
    gradient_phase: Path | None,
    t2_map: Path | None,
    r2star_map: Path | None,
    echo_times: tuple[str, ...],
    labels: Path | None,
    label_scheme: str,
    roles: tuple[str, ...],
    region: str | None,
    side: str | None,
    identifier: str | None,
    reader: str,
    session: int,
    output: Path,
    preset: Path | None,
    erosion_mm: float | None,
    refine: bool,
    same_space: bool,
    scores: Path | None,
    phantom: bool,
    scene: bool | None,
    progress_mode: str,
) -> None:
    """Measure one examination.

    FOLDER holds DICOM, NIfTI or NRRD files; 'muscle-myopathy series FOLDER' shows what each would be taken for.
    Single files can be named instead:

    \b
      muscle-myopathy case --water W.nii.gz --fat F.nii.gz --region thigh --output results
      muscle-myopathy case --water W.nii.gz --fat F.nii.gz --spin-echoes mese/ --region thigh --output results

    Writes the fat-fraction map, the compartments, measures.csv, measures_by_slice.csv, problems.csv, report.html
    and case.mrb (a scene to open in 3D Slicer); of echoes and maps of the scanner also maps/, map_measures.csv,
    map_measures_by_slice.csv, t2_against_fat.csv, and in transfers/ the structures carried to their grids.
    """
    from MuscleMyopathyLib.commands.case_outputs import run_and_write
    from MuscleMyopathyLib.parameters import read_preset
    from MuscleMyopathyLib.study.case_scores import read_case_scores
    from MuscleMyopathyLib.study.inputs import CaseFiles, read_case
    from MuscleMyopathyLib.study.pipeline import CaseParameters

    named = {
        Role.WATER: water,
        Role.FAT: fat,
        Role.FAT_FRACTION_MAP: ff_map,
        Role.T1W: t1w,
        Role.MULTI_ECHO_SE: spin_echoes,
        Role.MULTI_ECHO_GRE: gradient_echoes,
        Role.MULTI_ECHO_GRE_PHASE: gradient_phase,
        Role.T2_MAP: t2_map,
        Role.R2STAR_MAP: r2star_map,
    }
    with reporting(progress_mode) as report:
        parameters = read_preset(CaseParameters, preset) if preset else CaseParameters()
        if erosion_mm is not None:
            measures = dataclasses.replace(parameters.measures, erosion_mm=erosion_mm)
            parameters = dataclasses.replace(parameters, measures=measures)
        if refine or same_space:
            transfer = dataclasses.replace(parameters.transfer, refine=refine, same_space=same_space)
            parameters = dataclasses.replace(parameters, transfer=transfer)
        if side is not None:
            compartments = dataclasses.replace(parameters.compartments, only_side=Side(side))
            parameters = dataclasses.replace(parameters, compartments=compartments)
        files = CaseFiles(
            folder=folder,
            by_role={role: path for role, path in named.items() if path is not None},
            roles=dict(_role_by_name(text) for text in roles),
            echo_times_ms=dict(_times_of_role(text) for text in echo_times),
            labels=labels,
            label_scheme=label_scheme,
        )
        case = read_case(
            files,
            identifier=identifier,
            region=Region(region) if region else None,
            reader=reader,
            session=session,
            phantom=phantom,
            progress=portion(report.progress, 0.0, 0.1),
        )
        readings = None if scores is None else read_case_scores(scores, case.identifier)
        run_and_write(case, parameters, output, scene, report.within(0.1, 1.0), scores=readings)


def _times_of_role(text: str) -> tuple[Role, tuple[float, ...]]:
    role, separator, times = text.partition("=")
    trains = (Role.MULTI_ECHO_SE, Role.MULTI_ECHO_GRE, Role.MULTI_ECHO_GRE_PHASE)
    if not separator or role not in trains:
        raise click.BadParameter(
            f"{text!r} is not ROLE=MS,MS,… with a role of: {', '.join(trains)}.", param_hint="--echo-times"
        )
    return Role(role), numbers(times)


def _role_by_name(text: str) -> tuple[str, Role]:
    name, separator, role = text.rpartition("=")
    if not separator or role not in list(Role):
        allowed = ", ".join(Role)
        raise click.BadParameter(f"{text!r} is not NAME=ROLE with a role of: {allowed}.", param_hint="--role")
    return name, Role(role)
