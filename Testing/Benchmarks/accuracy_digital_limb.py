"""Dice of the muscle network on digital limbs that no training used, and its curves.

Each limb's images come from the phantom's own signal equations, go through the whole of `segment_muscles` (legs
found, told apart, laid before the network, voted on, written back), and the labels are compared with the limb's
truth, left and right together. The seeds lie outside those of any training and check (1000–1079, 2000–2119, 9000…,
9100…). About seven minutes on one core.

python Testing/Benchmarks/accuracy_digital_limb.py [--network FOLDER] [--output FILE.csv] [--quick]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
import torch

from MuscleMyopathyLib.anatomy import Region, Structure
from MuscleMyopathyLib.output import write_table
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Sex
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import InversionRecovery, SpinEcho, WaterFat
from MuscleMyopathyLib.segmentation.network.engine import NetworkEngine
from MuscleMyopathyLib.segmentation.network.muscles import label_codes, segment_muscles
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters

DETAILED = MuscleParameters(detailed_muscles=True)
SLICE_EVERY_MM = 60.0
SEQUENCES: dict[str, Any] = {"water + fat": WaterFat(), "T1w": SpinEcho(), "STIR": InversionRecovery()}
USUAL_SNR, USUAL_THICKNESS_MM = 40.0, 6.0
SNRS = (40.0, 20.0, 10.0, 5.0, 3.0)
THICKNESSES_MM = (3.0, 6.0, 12.0, 18.0, 24.0)
SEVERITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
COLUMNS = ["part", "region", "sequences", "value", "limb", "muscle", "dice"]
ALL_MUSCLES = "mean"


@dataclass(frozen=True)
class Subject:
    """One held-out digital limb.

    Attributes:
        name: In the table.
        parameters: Of the limb.
    """

    name: str
    parameters: LimbParameters


def subjects(region: Region) -> list[Subject]:
    """Return four limbs of different people: two healthy, two with muscles replaced by fat and oedema."""
    first = 7001 if region is Region.THIGH else 7101
    kinds = (
        (Pattern.HEALTHY, 0.0, Sex.MALE, 1.0, 1.0),
        (Pattern.HEALTHY, 0.0, Sex.FEMALE, 0.9, 1.3),
        (Pattern.LGMDR2, 0.6, Sex.MALE, 1.05, 1.0),
        (Pattern.IMNM, 0.8, Sex.FEMALE, 0.95, 0.8),
    )
    return [
        Subject(
            f"{first + number}",
            LimbParameters(
                region=region,
                pattern=pattern,
                severity=severity,
                seed=first + number,
                sex=sex,
                size=size,
                subcutaneous_fat=fat,
                detailed_muscles=True,
                protocol=grid(USUAL_THICKNESS_MM),
            ),
        )
        for number, (pattern, severity, sex, size, fat) in enumerate(kinds)
    ]


def grid(thickness_mm: float) -> Protocol:
    """Return slices of a thickness, each averaged over a plane every 3 mm."""
    return Protocol(400, 240, (1.0, 1.0), thickness_mm, SLICE_EVERY_MM, None, 1, max(1, round(thickness_mm / 3)))


def series(limb: Limb, sequence: Any, snr: float = USUAL_SNR) -> dict[str, sitk.Image]:
    """Return the images of one sequence by role."""
    return {str(made.role): made.image for made in acquire(limb, sequence, snr=snr, seed=limb.parameters.seed)}


def dice_by_muscle(found: np.ndarray, truth: np.ndarray, codes: Sequence[str]) -> dict[str, float]:
    """Return the Dice of each muscle that is in the truth, numbered from 1 in the order of the codes."""
    return {
        code: float(2 * ((found == n) & (truth == n)).sum() / ((found == n).sum() + (truth == n).sum()))
        for n, code in enumerate(codes, start=1)
        if (truth == n).any()
    }


def by_code(array: np.ndarray, structures: Mapping[int, Structure], codes: Sequence[str]) -> np.ndarray:
    """Return 1 + the position in ``codes`` of each voxel's muscle, sides together, 0 elsewhere."""
    numbers = np.zeros(256, np.uint8)
    for label, structure in structures.items():
        if structure.code in codes:
            numbers[label] = 1 + codes.index(structure.code)
    return numbers[array]


