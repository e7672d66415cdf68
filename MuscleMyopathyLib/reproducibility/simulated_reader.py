"""A simulated reader in a study: one reader's contours of many cases, displaced, and recorded as simulated."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.parameters import to_mapping
from MuscleMyopathyLib.progress import Progress, each, silent
from MuscleMyopathyLib.reproducibility.comparisons import ReaderSession, reading_name
from MuscleMyopathyLib.reproducibility.contour_perturbation import PerturbationParameters, perturb_contours
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import Reading, ReadingKind


def simulate_readings(
    study: ReadingStudy,
    real: ReaderSession,
    simulated: ReaderSession,
    parameters: PerturbationParameters,
    *,
    cases: Sequence[str] = (),
    progress: Progress = silent,
) -> list[Reading]:
    """Add a simulated reading of each case to the study, locked, made from the contours of a real one.

    Args:
        study: The study.
        real: Reader and session to begin from.
        simulated: Reader and session of the simulation; the reader's name must hold the word ``simulated``.
        parameters: Size and smoothness; each case and part gets a seed of its own from ``parameters.seed``, the
            session and their names, so that adding a case changes no other.
        cases: Only these; all that ``real`` read where empty.
        progress: Told of each case.

    Raises:
        InputError: ``real`` has not read a case asked for, or no case at all; a simulated reading exists already.
    """
    reader, session = real
    of_reader = {
        reading.case: reading
        for reading in study.readings()
        if (reading.reader, reading.session, reading.kind) == (reader, session, ReadingKind.SEGMENTATION)
    }
    if missing := [case for case in cases if case not in of_reader]:
        raise InputError(f"{reading_name(reader, session)} has not read {', '.join(missing)}.")
    chosen = [of_reader[case] for case in (cases or of_reader)]
    if not chosen:
        raise InputError(f"There are no contours by {reading_name(reader, session)} to begin from.")
    return [
        _simulate(study, reading, simulated, parameters)
        for reading in each(chosen, progress, lambda reading: f"simulated reading of {reading.case}")
    ]


def _simulate(
    study: ReadingStudy, real: Reading, simulated: ReaderSession, parameters: PerturbationParameters
) -> Reading:
    reader, session = simulated
    # From the names, so that adding a case or part changes no other.
    seeds = {part: zlib.crc32(f"{parameters.seed}/{session}/{real.case}/{part}".encode()) for part in real.parts}
    record = {"seeds": seeds, "made_from": {"reader": real.reader, "session": real.session}}
    reading = Reading(
        case=real.case,
        reader=reader,
        session=session,
        date=real.date,
        simulated=True,
        perturbation={**to_mapping(parameters), **record},
    )
    perturbed = {
        part: perturb_contours(study.segmentation(real.key, part), replace(parameters, seed=seed))
        for part, seed in seeds.items()
    }
    study.begin(reading)
    for part, segmentation in perturbed.items():
        study.save_segmentation(reading.key, segmentation, part)
    return study.lock(reading.key)
