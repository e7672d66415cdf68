"""The digital limb: both legs sampled on a grid, with the truth of their labels, fat fraction, T1, T2 and density.

A voxel's truth is that of what it averages: its label is the structure that fills most of it, its fat fraction the
ratio of the protons of fat to all protons in it, its T1 and T2 the mean over its water.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sampling import SIDES, Plane, Sampler, blocks, grid, majority
from MuscleMyopathyLib.phantom.tissues import PROPERTIES, Tissue, water_t1_ms
from MuscleMyopathyLib.progress import Progress, each, silent

LEAN_BELOW_PERCENT = 50.0
"""A voxel inside the fascia and outside bone is LEAN below this fat fraction, IMAT from it on."""


@dataclass(frozen=True)
class TissueMaps:
    """The limb at every sampled point, finer than the voxels; arrays (plane, row, column).

    The points of a voxel are ``through_plane_samples`` consecutive planes, and ``in_plane_samples`` rows and
    columns.

    Attributes:
        tissue: `Tissue` numbers.
        fat_share: Fat's share of the protons, 0 to 1.
        t2_ms: T2 of the water.
    """

    tissue: npt.NDArray[np.uint8]
    fat_share: npt.NDArray[np.float32]
    t2_ms: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Limb:
    """Both legs of a simulated subject, on the grid of the protocol.

    Attributes:
        parameters: What it was made from.
        muscles: The muscles by side, under `Structure.label`: by default Wei's (11 in the thigh, 6 in the calf).
        compartments: SKIN, SAT, LEAN, IMAT and BONE by side. Inside the deep fascia (the fascia itself included)
            and outside bone, a voxel is LEAN below `LEAN_BELOW_PERCENT` of fat, else IMAT: septa, fat around
            vessels, and muscle that is replaced by fat. Deep vessels and nerves are LEAN.
        fat_fraction_percent: Share of the protons that is fat; NaN in air.
        t1_water_ms: T1 of the water; NaN in air.
        t2_water_ms: T2 of the water; NaN in air.
        proton_density: Protons of water and fat; healthy muscle is 1, air 0.
        tissue: The points from which acquisitions are computed.
    """

    parameters: LimbParameters
    muscles: Segmentation
    compartments: Segmentation
    fat_fraction_percent: sitk.Image
    t1_water_ms: sitk.Image
    t2_water_ms: sitk.Image
    proton_density: sitk.Image
    tissue: TissueMaps

    def inside_fascia(self, side: Side) -> npt.NDArray[np.bool_]:
        """Return everything inside the deep fascia of one leg, bone included: bool (slice, row, column)."""
        return self.compartments.mask([Structure(code, side) for code in ("LEAN", "IMAT", "BONE")])


def make_limb(parameters: LimbParameters, progress: Progress = silent) -> Limb:
    """Make both legs of one simulated subject.

    Args:
        parameters: The subject and the grid.
        progress: Told of every slice.

    Raises:
        ParameterError: The protocol's slices reach beyond the limb segment.
    """
    protocol = parameters.protocol
    sampler = Sampler(parameters)
    slices = protocol.slices_over(sampler.length_mm)
    like = grid(protocol, slices)
    samples = np.arange(protocol.through_plane_samples) + 0.5
    offsets = (samples / protocol.through_plane_samples - 0.5) * protocol.thickness_mm

    planes: list[Plane] = []
    muscles, compartments = [], []
    truth: list[dict[str, npt.NDArray[np.float32]]] = []
    for index in each(range(slices), progress, lambda n: f"digital limb: slice {n + 1} of {slices}"):
        centre = (index - (slices - 1) / 2) * protocol.spacing_mm
        slab = [sampler.plane(centre + offset) for offset in offsets]
        planes += slab
        muscles.append(majority(np.stack([plane.muscle for plane in slab]), protocol))
        compartments.append(majority(np.stack([plane.compartment for plane in slab]), protocol))
        truth.append(_truth(slab, protocol))
    progress(1.0, "digital limb: done")

    maps = {name: _image(np.stack([values[name] for values in truth]), like) for name in truth[0]}
    structures = {structure.label: structure for structure in sampler.structures.values()}
    return Limb(
        parameters=parameters,
        muscles=Segmentation.from_array(np.stack(muscles), structures, like),
        compartments=_divided(np.stack(compartments), maps["fat_fraction_percent"]),
        tissue=TissueMaps(
            np.stack([plane.tissue for plane in planes]),
            np.stack([plane.fat_share for plane in planes]),
            np.stack([plane.t2_ms for plane in planes]),
        ),
        **maps,
    )


def _truth(slab: list[Plane], protocol: Protocol) -> dict[str, npt.NDArray[np.float32]]:
    """Return the maps of one slice from its samples: (row, column) each."""
    tissue = np.stack([plane.tissue for plane in slab])
    share = np.stack([plane.fat_share for plane in slab])
    t2_ms = np.stack([plane.t2_ms for plane in slab])
    density = np.array([PROPERTIES[kind].density for kind in Tissue], np.float32)[tissue]
    water = density * (1 - share)

    def mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(blocks(values, protocol).mean(axis=0, dtype=np.float32))

    protons, of_water = mean(density), mean(water)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "fat_fraction_percent": 100 * mean(density * share) / protons,
            "t1_water_ms": mean(water * water_t1_ms(tissue, t2_ms)) / of_water,
            "t2_water_ms": mean(water * t2_ms) / of_water,
            "proton_density": protons,
        }


def _divided(labels: npt.NDArray[np.uint8], fat_fraction_percent: sitk.Image) -> Segmentation:
    """Divide what lies inside the fascia into lean tissue and fat by the voxel's fat fraction."""
    fat = sitk.GetArrayViewFromImage(fat_fraction_percent) >= LEAN_BELOW_PERCENT
    for side in SIDES:
        labels[(labels == Structure("LEAN", side).label) & fat] = Structure("IMAT", side).label
    structures = [Structure(code, side) for side in SIDES for code in ("SKIN", "SAT", "LEAN", "IMAT", "BONE")]
    return Segmentation.from_array(labels, {s.label: s for s in structures}, fat_fraction_percent)


def _image(array: npt.NDArray[np.float32], like: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(array.astype(np.float32))
    image.CopyInformation(like)
    return image
