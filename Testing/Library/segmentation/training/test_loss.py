"""The loss when a source labels only part of the classes."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from MuscleMyopathyLib.segmentation.network.classes import CLASSES, OTHER, class_index  # noqa: E402
from MuscleMyopathyLib.segmentation.training.loss import marginal_loss, merging_matrices  # noqa: E402

RF, AL = class_index("RF"), class_index("AL")


def calling(number: int) -> torch.Tensor:
    """Return logits of two 4 × 4 images that call the left half RF and the right half ``number``."""
    logits = torch.zeros(2, len(CLASSES), 4, 4)
    logits[:, RF, :, :2] = 12
    logits[:, number, :, 2:] = 12
    return logits


@pytest.fixture
def targets() -> torch.Tensor:
    labels = torch.full((2, 4, 4), OTHER)
    labels[:, :, :2] = RF
    return labels


def test_calling_unlabelled_tissue_adductor_longus_costs_nothing_where_it_is_not_labelled(targets):
    merging = merging_matrices([("AL", "AB")], CLASSES)[[0, 0]]
    as_other = marginal_loss(calling(OTHER), targets, merging)
    as_longus = marginal_loss(calling(AL), targets, merging)
    assert float(as_longus) == pytest.approx(float(as_other), abs=1e-4)
    assert float(as_longus) < 0.02


def test_the_same_call_costs_where_the_muscle_is_labelled(targets):
    merging = merging_matrices([()], CLASSES)[[0, 0]]
    assert float(marginal_loss(calling(AL), targets, merging)) > 3


def test_a_labelled_muscle_missed_costs_whatever_the_source(targets):
    merging = merging_matrices([("AL",)], CLASSES)[[0, 0]]
    assert float(marginal_loss(calling(RF), targets, merging)) > 3


def test_the_loss_of_partly_labelled_images_pushes_no_weight_between_unlabelled_classes(targets):
    merging = merging_matrices([("AL", "AB")], CLASSES)[[0, 0]]
    logits = calling(AL).requires_grad_()
    marginal_loss(logits, targets, merging).backward()
    pushed = logits.grad[:, [OTHER, AL, class_index("AB")], :, 2:].abs().max()
    assert float(pushed) < 1e-3
