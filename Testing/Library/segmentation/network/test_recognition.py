"""What the network says before any region is imposed."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, class_index
from MuscleMyopathyLib.segmentation.network.recognition import Recognition, agreed_region, recognise


def view(code: str, share: float = 0.5, sure: float = 0.9) -> np.ndarray:
    """Return probabilities of a view whose first columns are one muscle and the others fat."""
    probabilities = np.full((len(CLASSES), 10, 10), (1 - sure) / (len(CLASSES) - 1), np.float32)
    columns = int(10 * share)
    probabilities[class_index(code), :, :columns] = sure
    probabilities[class_index("SAT"), :, columns:] = sure
    return probabilities


def test_thighs_and_calves_are_told_apart():
    assert recognise([view("VL"), view("SM")], CLASSES).region is Region.THIGH
    assert recognise([view("SOL"), view("GM")], CLASSES).region is Region.CALF


def test_the_share_of_muscle_and_its_confidence_are_measured():
    seen = recognise([view("VL", share=0.3, sure=0.7)], CLASSES)
    assert seen.muscle_share == pytest.approx(0.3)
    assert seen.confidence == pytest.approx(0.7)


def test_little_muscle_is_no_limb():
    with pytest.raises(InputError, match="neither a thigh nor a calf"):
        agreed_region(Recognition(0.9, 0.02, 0.9), None)


def test_the_wrong_region_is_refused_and_a_doubtful_one_is_said():
    with pytest.raises(InputError, match="Choose the region calf"):
        agreed_region(Recognition(0.1, 0.5, 0.8), Region.THIGH)
    region, doubt = agreed_region(Recognition(0.3, 0.5, 0.8), Region.THIGH)
    assert region is Region.THIGH
    assert "70 % of the muscle looks like that of the calf" in doubt
    assert agreed_region(Recognition(0.95, 0.5, 0.8), Region.THIGH) == (Region.THIGH, "")
