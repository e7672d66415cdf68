"""``muscle-myopathy associate``: measures against groups, laboratory values, scores and the other side."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import any_path, existing_file
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("table", type=existing_file)
@click.option(
    "--measure", "measures", multiple=True, required=True, help="Column of a measure; repeat for several."
)
@click.option("--group", default="", help="Column that tells patients from controls.")
@click.option("--patients", default="patient", show_default=True, help="Its value for patients.")
@click.option("--controls", default="control", show_default=True, help="Its value for controls.")
@click.option("--with", "covariates", multiple=True, help="Column of a laboratory value or score; repeat.")
@click.option("--output", type=any_path, required=True, help="Folder for the tables and the page.")
@click.option("--phantom", is_flag=True, help="The cohort is simulated: the page says so.")
@progress_option
def command(
    table: Path,
    measures: tuple[str, ...],
    group: str,
    patients: str,
    controls: str,
    covariates: tuple[str, ...],
    output: Path,
    phantom: bool,
    progress_mode: str,
) -> None:
    """Associate the measures of TABLE, your own cohort as CSV: one row per case, structure and side.

    \b
      muscle-myopathy associate cohort.csv --measure t2_median_ms --group group --with ck --output association

    Writes association.html with ROC curves and scatter plots, roc.csv (area with confidence interval, Youden's
    cut-off, sensitivity, specificity), roc_points.csv, groups.csv (Mann–Whitney), sides.csv (left against right,
    Wilcoxon), correlations.csv (Spearman) and provenance.json. A cut-off holds for the scanner and protocol of the
    cohort that made it.
    """
    import hashlib

    import pandas as pd

    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.modeling.association import AssociationParameters, associate
    from MuscleMyopathyLib.output import require_writable, write_json, write_table
    from MuscleMyopathyLib.parameters import to_mapping
    from MuscleMyopathyLib.report.association import write_association_report
    from MuscleMyopathyLib.study.provenance import environment

    with reporting(progress_mode) as report:
        require_writable(output)
        try:
            cohort = pd.read_csv(table)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise InputError(f"{table} is no CSV table: {error}") from error
        parameters = AssociationParameters(measures, group, patients, controls, covariates)
        report.progress(0.1, "associating")
        found = associate(cohort, parameters)
        written = {
            "roc": found.roc,
            "roc_points": found.roc_points,
            "groups": found.groups,
            "sides": found.sides,
            "correlations": found.correlations,
        }
        for name, rows in written.items():
            if rows.empty:
                (output / f"{name}.csv").unlink(missing_ok=True)
            else:
                write_table(rows, output / f"{name}.csv")
        report.progress(0.7, "writing the page")
        page = write_association_report(found, cohort, parameters, output / "association.html", phantom=phantom)
        checksum = hashlib.sha256(table.read_bytes()).hexdigest()
        record = {**environment(), "inputs": [{"role": "cohort table", "sha256": checksum}]}
        write_json(
            {**record, "parameters": to_mapping(parameters), "tests": found.tests}, output / "provenance.json"
        )
        for row in found.roc.to_dict("records"):
            place = " ".join(str(row[key]) for key in ("measure", "region", "structure", "side") if key in row)
            report.note(
                f"{place}: {row['problem']}"
                if row["problem"]
                else f"{place}: AUC {row['area']:.3f} ({row['area_low']:.3f} to {row['area_high']:.3f}), cut-off "
                f"{row['cut_off']:.4g}, sensitivity {100 * row['sensitivity']:.0f} %, "
                f"specificity {100 * row['specificity']:.0f} %"
            )
        report.note(f"{found.tests} p values, not corrected for their number.")
        report.progress(1.0, "done")
        report.result(output, f"Page: {page.resolve()}")
