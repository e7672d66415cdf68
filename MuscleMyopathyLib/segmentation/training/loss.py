"""Dice and cross-entropy for images of which some sources label only a part of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from MuscleMyopathyLib.segmentation.network.classes import OTHER

if TYPE_CHECKING:
    import torch


def merging_matrices(unlabelled: Sequence[Sequence[str]], classes: Sequence[str]) -> torch.Tensor:
    """Return a matrix per source, (source, class, class), that adds unlabelled classes to `OTHER`.

    Args:
        unlabelled: Per source the names of the classes that it does not label.
        classes: Names of the network's classes.
    """
    import torch

    matrices = torch.eye(len(classes)).repeat(len(unlabelled), 1, 1)
    for source, names in enumerate(unlabelled):
        for name in names:
            index = list(classes).index(name)
            matrices[source, index, index] = 0
            matrices[source, index, OTHER] = 1
    return matrices


def marginal_loss(logits: torch.Tensor, targets: torch.Tensor, merging: torch.Tensor) -> torch.Tensor:
    """Return cross-entropy plus one minus mean Dice, both of the merged probabilities.

    Where a source does not label a muscle, its pixels are marked `OTHER`; the network may call them either,
    because the probabilities are added before they are compared (marginal loss: Shi et al., Med Image Anal
    2021;70:101979).

    Args:
        logits: Output of the network (batch, class, row, column).
        targets: Class numbers (batch, row, column).
        merging: One matrix of `merging_matrices` per image (batch, class, class).
    """
    import torch

    # Classes last, as the network lays them out; (batch, pixel, class).
    probabilities = torch.softmax(logits.permute(0, 2, 3, 1).flatten(1, 2).float(), 2)
    wanted = targets.flatten(1)
    # Only what is compared is merged: a merged copy of all probabilities would take most of a step's time.
    kept = merging.diagonal(dim1=1, dim2=2).gather(1, wanted)
    at_target = kept * probabilities.gather(2, wanted[:, :, None])[:, :, 0]
    into_other = merging[:, :, OTHER].clone()
    into_other[:, OTHER] = 0
    at_target = at_target + (wanted == OTHER) * torch.bmm(probabilities, into_other[:, :, None])[:, :, 0]
    cross_entropy = -torch.log(at_target.clamp_min(1e-7)).mean()
    # Over the whole batch, so that a class absent from one image does not make its Dice jump.
    classes = logits.shape[1]
    overlap = torch.zeros(classes).index_add(0, wanted.flatten(), at_target.flatten())
    truth = torch.bincount(wanted.flatten(), minlength=classes)
    size = torch.einsum("bc,bcd->d", probabilities.sum(1), merging) + truth
    dice = (2 * overlap + 1) / (size + 1)
    return cross_entropy + 1 - dice[truth > 0].mean()
