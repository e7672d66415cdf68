"""What every benchmark shares: the best of several runs, taken in turn, and one line per result."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def best_of(runs: int, *tasks: Callable[[], T]) -> list[tuple[float, T]]:
    """Run the tasks in turn, several times, and return the shortest time of each in seconds with its result.

    In turn, so that a slow moment of the machine meets all of them.
    """
    best: list[tuple[float, T] | None] = [None] * len(tasks)
    for _ in range(runs):
        for number, task in enumerate(tasks):
            start = time.perf_counter()
            result = task()
            seconds = time.perf_counter() - start
            if best[number] is None or seconds < best[number][0]:
                best[number] = (seconds, result)
    return [entry for entry in best if entry is not None]


def report(what: str, ours: float, theirs: float, alternative: str) -> None:
    """Print both times and their ratio."""
    print(f"{what}: {1000 * ours:.1f} ms; {alternative}: {1000 * theirs:.1f} ms; ratio {theirs / ours:.1f}")
