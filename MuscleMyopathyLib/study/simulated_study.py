"""A whole reader study of the digital limb: images, readings, features, ICC, and a cohort for classifiers.

The cohort is ``features_first_reading.csv`` (one row per subject: regions and sequences side by side) and
``participants.tsv`` (the simulated disease as ``group``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pandas as pd

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.output import write_json, write_table, write_text
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.radiomics.extraction import extract_features
from MuscleMyopathyLib.radiomics.feature_table import fused_table
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset, read_radiomics_preset
from MuscleMyopathyLib.reproducibility.comparisons import AgreementParameters
from MuscleMyopathyLib.reproducibility.feature_agreement import (
    FeatureAgreement,
    feature_agreement,
    mean_icc,
    reliability_counts,
)
from MuscleMyopathyLib.study.case import PHANTOM_NOTICE
from MuscleMyopathyLib.study.cohort_features import case_tables, content_hash, write_joined
from MuscleMyopathyLib.study.cohort_records import CaseTables
from MuscleMyopathyLib.study.cohort_run import CohortRun, run_cohort
from MuscleMyopathyLib.study.feature_outputs import feature_provenance
from MuscleMyopathyLib.study.inputs import PHANTOM_MARK
from MuscleMyopathyLib.study.simulated_designs import WEI_2023_DESIGN, StudyDesign
from MuscleMyopathyLib.study.simulated_subjects import (
    READER_1,
    STUDY_PROTOCOL,
    ReaderParameters,
    SimulatedSubject,
    simulated_examination,
    simulated_subjects,
)


def study_preset(name_or_path: str | Path = "wei2023") -> RadiomicsPreset:
    """Return a preset that measures both legs as one region, as the papers' readers drew thighs and calves."""
    preset = read_radiomics_preset(name_or_path)
    return replace(preset, preprocessing=replace(preset.preprocessing, merge_sides=True))


@dataclass(frozen=True)
class StudyParameters:
    """A simulated study.

    Attributes:
        design: Diseases, images and slices.
        cases: Number of subjects; None for as many as the paper had patients.
        protocol: Grid on which the limbs are sampled.
        readers: How far the simulated readers lie apart.
        agreement: Form of the ICC and threshold; None for the paper's.
    """

    design: StudyDesign = WEI_2023_DESIGN
    cases: int | None = None
    protocol: Protocol = STUDY_PROTOCOL
    readers: ReaderParameters = field(default_factory=ReaderParameters)
    agreement: AgreementParameters | None = None

    @property
    def subjects(self) -> list[SimulatedSubject]:
        """The subjects.

        Raises:
            ParameterError: Fewer than two.
        """
        return simulated_subjects(self.design.patients if self.cases is None else self.cases, self.design)

    @property
    def wanted_agreement(self) -> AgreementParameters:
        """Form of the ICC and threshold."""
        return self.agreement or AgreementParameters(threshold=self.design.threshold)


@dataclass(frozen=True)
class SimulatedTask:
    """One subject from its simulated images to its features."""

    subject: SimulatedSubject
    parameters: StudyParameters
    preset: RadiomicsPreset

    @property
    def identifier(self) -> str:
        """Name of the subject."""
        return self.subject.identifier

    def fingerprint(self) -> str:
        """Return a checksum over the subject, the grid, the readers, the preset and this package's version."""
        return content_hash(
            {
                "version": __version__,
                "preset": self.preset.content_hash,
                "subject": asdict(self.subject),
                "protocol": asdict(self.parameters.protocol),
                "readers": asdict(self.parameters.readers),
                "design": asdict(self.parameters.design),
            }
        )

    def run(self, progress: Progress = silent) -> CaseTables:
        """Simulate the subject's images and readings and extract the features."""
        measured = []
        design = self.parameters.design
        count = len(design.regions)
        for number, region in enumerate(design.regions):
            images, readings = simulated_examination(
                self.subject,
                region,
                self.parameters.protocol,
                self.parameters.readers,
                design,
                portion(progress, number / count, (number + 0.3) / count),
            )
            measured.append(
                extract_features(
                    images,
                    readings,
                    self.preset,
                    case=self.identifier,
                    region=str(region),
                    progress=portion(progress, (number + 0.3) / count, (number + 1) / count),
                )
            )
        return case_tables(measured)


@dataclass(frozen=True)
class StudyResult:
    """What a simulated study gave.

    Attributes:
        run: The cases.
        agreement: ICC of every feature, intra- and inter-reader.
        first_reading: Reader 1's first reading as a fused table, one row per subject.
        filtered: Reader 1's first reading, one row per subject: the features that reach the threshold in both.
        summary: All of it in words, saying that it is a phantom.
    """

    run: CohortRun
    agreement: FeatureAgreement
    first_reading: pd.DataFrame
    filtered: pd.DataFrame
    summary: str


