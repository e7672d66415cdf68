"""``muscle-myopathy readings``: a reader study on disk: list, import, lock and simulate readings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from MuscleMyopathyLib.commands.options import (
    LABEL_SCHEMES,
    any_path,
    existing_file,
    existing_folder,
    preset_option,
)
from MuscleMyopathyLib.commands.reporting import progress_option, reporting

if TYPE_CHECKING:
    import pandas as pd

_KINDS = click.Choice(["segmentation", "form"])
_case = click.option("--case", required=True, help="Pseudonym of the case, e.g. P-017.")
_reader = click.option("--reader", required=True, help="Pseudonym of the reader, e.g. R1.")
_session = click.option("--session", default=1, show_default=True, help="Which reading of this reader.")
_part = click.option("--part", default="", help="Part of the reading, e.g. thigh, where it has several.")


def _reading_options(subcommand: Callable[..., Any]) -> Callable[..., Any]:
    for option in (_session, _reader, _case):
        subcommand = option(subcommand)
    return subcommand


@click.group()
def command() -> None:
    """Keep a reader study in a folder: who read what, in which session, when.

    A reading is what one reader drew on one case in one session. Locked readings are finished; a change of their
    files is noticed. They lie under derivatives/readings, in the manner of BIDS.
    """


@command.command("list")
@click.argument("study", type=existing_folder)
@click.option("--reader", help="Show only what this reader may see (blinding).")
@click.option("--session", type=int, help="The reader's session at hand; needed with --reader.")
@click.option("--output", type=any_path, help="CSV file to write instead of printing.")
@progress_option
def list_readings(
    study: Path, reader: str | None, session: int | None, output: Path | None, progress_mode: str
) -> None:
    """List the readings of STUDY: state, date, days since the reader's first session, warnings."""
    from MuscleMyopathyLib.output import write_table
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy

    if (reader is None) != (session is None):
        raise click.UsageError("Blinding needs both --reader and --session.")
    with reporting(progress_mode) as report:
        readings = ReadingStudy(study)
        table = readings.table()
        if reader is not None and session is not None:
            visible = {(*one.key[:3], str(one.kind)) for one in readings.visible_readings(reader, session)}
            keys = zip(table["case"], table["reader"], table["session"], table["kind"], strict=True)
            table = table[[key in visible for key in keys]]
        if output is None:
            click.echo("No readings." if table.empty else _as_text(table))
        else:
            write_table(table, output)
            report.result(output, f"Readings: {output}")


def _as_text(table: pd.DataFrame) -> str:
    return table.astype(object).where(table.notna(), "–").to_string(index=False)


@command.command("import")
@click.argument("study", type=any_path)
@click.argument("file", type=existing_file)
@_reading_options
@_part
@click.option("--date", "date_text", metavar="YYYY-MM-DD", help="When it was read.  [default: today]")
@click.option(
    "--label-scheme",
    metavar="NAME|FILE",
    help=f"What the labels mean: {LABEL_SCHEMES}. Default: "
    "what the file itself says, or the ITK-SNAP label file of the same name beside it.",
)
@click.option("--image", type=existing_file, help="The image that was read; checked to be on the same grid.")
@click.option("--notes", default="", help="Remarks.")
@progress_option
def import_reading(
    study: Path,
    file: Path,
    case: str,
    reader: str,
    session: int,
    part: str,
    date_text: str | None,
    label_scheme: str | None,
    image: Path | None,
    notes: str,
    progress_mode: str,
) -> None:
    """Import contours that were drawn elsewhere into STUDY, which is made if need be.

    FILE is a label image of ITK-SNAP, 3D Slicer (.seg.nrrd) or another program (NIfTI, NRRD, MetaImage), or a
    DICOM SEG. An open reading that exists takes the contours as a further --part; a locked one refuses.
    """
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.imaging.files import read_image
    from MuscleMyopathyLib.reproducibility.reading_import import read_segmentation_file
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.readings import Reading

    with reporting(progress_mode) as report:
        today = datetime.now(UTC).astimezone().date()
        try:
            read_on = today if date_text is None else today.fromisoformat(date_text)
        except ValueError:
            raise InputError(f"{date_text!r} is no date. Write it as 2024-05-31.") from None
        readings = ReadingStudy(study)
        reading = Reading(case, reader, session, read_on, source=file.name, notes=notes)
        report.progress(0.0, f"reading {file.name}")
        reference = None if image is None else read_image(image)
        segmentation = read_segmentation_file(file, label_scheme, reference)
        present = reading.key in {one.key for one in readings.readings()}
        if present and part in readings.get(reading.key).parts:
            raise InputError(
                f"There is a {reading.key} already. A repeat is a new session: --session {session + 1}."
            )
        if not present:
            readings.begin(reading)
        readings.save_segmentation(reading.key, segmentation, part, reference)
        folder = readings.path_of(reading.key)
        report.result(folder, f"Imported {len(segmentation.structures)} structures: {folder}")


