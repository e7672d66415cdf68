"""Networks of MONAI that a description may name: a list of architectures, and plain values as their arguments.

A MONAI configuration can name any Python object to call, which makes it a program. Here only an architecture of
the list is made, and an argument that is an expression or a reference is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.engines.engine import require_torch

if TYPE_CHECKING:
    import torch

ARCHITECTURES = ("UNet", "BasicUNet", "BasicUNetPlusPlus", "DynUNet", "SegResNet", "AttentionUnet", "VNet")


def make_monai_network(definition: Mapping[str, Any], source: str) -> torch.nn.Module:
    """Make a network with random weights.

    Args:
        definition: ``name`` of the architecture, and its arguments.
        source: Where the definition comes from, for messages.

    Raises:
        InputError: The architecture is not in the list, an argument is no plain value, or MONAI refuses it.
    """
    require_torch()
    import monai.networks.nets

    arguments = dict(definition)
    name = arguments.pop("name", None)
    if name not in ARCHITECTURES:
        raise InputError(
            f"{source} asks for the network {name!r}, which is not made from a file. The networks that are: "
            f"{', '.join(ARCHITECTURES)}. Export the network as TorchScript if you trust its source."
        )
    for argument, value in arguments.items():
        _require_plain(argument, value, source)
    try:
        network: torch.nn.Module = getattr(monai.networks.nets, name)(**arguments)
    except Exception as error:
        # MONAI's architectures check their arguments by any kind of exception.
        raise InputError(f"{source}: MONAI cannot make this {name}: {error}") from error
    return network


def _require_plain(argument: str, value: Any, source: str) -> None:
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            _require_plain(argument, item, source)
        return
    expression = isinstance(value, str) and value.startswith(("$", "@", "%"))
    if expression or value == "_target_" or not isinstance(value, str | int | float | bool | None):
        raise InputError(
            f"{source}: the argument {argument} of the network holds {value!r}, which is an expression and could "
            "run code. Write the value itself."
        )
