"""What every third-party network offers: images of an examination in, structures with their confidence out.

The shipped network sees single limbs (`network.engine.Engine`); networks of others see whole slices or volumes,
each prepared in its own way, with its own label table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError, MissingPackageError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Progress, silent


@dataclass(frozen=True)
class EngineResult:
    """What a network found.

    Attributes:
        segmentation: On the grid of the first image, under this extension's own label numbers.
        confidence: Probability of the label at each voxel, 0 to 1; 0 where there is none.
        engine: Name of the network.
        remarks: What the user should know of its label table and preparation.
    """

    segmentation: Segmentation
    confidence: sitk.Image
    engine: str
    remarks: tuple[str, ...] = ()


class VolumeEngine(Protocol):
    """A network that segments the images of an examination."""

    @property
    def name(self) -> str:
        """For messages, tables and provenance."""

    @property
    def inputs(self) -> Sequence[str]:
        """What each input channel is, in the order in which images are given."""

    def segment(self, images: Sequence[sitk.Image], progress: Progress = silent) -> EngineResult:
        """Segment images of one grid, one per input channel.

        Raises:
            InputError: Too few or too many images, or an empty one.
            GeometryError: The images do not share a grid.
        """


def require_inputs(images: Sequence[sitk.Image], inputs: Sequence[str], name: str) -> None:
    """Refuse images that cannot be the channels of a network.

    Raises:
        InputError: Their number is wrong, or one shows nothing.
        GeometryError: They do not share a grid.
    """
    if len(images) != len(inputs):
        raise InputError(
            f"{name} needs {len(inputs)} image(s) ({', '.join(inputs)}), and {len(images)} were given. "
            "Give one image per channel, in this order."
        )
    for image, channel in zip(images, inputs, strict=True):
        require_same_geometry(images[0], image, inputs[0], channel)
        voxels = sitk.GetArrayViewFromImage(image)
        numbers = voxels[np.isfinite(voxels)]
        if not numbers.size:
            raise InputError(
                f"The image for {channel} is empty: no voxel of it is a number. Choose another image."
            )
        if numbers.min() == numbers.max():
            raise InputError(
                f"The image for {channel} is empty: every voxel is {numbers.min():g}. Choose another image."
            )


def require_torch() -> None:
    """Say how to get torch and MONAI where they are missing.

    Raises:
        MissingPackageError: One of them is not installed.
    """
    try:
        import monai  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingPackageError(
            f"Networks need PyTorch and MONAI; {error.name} is not installed. In 3D Slicer the segmentation panel "
            "installs them; elsewhere: pip install 'muscle-myopathy[network]'."
        ) from error
