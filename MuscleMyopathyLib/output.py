"""Results on disk that are never half-written, and tables that a spreadsheet cannot run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MuscleMyopathyLib.errors import OutputError

if TYPE_CHECKING:
    # The panels open before the user has agreed to have packages installed.
    import pandas as pd


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; what was written there replaces ``path`` when the block succeeds.

    The temporary name keeps all suffixes (``.nii.gz``), by which writers choose their format. When the block
    fails, the temporary file goes and ``path`` stays as it was.

    Raises:
        OutputError: The folder cannot be made or written to, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}. "
            "Choose another output folder or free some space."
        ) from error


def write_text(text: str, path: Path) -> None:
    """Write a text file (UTF-8), whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(value: Any, path: Path) -> None:
    """Write plain values as JSON, whole or not at all."""
    write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", path)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, whole or not at all; NaN is an empty cell, numbers keep all their digits.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    from pandas.api.types import is_numeric_dtype

    safe = table.copy()
    for column in safe.columns:
        if not is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(_harmless, na_action="ignore")
    with replacing(path) as temporary:
        safe.to_csv(temporary, index=False)


def require_other_than_inputs(outputs: Iterable[Path | None], inputs: Iterable[Path | None]) -> None:
    """Refuse to write a result over what it is made from.

    Args:
        outputs: Files to write; None stands for one that was not asked for.
        inputs: Files that are read.

    Raises:
        OutputError: A file is both.
    """
    read = {path.resolve() for path in inputs if path is not None}
    for path in outputs:
        if path is not None and path.resolve() in read:
            raise OutputError(f"{path} is read here, and the result would replace it. Choose another name.")


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value


def require_writable(folder: Path) -> None:
    """Make the folder if need be and check that it can be written to, before long work begins.

    Raises:
        OutputError: It cannot.
    """
    with replacing(folder / ".writable") as temporary:
        temporary.touch()
    (folder / ".writable").unlink(missing_ok=True)
