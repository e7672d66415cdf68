"""Synthesised images: what must hold in all of them, whatever was drawn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from MuscleMyopathyLib.anatomy import Region  # noqa: E402
from MuscleMyopathyLib.segmentation.network.classes import (  # noqa: E402
    BACKGROUND,
    CLASSES,
    OTHER,
    SUBCUTANEOUS,
    class_index,
)
from MuscleMyopathyLib.segmentation.training.image_effects import BRIGHTEST  # noqa: E402
from MuscleMyopathyLib.segmentation.training.sources import sections_of_digital_limb  # noqa: E402
from MuscleMyopathyLib.segmentation.training.synthesis import SynthesisParameters, synthesise  # noqa: E402

STILL = SynthesisParameters(
    rotation_degrees=0, scale=0, shift_pixels=0, elastic_pixels=0, atrophy=0, cut_off=0, no_limb=0
)


@pytest.fixture(scope="module")
def anatomy() -> tuple[torch.Tensor, ...]:
    sections = [*sections_of_digital_limb(Region.THIGH, 3)][8:14]
    return tuple(
        torch.from_numpy(np.stack([getattr(section, name) for section in sections]))
        for name in ("labels", "fascia", "depth")
    )


def drawn(anatomy, parameters: SynthesisParameters, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    return synthesise(*anatomy, parameters, torch.Generator().manual_seed(seed))


def test_the_same_seed_gives_the_same_images(anatomy):
    first, second = drawn(anatomy, SynthesisParameters(), 4), drawn(anatomy, SynthesisParameters(), 4)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], drawn(anatomy, SynthesisParameters(), 5)[0])


@pytest.mark.parametrize("seed", range(6))
def test_images_are_finite_and_normalised_and_their_classes_known(anatomy, seed):
    images, targets = drawn(anatomy, SynthesisParameters(), seed)
    assert images.shape == (6, 1, 160, 160)
    assert targets.shape == (6, 160, 160)
    assert torch.isfinite(images).all()
    assert float(images.min()) >= 0
    assert float(images.max()) <= BRIGHTEST**1.8
    assert 0 <= int(targets.min()) <= int(targets.max()) < len(CLASSES)


def test_without_deformation_the_muscles_stay_where_they_are(anatomy):
    _, targets = drawn(anatomy, STILL, 1)
    labels = anatomy[0][:, 16:-16, 16:-16].long()
    for code in ("VL", "RF", "GR", "BFL"):
        number = class_index(code)
        both = ((targets == number) & (labels == number)).sum()
        assert 2 * both / ((targets == number).sum() + (labels == number).sum()) > 0.9


def test_atrophy_makes_muscles_smaller_and_leaves_their_room_to_other_tissue(anatomy):
    _, whole = drawn(anatomy, STILL, 2)
    _, shrunken = drawn(anatomy, dataclasses.replace(STILL, atrophy=1.0), 2)
    lost = (whole > OTHER) & (shrunken != whole)
    assert lost.any()
    assert (shrunken[lost] == OTHER).all()
    assert not ((shrunken > OTHER) & (whole <= OTHER)).any()


def test_a_limb_is_surrounded_by_fat_and_air(anatomy):
    _, targets = drawn(anatomy, STILL, 3)
    for target in targets:
        edge = torch.cat([target[0], target[-1], target[:, 0], target[:, -1]])
        assert set(edge.tolist()) <= {BACKGROUND, SUBCUTANEOUS}
        assert (target == SUBCUTANEOUS).sum() > 100


def test_cut_off_images_are_dark_and_unlabelled_where_they_are_cut(anatomy):
    images, targets = drawn(anatomy, dataclasses.replace(STILL, cut_off=1.0, other_leg=0), 6)
    for image, target in zip(images[:, 0], targets, strict=True):
        lines = [image[0], image[-1], image[:, 0], image[:, -1]]
        dark = [bool((line == 0).all()) for line in lines]
        assert any(dark)
        assert (target[image == 0] >= 0).all()
    assert (targets == BACKGROUND).any()


def test_heavily_replaced_muscle_is_as_bright_as_fat_in_fat_images(anatomy, monkeypatch):
    from MuscleMyopathyLib.segmentation.training import contrasts

    monkeypatch.setattr(
        contrasts, "FAMILIES", {"fat": contrasts.FAMILIES["fat"], "random": contrasts.Family(0, (0, 1), (0, 1))}
    )
    heavy = dataclasses.replace(STILL, healthy=0.0, patchy=0.0, other_leg=0, lines=0)
    slight = dataclasses.replace(heavy, healthy=1.0)
    means = []
    for parameters in (heavy, slight):
        images, targets = drawn(anatomy, parameters, 11)
        muscle, fat = targets > OTHER, targets == SUBCUTANEOUS
        means.append(float(images[:, 0][muscle].mean() / images[:, 0][fat].mean()))
    assert means[0] > 0.5
    assert means[1] < 0.35


def test_a_body_without_the_limbs_structures_holds_no_muscle(anatomy):
    images, targets = drawn(anatomy, dataclasses.replace(STILL, no_limb=1.0), 7)
    assert int(targets.max()) == OTHER
    assert (targets == OTHER).any(dim=(1, 2)).all()
    assert (images[:, 0][targets == OTHER] > 0.02).float().mean() > 0.5
