"""The network that ships: its card, its sides, and what it finds and refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

pytest.importorskip("torch")
pytest.importorskip("monai")

from MuscleMyopathyLib.anatomy import RIGHT_LABEL_OFFSET, Region, Side, Structure, muscles
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.nifti import read_nifti
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.segmentation.network.engine import SHIPPED, WEIGHTS, NetworkEngine
from MuscleMyopathyLib.segmentation.network.muscles import MuscleResult, segment_muscles

MOST_BYTES = 15e6
UNSEEN_SEED = 7003
"""Beyond the seeds of the training (1000–1079, 2000–2119) and of its checks (9000–9103)."""


@pytest.fixture(scope="module")
def engine() -> NetworkEngine:
    import torch

    torch.set_num_threads(1)
    return NetworkEngine()


def examination(region: Region, slices: int = 5, **options) -> tuple[dict[str, sitk.Image], Limb]:
    protocol = Protocol(300, 180, (1.3, 1.3), 6, 45.0, slices, 1, 1)
    limb = make_limb(LimbParameters(region=region, seed=UNSEEN_SEED, protocol=protocol, **options))
    return {str(series.role): series.image for series in acquire(limb, WaterFat(), snr=40.0)}, limb


@pytest.fixture(scope="module")
def thighs() -> tuple[dict[str, sitk.Image], Limb]:
    return examination(Region.THIGH)


@pytest.fixture(scope="module")
def thigh_result(engine, thighs) -> MuscleResult:
    return segment_muscles(thighs[0], region=Region.THIGH, engine=engine)


def mean_dice(found: np.ndarray, truth: np.ndarray) -> float:
    labels = np.unique(truth[truth > 0])
    return float(
        np.mean(
            [2 * ((found == n) & (truth == n)).sum() / ((found == n).sum() + (truth == n).sum()) for n in labels]
        )
    )


def test_the_weights_are_small_enough_to_ship():
    assert resource("Models", SHIPPED, WEIGHTS).stat().st_size < MOST_BYTES


def test_the_card_says_what_it_was_trained_on_and_what_was_measured(engine):
    card = engine.card
    files = [name for source in card.training["sources"] for name in source["files"]]
    assert not [name for name in files if "038" in name]
    assert card.training["steps"] > 0
    assert card.figures
    assert card.limits
    assert "Not a medical device" in card.intended_use


def test_an_unseen_digital_thigh_is_segmented(thigh_result, thighs):
    assert mean_dice(thigh_result.muscles.array, thighs[1].muscles.array) > 0.7


def test_left_and_right_of_the_digital_limb_are_never_exchanged(thigh_result, thighs):
    found, truth = thigh_result.muscles.array, thighs[1].muscles.array
    both = (found > 0) & (truth > 0)
    assert ((found > RIGHT_LABEL_OFFSET) == (truth > RIGHT_LABEL_OFFSET))[both].all()


@pytest.mark.parametrize("orientation", ["RAS", "LPI", "RPI"])
def test_a_stored_orientation_changes_nothing(engine, thighs, thigh_result, orientation):
    turned = {name: sitk.DICOMOrient(image, orientation) for name, image in thighs[0].items()}
    result = segment_muscles(turned, region=Region.THIGH, engine=engine)
    back = sitk.GetArrayFromImage(sitk.DICOMOrient(result.muscles.image, "LPS"))
    assert (back == thigh_result.muscles.array).mean() > 0.9999


def test_every_muscle_of_weis_list_is_found_on_both_sides(thigh_result):
    found = set(zip(thigh_result.structures["structure"], thigh_result.structures["side"], strict=True))
    assert found == {(kind.code, str(side)) for kind in muscles(Region.THIGH) for side in (Side.LEFT, Side.RIGHT)}
    assert thigh_result.structures["volume_cm3"].notna().mean() > 0.9


def test_a_calf_given_as_thigh_is_refused_and_recognised_when_the_region_is_left_open(engine):
    images, limb = examination(Region.CALF, slices=4)
    with pytest.raises(InputError, match="looks like that of the calf"):
        segment_muscles(images, region=Region.THIGH, engine=engine)
    result = segment_muscles(images, engine=engine)
    assert result.region is Region.CALF
    assert mean_dice(result.muscles.array, limb.muscles.array) > 0.6


def test_a_head_is_refused(engine):
    z, y, x = np.indices((5, 128, 128), dtype=np.float32)
    radius = np.hypot((x - 64) / 50, (y - 64) / 58)
    brain = np.where(radius < 0.85, 500 + 80 * np.sin(x / 4) * np.cos(y / 5), 0)
    head = np.where((radius >= 0.85) & (radius < 1), 900, brain) + np.random.default_rng(0).normal(0, 5, z.shape)
    image = sitk.GetImageFromArray(np.abs(head).astype(np.float32))
    image.SetSpacing((1.8, 1.8, 10.0))
    with pytest.raises(InputError):
        segment_muscles({"T1w": image}, engine=engine)


def test_a_real_thigh_with_much_fat_is_segmented(engine, shared_data: Path):
    folder = shared_data / "huashan_thigh"
    images = {}
    for name in ("water", "fat"):
        image = read_nifti(folder / f"Thigh_001_{name}.nii.gz")
        images[name] = image[:, :, 3:8]
    truth = sitk.GetArrayFromImage(read_nifti(folder / "Thigh_001_labels.nii.gz"))[3:8]
    result = segment_muscles(images, region=Region.THIGH, engine=engine)
    vastus = result.muscles.mask([Structure("VL", Side.LEFT), Structure("VL", Side.RIGHT)])
    assert 2 * (vastus & (truth == 3)).sum() / (vastus.sum() + (truth == 3).sum()) > 0.8
