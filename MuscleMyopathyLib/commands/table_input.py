"""A user's own table of patients: CSV or TSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from MuscleMyopathyLib.errors import InputError

if TYPE_CHECKING:
    # Imported in the function: the command line starts without it.
    import pandas as pd


def read_user_table(path: Path) -> pd.DataFrame:
    """Read a table with commas, or with tabs where its name ends in ``.tsv``; BIDS's ``n/a`` is a missing value.

    Raises:
        InputError: It is no such table, or is empty.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t" if path.suffix.lower() == ".tsv" else ",", encoding="utf-8-sig")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no table of text with commas or tabs: {error}") from error
    if table.empty:
        raise InputError(f"{path} holds no row.")
    return table
