"""The readings of a study on disk, in the manner of BIDS derivatives.

``derivatives/readings/sub-<case>/reader-<R>_session-<n>/<kind>/`` holds ``reading.json`` and, for each part, a
label image with ITK-SNAP's label descriptions beside it, or a form as JSON. Every file is replaced whole, and
``reading.json`` last.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.checksums import file_checksum
from MuscleMyopathyLib.imaging.files import read_label_image, write_image
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import read_itksnap_labels, write_itksnap_labels
from MuscleMyopathyLib.output import replacing, require_writable, write_json
from MuscleMyopathyLib.reproducibility import blinding
from MuscleMyopathyLib.reproducibility.readings import (
    Reading,
    ReadingKey,
    ReadingKind,
    ReadingState,
    days_between_sessions,
    require_identifier,
    require_session,
)

MANIFEST = "reading.json"
BIDS_VERSION = "1.10.0"
COLUMNS = ["case", "reader", "session", "kind", "date", "state", "simulated", "parts", "days_since_first"]
TEXTS = ["warning", "problem", "notes"]


class ReadingStudy:
    """All readings under one folder.

    >>> import tempfile
    >>> study = ReadingStudy(tempfile.mkdtemp())
    >>> reading = study.begin(Reading("P-017", "R1", 1, date(2024, 5, 1)))
    >>> study.table()[["case", "reader", "session", "state"]].values.tolist()
    [['P-017', 'R1', 1, 'open']]
    """

    def __init__(self, folder: str | Path) -> None:
        """Open a study; its folder is made when the first reading begins."""
        self.folder = Path(folder)
        self.readings_folder = self.folder / "derivatives" / "readings"

    def path_of(self, key: ReadingKey) -> Path:
        """Return the folder of a reading, whether or not it exists.

        Raises:
            InputError: Case, reader or session cannot be part of a folder's name.
        """
        require_identifier(key.case, "case")
        require_identifier(key.reader, "reader")
        require_session(key.session)
        session = f"reader-{key.reader}_session-{key.session}"
        return self.readings_folder / f"sub-{key.case}" / session / ReadingKind(key.kind)

    def begin(self, reading: Reading) -> Reading:
        """Begin a reading: make its folder and its `MANIFEST`.

        Raises:
            InputError: There is this reading already, or a name that differs only in capitals.
            OutputError: The folder cannot be written.
        """
        if reading.state is not ReadingState.OPEN or reading.parts:
            raise InputError(f"The {reading.key} cannot begin: it is locked or has parts already.")
        folder = self.path_of(reading.key)
        self._refuse_other_capitals(folder)
        require_writable(folder.parent)
        self._describe_dataset()
        try:
            folder.mkdir()
        except FileExistsError:
            raise InputError(
                f"There is a {reading.key} already. A repeat is a new session: use session {reading.session + 1}."
            ) from None
        self._write(reading)
        return reading

    def get(self, key: ReadingKey) -> Reading:
        """Return a reading as it stands on disk.

        Raises:
            InputError: There is none, or its `MANIFEST` is damaged.
        """
        folder = self.path_of(key)
        if not (folder / MANIFEST).is_file():
            raise InputError(f"There is no {key} in {self.folder}.")
        return self._read(folder)

    def readings(self) -> list[Reading]:
        """Return all readings, by case, reader, session and kind.

        Raises:
            InputError: The `MANIFEST` of one of them is damaged; `table` names it without failing.
        """
        return sorted((self._read(folder) for folder in self._folders()), key=lambda reading: reading.key)

    def visible_readings(self, reader: str, session: int) -> list[Reading]:
        """Return those readings that a reader may see in a session; see `blinding`."""
        return blinding.visible_readings(self.readings(), reader, session)

    def save_segmentation(
        self, key: ReadingKey, segmentation: Segmentation, part: str = "", image: sitk.Image | None = None
    ) -> Reading:
        """Save the contours of a reading, or of one part of it, in place of those saved before.

        Args:
            key: An open reading.
            segmentation: What was drawn; it is saved under this extension's own numbers.
            part: Name of the part where a reading has several, e.g. ``thigh``.
            image: The image that was read; its grid must be the segmentation's.

        Raises:
            InputError: The reading is locked or is a form.
            GeometryError: Image and segmentation do not share one grid.
            OutputError: The folder cannot be written.
        """
        reading = self._open(key, ReadingKind.SEGMENTATION)
        if image is not None:
            require_same_geometry(image, segmentation.image, f"image of {key.case}", "segmentation")
        path = self.path_of(key) / reading.file_name(part)
        numbered = segmentation.renumbered()
        write_image(numbered.image, path)
        with replacing(_labels_beside(path)) as temporary:
            write_itksnap_labels(numbered.structures, temporary)
        return self._with_part(reading, part)

    def save_form(self, key: ReadingKey, values: Mapping[str, Any], part: str = "") -> Reading:
        """Save a filled form, in place of what was saved before.

        Raises:
            InputError: The reading is locked or holds contours.
            OutputError: The folder cannot be written.
        """
        reading = self._open(key, ReadingKind.FORM)
        write_json(dict(values), self.path_of(key) / reading.file_name(part))
        return self._with_part(reading, part)

    def segmentation(self, key: ReadingKey, part: str = "") -> Segmentation:
        """Return the contours of a reading.

        Raises:
            InputError: There is no such reading or part, it is damaged, or it was changed after it was locked.
        """
        path = self._file(key, part)
        return Segmentation(read_label_image(path), read_itksnap_labels(_labels_beside(path)))

    def form(self, key: ReadingKey, part: str = "") -> dict[str, Any]:
        """Return a filled form.

        Raises:
            InputError: As `segmentation`.
        """
        path = self._file(key, part)
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"{path} is no form ({error}).") from error

    def lock(self, key: ReadingKey) -> Reading:
        """Finish a reading for good; from now on it cannot be changed unnoticed.

        Raises:
            InputError: It is locked already, or nothing was saved in it.
        """
        reading = self.get(key)
        self._refuse_locked(reading)
        if not reading.parts:
            raise InputError(f"The {key} holds nothing yet: save contours or a form before locking it.")
        checksums = {name: file_checksum(self.path_of(key) / name) for name in self._file_names(reading)}
        locked = dataclasses.replace(reading, state=ReadingState.LOCKED, checksums=checksums)
        locked = dataclasses.replace(locked, seal=_seal(locked))
        self._write(locked)
        return locked

    def problem_of(self, reading: Reading) -> str:
        """Return in words what is wrong with the files of a reading, or "".

        A locked reading whose files or particulars are not those that were locked says so.
        """
        folder = self.path_of(reading.key)
        missing = [name for name in self._file_names(reading) if not (folder / name).is_file()]
        if missing:
            return f"missing: {', '.join(missing)}"
        if reading.state is ReadingState.OPEN:
            return ""
        changed = [name for name, sha256 in reading.checksums.items() if file_checksum(folder / name) != sha256]
        if reading.seal != _seal(reading) or set(reading.checksums) != set(self._file_names(reading)):
            changed.append(MANIFEST)
        return f"changed after it was locked: {', '.join(changed)}" if changed else ""

    def table(self) -> pd.DataFrame:
        """List the readings.

        Returns:
            One row per reading: ``case``, ``reader``, ``session``, ``kind``, ``date`` (ISO 8601), ``state``,
            ``simulated``, ``parts``, ``days_since_first`` (since this reader's first session of the case),
            ``warning`` (a repeat within 60 days), ``problem`` (damaged, or changed after locking), ``notes``.
        """
        rows: list[dict[str, object]] = []
        readings: list[Reading] = []
        for folder in self._folders():
            try:
                readings.append(self._read(folder))
            except InputError as error:
                unknown = dict.fromkeys(("date", "state", "parts", "warning", "notes"), "")
                rows.append({**unknown, **_key_of_folder(folder), "problem": str(error)})
        for reading in readings:
            days, warning = days_between_sessions(reading, readings)
            rows.append(
                {
                    **reading.key._asdict(),
                    "kind": str(reading.kind),
                    "date": reading.date.isoformat(),
                    "state": str(reading.state),
                    "simulated": reading.simulated,
                    "parts": " ".join(reading.parts),
                    "days_since_first": days,
                    "warning": warning,
                    "problem": self.problem_of(reading),
                    "notes": reading.notes,
                }
            )
        table = pd.DataFrame(rows, columns=[*COLUMNS, *TEXTS])
        table = table.astype({"session": "Int64", "days_since_first": "Int64", "simulated": "boolean"})
        return table.sort_values(["case", "reader", "session", "kind"], ignore_index=True)

    def _folders(self) -> list[Path]:
        pattern = f"sub-*/reader-*_session-*/*/{MANIFEST}"
        return sorted(path.parent for path in self.readings_folder.glob(pattern))

    def _read(self, folder: Path) -> Reading:
        path = folder / MANIFEST
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values["date"] = date.fromisoformat(values["date"])
            values["kind"], values["state"] = ReadingKind(values["kind"]), ReadingState(values["state"])
            values["parts"] = tuple(values["parts"])
            reading = Reading(**values)
        except (OSError, ValueError, TypeError, KeyError, InputError) as error:
            raise InputError(f"{path} does not describe a reading ({error}). Restore it from a copy.") from error
        if self.path_of(reading.key) != folder:
            raise InputError(f"{path} describes the {reading.key}, which belongs into another folder.")
        return reading

    def _write(self, reading: Reading) -> None:
        write_json(_plain(reading), self.path_of(reading.key) / MANIFEST)

    def _open(self, key: ReadingKey, kind: ReadingKind) -> Reading:
        reading = self.get(key)
        if reading.kind is not kind:
            raise InputError(f"The {key} is a {reading.kind}, and a {kind} was to be saved in it.")
        self._refuse_locked(reading)
        return reading

    @staticmethod
    def _refuse_locked(reading: Reading) -> None:
        if reading.state is ReadingState.LOCKED:
            raise InputError(f"The {reading.key} is locked: it is finished. Begin a new session instead.")

    def _with_part(self, reading: Reading, part: str) -> Reading:
        saved = dataclasses.replace(reading, parts=tuple(dict.fromkeys((*reading.parts, part))))
        self._write(saved)
        return saved

    def _file(self, key: ReadingKey, part: str) -> Path:
        reading = self.get(key)
        if part not in reading.parts:
            present = ", ".join(repr(name) for name in reading.parts) or "nothing"
            raise InputError(f"The {key} has no part {part!r}. It holds {present}.")
        if problem := self.problem_of(reading):
            raise InputError(f"The {key} cannot be used: {problem}.")
        return self.path_of(key) / reading.file_name(part)

    @staticmethod
    def _file_names(reading: Reading) -> list[str]:
        names = [reading.file_name(part) for part in reading.parts]
        if reading.kind is ReadingKind.SEGMENTATION:
            names += [_labels_beside(Path(name)).name for name in names]
        return names

    def _refuse_other_capitals(self, folder: Path) -> None:
        """Refuse a name that is another one on this system and the same one on the next."""
        for wanted in (folder.parent, folder.parent.parent):
            beside = [path.name for path in wanted.parent.glob("*")] if wanted.parent.is_dir() else []
            for name in beside:
                if name != wanted.name and name.lower() == wanted.name.lower():
                    raise InputError(
                        f"{wanted.name} and {name}, which exists, differ only in capitals. Use the same spelling."
                    )

    def _describe_dataset(self) -> None:
        path = self.readings_folder / "dataset_description.json"
        if not path.is_file():
            generated_by = [{"Name": "MuscleMyopathy", "Version": __version__}]
            description = {"Name": "Readings", "BIDSVersion": BIDS_VERSION, "DatasetType": "derivative"}
            write_json({**description, "GeneratedBy": generated_by}, path)


def _key_of_folder(folder: Path) -> dict[str, object]:
    reader, _, session = folder.parent.name.removeprefix("reader-").rpartition("_session-")
    return {
        "case": folder.parent.parent.name.removeprefix("sub-"),
        "reader": reader,
        "session": int(session) if session.isdigit() else None,
        "kind": folder.name,
    }


def _labels_beside(path: Path) -> Path:
    return path.with_name(f"{path.name.removesuffix('.nii.gz')}.txt")


def _plain(reading: Reading) -> dict[str, Any]:
    values = dataclasses.asdict(reading)
    return {
        **values,
        "date": reading.date.isoformat(),
        "kind": str(reading.kind),
        "state": str(reading.state),
        "parts": list(reading.parts),
    }


def _seal(reading: Reading) -> str:
    values = _plain(reading)
    del values["seal"]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
