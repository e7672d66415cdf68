"""Overlap of the contours of all pairs of readings in a study, as one tidy table."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from MuscleMyopathyLib.errors import InputError, MuscleMyopathyError
from MuscleMyopathyLib.progress import Progress, each, silent
from MuscleMyopathyLib.reproducibility.agreement_bands import dice_band
from MuscleMyopathyLib.reproducibility.overlap import COLUMNS, SIZES, overlap
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKind

PAIR_COLUMNS = ["case", "part", "analysis", "first_reader", "first_session", "second_reader", "second_session"]


def reading_overlap(study: ReadingStudy, progress: Progress = silent) -> pd.DataFrame:
    """Compare the contours of every two readings of every case.

    Returns:
        One row per case, part, pair of readings, structure and side: `PAIR_COLUMNS` (``analysis`` is ``intra`` for
        one reader, ``inter`` for two readers' first sessions, ``other`` for the rest), the columns of `overlap`,
        ``band`` (green, amber, red; see `agreement_bands`), ``simulated``. A pair that cannot be compared (another
        grid, a part that one of them lacks, a file changed after locking) has one row with the reason.

    Raises:
        InputError: No case has two readings of contours.
    """
    by_case: dict[str, list[Reading]] = {}
    for reading in study.readings():
        if reading.kind is ReadingKind.SEGMENTATION:
            by_case.setdefault(reading.case, []).append(reading)
    pairs = [pair for readings in by_case.values() for pair in combinations(readings, 2)]
    if not pairs:
        raise InputError(
            f"No case in {study.folder} has two readings of contours, so there is nothing to compare."
        )
    tables = [
        _compare(study, first, second, part)
        for first, second in each(pairs, progress, lambda pair: f"overlap: {pair[0].case}")
        for part in dict.fromkeys((*first.parts, *second.parts))
    ]
    names = [*PAIR_COLUMNS, *COLUMNS, *SIZES, "band", "simulated"]
    return pd.concat(tables, ignore_index=True)[names] if tables else pd.DataFrame(columns=names)


def _compare(study: ReadingStudy, first: Reading, second: Reading, part: str) -> pd.DataFrame:
    try:
        table = overlap(study.segmentation(first.key, part), study.segmentation(second.key, part))
    except MuscleMyopathyError as error:
        table = pd.DataFrame([{"structure": "", "side": "", "problem": str(error)}], columns=[*COLUMNS, *SIZES])
        table["dice"] = table["dice"].astype(float)
    return table.assign(
        case=first.case,
        part=part,
        analysis=_analysis(first, second),
        first_reader=first.reader,
        first_session=first.session,
        second_reader=second.reader,
        second_session=second.session,
        band=table["dice"].map(dice_band),
        simulated=first.simulated or second.simulated,
    )


def _analysis(first: Reading, second: Reading) -> str:
    if first.reader == second.reader:
        return "intra"
    return "inter" if first.session == second.session == 1 else "other"
