"""An engine without weights: it calls what is bright muscle by where it lies in the view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from MuscleMyopathyLib.segmentation.network.card import ExpectedPlace
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, OTHER, SUBCUTANEOUS, class_index
from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid


class GeometricEngine:
    """The lateral half of the view's bright tissue is one muscle, the medial half another.

    It makes visible whether a leg was laid before the engine with its lateral side at column 0.

    Args:
        lateral, medial: Codes of the two muscles.
        sure: Probability that it gives.
    """

    def __init__(self, lateral: str = "VL", medial: str = "GR", sure: float = 0.9) -> None:
        self.lateral, self.medial, self.sure = class_index(lateral), class_index(medial), sure
        self.images: list[np.ndarray] = []

    name = "geometric"
    classes: Sequence[str] = CLASSES
    view = ViewGrid(96, 2.2)
    expected_places: Mapping[str, ExpectedPlace] = {
        "VL": ExpectedPlace(0.24, 0.0, 0.02),
        "GR": ExpectedPlace(-0.24, 0.0, 0.02),
    }

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        self.images += list(images)
        size = images.shape[-1]
        result = np.full((len(images), len(CLASSES), size, size), (1 - self.sure) / (len(CLASSES) - 1), np.float32)
        columns = np.arange(size)
        for image, probabilities in zip(images, result, strict=True):
            muscle = image > 0.5
            middle = np.nonzero(muscle)[1].mean() if muscle.any() else size / 2
            called = np.where(muscle, np.where(columns < middle, self.lateral, self.medial), SUBCUTANEOUS)
            called = np.where(image < 0.02, 0, np.where(~muscle & (image > 0.3), OTHER, called))
            np.put_along_axis(probabilities, called[None], np.float32(self.sure), 0)
        return result