def simulate_study(
    parameters: StudyParameters,
    preset: RadiomicsPreset,
    output: Path,
    *,
    workers: int = 1,
    scheduler: str = "",
    progress: Progress = silent,
) -> StudyResult:
    """Run a reader study of simulated subjects from images to the table of features that two readers agree on.

    Goes on where an earlier run into the same folder stopped. Writes ``features.csv`` and ``grey_levels.csv`` of
    all readings, ``features_first_reading.csv`` with its preset beside it (``.json``), ``participants.tsv``,
    ``icc.csv``, ``icc_by_class.csv``, ``reliable.csv``, ``features_reliable.csv``, ``summary.txt``,
    ``phantom.json`` and what `run_cohort` writes.

    Args:
        parameters: Size, grid, readers, threshold.
        preset: How features are made.
        output: Folder for the results.
        workers: As of `run_cohort`, like ``scheduler`` and ``progress``.

    Raises:
        ParameterError: Fewer than two cases.
        InputError: Fewer than two cases could be measured.
    """
    subjects = parameters.subjects
    tasks = [SimulatedTask(subject, parameters, preset) for subject in subjects]
    made = feature_provenance(preset, phantom=True)
    write_json({**made, "study": asdict(parameters)}, output / PHANTOM_MARK)
    run = run_cohort(tasks, output, workers=workers, scheduler=scheduler, progress=portion(progress, 0.0, 0.95))
    progress(0.95, "joining the tables")
    features = write_joined(run, output)
    first = first_reading(features)
    write_table(first, output / "features_first_reading.csv")
    drawn = {str(region): list(levels) for region, levels in parameters.design.levels.items()}
    write_json({**made, "drawn_levels": drawn}, output / "features_first_reading.json")
    write_text(participants_table(subjects, parameters).to_csv(sep="\t", index=False), output / "participants.tsv")
    agreement = feature_agreement(features, parameters.wanted_agreement, portion(progress, 0.96, 0.98))
    progress(0.98, "writing the tables")
    filtered = reliable_features(first, agreement)
    counts = reliability_counts(agreement.reliable)
    write_table(agreement.icc, output / "icc.csv")
    write_table(mean_icc(agreement.icc), output / "icc_by_class.csv")
    write_table(agreement.reliable, output / "reliable.csv")
    write_table(filtered, output / "features_reliable.csv")
    summary = _summary(parameters, preset, run, agreement, counts, filtered)
    write_text(summary, output / "summary.txt")
    progress(1.0, "done")
    return StudyResult(run, agreement, first, filtered, summary)


def participants_table(subjects: Sequence[SimulatedSubject], parameters: StudyParameters) -> pd.DataFrame:
    """Return the simulated subjects as BIDS lists participants, with their disease as ``group``."""
    region = parameters.design.regions[0]
    limbs = [subject.limb(region, parameters.protocol) for subject in subjects]
    return pd.DataFrame(
        {
            "participant_id": [subject.identifier for subject in subjects],
            "group": [str(subject.pattern) for subject in subjects],
            "sex": [str(limb.sex) for limb in limbs],
            "severity": [round(limb.severity, 3) for limb in limbs],
            "phantom": True,
        }
    )


def first_reading(features: pd.DataFrame) -> pd.DataFrame:
    """Return reader 1's first reading of features of all readings as a fused table."""
    first = features[(features["reader"] == READER_1) & (features["session"] == 1)]
    return fused_table(first).drop(columns="problem")


def reliable_features(first: pd.DataFrame, agreement: FeatureAgreement) -> pd.DataFrame:
    """Return a fused table with only the features that are reliable in both analyses.

    Args:
        first: From `first_reading`.
        agreement: Of all readings.
    """
    kept = agreement.reliable[agreement.reliable["reliable"]]
    wanted = {f"{row.region}.{row.sequence}.{row.feature}" for row in kept.itertuples()}
    keys = ["case", "reader", "session", "structure", "side"]
    return first[[*keys, *(name for name in first.columns if name in wanted)]]


def _summary(
    parameters: StudyParameters,
    preset: RadiomicsPreset,
    run: CohortRun,
    agreement: FeatureAgreement,
    counts: pd.DataFrame,
    filtered: pd.DataFrame,
) -> str:
    icc = mean_icc(agreement.icc, ["analysis", "region", "sequence"])
    readers = parameters.readers
    grid = parameters.protocol
    asked = parameters.wanted_agreement
    samples = grid.in_plane_samples**2 * grid.through_plane_samples
    made = (
        f"Preset {preset.name} ({preset.content_hash[:12]}); both legs as one region; "
        f"{grid.columns} × {grid.rows} voxels of {grid.pixel_mm[0]:.2f} × {grid.pixel_mm[1]:.2f} mm; "
        f"slices of {grid.thickness_mm:g} mm every {grid.spacing_mm:g} mm; samples per voxel: {samples}."
    )
    drawn = (
        f"Simulated readers depart from the truth by {readers.displacement_mm:g} mm (root mean square), "
        f"repeat from the first reading by {readers.repeat_displacement_mm:g} mm. This says nothing about people."
    )
    lines = [
        PHANTOM_NOTICE,
        "",
        run.summary,
        made,
        drawn,
        "",
        f"{asked.form}, mean ± SD over features (constant or missing features have none):",
    ]
    lines += [
        f"  {row.analysis}-reader, {row.region}, {row.sequence}: {row.icc_mean:.3f} ± {row.icc_sd:.3f} "
        f"({row.features} features, {row.without_icc} without)"
        for row in icc.itertuples()
    ]
    lines += ["", f"{asked.form} of at least {asked.threshold:g} in both analyses:"]
    lines += [f"  {row.region}, {row.sequence}: {row.reported}" for row in counts.itertuples()]
    total = len(agreement.reliable)
    lines += [f"  together: {int(agreement.reliable['reliable'].sum())} of {total}"]
    return "\n".join(lines) + "\n"
