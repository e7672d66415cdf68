"""``muscle-myopathy group-table``: the group table of a cohort ("Table 1")."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import any_path, existing_file
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("table", type=existing_file)
@click.option("--group", required=True, help="Column of the groups, e.g. diagnosis.")
@click.option(
    "--groups", default="", metavar="A,B,…", help="Groups in the order of the columns.  [default: as they come]"
)
@click.option(
    "--variable", "variables", multiple=True, help="Column to show; repeat.  [default: all but identifiers]"
)
@click.option("--leave-out", multiple=True, help="Column not to show; repeat.")
@click.option("--categorical", multiple=True, help="Column of numbers that are categories; repeat.")
@click.option("--ordinal", multiple=True, help="Column of ordered scores; repeat.")
@click.option(
    "--rule",
    type=click.Choice(["shapiro", "normal", "rank"]),
    default="shapiro",
    show_default=True,
    help="Continuous variables: normal where Shapiro–Wilk allows it, always, or always by ranks.",
)
@click.option("--holm", is_flag=True, help="Show p values adjusted for their number beside the plain ones.")
@click.option("--phantom", is_flag=True, help="The patients are simulated: say so.")
@click.option("--output", type=any_path, required=True, help="Folder for the table.")
@progress_option
def command(
    table: Path,
    group: str,
    groups: str,
    variables: tuple[str, ...],
    leave_out: tuple[str, ...],
    categorical: tuple[str, ...],
    ordinal: tuple[str, ...],
    rule: str,
    holm: bool,
    phantom: bool,
    output: Path,
    progress_mode: str,
) -> None:
    """Describe the groups of TABLE (CSV or TSV, one row per patient), each variable with the test that fits it.

    \b
      muscle-myopathy group-table participants.tsv --group diagnosis --output table1

    Writes group_table.csv, group_table.html and provenance.json. Means ± SD are compared by Welch's test, medians
    and scores by ranks, categories by χ² or Fisher's exact test.
    """
    from MuscleMyopathyLib.imaging.checksums import file_checksum
    from MuscleMyopathyLib.modeling.group_table import GroupTableParameters, Rule, group_table
    from MuscleMyopathyLib.output import require_writable, write_json, write_table
    from MuscleMyopathyLib.parameters import to_mapping
    from MuscleMyopathyLib.report.classifier_group_table import write_group_table
    from MuscleMyopathyLib.study.classifier_inputs import made_with, read_any_table
    from MuscleMyopathyLib.study.provenance import environment

    with reporting(progress_mode) as report:
        require_writable(output)
        cohort = read_any_table(table)
        simulated = phantom or bool(made_with(table).get("phantom"))
        parameters = GroupTableParameters(group, variables, leave_out, categorical, ordinal, Rule(rule), holm)
        names = tuple(name.strip() for name in groups.split(",")) if groups else ()
        found = group_table(cohort, parameters, names)
        report.progress(0.7, "writing")
        write_table(found.table(), output / "group_table.csv")
        write_group_table(found, output / "group_table.html", phantom=simulated)
        inputs = [{"role": "cohort table", "sha256": file_checksum(table)}]
        record = {**environment(), "inputs": inputs, "phantom": simulated}
        write_json({**record, "parameters": to_mapping(parameters)}, output / "provenance.json")
        for row in found.rows:
            if row.test:
                report.note(
                    f"{row.variable}: {row.test}, p = {row.p:.3g}" + (f" ({row.problem})" if row.problem else "")
                )
        report.progress(1.0, "done")
        report.result(output / "group_table.html", f"Table: {output / 'group_table.html'}")
