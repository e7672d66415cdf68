"""Versions of a network: every one kept with its figures, one in use, any of them to go back to."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError, OutputError
from MuscleMyopathyLib.output import write_json
from MuscleMyopathyLib.segmentation.network.card import network_name, read_card
from MuscleMyopathyLib.segmentation.network.engine import CARD, WEIGHTS

VERSIONS = "versions"
RECORD = "record.json"
IN_USE = "in-use.json"
BEGINNING = "the network that it began with"
COLUMNS = [
    "version",
    "network",
    "in_use",
    "date",
    "parent",
    "pairs",
    "dice_held_back_before",
    "dice_held_back",
    "dice_check_before",
    "dice_check",
    "promoted",
    "reason",
]


class NetworkVersions:
    """The versions in the library's folder; version 0 is the network that it began with, copied.

    The copy makes a roll-back give the same output after the extension was updated.

    Args:
        folder: The library's folder.
        first: The network to begin with, a folder with card and weights; needed only while there is no version.
    """

    def __init__(self, folder: Path, first: Path | None = None) -> None:
        self.folder = folder / VERSIONS
        self._first = first

    def in_use(self) -> int:
        """Return the number of the version in use, 0 at first."""
        path = self.folder / IN_USE
        return int(json.loads(path.read_text(encoding="utf-8"))["version"]) if path.is_file() else 0

    def network(self, version: int | None = None) -> Path:
        """Return the folder of a version's card and weights, by default of the one in use.

        Raises:
            InputError: There is no such version.
        """
        number = self.in_use() if version is None else version
        folder = self.folder / f"{number:04d}"
        if number == 0 and not folder.is_dir():
            if self._first is None:
                raise InputError(f"There is no network in {self.folder} yet. Fine-tune once.")
            self.keep(self._first, {"version": 0, "reason": BEGINNING, "promoted": True})
        if not (folder / CARD).is_file():
            known = ", ".join(str(number) for number in self.numbers()) or "none"
            raise InputError(f"There is no version {number}. The versions are: {known}.")
        return folder

    def take_in(self, network: Path) -> int:
        """Return the number of a network among the versions; one that is not among them is kept as a new one.

        So an extension that was updated brings its new network into the list. It comes into use by itself only
        where nobody has chosen a version yet and no fine-tuned one is in use.

        Args:
            network: Folder with card and weights.

        Raises:
            InputError: The network's card cannot be read.
            OutputError: The folder cannot be written to.
        """
        card = read_card(network / CARD)
        for number in self.numbers():
            if read_card(self.network(number) / CARD).weights_sha256 == card.weights_sha256:
                return number
        number = self.next_number() if self.numbers() else 0
        reason = f"{network_name(card)}, as shipped" if number else BEGINNING
        self.keep(network, {"version": number, "reason": reason, "promoted": True})
        if number and not (self.folder / IN_USE).is_file():
            self.use(number, reason)
        return number

    def numbers(self) -> list[int]:
        """Return the numbers of all versions."""
        return sorted(int(path.parent.name) for path in self.folder.glob(f"*/{RECORD}"))

    def next_number(self) -> int:
        """Return the number of the version to come."""
        return 1 + max(self.numbers(), default=0)

    def keep(self, network: Path, record: Mapping[str, Any]) -> Path:
        """Keep a network with its record, whole or not at all.

        Args:
            network: Folder with card and weights.
            record: ``version``, figures and reason, see `COLUMNS`.

        Raises:
            OutputError: The folder cannot be written to.
        """
        target = self.folder / f"{int(record['version']):04d}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".writing-", dir=self.folder) as temporary:
                folder = Path(temporary) / target.name
                folder.mkdir()
                for name in (CARD, WEIGHTS):
                    shutil.copyfile(network / name, folder / name)
                write_json({"date": _now(), **record}, folder / RECORD)
                folder.rename(target)
        except OSError as error:
            raise OutputError(
                f"{target} cannot be written: {error.strerror or error}. Free some space."
            ) from error
        return target

    def use(self, version: int, reason: str) -> None:
        """Put a version into use; the change is kept in the history.

        Raises:
            InputError: There is no such version.
        """
        self.network(version)
        path = self.folder / IN_USE
        history = json.loads(path.read_text(encoding="utf-8"))["history"] if path.is_file() else []
        history.append({"date": _now(), "from": self.in_use(), "to": version, "reason": reason})
        write_json({"version": version, "history": history}, path)

    def table(self) -> pd.DataFrame:
        """Return a row per version with the columns `COLUMNS`; mean Dice of the muscles, NaN where unmeasured.

        Raises:
            InputError: A version is damaged.
        """
        current = self.in_use()
        rows = []
        for number in self.numbers():
            folder = self.network(number)
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            own = {"in_use": number == current, "network": network_name(read_card(folder / CARD))}
            rows.append({**record, **own, "pairs": ", ".join(record.get("pairs", ()))})
        return pd.DataFrame(rows, columns=COLUMNS)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
