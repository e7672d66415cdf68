"""Radiomics features of a cohort: the task of one case, and the joined tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.checksums import file_checksum
from MuscleMyopathyLib.imaging.files import read_image
from MuscleMyopathyLib.output import write_json, write_table
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions, extract_features
from MuscleMyopathyLib.radiomics.feature_table import FeatureTable
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset
from MuscleMyopathyLib.study.cohort import CohortCase, CohortPart
from MuscleMyopathyLib.study.cohort_records import CaseTables
from MuscleMyopathyLib.study.cohort_run import FAILURES, CohortRun, run_cohort
from MuscleMyopathyLib.study.drawn_regions import read_drawn_regions
from MuscleMyopathyLib.study.feature_outputs import feature_provenance

FEATURES = "features"
GREY_LEVELS = "grey_levels"


@dataclass(frozen=True)
class FeatureTask:
    """Features of one case: all its limb segments, sequences and readings."""

    case: CohortCase
    preset: RadiomicsPreset

    @property
    def identifier(self) -> str:
        """Name of the case."""
        return self.case.identifier

    def fingerprint(self) -> str:
        """Return a checksum over all files, what their labels mean, the preset and this package's version.

        Raises:
            InputError: A file cannot be read.
        """
        return content_hash(
            {
                "version": __version__,
                "preset": self.preset.content_hash,
                "case": self.identifier,
                "parts": [_content(part) for part in self.case.parts],
            }
        )

    def run(self, progress: Progress = silent) -> CaseTables:
        """Read the case and extract its features.

        Raises:
            InputError: A file is missing or damaged, holds none of the labels, or the case has nothing to measure.
            GeometryError: An image and what was drawn on it do not share one grid.
        """
        if not self.case.parts:
            raise InputError("; ".join(self.case.problems) or "the case has neither images nor readings")
        count = len(self.case.parts)
        return case_tables(
            [
                self._measure(part, portion(progress, number / count, (number + 1) / count))
                for number, part in enumerate(self.case.parts)
            ]
        )

    def _measure(self, part: CohortPart, progress: Progress) -> FeatureTable:
        readings = [
            DrawnRegions(
                segmentation=read_drawn_regions(
                    reading.labels, reading.structures, all_expected=reading.all_expected
                ),
                reader=reading.reader,
                session=reading.session,
                sequences=reading.sequences,
            )
            for reading in part.readings
        ]
        images = {name: read_image(path) for name, path in part.images.items()}
        return extract_features(
            images, readings, self.preset, case=self.identifier, region=part.region, progress=progress
        )


def case_tables(measured: Sequence[FeatureTable]) -> CaseTables:
    """Put the features of a case's limb segments together, as they are kept."""
    return CaseTables(
        tables={
            FEATURES: pd.concat([part.table for part in measured], ignore_index=True),
            GREY_LEVELS: pd.concat([part.grey_levels for part in measured], ignore_index=True),
        },
        provenance={"parts": [dict(part.provenance) for part in measured]},
    )


def measure_cohort(
    cases: Sequence[CohortCase],
    preset: RadiomicsPreset,
    output: Path,
    *,
    workers: int = 1,
    scheduler: str = "",
    progress: Progress = silent,
) -> CohortRun:
    """Extract the features of a cohort, going on where an earlier run into the same folder stopped.

    Writes ``features.csv`` and ``grey_levels.csv`` (all cases), ``cases.csv`` (one row per case: its details,
    whether it was measured, its problem), ``failures.csv``, ``provenance.json``, and each case's own under
    ``cases/``.

    Args:
        cases: From `read_cohort_csv` or `read_cohort_bids`.
        preset: How features are made.
        output: Folder for the results.
        workers: As of `run_cohort`, like ``scheduler`` and ``progress``.

    Raises:
        InputError: There is no case, or a detail bears the name of a column of ``cases.csv``.
    """
    if not cases:
        raise InputError("The cohort has no case.")
    own = {"case", "measured", "phantom", "problem"}
    if clash := sorted(own & {name for case in cases for name in case.details}):
        raise InputError(f"The cohort's table has a column {', '.join(clash)}, which is used here: rename it.")
    run = run_cohort(
        [FeatureTask(case, preset) for case in cases],
        output,
        workers=workers,
        scheduler=scheduler,
        progress=portion(progress, 0.0, 0.95),
    )
    progress(0.95, "joining the tables")
    write_joined(run, output)
    write_table(_case_table(cases, run), output / "cases.csv")
    phantom = any(case.phantom for case in cases)
    write_json(
        {
            **feature_provenance(preset, phantom=phantom),
            "cases": {"finished": len(run.finished), "failed": len(run.failures)},
        },
        output / "provenance.json",
    )
    progress(1.0, "done")
    return _with_incomplete(run, cases, output)


def write_joined(run: CohortRun, output: Path) -> pd.DataFrame:
    """Write the tables of all finished cases as one of each kind; return the features."""
    features = run.records.joined(list(run.finished), FEATURES)
    write_table(features, output / f"{FEATURES}.csv")
    write_table(run.records.joined(list(run.finished), GREY_LEVELS), output / f"{GREY_LEVELS}.csv")
    return features


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (64 hex digits) of plain values."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _content(part: CohortPart) -> dict[str, Any]:
    return {
        "region": part.region,
        "images": [[name, file_checksum(path)] for name, path in part.images.items()],
        "readings": [
            {
                "labels": file_checksum(reading.labels),
                "structures": {str(label): item.identifier for label, item in reading.structures.items()},
                "all_expected": reading.all_expected,
                "reader": reading.reader,
                "session": reading.session,
                "sequences": list(reading.sequences),
            }
            for reading in part.readings
        ],
    }


def _case_table(cases: Sequence[CohortCase], run: CohortRun) -> pd.DataFrame:
    problems = dict(zip(run.failures["case"], run.failures["problem"], strict=True))
    return pd.DataFrame(
        [
            {
                "case": case.identifier,
                **case.details,
                "measured": case.identifier not in problems,
                "phantom": case.phantom,
                "problem": problems.get(case.identifier) or "; ".join(case.problems),
            }
            for case in cases
        ]
    )


def _with_incomplete(run: CohortRun, cases: Sequence[CohortCase], output: Path) -> CohortRun:
    """Return the run with a row for what a measured case lacks, e.g. a calf that nobody has drawn."""
    failed = dict(zip(run.failures["case"], run.failures["problem"], strict=True))
    rows = [
        (case.identifier, failed.get(case.identifier) or f"measured in part: {'; '.join(case.problems)}")
        for case in cases
        if case.identifier in failed or case.problems
    ]
    failures = pd.DataFrame(rows, columns=run.failures.columns)
    write_table(failures, output / FAILURES)
    return CohortRun(run.records, run.finished, run.resumed, failures)
