"""``muscle-myopathy agreement``: intra- and inter-reader agreement of features, measures and contours."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import any_path, existing_file, existing_folder, preset_option
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("tables", nargs=-1, type=existing_file)
@click.option("--study", type=existing_folder, help="Reader study whose contours are compared as well.")
@click.option(
    "--kind",
    type=click.Choice(["intra", "inter", "both"]),
    help="One reader's two sessions, two or more readers' first sessions, or both.  [default: both]",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="ICC that a reliable feature reaches in every comparison (Nagawa 0.80, Wei 0.81).  [default: 0.8]",
)
@click.option(
    "--form",
    type=click.Choice(["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]),
    help="Form of the ICC by Shrout and Fleiss.  [default: ICC(2,1), absolute agreement of single readings]",
)
@click.option("--reader", "readers", multiple=True, help="Compare only this reader; repeat for several.")
@preset_option
@click.option("--output", type=any_path, required=True, help="Folder for the results.")
@progress_option
def command(
    tables: tuple[Path, ...],
    study: Path | None,
    kind: str | None,
    threshold: float | None,
    form: str | None,
    readers: tuple[str, ...],
    preset: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Tell how well readings agree.

    TABLES are CSV files of radiomics features or of measures (fat fraction, T2, volume), one row per case, reader,
    session, sequence, region, structure and side. They are put together, so each reader may have a file.

    \b
      muscle-myopathy agreement features.csv --threshold 0.81 --output agreement
      muscle-myopathy agreement --study reader-study --output agreement

    Writes icc.csv (every feature), reliable_features.csv, reliable_counts.csv ("80 of 93"), mean_icc.csv (mean and
    SD per image type and class), bland_altman.csv (measures), overlap.csv (contours) and problems.csv, as far as
    the input allows.
    """
    from MuscleMyopathyLib.output import require_writable, write_table
    from MuscleMyopathyLib.parameters import from_mapping, read_preset, to_mapping
    from MuscleMyopathyLib.progress import portion
    from MuscleMyopathyLib.reproducibility.agreement_summary import overlap_summary, summary
    from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters
    from MuscleMyopathyLib.reproducibility.feature_agreement import feature_agreement, mean_icc, reliability_counts
    from MuscleMyopathyLib.reproducibility.measure_agreement import measure_agreement, measure_columns
    from MuscleMyopathyLib.reproducibility.reading_overlap import reading_overlap
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
    from MuscleMyopathyLib.reproducibility.reading_tables import read_reading_tables

    if not tables and study is None:
        raise click.UsageError("Give tables of features or measures, or a reader study with --study, or both.")
    with reporting(progress_mode) as report:
        parameters = read_preset(AgreementParameters, preset) if preset else AgreementParameters()
        given = {"kind": kind, "threshold": threshold, "form": form, "readers": readers or None}
        changed = {name: value for name, value in given.items() if value is not None}
        parameters = from_mapping(AgreementParameters, {**to_mapping(parameters), **changed})
        require_writable(output)
        lines: list[str] = []
        if tables:
            table = read_reading_tables(tables)
            found = feature_agreement(table, parameters, portion(report.progress, 0.0, 0.6))
            write_table(found.icc, output / "icc.csv")
            write_table(found.reliable[found.reliable["reliable"]], output / "reliable_features.csv")
            write_table(reliability_counts(found.reliable), output / "reliable_counts.csv")
            write_table(mean_icc(found.icc), output / "mean_icc.csv")
            write_table(found.problems, output / "problems.csv")
            if measure_columns(table):
                write_table(measure_agreement(table, parameters), output / "bland_altman.csv")
            lines += summary(found)
        if study is not None:
            overlaps = reading_overlap(ReadingStudy(study), portion(report.progress, 0.6, 1.0))
            write_table(overlaps, output / "overlap.csv")
            lines += overlap_summary(overlaps)
        report.progress(1.0, "done")
        for line in lines:
            report.note(line)
        report.result(output, f"Tables: {output}")
