"""One leg of the digital limb: which tissue lies at a point, how much of it is fat, and the T2 of its water.

The muscles divide the space inside the deep fascia among them: each point belongs to the muscle whose stroke
(cross_sections.py) is nearest, counted from its border, so that neighbours meet halfway in curved borders.
A thin layer along them is intermuscular fat, and so is what is too far from every muscle. All positions are
first bent by smooth seeded waves, so that no border is a circle and no two subjects are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.anatomy import Region, Side
from MuscleMyopathyLib.phantom.cross_sections import StructureTable, limb_table
from MuscleMyopathyLib.phantom.disease import involvement
from MuscleMyopathyLib.phantom.noise import Lattice, Waves
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Sex
from MuscleMyopathyLib.phantom.strokes import fibre_frame, ramp, smooth_maximum, stroke_distance
from MuscleMyopathyLib.phantom.texture import MuscleTexture
from MuscleMyopathyLib.phantom.tissues import MUSCLE_T2_MS, PROPERTIES, Tissue

Array = npt.NDArray[np.floating]

FAR_MM = 30.0
SKIN_MM = 1.6
FASCIA_MM = 0.7
SEPTUM_MM = 0.65
SHEATH_MM = 0.6

_SIZE = {Sex.MALE: 1.0, Sex.FEMALE: 0.9}
_FAT = {Sex.MALE: 1.0, Sex.FEMALE: 1.7}
_VESSELS = {"artery": Tissue.ARTERY, "vein": Tissue.VEIN, "nerve": Tissue.NERVE}


@dataclass(frozen=True)
class LegSection:
    """A leg at the points asked for; all arrays have the shape of the points.

    Attributes:
        tissue: `Tissue` numbers; AIR outside the leg.
        fat_share: Fat's share of the protons, 0 to 1.
        t2_ms: T2 of the water in muscle; elsewhere the tissue's own.
        muscle: 1 + index into `Leg.muscles`; 0 where there is no muscle.
    """

    tissue: npt.NDArray[np.uint8]
    fat_share: Array
    t2_ms: Array
    muscle: npt.NDArray[np.uint8]


class Leg:
    """One leg. Positions are in mm from the leg's axis: ``x`` to the patient's left, ``y`` to the back."""

    def __init__(self, parameters: LimbParameters, side: Side) -> None:
        self.side = side
        self.table = limb_table(parameters.region)
        self.region = parameters.region
        self._scale = parameters.size * _SIZE[parameters.sex]
        self._fat = parameters.subcutaneous_fat * _FAT[parameters.sex]
        subject = np.random.default_rng([parameters.seed, 0])
        own = np.random.default_rng([parameters.seed, 1 if side is Side.LEFT else 2])
        self._scale *= 1 + subject.normal(0, 0.02) + own.normal(0, 0.008)
        self._rotation = np.deg2rad(
            self.table.external_rotation_degrees + subject.normal(0, 3) + own.normal(0, 2.5)
        )
        # The outline is smooth; borders between muscles bend on shorter ways too.
        self._limb_bend = [_bend(subject, 110, 300, 2.0), _bend(own, 100, 260, 1.1)]
        self._muscle_bend = [_bend(own, 38, 150, 0.9), _bend(own, 15, 80, 0.35)]
        self._outline = Waves(own, 2.2, 300, 0.09)
        self._septum = Waves(own, 24, 60, 0.35)
        self._texture = Lattice(own)
        self._structures = list(self.table.structures.values())
        self.muscles = [structure.name for structure in self._structures if structure.kind == "muscle"]
        self._disease = {name: involvement(parameters.pattern, name, parameters.severity) for name in self.muscles}
        self._jitter = {}
        for structure in self._structures:
            both, one = subject.normal(0, 1, 3), own.normal(0, 1, 3)
            rigid = structure.kind == "bone"
            self._jitter[structure.name] = (0.8 * both + 0.6 * one) * (
                (0.006, 0.006, 0.02) if rigid else (0.016, 0.016, 0.06)
            )
        self._textures = {
            name: MuscleTexture(
                self._disease[name],
                self._texture,
                place,
                variation=float(subject.normal(0, 1) + 0.4 * own.normal(0, 1)),
            )
            for place, name in enumerate(self.muscles)
        }

    def radius_mm(self, level: float, degrees: npt.ArrayLike, *, skin: bool) -> npt.NDArray[np.float64]:
        """Return the radius of the deep fascia, or of the skin, at angles from lateral (0) over front (90)."""
        angle = np.deg2rad(degrees)
        radius = self.table.fascia_radius(level)(angle) * self.table.unit_mm(level) * self._scale
        if skin:
            radius = radius + self.table.fat_thickness_mm(level)(angle) * self._fat + SKIN_MM
        return np.asarray(radius)

    def section(self, x: Array, y: Array, z: float, level: float, midline: Array) -> LegSection:
        """Return the leg at points of one axial plane.

        Args:
            x: Positions in mm towards the patient's left of the leg's axis.
            y: Positions in mm towards the back.
            z: Position in mm along the patient's axis.
            level: Position along the segment, 0 (distal) to 1 (proximal).
            midline: Distance in mm from the plane between the legs; negative beyond it.
        """
        unit = self.table.unit_mm(level) * self._scale
        u, v = self._own_frame(x, y, unit)
        u, v = _bent(self._limb_bend, u, v, z)
        radius, angle = np.hypot(u, v), np.arctan2(v, u)
        u, v = _bent(self._muscle_bend, u, v, z)
        fascia, fat = self._outlines(level, angle, z, unit)
        tissue = np.zeros(x.shape, np.uint8)
        share = np.zeros(x.shape, np.float32)
        muscle = np.zeros(x.shape, np.uint8)
        t2_ms = np.zeros(x.shape, np.float32)

        outside = smooth_maximum(radius - fascia - fat - np.float32(SKIN_MM), -midline, 5.0)
        tissue[outside < 0] = Tissue.SKIN
        tissue[outside < -SKIN_MM] = Tissue.SUBCUTANEOUS_FAT
        inside = (radius < fascia) & (outside < -SKIN_MM)
        for number, properties in PROPERTIES.items():
            share[tissue == number] = properties.fat_share
        subcutaneous = tissue == Tissue.SUBCUTANEOUS_FAT
        share[subcutaneous] -= self._fibres(radius[subcutaneous] - fascia[subcutaneous], angle[subcutaneous], z)
        for structure in self._of_kind("superficial vein"):
            vein = subcutaneous & ~inside & (self._distance(structure, level, unit, u, v) < 0)
            tissue[vein], share[vein] = Tissue.SUPERFICIAL_VEIN, 0

        content = self._content(u[inside], v[inside], (fascia - radius)[inside], angle[inside], z, level, unit)
        tissue[inside], share[inside], muscle[inside], t2_ms[inside] = content
        plain = tissue != Tissue.MUSCLE
        t2_ms[plain] = np.array([PROPERTIES[t].t2_ms for t in Tissue], np.float32)[tissue[plain]]
        return LegSection(tissue, share, t2_ms, muscle)

    def _own_frame(self, x: Array, y: Array, unit: float) -> tuple[Array, Array]:
        """Return the positions in the leg's own frame: mirrored, flattened at the back, turned."""
        lateral = x if self.side is Side.LEFT else -x
        front = -y
        behind = np.minimum(front, 0) / np.float32(unit)
        front = front * (1 + np.float32(0.13) * behind**2)
        cos, sin = np.float32(np.cos(self._rotation)), np.float32(np.sin(self._rotation))
        return lateral * cos - front * sin, lateral * sin + front * cos

    def _outlines(self, level: float, angle: Array, z: float, unit: float) -> tuple[Array, Array]:
        grid = np.linspace(-np.pi, np.pi, 361)
        fascia = self.table.fascia_radius(level)(grid) * unit
        fat = self.table.fat_thickness_mm(level)(grid) * self._fat
        # The waves run on a circle of radius 1, so that the outline closes.
        ripple = self._outline(np.cos(grid).astype(np.float32), np.sin(grid).astype(np.float32), z)
        fat = fat * np.exp(ripple)
        return (
            np.interp(angle, grid, fascia).astype(np.float32),
            np.interp(angle, grid, fat).astype(np.float32),
        )

    def _of_kind(self, *kinds: str) -> list[StructureTable]:
        return [structure for structure in self._structures if structure.kind in kinds]

    def _stroke(self, structure: StructureTable, level: float, unit: float) -> Array | None:
        points = structure.at(level)
        if points is None:
            return None
        du, dv, growth = self._jitter[structure.name]
        points = points * [1, 1, 1 + growth] + [du, dv, 0]
        if structure.name in self._disease:
            points = points * [1, 1, 1 - 0.18 * self._disease[structure.name].fat]
        return np.asarray(points * unit, dtype=np.float32)

    def _distance(self, structure: StructureTable, level: float, unit: float, u: Array, v: Array) -> Array:
        """Return the distance in mm from the stroke's border, negative within; `FAR_MM` where it is far."""
        distance = np.full(u.shape, FAR_MM, np.float32)
        stroke = self._stroke(structure, level, unit)
        if stroke is None:
            return distance
        reach = stroke[:, 2].max() + 0.35 * unit
        low, high = stroke[:, :2].min(axis=0) - reach, stroke[:, :2].max(axis=0) + reach
        near = (u > low[0]) & (u < high[0]) & (v > low[1]) & (v < high[1])
        distance[near] = stroke_distance(stroke, u[near], v[near])
        return distance

    def _content(
        self, u: Array, v: Array, depth: Array, angle: Array, z: float, level: float, unit: float
    ) -> tuple[npt.NDArray[np.uint8], Array, npt.NDArray[np.uint8], Array]:
        """Return tissue, share of fat, muscle and T2 at points inside the deep fascia (1D arrays)."""
        nearest = [np.full(u.shape, FAR_MM, np.float32) for _ in range(3)]
        muscle = np.zeros(u.shape, np.uint8)
        for index, structure in enumerate(self._of_kind("muscle")):
            if structure.at(level) is None:
                continue
            distance = self._distance(structure, level, unit, u, v)
            muscle[distance < nearest[0]] = index + 1
            for place in range(3):
                nearest[place], distance = (
                    np.minimum(nearest[place], distance),
                    np.maximum(nearest[place], distance),
                )

        septum = np.float32(SEPTUM_MM) * np.exp(self._septum(u, v, z))
        # Two borders give a layer of constant thickness; where three muscles meet, a small wedge of fat opens.
        layer = ramp((septum - (nearest[1] - nearest[0])) / np.float32(0.5))
        wedge = ramp((septum * 3 - (nearest[2] - nearest[0])) / np.float32(1.0))
        free = ramp((nearest[0] - np.float32(self.table.growth * unit)) / np.float32(0.8))
        between = np.maximum(np.maximum(layer, wedge), free)
        for structure in self._of_kind("fat"):
            distance = self._distance(structure, level, unit, u, v)
            between = np.maximum(between, ramp((nearest[0] - distance) / np.float32(0.8)) * (distance < FAR_MM))

        tissue = np.full(u.shape, Tissue.MUSCLE, np.uint8)
        share, t2_ms = self._muscle_content(muscle, u, v, z, level, unit)
        share += (PROPERTIES[Tissue.INTERMUSCULAR_FAT].fat_share - share) * between
        outside_muscle = between > 0.5
        tissue[outside_muscle], muscle[outside_muscle] = Tissue.INTERMUSCULAR_FAT, 0

        def put(where: npt.NDArray[np.bool_], kind: Tissue) -> None:
            tissue[where], muscle[where], share[where] = kind, 0, PROPERTIES[kind].fat_share

        tract = 1.0 * np.exp(-((angle / 0.5) ** 2)) if self.region is Region.THIGH else 0.0
        put(depth < FASCIA_MM + tract, Tissue.FASCIA)
        for structure in self._of_kind(*_VESSELS):
            put(self._distance(structure, level, unit, u, v) < SHEATH_MM, Tissue.INTERMUSCULAR_FAT)
        for kind, vessel in _VESSELS.items():
            for structure in self._of_kind(kind):
                put(self._distance(structure, level, unit, u, v) < 0, vessel)
        cortex_mm = self.table.cortex_mm(level)
        for structure in self._of_kind("bone"):
            distance = self._distance(structure, level, unit, u, v)
            put(distance < 0, Tissue.CORTEX)
            put(distance < -cortex_mm * (0.5 if structure.name == "fibula" else 1.0), Tissue.MARROW)
        return tissue, share, muscle, t2_ms

    def _fibres(self, height: Array, angle: Array, z: float) -> Array:
        """Return how much fibrous septa lower the share of fat in the subcutaneous tissue."""
        ridge = self._texture(angle * 14, height / np.float32(2.2), z / 30)
        return np.asarray(0.22 * np.exp(-((ridge / 0.10) ** 2)), dtype=np.float32)

    def _muscle_content(
        self, muscle: npt.NDArray[np.uint8], u: Array, v: Array, z: float, level: float, unit: float
    ) -> tuple[Array, Array]:
        share = np.zeros(u.shape, np.float32)
        t2_ms = np.full(u.shape, MUSCLE_T2_MS, np.float32)
        for index, name in enumerate(self.muscles):
            here = np.flatnonzero(muscle == index + 1)
            stroke = self._stroke(self.table.structures[name], level, unit)
            if here.size == 0 or stroke is None:
                continue
            across, along = fibre_frame(stroke, u[here], v[here])
            share[here], t2_ms[here] = self._textures[name].at(across, along, z, level)
        return share, t2_ms


def _bend(rng: np.random.Generator, across_mm: float, along_mm: float, amplitude_mm: float) -> tuple[Waves, Waves]:
    return Waves(rng, across_mm, along_mm, amplitude_mm), Waves(rng, across_mm, along_mm, amplitude_mm)


def _bent(bends: list[tuple[Waves, Waves]], u: Array, v: Array, z: float) -> tuple[Array, Array]:
    for along_u, along_v in bends:
        u, v = u + along_u(u, v, z), v + along_v(u, v, z)
    return u, v
