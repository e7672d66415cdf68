"""Weights from a file that may come from anyone: numbers only, never code."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.engines.engine import require_torch

if TYPE_CHECKING:
    import torch

_STATE_KEYS = ("state_dict", "network_weights", "model", "model_state_dict", "net")


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """Read a checkpoint file of torch or safetensors on the CPU.

    Raises:
        InputError: The file is missing, truncated, or holds code (a pickle of more than numbers and plain values).
        MissingPackageError: torch is not installed.
    """
    require_torch()
    import torch

    if not path.is_file():
        raise InputError(f"There are no weights {path}.")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    _require_torch_file(path)
    try:
        # Trainers keep their losses as scalars of numpy: numbers, named here because torch refuses what is not.
        scalar: Any = np.float64(0).__reduce__()[0]
        data_only: list[Any] = [
            scalar,
            (scalar, "numpy.core.multiarray.scalar"),
            np.dtype,
            *(type(np.dtype(kind)) for kind in (np.float32, np.float64, np.int64, np.int32, np.bool_)),
        ]
        with torch.serialization.safe_globals(data_only):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # The rest of torch's text tells how to run the code after all.
        asked = re.search(r"GLOBAL ([\w.]+)", str(error))
        named = f" ({asked[1]})" if asked else ""
        raise InputError(
            f"{path} was not loaded: it holds objects that are not numbers{named}, and such a file can run code. "
            "Ask for the bare weights (a state dict)."
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError) as error:
        raise InputError(
            f"{path} cannot be read: it is truncated, damaged or no weights file. Copy it again. "
            f"({str(error).strip().splitlines()[0]})"
        ) from error
    if not isinstance(content, Mapping):
        raise InputError(f"{path} holds no weights by name but a {type(content).__name__}.")
    return content


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """Return the weights by name from a checkpoint, which may hold them under one of the usual keys.

    Raises:
        InputError: As `read_checkpoint`, or there are no weights in it.
    """
    return state_of(read_checkpoint(path), path)


def state_of(checkpoint: Mapping[str, Any], path: Path) -> dict[str, torch.Tensor]:
    """Return the weights by name out of a checkpoint.

    Raises:
        InputError: There are none.
    """
    import torch

    for key in _STATE_KEYS:
        if isinstance(checkpoint.get(key), Mapping):
            checkpoint = checkpoint[key]
            break
    if not checkpoint or not all(isinstance(value, torch.Tensor) for value in checkpoint.values()):
        raise InputError(
            f"{path} holds no weights by name; it holds: {', '.join(map(str, list(checkpoint)[:8]))}."
        )
    return {name.removeprefix("module."): value for name, value in checkpoint.items()}


def fit(network: torch.nn.Module, state: Mapping[str, torch.Tensor], path: Path) -> torch.nn.Module:
    """Put weights into a network and make it ready for inference.

    Raises:
        InputError: Names or shapes are not those of the network; the first differences are named.
    """
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in state.items()}
    differences = [f"{name} is missing" for name in expected if name not in given]
    differences += [f"{name} is not part of the network" for name in given if name not in expected]
    differences += [
        f"{name} has the shape {given[name]} instead of {shape}"
        for name, shape in expected.items()
        if name in given and given[name] != shape
    ]
    if differences:
        raise InputError(
            f"The weights {path} are those of another network or another label table ({len(differences)} "
            f"differences): {'; '.join(differences[:3])}. Choose the description that belongs to them."
        )
    network.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    )
    return network.eval()


def _require_torch_file(path: Path) -> None:
    """Refuse what is neither of torch's formats: a page or a pointer that was downloaded in place of the weights.

    Raises:
        InputError: The file begins like neither a zip archive nor a pickle.
    """
    with path.open("rb") as stream:
        start = stream.read(40)
    if not start.startswith((b"PK", b"\x80")):
        raise InputError(
            f"{path} holds no weights but begins with {start.decode('latin-1')!r}: perhaps a web page or a "
            "pointer was saved in place of the file. Download it again."
        )


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    import safetensors
    import safetensors.torch

    try:
        content: Mapping[str, Any] = safetensors.torch.load(path.read_bytes())
    except safetensors.SafetensorError as error:
        raise InputError(f"{path} cannot be read: it is truncated or damaged. Copy it again. ({error})") from error
    return content
