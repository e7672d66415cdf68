"""What the plans.json and dataset.json of an nnU-Net v2 results folder say, checked and resolved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.label_schemes import LabelScheme, structure_from_text

if TYPE_CHECKING:
    from MuscleMyopathyLib.segmentation.engines.nnunet_architecture import Plan

ARCHITECTURES = ("PlainConvUNet", "ResidualEncoderUNet")
NORMALISATIONS = ("ZScoreNormalization", "CTNormalization", "NoNormalization", "RescaleTo01Normalization")


Order = Literal[0, 1, 2, 3, 4, 5]
"""Of a spline."""


@dataclass(frozen=True)
class Resampling:
    """How nnU-Net's default resampling interpolates.

    Attributes:
        order: Of the splines.
        order_between_slices: Of the splines between thick slices.
        separate_slices: Whether slices are resampled by themselves; None where thickness decides.
    """

    order: Order
    order_between_slices: Order
    separate_slices: bool | None


@dataclass(frozen=True)
class Configuration:
    """One configuration of the plans.

    Attributes:
        name: Such as ``3d_fullres``.
        transpose: Order of the image's axes (slice, row, column) before the network.
        spacing_mm: Along the transposed axes; two numbers for a network of slices.
        window: Size of the patch.
        normalisations: Per channel, one of `NORMALISATIONS`.
        masked: Per channel, whether only what is not 0 is normalised.
        intensities: Per channel, mean, standard deviation and percentiles of the training set (CT).
        image_resampling: Of the images.
        score_resampling: Of the scores.
        architecture: Name and arguments as they stand in the plans.
    """

    name: str
    transpose: tuple[int, int, int]
    spacing_mm: tuple[float, ...]
    window: tuple[int, ...]
    normalisations: tuple[str, ...]
    masked: tuple[bool, ...]
    intensities: tuple[Mapping[str, float], ...]
    image_resampling: Resampling
    score_resampling: Resampling
    architecture: Mapping[str, Any]


def read_json(path: Path) -> dict[str, Any]:
    """Read one of the folder's JSON files.

    Raises:
        InputError: It is missing or no JSON object.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path.parent} is no nnU-Net results folder: there is no {path.name}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is truncated or no JSON file. Copy it again. ({error})") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} holds no settings.")
    return values


def channels_of(dataset: Mapping[str, Any], source: str) -> tuple[str, ...]:
    """Return the names of the input channels.

    Raises:
        InputError: The dataset does not name them.
    """
    names = dataset.get("channel_names", dataset.get("modality"))
    if not isinstance(names, Mapping) or not names:
        raise InputError(f"{source}: dataset.json does not name the input channels.")
    return tuple(str(names[key]) for key in sorted(names, key=int))


def structures_of(
    dataset: Mapping[str, Any], scheme: LabelScheme | None, source: str
) -> tuple[dict[int, Structure], int, list[str]]:
    """Return from class number to structure, the number of classes, and the classes that are no structure.

    Args:
        dataset: ``dataset.json``.
        scheme: From the dataset's label to structure; None understands the dataset's own names.
        source: For messages.

    Raises:
        InputError: The classes are regions that overlap, no name is known, or the scheme names other labels.
    """
    table = dataset.get("labels")
    if not isinstance(table, Mapping) or "background" not in table:
        raise InputError(f"{source}: dataset.json has no label table with a background.")
    if any(isinstance(label, list) for label in table.values()):
        raise InputError(f"{source}: its classes are regions that overlap, which is not supported.")
    names = {int(label): str(name) for name, label in table.items() if name not in ("background", "ignore")}
    if sorted(names) != list(range(1, len(names) + 1)):
        raise InputError(f"{source}: its labels are not numbered 1, 2, 3 …: {sorted(names)}.")
    if scheme is not None:
        beyond = sorted(set(scheme) - set(names))
        if beyond:
            raise InputError(
                f"{source}: the label scheme names the labels {', '.join(map(str, beyond))}, which the network "
                f"does not have; it has 1 to {len(names)}. Choose the scheme of these weights."
            )
        known = {label: scheme[label] for label in names if label in scheme}
    else:
        known = {}
        for label, name in names.items():
            try:
                known[label] = structure_from_text(name)
            except ParameterError:
                continue
    if not known:
        raise InputError(
            f"{source}: none of its classes is a structure known here ({', '.join(names.values())}). Give a label "
            "scheme that says what they are."
        )
    return known, len(names) + 1, [name for label, name in names.items() if label not in known]


