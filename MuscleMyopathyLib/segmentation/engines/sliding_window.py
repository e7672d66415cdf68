"""A network's class scores over a whole volume, window by window, and the labels made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float32]
WINDOWS_AT_ONCE = 4


def class_scores(
    network: Callable[[torch.Tensor], torch.Tensor],
    channels: Floats,
    window: Sequence[int],
    overlap: float,
    classes: int,
    progress: Progress,
    *,
    slice_axis: int = 2,
    name: str = "the network",
) -> Floats:
    """Return the scores (class, …) of a volume, windows weighted by a Gaussian around their middle.

    Args:
        network: From (batch, channel, …) to scores (batch, class, …).
        channels: (channel, and three axes).
        window: Two numbers: slice by slice along ``slice_axis``; three numbers: in the volume.
        overlap: Of neighbouring windows, 0 to below 1.
        classes: Channels that the network must give.
        progress: Told of every slice, or of every few windows.
        slice_axis: Of the three axes, that along which a network of slices goes.
        name: Of the network, for messages.

    Raises:
        InputError: The network refuses the number of channels, or gives another number of classes or no scores.
    """
    import torch
    from monai.inferers.utils import sliding_window_inference

    def checked(batch: torch.Tensor) -> torch.Tensor:
        try:
            scores = network(batch)
        except RuntimeError as error:
            raise InputError(
                f"{name} refused {batch.shape[1]} channel(s) in windows of {tuple(batch.shape[2:])}: "
                f"{str(error).strip().splitlines()[0]}"
            ) from error
        if not isinstance(scores, torch.Tensor) or scores.ndim != batch.ndim:
            raise InputError(
                f"{name} gives {_kind_of(scores)}, and scores of the shape (batch, class, …) are needed. Export "
                "the network so that it gives these alone, without deep supervision or a dictionary."
            )
        if scores.shape[2:] != batch.shape[2:]:
            raise InputError(
                f"{name} gives scores of the size {tuple(scores.shape[2:])} for windows of "
                f"{tuple(batch.shape[2:])}. Choose a window that the network divides evenly, or export it so that "
                "it gives scores of its input's size."
            )
        if torch.isnan(scores).any():
            raise InputError(
                f"{name} gives values that are not numbers: its weights are damaged, or the images are prepared "
                "in another way than it was trained with."
            )
        if scores.shape[1] != classes:
            raise InputError(
                f"{name} gives {scores.shape[1]} classes and its label table has {classes} (background included): "
                "the weights belong to another label table."
            )
        return scores.float()

    def infer(part: Floats, told: Callable[[], None]) -> Floats:
        def one(batch: torch.Tensor) -> torch.Tensor:
            told()
            return checked(batch)

        with torch.inference_mode():
            found = sliding_window_inference(
                torch.from_numpy(np.ascontiguousarray(part, np.float32))[None],
                tuple(window),
                WINDOWS_AT_ONCE,
                one,
                overlap=overlap,
                mode="gaussian",
            )
        assert isinstance(found, torch.Tensor)
        return np.asarray(found[0].numpy(), np.float32)

    if len(window) == 3:
        batches = max(1, _windows(channels.shape[1:], window, overlap) // WINDOWS_AT_ONCE)
        done = iter(range(1, 10**9))
        return infer(channels, lambda: progress(min(next(done) / batches, 1.0), f"{name}: windows"))
    planes = np.moveaxis(channels, slice_axis + 1, 0)
    scores = []
    for index, plane in enumerate(planes):
        progress(index / len(planes), f"{name}: slice {index + 1} of {len(planes)}")
        scores.append(infer(plane, lambda: None))
    return np.moveaxis(np.stack(scores), 0, slice_axis + 1)


def likeliest(scores: Iterable[Floats]) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Return the class with the highest score at every voxel, and its probability (softmax), class by class.

    Args:
        scores: The scores of each class in turn, so that only one need be held on a fine grid at a time.
    """
    best: npt.NDArray[np.uint8] | None = None
    highest = total = np.empty(0, np.float32)
    for number, score in enumerate(scores):
        if best is None:
            best, highest, total = np.zeros(score.shape, np.uint8), score.copy(), np.ones_like(score)
            continue
        higher = score > highest
        top = np.where(higher, score, highest)
        total = total * np.exp(highest - top) + np.exp(score - top)
        best[higher], highest = number, top
    assert best is not None
    return best, np.asarray(1 / total, np.float32)


def _kind_of(scores: object) -> str:
    """Return what a network gave in words."""
    import torch

    if isinstance(scores, torch.Tensor):
        return f"an array of the shape {tuple(scores.shape)}"
    return f"a {type(scores).__name__}"


def _windows(size: Sequence[int], window: Sequence[int], overlap: float) -> int:
    steps = [max(1, int(length * (1 - overlap))) for length in window]
    counts = [1 + -(-max(0, whole - part) // step) for whole, part, step in zip(size, window, steps, strict=True)]
    return int(np.prod(counts))