@command.command()
@click.argument("study", type=existing_folder)
@_reading_options
@click.option("--kind", type=_KINDS, default="segmentation", show_default=True, help="Contours or a form.")
@progress_option
def lock(study: Path, case: str, reader: str, session: int, kind: str, progress_mode: str) -> None:
    """Lock a finished reading of STUDY: from now on a change of its files is noticed."""
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.readings import ReadingKey, ReadingKind

    with reporting(progress_mode) as report:
        readings = ReadingStudy(study)
        key = ReadingKey(case, reader, session, ReadingKind(kind))
        readings.lock(key)
        report.result(readings.path_of(key), f"Locked: {key}")


@command.command()
@click.argument("study", type=existing_folder)
@click.option("--case", "cases", multiple=True, help="Only this case; repeat for several.  [default: all]")
@_reader
@_session
@click.option("--as-reader", help="Name of the simulated reader.  [default: the reader's name and '-simulated']")
@click.option("--as-session", default=1, show_default=True, help="Session of the simulated reading.")
@click.option("--displacement-mm", type=float, help="RMS displacement of the contours.  [default: 1]")
@click.option("--correlation-mm", type=float, help="Distance over which it stays alike.  [default: 15]")
@click.option("--seed", type=int, help="Number of the simulation; each case gets its own from it.  [default: 0]")
@preset_option
@progress_option
def perturb(
    study: Path,
    cases: tuple[str, ...],
    reader: str,
    session: int,
    as_reader: str | None,
    as_session: int,
    displacement_mm: float | None,
    correlation_mm: float | None,
    seed: int | None,
    preset: Path | None,
    progress_mode: str,
) -> None:
    """Simulate a second reader in STUDY from one reader's contours, displaced smoothly by a stated size.

    A stand-in where there is only one reader. Simulated readings are marked everywhere and are never evidence
    about readers.
    """
    from MuscleMyopathyLib.parameters import from_mapping, read_preset, to_mapping
    from MuscleMyopathyLib.reproducibility.contour_perturbation import PerturbationParameters
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.simulated_reader import simulate_readings

    with reporting(progress_mode) as report:
        parameters = read_preset(PerturbationParameters, preset) if preset else PerturbationParameters()
        given = {"displacement_mm": displacement_mm, "correlation_mm": correlation_mm, "seed": seed}
        changed = {name: value for name, value in given.items() if value is not None}
        parameters = from_mapping(PerturbationParameters, {**to_mapping(parameters), **changed})
        made = simulate_readings(
            ReadingStudy(study),
            (reader, session),
            (as_reader or f"{reader}-simulated", as_session),
            parameters,
            cases=cases,
            progress=report.progress,
        )
        report.result(study, f"Simulated {len(made)} readings as {made[0].reader}, session {as_session}.")
