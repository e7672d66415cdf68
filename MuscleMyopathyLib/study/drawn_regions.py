"""What a reader drew, read from a label image: with the structures that are really there, and errors that help."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.files import read_label_image
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import LabelScheme


def read_drawn_regions(labels: Path, structures: LabelScheme, *, all_expected: bool) -> Segmentation:
    """Read a label image.

    Args:
        labels: The file.
        structures: Which label is which structure.
        all_expected: Keep a structure without a voxel, which then gets its row with the reason; otherwise only
            those present.

    Raises:
        InputError: It is no label image, or it holds none of the labels; those that it holds are listed.
    """
    image = read_label_image(labels)
    everything = Segmentation(image, structures)
    present = {int(label) for label in np.unique(everything.array)} - {0}
    if not present & set(structures):
        held = f"the labels {', '.join(map(str, sorted(present)))}" if present else "no label but 0, background"
        wanted = ", ".join(map(str, sorted(structures)))
        raise InputError(
            f"{labels} holds {held}; looked for: {wanted}. Choose the label, or the label scheme of this file."
        )
    if all_expected:
        return everything
    return Segmentation(image, {label: structure for label, structure in structures.items() if label in present})
