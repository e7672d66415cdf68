"""Two simple legs as water and fat images with their truth: circles of skin, fat, muscle and bone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

SPACING_MM = (2.0, 2.0, 10.0)
SLICES = 6
ROWS, COLUMNS = 100, 200


@dataclass(frozen=True)
class Legs:
    """Images, and which leg each voxel belongs to (1 left, 2 right) with what is inside the fascia."""

    water: sitk.Image
    fat: sitk.Image
    sides: npt.NDArray[np.uint8]
    inside: npt.NDArray[np.bool_]


def make_legs(
    centres_mm: tuple[float, ...] = (100.0, 300.0),
    radius_mm: float = 75.0,
    origin: tuple[float, float, float] = (-200.0, -100.0, 0.0),
    noise: float = 4.0,
) -> Legs:
    """Return legs of a fascia of 0.75 of the radius, centred at the given x from the first column, LPS axes."""
    generator = np.random.default_rng(2)
    rows, columns = np.mgrid[:ROWS, :COLUMNS] * 2.0
    water = np.zeros((SLICES, ROWS, COLUMNS))
    fat, sides = water.copy(), np.zeros(water.shape, dtype=np.uint8)
    inside = np.zeros(water.shape, dtype=bool)
    nearest = np.argmin([np.abs(columns - x) for x in centres_mm], axis=0)
    for number, x in enumerate(centres_mm):
        distance = np.hypot(rows - 100.0, columns - x)
        leg = (distance <= radius_mm) & (nearest == number)
        muscle = leg & (distance <= 0.75 * radius_mm)
        bone = np.hypot(rows - 90.0, columns - x - (5.0 if x > 200 else -5.0))
        skin = leg & (distance > radius_mm - 2)
        for image, air, subcutaneous, lean in ((water, 0, 60, 400), (fat, 0, 900, 30)):
            plane = np.where(muscle, lean, np.where(leg, subcutaneous, air))
            plane = np.where(skin, 150, plane)
            plane = np.where(leg & (bone <= 16), 10, plane)
            plane = np.where(leg & (bone <= 10), 60 if image is water else 900, plane)
            image[:, leg] = plane[leg]
        sides[:, leg] = 1 if x == max(centres_mm) else 2
        inside[:, muscle] = True
    images = []
    for array in (water, fat):
        image = sitk.GetImageFromArray(np.abs(array + generator.normal(0, noise, array.shape)).astype(np.float32))
        image.SetSpacing(SPACING_MM)
        image.SetOrigin(origin)
        images.append(image)
    return Legs(images[0], images[1], sides, inside)


def crossing_legs(
    left_mm: Sequence[tuple[float, float]], right_mm: Sequence[tuple[float, float]], radius_mm: float = 40.0
) -> Legs:
    """Return legs whose middles take given ways, each as a disc of skin, fat, muscle and an eccentric bone.

    Args:
        left_mm, right_mm: Per slice from the feet, x (to the patient's left) and y (to the back) of the middle of
            each leg from the middle of the image.
        radius_mm: Of both legs.
    """
    generator = np.random.default_rng(3)
    rows, columns = np.mgrid[:ROWS, :COLUMNS] * 2.0 - np.array([ROWS, COLUMNS])[:, None, None]
    shape = (len(left_mm), ROWS, COLUMNS)
    water, fat = np.zeros(shape), np.zeros(shape)
    sides, inside = np.zeros(shape, np.uint8), np.zeros(shape, bool)
    for number, way, outward in ((1, left_mm, 1), (2, right_mm, -1)):
        for index, (x, y) in enumerate(way):
            distance = np.hypot(rows - y, columns - x)
            leg = (distance <= radius_mm) & (sides[index] == 0)
            muscle = leg & (distance <= 0.8 * radius_mm)
            bone = leg & (np.hypot(rows - y, columns - x - 9.0 * outward) <= 7)
            skin = leg & (distance > radius_mm - 2)
            for image, subcutaneous, lean in ((water, 60, 400), (fat, 900, 30)):
                plane = np.where(skin, 150, np.where(bone, 10, np.where(muscle, lean, subcutaneous)))
                image[index][leg] = plane[leg]
            sides[index][leg] = number
            inside[index][muscle] = True
    images = []
    for array in (water, fat):
        image = sitk.GetImageFromArray(np.abs(array + generator.normal(0, 4, shape)).astype(np.float32))
        image.SetSpacing(SPACING_MM)
        image.SetOrigin((-float(COLUMNS), -float(ROWS), 0.0))
        images.append(image)
    return Legs(images[0], images[1], sides, inside)
