"""What the stages of the case pipeline leave behind beside their results: problems in words, and their time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd

PROBLEM_COLUMNS = ["stage", "structure", "side", "problem"]


@dataclass
class StageLog:
    """Problems and seconds of the stages, in the order in which they came.

    Attributes:
        problems: Rows of the problem table.
        seconds: Time of each stage.
    """

    problems: list[dict[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def problem(self, stage: str, text: str, structure: str = "", side: str = "") -> None:
        """Note a problem, once."""
        row = {"stage": stage, "structure": structure, "side": side, "problem": text}
        if row not in self.problems:
            self.problems.append(row)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)

    def table(self) -> pd.DataFrame:
        """Return the problems as a table."""
        return pd.DataFrame(self.problems, columns=PROBLEM_COLUMNS)
