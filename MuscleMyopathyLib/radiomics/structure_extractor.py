"""The features of one structure after another in one image: PyRadiomics' steps without what repeats itself.

``RadiomicsFeatureExtractor.execute`` of PyRadiomics 3.0.1 does everything anew in each call. Here the same
functions of PyRadiomics run in the same order on the same crops (its filters see five voxels around the structure
and no more, which decides on wavelets at the border), so values are the same, but

- checksums and the list of labels are not made for each structure, and neither is the normalisation;
- filtered images are made once where they do not depend on the structure, i.e. without resampling or cropping;
- grey levels are counted off once for each image type, not once for each of the six feature classes;
- what took longest in a feature class takes the ways of `cooccurrence`, `first_order` and `run_lengths`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.radiomics import cooccurrence, first_order, run_lengths
from MuscleMyopathyLib.radiomics.engine import pyradiomics, quiet
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset

_DEPENDS_ON_MASK = "LBP3D"


@dataclass(frozen=True)
class GreyLevels:
    """How many grey levels the texture features of one image type rest on.

    Attributes:
        count: Different grey levels in the region after discretisation.
        distinct_values: Different values in the region before it.
    """

    count: int
    distinct_values: int


@dataclass(frozen=True)
class StructureFeatures:
    """What one region of interest gave.

    Attributes:
        values: Feature values by PyRadiomics' names; empty where there is a problem.
        voxel_count: Voxels of the region as measured, after resampling.
        grey_levels: By image type (``original``, ``wavelet-LLH``).
        problem: Why there are no values, in words; empty otherwise.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    voxel_count: int = 0
    grey_levels: Mapping[str, GreyLevels] = field(default_factory=dict)
    problem: str = ""


class StructureExtractor:
    """Measures structures in one image.

    Args:
        image: The preprocessed image.
        preset: Which features, and how.
    """

    def __init__(self, image: sitk.Image, preset: RadiomicsPreset) -> None:
        with quiet():
            engine = pyradiomics("radiomics.featureextractor").RadiomicsFeatureExtractor(dict(preset.pyradiomics))
        self._settings: dict[str, Any] = engine.settings
        self._engine = engine
        self._operations = pyradiomics("radiomics.imageoperations")
        if self._settings.get("normalize"):
            image = self._operations.normalizeImage(image, **self._settings)
        self._image = image
        self._filtered: dict[str, list[tuple[sitk.Image, str, dict[str, Any]]]] = {}

    def extract(
        self, labels: sitk.Image, label: int, keep_going: Callable[[], None] = lambda: None
    ) -> StructureFeatures:
        """Measure the voxels of one label.

        Args:
            labels: Label image on the grid of the image, of 32-bit unsigned integers.
            label: Which label; it has at least one voxel.
            keep_going: Called between image types; raises `Cancelled` to stop.
        """
        with quiet(), np.errstate(all="ignore"):
            try:
                return self._extract(labels, label, keep_going)
            except (ValueError, RuntimeError) as error:
                # PyRadiomics and SimpleITK refuse a region with these; their last line says why.
                return StructureFeatures(problem=f"PyRadiomics: {str(error).strip().splitlines()[-1]}")

    def region_of_interest(self, labels: sitk.Image, label: int) -> tuple[sitk.Image, sitk.Image]:
        """Return the image and the labels as measured: resampled and cropped as the preset says."""
        settings = {**self._settings, "label": label}
        if settings.get("interpolator") is not None and settings.get("resampledPixelSpacing") is not None:
            image, mask = self._operations.resampleImage(self._image, labels, **settings)
            return image, mask
        # SimpleITK's tolerance is finer than what file formats keep; the caller has compared the grids.
        labels = sitk.Image(labels)
        labels.CopyInformation(self._image)
        if settings.get("preCrop"):
            box, _ = self._operations.checkMask(self._image, labels, **settings)
            image, mask = self._operations.cropToTumorMask(self._image, labels, box, **settings)
            return image, mask
        return self._image, labels

    def _extract(self, labels: sitk.Image, label: int, keep_going: Callable[[], None]) -> StructureFeatures:
        settings = {**self._settings, "label": label}
        image, mask = self.region_of_interest(labels, label)
        problem = _too_small(mask, label, settings)
        if problem:
            return StructureFeatures(problem=problem, voxel_count=_count(mask, label))
        box, _ = self._operations.checkMask(image, mask, **settings)
        shape_mask = mask
        if settings.get("resegmentRange") is not None:
            mask = self._operations.resegmentMask(image, mask, **settings)
            box, _ = self._operations.checkMask(image, mask, **settings)
            shape_mask = mask if settings.get("resegmentShape") else shape_mask
        problem = _constant(image, mask, label)
        if problem:
            return StructureFeatures(problem=problem, voxel_count=_count(mask, label))

        values: dict[str, float] = dict(self._engine.computeShape(image, shape_mask, box, **settings))
        grey_levels: dict[str, GreyLevels] = {}
        cropped_mask = _crop(mask, box)
        for filtered, image_type, own_settings in self._image_types(image, mask, settings):
            keep_going()
            cropped = _crop(filtered, box)
            binning = _Binning()
            for feature_class, features in self._engine.enabledFeatures.items():
                if feature_class.startswith("shape"):
                    continue
                calculator = _sharing_class(feature_class)(
                    cropped, cropped_mask, **{**own_settings, "label": label, "shared_binning": binning}
                )
                for feature in features or ():
                    calculator.enableFeatureByName(feature)
                for feature, value in calculator.execute().items():
                    values[f"{image_type}_{feature_class}_{feature}"] = value
            if binning.grey_levels is not None:
                grey_levels[image_type] = binning.grey_levels
        return StructureFeatures(
            values={name: float(value) for name, value in values.items()},
            voxel_count=_count(mask, label),
            grey_levels=grey_levels,
        )

    def _image_types(
        self, image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any]
    ) -> Iterator[tuple[sitk.Image, str, dict[str, Any]]]:
        for image_type, own in self._engine.enabledImagetypes.items():
            make = getattr(self._operations, f"get{image_type}Image")
            arguments = {**settings, **(own or {})}
            if image is not self._image or image_type == _DEPENDS_ON_MASK:
                yield from make(image, mask, **arguments)
                continue
            if image_type not in self._filtered:
                self._filtered[image_type] = list(make(image, mask, **arguments))
            yield from self._filtered[image_type]


