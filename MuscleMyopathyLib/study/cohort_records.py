"""Finished cases on disk: recognised by what went into them, so that a stopped run resumes where it was.

``cases/<case>/`` holds a case's tables and ``case.json``, which is written last and names the tables with their
checksums. A case is finished when its ``case.json`` has the fingerprint that the case has now, i.e. inputs and
parameters are the same, and its tables are those that were written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.checksums import file_checksum
from MuscleMyopathyLib.output import require_writable, write_json, write_table
from MuscleMyopathyLib.radiomics.feature_table import INFORMATION_COLUMNS, KEY_COLUMNS
from MuscleMyopathyLib.study.cohort import folder_name

MANIFEST = "case.json"
_TEXTS = (*(name for name in KEY_COLUMNS if name != "session"), "problem", "warning", "image_type")

# Before pandas 3.1 numbers came back with another last digit unless asked for exactly; since then asking warns.
_PANDAS = tuple(int(number) for number in pd.__version__.split(".")[:2])
_EXACT: dict[str, Any] = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}


@dataclass(frozen=True)
class CaseTables:
    """What one case gave.

    Attributes:
        tables: Tables by name, e.g. ``features``.
        provenance: Plain values: what they rest on.
    """

    tables: Mapping[str, pd.DataFrame]
    provenance: Mapping[str, Any]


class CaseRecords:
    """The finished cases of one output folder."""

    def __init__(self, output: Path) -> None:
        """Open the records under ``output``; the folder is made if need be.

        Raises:
            OutputError: It cannot be written.
        """
        self.folder = output / "cases"
        require_writable(self.folder)

    def path_of(self, case: str) -> Path:
        """Return the folder of a case."""
        return self.folder / folder_name(case)

    def exists(self, case: str) -> bool:
        """Tell whether a case was finished at some time, whatever went into it."""
        return (self.path_of(case) / MANIFEST).is_file()

    def is_finished(self, case: str, fingerprint: str) -> bool:
        """Tell whether a case was finished with these very inputs and parameters, and its tables are whole."""
        folder = self.path_of(case)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return (
                manifest["case"] == case
                and manifest["fingerprint"] == fingerprint
                and all(
                    file_checksum(folder / f"{name}.csv") == sha256 for name, sha256 in manifest["tables"].items()
                )
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
            return False

    def discard(self, case: str) -> None:
        """Make an earlier result of a case count no more."""
        (self.path_of(case) / MANIFEST).unlink(missing_ok=True)

    def write(self, case: str, fingerprint: str, result: CaseTables, seconds: float) -> None:
        """Write a finished case, its manifest last.

        Raises:
            OutputError: The folder cannot be written.
        """
        folder = self.path_of(case)
        self.discard(case)
        for name, table in result.tables.items():
            write_table(table, folder / f"{name}.csv")
        write_json(
            {
                "case": case,
                "fingerprint": fingerprint,
                "seconds": round(seconds, 2),
                "tables": {name: file_checksum(folder / f"{name}.csv") for name in result.tables},
                "provenance": dict(result.provenance),
            },
            folder / MANIFEST,
        )

    def table(self, case: str, name: str) -> pd.DataFrame:
        """Read a table of a finished case, every number as it was."""
        path = self.path_of(case) / f"{name}.csv"
        table: pd.DataFrame = pd.read_csv(path, dtype=dict.fromkeys(_TEXTS, str), **_EXACT)
        texts = [column for column in _TEXTS if column in table.columns]
        table[texts] = table[texts].fillna("")
        return table

    def joined(self, cases: list[str], name: str) -> pd.DataFrame:
        """Put a table of all these cases under one another, in their order."""
        tables = [self.table(case, name) for case in cases]
        if not tables:
            return pd.DataFrame(columns=[*KEY_COLUMNS, *INFORMATION_COLUMNS])
        return pd.concat(tables, ignore_index=True)
