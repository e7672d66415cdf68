"""Samples both legs over the planes of a slice, and reduces the samples to voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure, StructureType, muscles
from MuscleMyopathyLib.phantom.leg import Leg
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.tissues import Tissue

SIDES = (Side.LEFT, Side.RIGHT)
Labels = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.float32]

_GAP_MM = {Region.THIGH: (6, 16), Region.CALF: (20, 55)}
"""Least and greatest gap between relaxed legs."""

_COMPARTMENT = {
    Tissue.SKIN: "SKIN",
    Tissue.SUBCUTANEOUS_FAT: "SAT",
    Tissue.FASCIA: "LEAN",
    Tissue.MUSCLE: "LEAN",
    Tissue.INTERMUSCULAR_FAT: "LEAN",
    Tissue.CORTEX: "BONE",
    Tissue.MARROW: "BONE",
    Tissue.ARTERY: "LEAN",
    Tissue.VEIN: "LEAN",
    Tissue.NERVE: "LEAN",
    Tissue.SUPERFICIAL_VEIN: "SAT",
}
"""Compartment of a sample; what of LEAN is fat is only known of the voxel (limb.py)."""


@dataclass(frozen=True)
class Plane:
    """Samples of both legs in one axial plane; arrays (row, column).

    Attributes:
        tissue: `Tissue` numbers.
        fat_share: Fat's share of the protons, 0 to 1.
        t2_ms: T2 of the water.
        muscle: `Structure.label` of the muscle, 0 where there is none or it has no label.
        compartment: `Structure.label` of SKIN, SAT, LEAN (all inside the fascia but bone) or BONE.
    """

    tissue: Labels
    fat_share: Samples
    t2_ms: Samples
    muscle: Labels
    compartment: Labels


class Sampler:
    """Both legs of a subject in their places: the patient's left leg at +x, backs on the table."""

    def __init__(self, parameters: LimbParameters) -> None:
        self.protocol = parameters.protocol
        self._shift_mm = parameters.shift_mm
        self.legs = {side: Leg(parameters, side) for side in SIDES}
        self.length_mm = self.legs[Side.LEFT].table.length_mm
        self.structures = _labelled(parameters)
        levels = np.linspace(0, 1, 21)
        radius = {
            (side, level): leg.radius_mm(level, np.arange(0, 360, 10), skin=True)
            for side, leg in self.legs.items()
            for level in levels
        }
        medial = max(float(values[14:23].max()) for values in radius.values())
        gap = np.random.default_rng([parameters.seed, 3]).uniform(*_GAP_MM[parameters.region])
        self._half_distance_mm = 0.93 * medial if parameters.legs_touch else medial + gap / 2
        # The backs of the legs follow the table only in part: thigh and calf lift off towards the knee.
        back = np.array([np.mean([radius[side, level][27] for side in SIDES]) for level in levels])
        self._lift = np.polynomial.Polynomial.fit(levels, 0.6 * (back - back.mean()), 2)

    def plane(self, z: float) -> Plane:
        """Return the samples at a position in mm above the middle of the segment."""
        protocol = self.protocol
        samples = protocol.in_plane_samples
        shape = (protocol.rows * samples, protocol.columns * samples)
        x = _centres(shape[1], protocol.pixel_mm[0] / samples) - np.float32(self._shift_mm[0])
        y = _centres(shape[0], protocol.pixel_mm[1] / samples) - np.float32(self._shift_mm[1])
        level = float(np.clip(z / self.length_mm + 0.5, 0, 1))
        plane = Plane(
            np.zeros(shape, np.uint8),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.uint8),
            np.zeros(shape, np.uint8),
        )
        for side, leg in self.legs.items():
            sign = 1 if side is Side.LEFT else -1
            beside = x - np.float32(sign * self._half_distance_mm)
            below = y + np.float32(self._lift(level))
            reach = leg.radius_mm(level, np.arange(0, 360, 5), skin=True).max() * 1.12 + 6
            columns = _window(np.abs(beside) < reach)
            rows = _window(np.abs(below) < reach)
            grid_x, grid_y = np.meshgrid(beside[columns], below[rows])
            midline = np.broadcast_to(sign * x[columns], grid_x.shape)
            section = leg.section(grid_x, grid_y, z, level, midline)
            here = section.tissue != Tissue.AIR
            window = (rows, columns)
            plane.tissue[window][here] = section.tissue[here]
            plane.fat_share[window][here] = section.fat_share[here]
            plane.t2_ms[window][here] = section.t2_ms[here]
            plane.muscle[window][here] = self._muscle_labels(leg)[section.muscle[here]]
            plane.compartment[window][here] = _compartment_labels(side)[section.tissue[here]]
        return plane

    def _muscle_labels(self, leg: Leg) -> Labels:
        labels = [0]
        for name in leg.muscles:
            structure = self.structures.get((name, leg.side))
            labels.append(structure.label if structure else 0)
        return np.array(labels, np.uint8)


def _labelled(parameters: LimbParameters) -> dict[tuple[str, Side], Structure]:
    """Return the structure under which each of the table's muscles is labelled, by side."""
    kinds: list[StructureType] = list(muscles(parameters.region, only_wei=not parameters.detailed_muscles))
    if parameters.detailed_muscles:
        kinds = [kind for kind in kinds if kind.code != "BF"]
    found = {(kind.code, side): Structure(kind.code, side) for kind in kinds for side in SIDES}
    if not parameters.detailed_muscles:
        for side in SIDES:
            if ("BF", side) in found:
                found["BFL", side] = found["BFS", side] = found.pop(("BF", side))
    return found


def _compartment_labels(side: Side) -> Labels:
    labels = [Structure(_COMPARTMENT[tissue], side).label if tissue in _COMPARTMENT else 0 for tissue in Tissue]
    return np.array(labels, np.uint8)


def _centres(count: int, step_mm: float) -> Samples:
    return ((np.arange(count) - (count - 1) / 2) * step_mm).astype(np.float32)


def _window(wanted: npt.NDArray[np.bool_]) -> slice:
    where = np.flatnonzero(wanted)
    return slice(int(where[0]), int(where[-1]) + 1) if where.size else slice(0, 0)


def grid(protocol: Protocol, slices: int) -> sitk.Image:
    """Return an empty image with the protocol's geometry, centred on the scanner's origin, axes along LPS."""
    image = sitk.Image(protocol.columns, protocol.rows, slices, sitk.sitkUInt8)
    image.SetSpacing((*protocol.pixel_mm, protocol.spacing_mm))
    size = np.array(image.GetSize()) - 1
    image.SetOrigin((-size * np.array(image.GetSpacing()) / 2).tolist())
    return image


def blocks(samples: npt.NDArray[np.generic], protocol: Protocol) -> npt.NDArray[np.generic]:
    """Return the samples of one slice, (plane, row, column), as (sample, voxel row, voxel column)."""
    n = protocol.in_plane_samples
    planes = samples.shape[0]
    shaped = samples.reshape(planes, protocol.rows, n, protocol.columns, n)
    return shaped.transpose(0, 2, 4, 1, 3).reshape(planes * n * n, protocol.rows, protocol.columns)


def majority(samples: Labels, protocol: Protocol) -> Labels:
    """Return for each voxel the label that most of its samples have; the lowest of several."""
    block = blocks(samples, protocol)
    best = np.zeros(block.shape[1:], np.uint8)
    votes = np.zeros(block.shape[1:], np.uint16)
    for label in np.unique(block):
        count = (block == label).sum(axis=0, dtype=np.uint16)
        better = count > votes
        best[better], votes[better] = label, count[better]
    return best
