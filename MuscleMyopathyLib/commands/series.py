"""``muscle-myopathy series``: what a folder holds, and what each series is taken for."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")
@progress_option
def command(folder: Path, as_json: bool, progress_mode: str) -> None:
    """List what FOLDER holds: series, what each is and why, size, spacing, problems.

    Reads headers only. Nothing is changed and nothing leaves this computer.
    """
    from MuscleMyopathyLib.imaging.folder import describe_series, require_series, scan_folder

    with reporting(progress_mode) as report:
        scan = scan_folder(folder, report.progress)
        table = describe_series(require_series(scan, folder))
        if as_json:
            click.echo(table.to_json(orient="records", force_ascii=False))
            return
        for number, row in enumerate(table.to_dict("records")):
            if number:
                click.echo()
            click.echo(click.style(str(row.pop("name")), bold=True))
            for name, value in row.items():
                if value not in ("", None):
                    click.echo(f"  {str(name).replace('_', ' '):<16} {value}")
        for ignored in scan.ignored:
            click.echo(f"\nLeft out: {ignored.path.name}: {ignored.reason}")
