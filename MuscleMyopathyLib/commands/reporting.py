"""How a command tells what it does: a progress bar for people, JSON lines for a panel, and results and errors.

As JSON lines, a job prints ``{"fraction": …, "text": …}`` while it works and, last, either
``{"result": path}`` or ``{"error": text}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.progress import Cancelled, Progress, json_lines, portion, silent

progress_option = click.option(
    "--progress",
    "progress_mode",
    type=click.Choice(["bar", "json", "none"]),
    default="bar",
    show_default=True,
    help="A bar for people, JSON lines for programs, or nothing.",
)


@dataclass(frozen=True)
class Reporter:
    """What a command reports to: the progress of its work, and where its result lies."""

    progress: Progress
    as_json: bool

    def result(self, path: Path, text: str) -> None:
        """Say where the result lies: as a JSON line to a program, in words to a person."""
        click.echo(json.dumps({"result": str(path)}) if self.as_json else text)

    def within(self, start: float, stop: float) -> Reporter:
        """Return a reporter for one part of the work, from ``start`` to ``stop`` of the whole."""
        return replace(self, progress=portion(self.progress, start, stop))

    def note(self, text: str) -> None:
        """Say something beside the result, to a person only."""
        if not self.as_json:
            click.echo(text)


@contextmanager
def reporting(mode: str) -> Iterator[Reporter]:
    """Run a command's work: report in the chosen way, and turn failures into words and an exit code."""
    try:
        if mode == "bar" and sys.stderr.isatty():
            with _bar() as progress:
                yield Reporter(progress, as_json=False)
        else:
            yield Reporter(json_lines(sys.stdout) if mode == "json" else silent, as_json=mode == "json")
    except MuscleMyopathyError as error:
        _report_error(str(error), mode)
        raise click.exceptions.Exit(1) from error
    except (Cancelled, KeyboardInterrupt) as stopped:
        _report_error("Cancelled.", mode)
        raise click.exceptions.Exit(130) from stopped


@contextmanager
def _bar() -> Iterator[Progress]:
    """Give a progress shown as a bar on the error stream."""
    with click.progressbar(length=1000, file=sys.stderr, item_show_func=lambda text: text or "", width=30) as bar:

        def advance(fraction: float, text: str) -> None:
            bar.update(max(0, round(1000 * fraction) - bar.pos), text)

        yield advance


def _report_error(text: str, mode: str) -> None:
    if mode == "json":
        click.echo(json.dumps({"error": text}))
    else:
        click.echo(f"Error: {text}", err=True)