class Measuring:
    """Measures limbs with one network; rows of the table (`COLUMNS`) are yielded as they are known."""

    def __init__(self, engine: NetworkEngine) -> None:
        self._engine = engine

    def rows(
        self, part: str, value: str | float, limb: Limb, name: str, sequences: str, snr: float = USUAL_SNR
    ) -> Iterator[dict[str, Any]]:
        """Segment one limb; ``along`` rows tell how its slices did, from distal (0) to proximal (1)."""
        region = limb.parameters.region
        codes = label_codes(region, detailed=True)
        images = series(limb, SEQUENCES[sequences], snr)
        result = segment_muscles(images, region=region, parameters=DETAILED, engine=self._engine)
        found = by_code(result.muscles.array, result.muscles.structures, codes)
        truth = by_code(limb.muscles.array, limb.muscles.structures, codes)
        head = {"region": str(region), "sequences": sequences, "limb": name}
        values = dice_by_muscle(found, truth, codes)
        for muscle, dice in {**values, ALL_MUSCLES: float(np.mean(list(values.values())))}.items():
            yield {**head, "part": part, "value": value, "muscle": muscle, "dice": dice}
        if part == "usual":
            for index in range(len(truth)):
                of_slice = dice_by_muscle(found[index], truth[index], codes)
                if of_slice:
                    place = round(index / (len(truth) - 1), 2)
                    mean = float(np.mean(list(of_slice.values())))
                    yield {**head, "part": "along", "value": place, "muscle": ALL_MUSCLES, "dice": mean}


def measured(engine: NetworkEngine, say: Callable[[str], None], *, quick: bool = False) -> pd.DataFrame:
    """Return the Dice of every limb, condition and muscle.

    Args:
        engine: The network.
        say: Told of each limb.
        quick: One limb a region, water and fat, no curves.
    """
    measuring, rows = Measuring(engine), []

    def note(*arguments: Any) -> None:
        new = list(measuring.rows(*arguments))
        rows.extend(new)
        mean = next(row["dice"] for row in new if row["muscle"] == ALL_MUSCLES)
        say(f"{arguments[0]} {arguments[1]}, {new[0]['region']} {arguments[3]}, {arguments[4]}: {mean:.3f}")

    for region in Region:
        people = subjects(region)[: 1 if quick else None]
        for person in people:
            limb = make_limb(person.parameters)
            for sequences in ("water + fat",) if quick else SEQUENCES:
                note("usual", "", limb, person.name, sequences)
        if quick:
            continue
        for person in people[:2]:
            limb = make_limb(person.parameters)
            for snr in SNRS:
                note("noise", snr, limb, person.name, "water + fat", snr)
            for thickness in THICKNESSES_MM:
                thick = make_limb(replace(person.parameters, protocol=grid(thickness)))
                note("thickness_mm", thickness, thick, person.name, "water + fat")
            for severity in SEVERITIES:
                ill = make_limb(replace(person.parameters, pattern=Pattern.LGMDR2, severity=severity))
                note("severity", severity, ill, person.name, "water + fat")
    return pd.DataFrame(rows)[COLUMNS]


def main() -> None:
    """Measure, print the means, and write the table if a file is named."""
    parser = argparse.ArgumentParser(description="Dice of the muscle network on held-out digital limbs.")
    parser.add_argument("--network", type=Path, help="Folder of the network; the shipped one by default.")
    parser.add_argument("--output", type=Path, help="CSV file for the table.")
    parser.add_argument("--quick", action="store_true", help="One limb a region, no curves.")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    engine = NetworkEngine(arguments.network)
    print(engine.name)
    table = measured(engine, lambda text: print(text, flush=True), quick=arguments.quick)
    if arguments.output:
        write_table(table, arguments.output)
    usual = table[(table["part"] == "usual") & (table["sequences"] == "water + fat")]
    print(usual.pivot_table(index="muscle", columns="region", values="dice").round(3).to_string())


if __name__ == "__main__":
    main()
