"""Progress of long work: a callable ``progress(fraction, text)`` that may raise `Cancelled`.

>>> steps = []
>>> report = lambda fraction, text: steps.append((round(fraction, 2), text))
>>> for muscle in each(["RF", "VL"], portion(report, 0.5, 1.0), lambda name: f"measuring {name}"):
...     pass
>>> steps
[(0.5, 'measuring RF'), (0.75, 'measuring VL')]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO, TypeVar

Progress = Callable[[float, str], None]
"""Receives the fraction done (0 to 1) and what is being done now; raises `Cancelled` to stop the work."""

T = TypeVar("T")


class Cancelled(BaseException):
    """The user stopped the work. Not an `Exception`, so that no handler of failures swallows it."""


def silent(fraction: float, text: str) -> None:
    """Report to nobody."""


def portion(progress: Progress, start: float, stop: float) -> Progress:
    """Return a progress whose 0 to 1 covers ``start`` to ``stop`` of ``progress``."""

    def within(fraction: float, text: str) -> None:
        progress(start + (stop - start) * fraction, text)

    return within


def each(items: Sequence[T], progress: Progress, text: Callable[[T], str]) -> Iterator[T]:
    """Yield the items, reporting before each of them with ``text(item)``."""
    for index, item in enumerate(items):
        progress(index / len(items), text(item))
        yield item


def json_lines(stream: TextIO) -> Progress:
    """Return a progress that writes one JSON object a line: ``{"fraction": 0.5, "text": "…"}``.

    This is what a panel reads from the command line that it started as a job.
    """

    def write(fraction: float, text: str) -> None:
        stream.write(json.dumps({"fraction": round(float(fraction), 4), "text": text}) + "\n")
        stream.flush()

    return write
