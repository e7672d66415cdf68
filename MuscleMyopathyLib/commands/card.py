"""``muscle-myopathy card``: what a model package is, from what it learned and how well it did."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.options import any_path
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("model")
@click.option("--output", type=any_path, help="Also write the card as one HTML page here.")
@progress_option
def command(model: str, output: Path | None, progress_mode: str) -> None:
    """Show the card of MODEL, a package (.mmyo) or the name of a shipped one; its checksums are checked."""
    from MuscleMyopathyLib.modeling.package.archive import find_model, read_card
    from MuscleMyopathyLib.report.model_card import card_lines, write_card

    with reporting(progress_mode) as report:
        card = read_card(find_model(model))
        for line in card_lines(card):
            report.note(line)
        if output is not None:
            write_card(card, output)
            report.result(output, f"Card: {output}")
