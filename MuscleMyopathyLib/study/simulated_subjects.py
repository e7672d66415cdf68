"""Simulated subjects with two readers: the digital limb of a patient, and what the readers would have drawn on it.

The images and slices are those of a paper's design (`simulated_designs`); the readers draw whole-muscle contours
without the epimysium, reader 1 twice, reader 2 once, as in both papers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.case import phantom_series
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Sex
from MuscleMyopathyLib.phantom.protocols import WEI_2023, Protocol
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions
from MuscleMyopathyLib.radiomics.slices import SliceChoice, choose_slices, keep_slices
from MuscleMyopathyLib.reproducibility.contour_perturbation import PerturbationParameters, perturb_contours
from MuscleMyopathyLib.segmentation.whole_muscle import whole_muscle
from MuscleMyopathyLib.study.simulated_designs import WEI_2023_DESIGN, StudyDesign

READER_1, READER_2 = "R1-simulated", "R2-simulated"

STUDY_PROTOCOL = replace(WEI_2023, in_plane_samples=1, through_plane_samples=1)
"""Wei's grid with the limb sampled once per voxel: partial volume counts little after resampling to 3 mm, and
eight samples of each voxel take half as long as the features."""


@dataclass(frozen=True)
class ReaderParameters:
    """How far the simulated readers' contours lie apart.

    Attributes:
        displacement_mm: Root mean square by which each reader's contour departs from the true one.
        repeat_displacement_mm: By how much reader 1's second contour departs from the first.
        correlation_mm: Along the contour and between slices, how far an error stays alike.
        epimysium_mm: How far inside the deep fascia the true contour runs.
    """

    displacement_mm: float = 1.0
    repeat_displacement_mm: float = 0.7
    correlation_mm: float = 15.0
    epimysium_mm: float = 2.0


@dataclass(frozen=True)
class SimulatedSubject:
    """One subject of the study; the same number is the same subject in a study of any size.

    Attributes:
        identifier: Says that it is a phantom, with pattern and number.
        pattern: The simulated disease.
        number: From 0; seeds everything.
        severities: Mildest and severest patient of the disease.
    """

    identifier: str
    pattern: Pattern
    number: int
    severities: tuple[float, float] = (0.25, 1.0)

    def limb(self, region: Region, protocol: Protocol) -> LimbParameters:
        """Return the subject's thigh or calf: both have one severity, sex, size and layer of fat."""
        rng = np.random.default_rng([self.number, 77])
        severity, size, fat = rng.uniform(*self.severities), rng.uniform(0.88, 1.12), rng.uniform(0.6, 1.6)
        return LimbParameters(
            region=region,
            pattern=self.pattern,
            severity=float(severity),
            seed=self.number,
            sex=Sex.FEMALE if rng.random() < 0.5 else Sex.MALE,
            size=float(size),
            subcutaneous_fat=float(fat),
            protocol=protocol,
        )


def simulated_subjects(count: int, design: StudyDesign = WEI_2023_DESIGN) -> list[SimulatedSubject]:
    """Return the subjects of a study, its diseases mixed as the paper's patients were.

    Raises:
        ParameterError: Fewer than two subjects, which have no agreement.
    """
    if count < 2:
        raise ParameterError(f"A study of {count} cases has no agreement to compute: ask for 2 at least.")
    return [
        SimulatedSubject(f"phantom-{group.pattern}-{number:03d}", group.pattern, number, group.severity)
        for number, group in enumerate(design.groups_of(count))
    ]


def simulated_examination(
    subject: SimulatedSubject,
    region: Region,
    protocol: Protocol,
    readers: ReaderParameters,
    design: StudyDesign = WEI_2023_DESIGN,
    progress: Progress = silent,
) -> tuple[dict[str, sitk.Image], list[DrawnRegions]]:
    """Return the images of a subject's limb segment by sequence, and the three readings of its whole muscle."""
    limb_parameters = subject.limb(region, protocol)
    series, limb = phantom_series(limb_parameters, design.acquired, progress=progress)
    images = {str(one.role): one.image for one in series if one.role in design.sequences}
    true = whole_muscle(limb.compartments, readers.epimysium_mm)
    true = keep_slices(true, choose_slices(true, SliceChoice(levels=design.levels[region])))
    return images, simulated_readings(true, readers, (subject.number, list(Region).index(region)))


def simulated_readings(true: Segmentation, readers: ReaderParameters, seed: tuple[int, int]) -> list[DrawnRegions]:
    """Return the readings of both sessions of reader 1 and of reader 2, made from the true contours.

    Args:
        true: The true contours.
        readers: How far the readings lie apart.
        seed: Number of the subject and of the limb segment.
    """

    def drawn(start: Segmentation, displacement_mm: float, reading: int) -> Segmentation:
        parameters = PerturbationParameters(
            displacement_mm=displacement_mm,
            correlation_mm=readers.correlation_mm,
            seed=int(np.random.SeedSequence([*seed, reading]).generate_state(1)[0]),
        )
        return perturb_contours(start, parameters)

    first = drawn(true, readers.displacement_mm, 1)
    repeat = drawn(first, readers.repeat_displacement_mm, 2)
    other = drawn(true, readers.displacement_mm, 3)
    return [
        DrawnRegions(first, READER_1, 1),
        DrawnRegions(repeat, READER_1, 2),
        DrawnRegions(other, READER_2, 1),
    ]