class _Binning:
    """The discretised image of one structure and image type, made by the first feature class that asks."""

    def __init__(self) -> None:
        self.discretised: npt.NDArray[np.integer] | None = None
        self.present: npt.NDArray[np.integer] | None = None
        self.grey_levels: GreyLevels | None = None

    def apply(self, calculator: Any, values: npt.NDArray[Any]) -> npt.NDArray[np.integer]:
        """Discretise ``values`` inside the calculator's mask, as its ``_applyBinning`` does."""
        if self.discretised is None or self.present is None:
            operations = pyradiomics("radiomics.imageoperations")
            discretised, _ = operations.binImage(values, calculator.maskArray, **calculator.settings)
            discretised.flags.writeable = False
            self.discretised = discretised
            self.present = np.unique(discretised[calculator.maskArray])
            distinct = np.unique(values[calculator.maskArray]).size
            self.grey_levels = GreyLevels(count=self.present.size, distinct_values=distinct)
        calculator.coefficients["grayLevels"] = self.present
        calculator.coefficients["Ng"] = int(self.present.max())
        return self.discretised


@cache
def _sharing_class(feature_class: str) -> Any:
    """Return PyRadiomics' feature class with discretisation shared and its slowest sums replaced."""
    original = pyradiomics().getFeatureClasses()[feature_class]
    names = original.getFeatureNames()

    def apply_binning(self: Any, matrix: npt.NDArray[Any]) -> npt.NDArray[np.integer]:
        binning: _Binning = self.settings["shared_binning"]
        return binning.apply(self, matrix)

    members: dict[str, Any] = {
        "_applyBinning": apply_binning,
        # PyRadiomics looks its own methods up anew for each image type.
        "getFeatureNames": classmethod(lambda cls: names),
        "__module__": original.__module__,
    }
    if feature_class == "firstorder":
        members |= first_order.faster_members()
    if feature_class == "glcm":
        members |= cooccurrence.faster_members(original)
    if feature_class == "glrlm":
        members |= run_lengths.faster_members(original)
    return type(original.__name__, (original,), members)


def _crop(image: sitk.Image, box: npt.NDArray[np.integer]) -> sitk.Image:
    """Return the image inside a bounding box of PyRadiomics: first and last voxel along x, then y, then z."""
    size = [int(last) - int(first) + 1 for first, last in zip(box[0::2], box[1::2], strict=True)]
    return sitk.RegionOfInterest(image, size, [int(first) for first in box[0::2]])


def _count(mask: sitk.Image, label: int) -> int:
    return int(np.count_nonzero(sitk.GetArrayViewFromImage(mask) == label))


def _too_small(mask: sitk.Image, label: int, settings: Mapping[str, Any]) -> str:
    indices = np.nonzero(sitk.GetArrayViewFromImage(mask) == label)
    if indices[0].size == 0:
        return "too small: no voxel is left after resampling"
    if indices[0].size == 1:
        return "too small: one voxel after resampling"
    extent = [int(axis.max() - axis.min()) + 1 for axis in indices][::-1]
    needed = settings["minimumROIDimensions"]
    if sum(size > 1 for size in extent) < needed:
        box = " × ".join(str(size) for size in extent)
        return f"one voxel thick: {box} voxels (x, y, z) after resampling, and {needed} dimensions are needed"
    least = settings["minimumROISize"]
    if least is not None and indices[0].size <= least:
        return f"too small: {indices[0].size} voxels after resampling, and more than {least} are needed"
    return ""


def _constant(image: sitk.Image, mask: sitk.Image, label: int) -> str:
    values = sitk.GetArrayViewFromImage(image)[sitk.GetArrayViewFromImage(mask) == label]
    if values.min() == values.max():
        return f"constant: every voxel is {values.min():g}, one grey level"
    return ""
