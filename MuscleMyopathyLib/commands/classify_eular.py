"""``muscle-myopathy classify-eular``: the 2017 EULAR/ACR classification of one sheet or of a table of cases."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import any_path, existing_file
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("sheet", type=existing_file)
@click.option("--output", type=any_path, required=True, help="CSV file to write.")
@progress_option
def command(sheet: Path, output: Path, progress_mode: str) -> None:
    """Classify cases by the 2017 EULAR/ACR criteria for idiopathic inflammatory myopathies.

    SHEET is a CSV with one row per case (column case, age_at_onset in years, and yes or no; empty is unknown),
    or a filled form of the scale eular-acr-2017 (JSON). An incomplete sheet gives ranges, never a guess.
    """
    from MuscleMyopathyLib.output import write_table
    from MuscleMyopathyLib.scoring.eular_acr_tables import classify_file

    with reporting(progress_mode) as report:
        table = classify_file(sheet)
        write_table(table, output)
        for row in table.to_dict("records"):
            said = row["problem"] or (
                f"{row['category']}; probability {100 * row['probability_low']:.0f}"
                f"–{100 * row['probability_high']:.0f} %; {row['subgroup']}"
            )
            report.note(f"  {row['case'] or sheet.name}: {said}")
        report.result(output, f"Classification: {output}")
