"""A segmentation: a label image, and which label is which structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError


@dataclass(frozen=True)
class Segmentation:
    """Structures that do not overlap, on one grid.

    Attributes:
        image: 3D label image of an unsigned or signed integer type; 0 is background.
        structures: From label to structure. A label of the image that is missing here is background; a label
            named here may have no voxel.
    """

    image: sitk.Image
    structures: Mapping[int, Structure]

    def __post_init__(self) -> None:
        if self.image.GetDimension() != 3 or self.image.GetNumberOfComponentsPerPixel() != 1:
            raise InputError("A segmentation needs a 3D label image with one number per voxel.")
        if "float" in self.image.GetPixelIDTypeAsString():
            raise InputError("A segmentation needs a label image of whole numbers, not of decimal numbers.")
        if 0 in self.structures:
            raise InputError("Label 0 is background and cannot be a structure.")
        if len(set(self.structures.values())) != len(self.structures):
            raise InputError("A structure is named by two labels.")

    @classmethod
    def from_array(
        cls, array: npt.NDArray[np.integer], structures: Mapping[int, Structure], like: sitk.Image
    ) -> Segmentation:
        """Make a segmentation from an array of labels (slice, row, column) on the grid of ``like``."""
        image = sitk.GetImageFromArray(np.ascontiguousarray(array))
        image.CopyInformation(like)
        return cls(image, structures)

    @cached_property
    def array(self) -> npt.NDArray[np.integer]:
        """The labels as an array (slice, row, column), read-only."""
        array: npt.NDArray[np.integer] = sitk.GetArrayFromImage(self.image)
        array.flags.writeable = False
        return array

    def label_of(self, structure: Structure) -> int:
        """Return the label of a structure.

        Raises:
            InputError: The structure is not in this segmentation; those that are get listed.
        """
        for label, candidate in self.structures.items():
            if candidate == structure:
                return label
        present = ", ".join(s.name for s in self.structures.values())
        raise InputError(f"This segmentation has no {structure.name}. It has: {present}.")

    def mask(self, structures: Structure | Iterable[Structure]) -> npt.NDArray[np.bool_]:
        """Return where any of the structures is, as a boolean array (slice, row, column)."""
        wanted = (structures,) if isinstance(structures, Structure) else tuple(structures)
        return np.isin(self.array, [self.label_of(structure) for structure in wanted])

    def renumbered(self) -> Segmentation:
        """Return the same structures under this extension's own label numbers (`Structure.label`)."""
        labels = self.array
        table = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.uint8)
        structures = {}
        for label, structure in self.structures.items():
            structures[structure.label] = structure
            if label < table.size:
                table[label] = structure.label
        if labels.min(initial=0) < 0:
            raise InputError("A label image holds negative numbers; labels are 0 (background) or positive.")
        return Segmentation.from_array(table[labels], structures, self.image)
