"""What a validation has found so far: the mean AUC of the finished pieces, kept in a small table while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.validation.result import POOLED
from MuscleMyopathyLib.modeling.validation.run import Piece
from MuscleMyopathyLib.modeling.validation.summary import score_table
from MuscleMyopathyLib.output import write_table

SO_FAR = "so_far.csv"
KEYS = ["feature_set", "mode", "classifier"]


class FiguresSoFar:
    """Adds finished pieces to a table ``so_far.csv``: `KEYS`, ``auc`` (mean over the repeats) and ``repeats``.

    Args:
        output: Folder of the validation; an earlier table in it is taken away.
        waiting: For each piece the model's feature set, its mode and its classes.
        read: Returns a finished piece by its name; None while it is not finished.
    """

    def __init__(
        self,
        output: Path,
        waiting: Mapping[str, tuple[str, str, Sequence[str]]],
        read: Callable[[str], Piece | None],
    ) -> None:
        self._path = output / SO_FAR
        self._path.unlink(missing_ok=True)
        self._waiting = dict(waiting)
        self._read = read
        self._repeats: list[pd.DataFrame] = []

    def update(self) -> None:
        """Add what has been finished since the last call, and write the table where that is anything.

        Raises:
            OutputError: The table cannot be written.
        """
        found = False
        for name, (feature_set, mode, classes) in list(self._waiting.items()):
            piece = self._read(name)
            if piece is None:
                continue
            found = True
            del self._waiting[name]
            scores = score_table(piece.predictions, classes)
            pooled = scores.loc[scores["fold"] == POOLED, ["classifier", "repeat", "auc"]]
            self._repeats.append(pooled.assign(feature_set=feature_set, mode=mode))
        if found:
            joined = pd.concat(self._repeats, ignore_index=True).groupby(KEYS, sort=False)
            table = joined.agg(auc=("auc", "mean"), repeats=("repeat", "nunique")).reset_index()
            write_table(table, self._path)


def read_so_far(output: Path) -> pd.DataFrame:
    """Return the table of a validation that runs; without a row before its first piece is finished.

    Raises:
        InputError: The table is damaged.
    """
    path = output / SO_FAR
    if not path.is_file():
        return pd.DataFrame(columns=[*KEYS, "auc", "repeats"])
    try:
        table: pd.DataFrame = pd.read_csv(path, dtype=dict.fromkeys(KEYS, str), keep_default_na=True)
    except ValueError as error:
        raise InputError(f"{path} is not the table of a running validation ({error}).") from error
    table[KEYS] = table[KEYS].fillna("")
    return table
