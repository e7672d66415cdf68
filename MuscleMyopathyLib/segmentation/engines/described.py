"""Weights with a description beside them: a network of MONAI (MuscleMap's among them), or TorchScript."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import structure_from_text
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.segmentation.engines.description import EngineDescription, Normalisation
from MuscleMyopathyLib.segmentation.engines.engine import EngineResult, require_inputs, require_torch
from MuscleMyopathyLib.segmentation.engines.monai_networks import make_monai_network
from MuscleMyopathyLib.segmentation.engines.preparation import prepared, scores_on
from MuscleMyopathyLib.segmentation.engines.sliding_window import class_scores, likeliest
from MuscleMyopathyLib.segmentation.engines.weights import fit, read_state

if TYPE_CHECKING:
    import torch


class DescribedEngine:
    """A network with its description.

    Args:
        description: Label table and preparation.
        network: From (batch, channel, …) to scores (batch, class, …).
    """

    def __init__(self, description: EngineDescription, network: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.description = description
        self._network = network

    @property
    def name(self) -> str:
        return self.description.name

    @property
    def inputs(self) -> Sequence[str]:
        return self.description.inputs

    def segment(self, images: Sequence[sitk.Image], progress: Progress = silent) -> EngineResult:
        require_inputs(images, self.inputs, self.name)
        progress(0.0, f"{self.name}: preparing")
        channels, grid = prepared(images, self.description)
        scores = class_scores(
            self._network,
            channels,
            self.description.window,
            self.description.overlap,
            self.description.classes,
            portion(progress, 0.05, 0.9),
            name=self.name,
        )
        progress(0.9, f"{self.name}: labels")
        classes, probability = likeliest(scores_on(scores, grid, images[0]))
        result = result_of_classes(
            classes, probability, self.description.structures, images[0], self.name, self.description.remarks
        )
        progress(1.0, f"{self.name}: done")
        return result


def result_of_classes(
    classes: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    probability: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    structures: Mapping[int, Structure],
    reference: sitk.Image,
    name: str,
    remarks: Sequence[str] = (),
) -> EngineResult:
    """Return classes under this extension's own label numbers, with the probability of each voxel's label."""
    labels = np.zeros(classes.shape, np.uint8)
    for number, structure in structures.items():
        labels[classes == number] = structure.label
    confidence = sitk.GetImageFromArray(np.where(labels > 0, probability, 0).astype(np.float32))
    confidence.CopyInformation(reference)
    segmentation = Segmentation.from_array(labels, {s.label: s for s in structures.values()}, reference)
    return EngineResult(segmentation, confidence, name, tuple(remarks))


def described_weights(weights: Path, description: EngineDescription) -> DescribedEngine:
    """Return weights (a state dict of torch or safetensors) in the network that their description names.

    Raises:
        InputError: The weights cannot be read, or are not those of the network or of the label table.
    """
    # Read first: a truncated TorchScript is no archive any more and its description rightly names no network.
    state = read_state(weights)
    if not description.network:
        raise InputError(f"The description of {weights} names no network. Add 'network: {{name: UNet, …}}'.")
    source = f"the description of {weights.name}"
    network = make_monai_network(description.network, source)
    engine = DescribedEngine(description, fit(network, state, weights))
    _try(engine, network)
    return engine


def torchscript(weights: Path, description: EngineDescription, *, trusted: bool) -> DescribedEngine:
    """Return a TorchScript file with its description.

    TorchScript is a program that its maker wrote: it computes what it likes, and its reader is not made to
    withstand a malicious file. It is loaded only from a file that the user named and says to trust, on the CPU.

    Raises:
        InputError: It is not trusted, cannot be read, or does not fit its label table.
    """
    require_torch()
    import torch

    if not trusted:
        raise InputError(
            f"{weights} is TorchScript, which is a program. If you trust its source, say so (--trust) and load it "
            "again; else ask for the bare weights."
        )
    if not weights.is_file():
        raise InputError(f"There is no file {weights}.")
    try:
        network = torch.jit.load(str(weights), map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError, EOFError) as error:
        raise InputError(
            f"{weights} is truncated, damaged or no TorchScript. Copy it again. "
            f"({str(error).strip().splitlines()[0]})"
        ) from error
    engine = DescribedEngine(description, network.eval())
    _try(engine, network)
    return engine


def musclemap_description(path: Path) -> EngineDescription:
    """Read the JSON file that MuscleMap (github.com/MuscleMap/MuscleMap) keeps beside its weights.

    Args:
        path: Such as ``contrast_agnostic_thigh_model.json``.

    Raises:
        InputError: It is no such file.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        model, parameters, entries = values["model"], values["parameters"], values["labels"]
        labels: dict[int, str] = {}
        ignored: dict[int, str] = {}
        # The whole-body label numbers have gaps; the network's classes are their ranks.
        for number, entry in enumerate(sorted(entries, key=lambda entry: int(entry["value"])), start=1):
            text = f"{entry['anatomy']} {entry.get('side', '')}".strip()
            try:
                labels[number] = structure_from_text(text).identifier
            except ParameterError:
                ignored[number] = text
        return EngineDescription(
            name=f"MuscleMap {path.stem}",
            inputs=("image",),
            labels=labels,
            ignored=tuple(ignored),
            orientation="RAS",
            spacing_mm=tuple(float(step) for step in parameters["pix_dim"]),
            normalisation=Normalisation.Z_SCORE_NONZERO,
            window=tuple(int(length) for length in parameters["roi_size"]),
            foreground_margin=20,
            network={
                "name": "UNet",
                **{key: model[key] for key in ("spatial_dims", "in_channels", "out_channels", "channels", "act")},
                **{key: model[key] for key in ("strides", "num_res_units", "norm")},
            },
            remarks=(f"Left out, for want of a structure here: {', '.join(ignored.values())}.",)
            if ignored
            else (),
        )
    except (OSError, json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is not a model description of MuscleMap: {error!r}") from error


def _try(engine: DescribedEngine, network: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Refuse a network that does not fit its description before an examination is laid before it."""
    description = engine.description
    size = (*description.window, 1) if len(description.window) == 2 else description.window
    nothing = np.zeros((len(description.inputs), *size), np.float32)
    class_scores(network, nothing, description.window, 0.0, description.classes, silent, name=description.name)
