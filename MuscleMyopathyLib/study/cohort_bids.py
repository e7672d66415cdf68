"""A cohort from a BIDS folder: ``participants.tsv``, ``sub-<case>/…``, readings under ``derivatives/readings``.

Images are named as BIDS names them (``sub-01_acq-thigh_T1w.nii.gz``): the last word is the sequence, a role of
`Role` (``T1w``, ``water``, ``FF-map``), and a word of the name, such as ``acq-thigh``, tells the limb segment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import image_suffix
from MuscleMyopathyLib.imaging.regions import guess_region
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.label_schemes import read_itksnap_labels
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKey, ReadingKind
from MuscleMyopathyLib.study.cohort import CohortCase, CohortPart, CohortReading, require_different_identifiers
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK

_SEQUENCES = {str(role).replace(" ", "-").lower(): str(role) for role in Role if role is not Role.UNKNOWN}


def read_cohort_bids(folder: Path, sequences: Collection[str] = ()) -> list[CohortCase]:
    """List the cases of a BIDS folder with their images and readings.

    Args:
        folder: Holds ``sub-<case>`` folders and, if possible, ``participants.tsv``, whose columns are kept.
        sequences: Use only these; all that are there where empty.

    Returns:
        One case per participant, in the order of ``participants.tsv``. What a case lacks stands in its
        ``problems``. A part of a reading named after a limb segment, a sequence or both (``thigh``,
        ``thigh-water``) belongs to that; one without a name to everything.

    Raises:
        InputError: There is no participant, or ``participants.tsv`` cannot be read.
    """
    details = _participants(folder)
    for path in sorted(folder.glob("sub-*")):
        if path.is_dir():
            details.setdefault(path.name.removeprefix("sub-"), {})
    if not details:
        raise InputError(f"{folder} is no BIDS folder: it has neither participants.tsv nor a folder sub-….")
    require_different_identifiers(list(details))
    study = ReadingStudy(folder)
    table = study.table()
    drawn = table[table["kind"] == str(ReadingKind.SEGMENTATION)]
    return [
        _case(folder, study, drawn[drawn["case"] == identifier], identifier, own, sequences)
        for identifier, own in details.items()
    ]


def _participants(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / "participants.tsv"
    if not path.is_file():
        return {}
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error
    if "participant_id" not in table.columns:
        raise InputError(f"{path} has no column participant_id.")
    identifiers = table.pop("participant_id").str.strip().str.removeprefix("sub-").tolist()
    require_different_identifiers(identifiers)
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    return dict(zip(identifiers, rows, strict=True))


def _case(
    folder: Path,
    study: ReadingStudy,
    drawn: pd.DataFrame,
    identifier: str,
    details: dict[str, str],
    sequences: Collection[str],
) -> CohortCase:
    problems: list[str] = []
    images = _images(folder / f"sub-{identifier}", sequences, problems)
    readings = _readings(study, drawn, problems)
    parts = []
    for region, own in images.items():
        meant = [(reading, _sequences_meant(part, region, own)) for part, reading in readings]
        of_region = [replace(reading, sequences=names) for reading, names in meant if names]
        if of_region:
            parts.append(CohortPart(region, own, tuple(of_region)))
        else:
            problems.append(f"nobody has drawn on its {region or 'images'}")
    return CohortCase(
        identifier=identifier,
        parts=tuple(parts),
        details=details,
        problems=tuple(problems),
        phantom=(folder / PHANTOM_MARK).is_file()
        or any((path.parent / PHANTOM_MARK).is_file() for own in images.values() for path in own.values()),
    )


def _images(folder: Path, wanted: Collection[str], problems: list[str]) -> dict[str, dict[str, Path]]:
    """Return the image files by limb segment and sequence; none where two claim one place."""
    found: dict[str, dict[str, Path]] = {}
    clashes: list[str] = []
    for path in sorted(folder.rglob("sub-*")):
        suffix = image_suffix(path)
        if suffix is None or not path.is_file():
            continue
        sequence = _SEQUENCES.get(path.name[: -len(suffix)].split("_")[-1].lower())
        if sequence is None or (wanted and sequence not in wanted):
            continue
        region = guess_region([path.name])
        first = found.setdefault(str(region or ""), {}).setdefault(sequence, path)
        if first != path:
            clashes.append(f"two images {sequence}: {first.relative_to(folder)} and {path.relative_to(folder)}")
    if clashes:
        # Sessions are cases of their own: readings are filed under the case alone.
        problems.append("; ".join(clashes) + "; make each session a participant, and keep one image of a kind")
        return {}
    if not found:
        problems.append(f"no image {' or '.join(wanted) if wanted else ''}".rstrip() + f" in {folder.name}")
    return found


def _readings(study: ReadingStudy, drawn: pd.DataFrame, problems: list[str]) -> list[tuple[str, CohortReading]]:
    """Return each part of the case's contours with the part's name; damaged readings are problems."""
    found = []
    for row in drawn.to_dict("records"):
        if row["problem"]:
            problems.append(f"reading of {row['reader']}, session {row['session']}: {row['problem']}")
            continue
        reading = study.get(ReadingKey(row["case"], row["reader"], int(row["session"])))
        found += [(part, _reading(study, reading, part)) for part in reading.parts]
    return found


def _reading(study: ReadingStudy, reading: Reading, part: str) -> CohortReading:
    path = study.path_of(reading.key) / reading.file_name(part)
    labels = path.with_name(f"{path.name.removesuffix('.nii.gz')}.txt")
    return CohortReading(
        labels=path,
        structures=read_itksnap_labels(labels),
        all_expected=True,
        reader=reading.reader,
        session=reading.session,
    )


def _sequences_meant(part: str, region: str, images: Mapping[str, Path]) -> tuple[str, ...]:
    """Return which images of a limb segment a reading's part belongs to; none where it is another segment's."""
    words = part.lower().split("-")
    regions = [word for word in words if word in list(Region)]
    if regions and region and region not in regions:
        return ()
    rest = "-".join(word for word in words if word not in regions)
    named = tuple(name for name in images if name.replace(" ", "-").lower() == rest)
    if not named and rest in _SEQUENCES:
        return ()
    return named or tuple(images)
