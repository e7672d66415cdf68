"""Versions of a network: every one kept with its figures, one in use, any of them to go back to."""

from __future__ import annotations

import contextlib
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
        """Return the number of the version in use, 0 at first.

        Raises:
            InputError: The record of it is damaged.
        """
        return self._choice()[0]

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
            InputError: The network's card cannot be read, or the version in use is damaged.
            OutputError: The folder cannot be written to.
        """
        card = read_card(network / CARD)
        current = self.in_use()
        for number in self.numbers():
            # One that is damaged is no obstacle, unless it is in use.
            with contextlib.nullcontext() if number == current else contextlib.suppress(InputError):
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
        # Copies that a file manager makes ("0001 copy") are no versions.
        names = [path.parent.name for path in self.folder.glob(f"*/{RECORD}")]
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())

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

        A damaged record of the version in use is kept beside the new one, which begins a new history.

        Raises:
            InputError: There is no such version.
            OutputError: The folder cannot be written to.
        """
        self.network(version)
        path = self.folder / IN_USE
        before: int | None
        try:
            before, history = self._choice()
        except InputError:
            before, history = None, []
            shutil.copyfile(path, path.with_name(f"damaged-{IN_USE}"))
        history.append({"date": _now(), "from": before, "to": version, "reason": reason})
        write_json({"version": version, "history": history}, path)

    def _choice(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of the version in use and the history of choices."""
        path = self.folder / IN_USE
        if not path.is_file():
            return 0, []
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return int(values["version"]), list(values["history"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}, which says what version of the network is in use, is damaged ({error!r}). Choose one "
                "anew, such as: muscle-myopathy corrections rollback --to 0"
            ) from error

    def table(self) -> pd.DataFrame:
        """Return a row per version with the columns `COLUMNS`; mean Dice of the muscles, NaN where unmeasured.

        A version that is damaged keeps its row, whose reason says so, so that another one can be chosen.
        """
        try:
            current: int | None = self.in_use()
        except InputError:
            # The list is what another version is chosen from.
            current = None
        rows = []
        for number in self.numbers():
            record = _read_record(self.folder / f"{number:04d}" / RECORD)
            try:
                name = network_name(read_card(self.network(number) / CARD))
            except InputError as error:
                name, record["reason"] = "damaged", str(error)
            own = {"in_use": number == current, "network": name}
            rows.append({**record, **own, "pairs": ", ".join(record.get("pairs", ()))})
        return pd.DataFrame(rows, columns=COLUMNS)


def _read_record(path: Path) -> dict[str, Any]:
    """Return the record of a version; one that is damaged says so, because the network itself may be whole."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(record, dict) and isinstance(record.get("pairs", []), list):
            return {**record, "version": int(path.parent.name)}
    except (OSError, ValueError):
        pass
    return {"version": int(path.parent.name), "date": "", "reason": f"Its record {path} is damaged."}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
