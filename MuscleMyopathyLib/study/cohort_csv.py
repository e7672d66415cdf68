"""A cohort from a table as PyRadiomics' batch mode takes it: a row per image and mask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.anatomy import Region, Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.label_schemes import LabelScheme, read_label_scheme, structure_from_text
from MuscleMyopathyLib.study.cohort import CohortCase, CohortPart, CohortReading, require_different_identifiers
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK

KNOWN_COLUMNS = ("Image", "Mask", "ID", "Label", "Structure", "Sequence", "Region", "Reader", "Session")
"""Columns with a meaning here, in any spelling of capitals; all others are kept as details of the case."""

DEFAULT_SEQUENCE = "image"
_PYRADIOMICS_LABEL = "1"


@dataclass(frozen=True)
class _Row:
    line: int
    case: str
    region: str
    sequence: str
    image: Path
    reading: CohortReading
    details: Mapping[str, str]


def read_cohort_csv(path: Path, label_scheme: str | None = None) -> list[CohortCase]:
    """Read a cohort from a CSV file.

    ``Image`` and ``Mask`` are files, absolute or relative to the CSV file. ``ID`` names the case; without it every
    row is a case. Rows of one case may differ in ``Region`` (thigh, calf), ``Sequence``, ``Reader``, ``Session``
    and ``Label``. What a label means is told by ``Structure`` (``RF_left``, ``MUSCLE`` for the whole muscle; of
    ``Label``, 1 where that is empty) or by the label scheme, of which ``Label`` then chooses one structure.

    Args:
        path: The table.
        label_scheme: Name or file of a label scheme, for rows without ``Structure``.

    Returns:
        The cases in the order of the table. That files exist is left to whoever reads them, so that one missing
        file is that case's failure.

    Raises:
        InputError: The file is no such table, is empty, a row is ambiguous or has an impossible value, a detail
            differs within a case, or nothing says what a label means; the lines are named.
    """
    table = _read(path)
    scheme = None if label_scheme is None else read_label_scheme(label_scheme)
    # A scheme made for one study names structures on purpose; a shipped one names all that could be there.
    own_scheme = label_scheme is not None and bool(Path(label_scheme).suffix)
    rows = [
        _row(path, line, {str(name): str(value) for name, value in values.items()}, scheme, own_scheme)
        for line, values in enumerate(table.to_dict("records"), start=2)
    ]
    by_case: dict[str, list[_Row]] = {}
    for row in rows:
        by_case.setdefault(row.case, []).append(row)
    require_different_identifiers(list(by_case))
    return [_case(path, identifier, own) for identifier, own in by_case.items()]


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table of cases: {error}") from error
    known = {name.lower(): name for name in KNOWN_COLUMNS}
    table = table.rename(columns={name: known.get(str(name).strip().lower(), name) for name in table.columns})
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise InputError(f"{path} has the column {twice} twice.")
    missing = [name for name in ("Image", "Mask") if name not in table.columns]
    if missing:
        raise InputError(
            f"{path} has no column {' and no '.join(missing)}. It has: {', '.join(map(str, table.columns))}. "
            f"Columns with a meaning are: {', '.join(KNOWN_COLUMNS)}."
        )
    if table.empty:
        raise InputError(f"{path} lists no case: it has a header and no row.")
    return table


def _row(path: Path, line: int, values: Mapping[str, str], scheme: LabelScheme | None, own_scheme: bool) -> _Row:
    def text(name: str, default: str = "") -> str:
        return values.get(name, "").strip() or default

    def refuse(what: str) -> InputError:
        return InputError(f"{path}, line {line}: {what}")

    for name in ("Image", "Mask"):
        if not text(name):
            raise refuse(f"{name} is empty.")
    region = text("Region").lower()
    if region and region not in list(Region):
        raise refuse(f"the region {region!r} is none of: {', '.join(Region)}.")
    label, session = text("Label"), text("Session", "1")
    for name, number in (("Label", label or _PYRADIOMICS_LABEL), ("Session", session)):
        if not number.isdecimal() or int(number) < 1:
            raise refuse(f"{name} is {number!r}, and a whole number from 1 is needed.")
    try:
        structures = _structures(text("Structure"), label, scheme)
    except (InputError, ParameterError) as error:
        raise refuse(str(error)) from error
    return _Row(
        line=line,
        case=text("ID", f"row-{line - 1:03d}"),
        region=region,
        sequence=text("Sequence", DEFAULT_SEQUENCE),
        image=path.parent / text("Image"),
        reading=CohortReading(
            labels=path.parent / text("Mask"),
            structures=structures,
            all_expected=own_scheme or bool(label or text("Structure")),
            reader=text("Reader"),
            session=int(session),
        ),
        details={str(name): value for name, value in values.items() if name not in KNOWN_COLUMNS},
    )


def _structures(structure: str, label: str, scheme: LabelScheme | None) -> dict[int, Structure]:
    if structure:
        try:
            return {int(label or _PYRADIOMICS_LABEL): Structure.parse(structure)}
        except ParameterError:
            return {int(label or _PYRADIOMICS_LABEL): structure_from_text(structure)}
    if scheme is None:
        raise InputError(
            "nothing says what the labels mean. Give a column Structure (RF_left, or MUSCLE for the whole muscle) "
            "or a label scheme (--label-scheme)."
        )
    if not label:
        return dict(scheme)
    if int(label) not in scheme:
        raise InputError(f"the label scheme has no label {label}. It has: {', '.join(map(str, sorted(scheme)))}.")
    return {int(label): scheme[int(label)]}


def _case(path: Path, identifier: str, rows: list[_Row]) -> CohortCase:
    for name in rows[0].details:
        told = {row.details[name] for row in rows}
        if len(told) > 1:
            raise InputError(
                f"{path}: the column {name} differs between the rows of {identifier} ({', '.join(sorted(told))}). "
                "A column of one's own describes the case; remove it or make it one."
            )
    parts = [
        _part(path, identifier, region, [row for row in rows if row.region == region])
        for region in dict.fromkeys(row.region for row in rows)
    ]
    return CohortCase(
        identifier=identifier,
        parts=tuple(parts),
        details=rows[0].details,
        phantom=any((row.image.parent / PHANTOM_MARK).is_file() for row in rows),
    )


def _part(path: Path, identifier: str, region: str, rows: list[_Row]) -> CohortPart:
    """Gather the rows of one limb segment: one image per sequence, one reading per mask, reader and session."""
    images: dict[str, _Row] = {}
    measured: dict[tuple[str, str, int, Structure], int] = {}
    readings: dict[tuple[Path, str, int], CohortReading] = {}
    for row in rows:
        first = images.setdefault(row.sequence, row)
        if first.image != row.image:
            raise InputError(
                f"{path}, lines {first.line} and {row.line}: {identifier} has two images {row.sequence}. "
                "Give each case its own ID, or each image its Sequence or Region."
            )
        reading = row.reading
        for structure in reading.structures.values():
            key = (row.sequence, reading.reader, reading.session, structure)
            before = measured.setdefault(key, row.line)
            if before != row.line:
                raise InputError(
                    f"{path}, lines {before} and {row.line}: {identifier} is listed twice with {structure.name} "
                    f"on {row.sequence}. Give each case its own ID, or each reading its Reader and Session."
                )
        mask = (reading.labels, reading.reader, reading.session)
        known = readings.get(mask, replace(reading, structures={}))
        readings[mask] = replace(
            known,
            structures={**known.structures, **reading.structures},
            sequences=tuple(dict.fromkeys([*known.sequences, row.sequence])),
        )
    return CohortPart(region, {name: row.image for name, row in images.items()}, tuple(readings.values()))