def configuration_of(plans: Mapping[str, Any], name: str, channels: int, source: str) -> Configuration:
    """Return one configuration of the plans, what it inherits included.

    Raises:
        InputError: There is none of that name, or it asks for something beyond nnU-Net's defaults.
    """
    try:
        values = _inherited(plans["configurations"], name, source)
        if values.get("previous_stage"):
            raise InputError(f"{source}: the cascade {name} needs another network's result. Use 3d_fullres or 2d.")
        schemes = tuple(values["normalization_schemes"])
        if len(schemes) != channels or not set(schemes) <= set(NORMALISATIONS):
            raise InputError(
                f"{source}: {channels} channel(s) are normalised by {', '.join(schemes)}; one of "
                f"{', '.join(NORMALISATIONS)} is needed for each."
            )
        properties = plans.get(
            "foreground_intensity_properties_per_channel",
            plans.get("foreground_intensity_properties_by_modality", {}),
        )
        return Configuration(
            name,
            tuple(plans["transpose_forward"]),
            tuple(float(length) for length in values["spacing"]),
            tuple(int(length) for length in values["patch_size"]),
            schemes,
            tuple(bool(masked) for masked in values["use_mask_for_norm"]),
            tuple(properties.get(str(channel), {}) for channel in range(channels)),
            _resampling(values, "resampling_fn_data", source),
            _resampling(values, "resampling_fn_probabilities", source),
            _architecture(values, source),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{source}: plans.json lacks something or is damaged ({error!r}).") from error


def network_plan(configuration: Configuration, channels: int, classes: int, source: str) -> Plan:
    """Return the architecture of a configuration.

    Raises:
        InputError: It goes beyond nnU-Net's two networks.
    """
    from MuscleMyopathyLib.segmentation.engines.nnunet_architecture import Block, Plan

    values = configuration.architecture["arch_kwargs"]
    kind = str(configuration.architecture["network_class_name"]).rsplit(".", maxsplit=1)[-1]
    if kind not in ARCHITECTURES:
        raise InputError(f"{source}: the network {kind} is not supported; {' and '.join(ARCHITECTURES)} are.")
    if values.get("dropout_op") or values.get("nonlin", "torch.nn.LeakyReLU").rsplit(".")[-1] != "LeakyReLU":
        raise InputError(f"{source}: only networks without dropout and with leaky rectifiers are supported.")
    try:
        dimensions = int(values["conv_op"][-2])
        stages = int(values["n_stages"])
        norm = values.get("norm_op_kwargs") or {}
        block = Block(
            dimensions,
            bool(values["conv_bias"]),
            values["norm_op"].rsplit(".", maxsplit=1)[-1][:-2],
            float(norm.get("eps", 1e-5)),
            bool(norm.get("affine", False)),
            float((values.get("nonlin_kwargs") or {}).get("negative_slope", 0.01)),
        )
        units = values["n_blocks_per_stage" if kind == "ResidualEncoderUNet" else "n_conv_per_stage"]
        return Plan(
            block,
            kind == "ResidualEncoderUNet",
            channels,
            classes,
            _per_stage(values["features_per_stage"], stages),
            [_steps(kernel, dimensions) for kernel in _per_stage(values["kernel_sizes"], stages)],
            [_steps(stride, dimensions) for stride in _per_stage(values["strides"], stages)],
            _per_stage(units, stages),
            _per_stage(values["n_conv_per_stage_decoder"], stages - 1),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{source}: the architecture in plans.json is damaged ({error!r}).") from error


def _inherited(configurations: Mapping[str, Any], name: str, source: str) -> dict[str, Any]:
    chain: list[str] = []
    values: dict[str, Any] = {}
    while name:
        if name not in configurations or name in chain:
            known = ", ".join(configurations)
            raise InputError(f"{source}: plans.json has no configuration {name!r}; it has {known}.")
        chain.append(name)
        values = {**configurations[name], **values}
        name = configurations[name].get("inherits_from", "")
    return values


def _architecture(values: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    if "architecture" in values:
        architecture: Mapping[str, Any] = values["architecture"]
        return architecture
    # Plans written before nnU-Net 2.3 give the parts of the same networks one by one.
    kind = values["UNet_class_name"]
    dimensions = len(values["patch_size"])
    stages = len(values["n_conv_per_stage_encoder"])
    base, most = values["UNet_base_num_features"], values["unet_max_num_features"]
    units = "n_blocks_per_stage" if kind == "ResidualEncoderUNet" else "n_conv_per_stage"
    return {
        "network_class_name": kind,
        "arch_kwargs": {
            "n_stages": stages,
            "features_per_stage": [min(base * 2**stage, most) for stage in range(stages)],
            "conv_op": f"Conv{dimensions}d",
            "kernel_sizes": values["conv_kernel_sizes"],
            "strides": values["pool_op_kernel_sizes"],
            units: values["n_conv_per_stage_encoder"],
            "n_conv_per_stage_decoder": values["n_conv_per_stage_decoder"],
            "conv_bias": True,
            "norm_op": f"InstanceNorm{dimensions}d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        },
    }


def _resampling(values: Mapping[str, Any], key: str, source: str) -> Resampling:
    if values[key] != "resample_data_or_seg_to_shape":
        raise InputError(f"{source}: its resampling {values[key]} is not nnU-Net's default.")
    settings = values[f"{key}_kwargs"]
    separate = settings.get("force_separate_z")
    return Resampling(_order(settings["order"]), _order(settings.get("order_z", 0)), separate)


def _order(value: Any) -> Order:
    orders: tuple[Order, ...] = get_args(Order)
    return orders[orders.index(value)]


def _per_stage(value: Any, stages: int) -> list[Any]:
    listed = [value] * stages if isinstance(value, int) else list(value)
    if len(listed) != stages:
        raise ValueError(f"{len(listed)} values for {stages} stages")
    return listed


def _steps(value: Any, dimensions: int) -> tuple[int, ...]:
    return (value,) * dimensions if isinstance(value, int) else tuple(int(step) for step in value)
