"""A simulated scoring study in the manner of Wei et al.: 75 cases, two readers, 17 muscles on both sides.

The cases follow the digital limb's patterns of LGMDR2 and IMNM; the readers are simulated. Never evidence about
patients or readers: the readers' names, the table of participants and every reading say so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.progress import Progress, each, silent
from MuscleMyopathyLib.reproducibility.diagnoses import PARTICIPANTS, write_diagnoses
from MuscleMyopathyLib.reproducibility.form_agreement import Rater
from MuscleMyopathyLib.reproducibility.form_readings import save_locked_form
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.reproducibility.readings import SIMULATED_WORD, Reading, ReadingKind
from MuscleMyopathyLib.scoring.scale_files import read_scale
from MuscleMyopathyLib.scoring.simulation import SimulatedReader, simulated_form, simulated_shares
from MuscleMyopathyLib.scoring.suggestion import SCALE_ID

READERS = (Rater(f"R1-{SIMULATED_WORD}", 1), Rater(f"R2-{SIMULATED_WORD}", 1))
SIMULATION_NOTICE = "Simulated: cases from the digital limb's disease patterns, simulated readers. No evidence."
_DATE = date(2000, 1, 1)
"""Simulated readings happened on no day; a fixed one keeps a repeated simulation the same file for file."""


@dataclass(frozen=True)
class ScoringStudyParameters:
    """The study; the defaults are Wei's numbers of cases.

    Attributes:
        lgmdr2_cases: Cases with the pattern LGMDR2.
        imnm_cases: Cases with the pattern IMNM.
        lowest_severity: Severities are drawn evenly from here to 1.
        reader_error: Standard deviation of a reader's error on the probit scale (`SimulatedReader`).
        seed: Of everything random.
    """

    lgmdr2_cases: int = 30
    imnm_cases: int = 45
    lowest_severity: float = 0.3
    reader_error: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.lgmdr2_cases, self.imnm_cases) < 1:
            raise ValueError("Each of the two groups needs at least one case.")
        if not 0 <= self.lowest_severity <= 1:
            raise ValueError(f"lowest_severity must lie in 0 to 1, not {self.lowest_severity}.")


def simulate_scoring_study(
    study: ReadingStudy, parameters: ScoringStudyParameters | None = None, progress: Progress = silent
) -> dict[str, str]:
    """Fill and lock the forms of both readers for every case, and write ``participants.tsv``.

    Args:
        study: An empty study.
        parameters: Cases and readers.
        progress: Told of every case.

    Returns:
        The diagnosis by case.

    Raises:
        InputError: The study holds one of these readings already.
        OutputError: The folder cannot be written.
    """
    parameters = parameters or ScoringStudyParameters()
    scale = read_scale(SCALE_ID)
    reader = SimulatedReader(parameters.reader_error)
    patterns = [Pattern.LGMDR2] * parameters.lgmdr2_cases + [Pattern.IMNM] * parameters.imnm_cases
    diagnoses = {f"SIM-{number:03d}": str(pattern) for number, pattern in enumerate(patterns, start=1)}
    for case in each(list(diagnoses), progress, lambda case: f"simulated readings of {case}"):
        rng = np.random.default_rng([parameters.seed, int(case.removeprefix("SIM-"))])
        severity = float(rng.uniform(parameters.lowest_severity, 1.0))
        shares = simulated_shares(scale, Pattern(diagnoses[case]), severity, rng)
        for rater in READERS:
            reading = Reading(
                case,
                rater.reader,
                rater.session,
                _DATE,
                ReadingKind.FORM,
                simulated=True,
                perturbation={"severity": severity, "seed": parameters.seed, **asdict(reader)},
                notes=SIMULATION_NOTICE,
            )
            save_locked_form(study, reading, simulated_form(scale, shares, reader, rng))
    write_diagnoses(diagnoses, study.folder / PARTICIPANTS, SIMULATION_NOTICE)
    return diagnoses
