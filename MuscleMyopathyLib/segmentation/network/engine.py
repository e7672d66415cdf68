"""Engines: whatever turns views of limbs into class probabilities, and the one whose weights ship."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.errors import InputError, MissingPackageError
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.segmentation.network.architecture import make_network
from MuscleMyopathyLib.segmentation.network.card import ExpectedPlace, NetworkCard, network_name, read_card
from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float32]

SHIPPED = "limb-muscles"
CARD = "card.json"
WEIGHTS = "weights.safetensors"
IMAGES_AT_ONCE = 6
"""What is worked on stays in the processor's cache: 24 images at once take half as long again."""


class Engine(Protocol):
    """Class probabilities of square views of one limb."""

    @property
    def name(self) -> str:
        """For messages, tables and provenance."""

    @property
    def classes(self) -> Sequence[str]:
        """Names of the output's channels: `TISSUES` and codes of anatomy.py."""

    @property
    def view(self) -> ViewGrid:
        """How the limb is to be laid before the engine."""

    @property
    def expected_places(self) -> Mapping[str, ExpectedPlace]:
        """Where muscles lie in a cross-section, by code; empty where that is not known."""

    def probabilities(self, images: Floats) -> Floats:
        """Return probabilities (image, class, size, size), summing to 1, of images (image, size, size).

        The images are normalised by `limb_views.normalised`, the limb's lateral side at column 0.
        """


class NetworkEngine:
    """A network of this project: a folder with ``card.json`` and ``weights.safetensors``.

    Args:
        folder: The network; the shipped one by default.

    Raises:
        InputError: The card or the weights are missing, damaged, or do not belong together.
        MissingPackageError: torch, MONAI or safetensors is not installed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or resource("Models", SHIPPED)
        self.card: NetworkCard = read_card(folder / CARD)
        self._network = load_network(self.card, folder / WEIGHTS)

    @property
    def name(self) -> str:
        return network_name(self.card)

    @property
    def classes(self) -> Sequence[str]:
        return self.card.network.classes

    @property
    def view(self) -> ViewGrid:
        return self.card.view

    @property
    def expected_places(self) -> Mapping[str, ExpectedPlace]:
        return {code: ExpectedPlace(*place) for code, place in self.card.expected_places.items()}

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the network's weights in single precision, for further training."""
        return {name: value.clone() for name, value in self._network.state_dict().items()}

    def probabilities(self, images: Floats) -> Floats:
        import torch

        batch = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None]
        parts = []
        with torch.inference_mode():
            for some in torch.split(batch, IMAGES_AT_ONCE):
                logits = self._network(some.contiguous(memory_format=torch.channels_last))
                # Classes last, as they lie in memory: three times as fast.
                parts.append(torch.softmax(logits.permute(0, 2, 3, 1).float(), -1).numpy())
        return np.concatenate(parts).transpose(0, 3, 1, 2)


def load_network(card: NetworkCard, path: Path) -> torch.nn.Module:
    """Return the network of a card with its weights, ready for inference.

    Raises:
        InputError: The weights are missing, damaged, or not those of the card.
        MissingPackageError: A package is not installed.
    """
    try:
        import safetensors.torch
        import torch
    except ImportError as error:
        raise MissingPackageError(
            f"The muscle network needs PyTorch, MONAI and safetensors; {error.name} is not installed. In 3D "
            "Slicer the segmentation panel installs them; elsewhere: pip install 'muscle-myopathy[network]'."
        ) from error
    if not path.is_file():
        raise InputError(f"There are no network weights {path}.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise InputError(
            f"{path} is not the weights file that its card describes (checksum differs): it is damaged, "
            "truncated, or belongs to another card. Install or copy the network again."
        )
    try:
        weights = safetensors.torch.load(content)
        network = make_network(card.network)
        network.load_state_dict({name: value.float() for name, value in weights.items()})
    except (safetensors.SafetensorError, RuntimeError) as error:
        raise InputError(f"The weights {path} do not fit the network of their card: {error}") from error
    _use_group_norm(network)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval()


def _use_group_norm(module: torch.nn.Module) -> None:
    """Replace instance normalisation by group normalisation of single channels: the same, and much faster here."""
    import torch

    for name, child in module.named_children():
        if isinstance(child, torch.nn.InstanceNorm2d) and not child.affine and not child.track_running_stats:
            channels = child.num_features
            setattr(module, name, torch.nn.GroupNorm(channels, channels, eps=child.eps, affine=False))
        else:
            _use_group_norm(child)


def write_network(folder: Path, card: NetworkCard, weights: dict[str, torch.Tensor]) -> None:
    """Write a network's card and its weights in half precision.

    Args:
        folder: Made if need be.
        card: Its checksum is filled in here.
        weights: The network's state.
    """
    import dataclasses

    import safetensors.torch
    import torch

    from MuscleMyopathyLib.output import replacing
    from MuscleMyopathyLib.segmentation.network.card import write_card

    content = safetensors.torch.save(
        {
            name: value.to(torch.float16).contiguous(memory_format=torch.contiguous_format)
            for name, value in weights.items()
        }
    )
    with replacing(folder / WEIGHTS) as temporary:
        temporary.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    write_card(dataclasses.replace(card, weights_sha256=digest), folder / CARD)
