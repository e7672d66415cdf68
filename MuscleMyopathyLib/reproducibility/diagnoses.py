"""The diagnosis of every case of a study, from BIDS' ``participants.tsv``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.output import replacing

PARTICIPANTS = "participants.tsv"


def read_diagnoses(path: Path, column: str = "diagnosis") -> dict[str, str]:
    """Return the diagnosis by case; cases without one are left out.

    Args:
        path: Tab-separated file with ``participant_id`` (``sub-P-017`` or ``P-017``) and the column.
        column: Name of the column with the diagnosis or group.

    Raises:
        InputError: There is no such file or column, or a case stands in it twice.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table of participants: {error}.") from error
    for name in ("participant_id", column):
        if name not in table:
            raise InputError(f"{path} has no column {name!r}. It has: {', '.join(map(str, table.columns))}.")
    cases = table["participant_id"].str.removeprefix("sub-")
    if cases.duplicated().any():
        raise InputError(f"{path} names {cases[cases.duplicated()].iloc[0]} twice.")
    pairs = zip(cases, table[column], strict=True)
    return {str(case): str(diagnosis) for case, diagnosis in pairs if diagnosis not in ("", "n/a")}


def write_diagnoses(diagnoses: Mapping[str, str], path: Path, remark: str = "") -> None:
    """Write the diagnoses as ``participants.tsv``, whole or not at all.

    Args:
        diagnoses: By case.
        path: File to write.
        remark: Stands in a column of its own in every row, such as "simulated"; none where it is empty.

    Raises:
        OutputError: The file cannot be written.
    """
    table = pd.DataFrame(
        {"participant_id": [f"sub-{case}" for case in diagnoses], "diagnosis": list(diagnoses.values())}
    )
    if remark:
        table["remark"] = remark
    with replacing(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False)
