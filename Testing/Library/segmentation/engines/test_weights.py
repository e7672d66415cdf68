"""Weights in files: state dicts in networks of MONAI, MuscleMap's among them; files with code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import SimpleITK as sitk
import torch
import yaml
from monai.networks.nets.unet import UNet

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.engines.described import musclemap_description
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from MuscleMyopathyLib.segmentation.engines.preparation import prepared
from MuscleMyopathyLib.segmentation.engines.sliding_window import class_scores, likeliest
from MuscleMyopathyLib.segmentation.engines.weights import read_checkpoint
from Testing.Library.segmentation.engines.leg_image import blocks, image_of

UNET = {"spatial_dims": 2, "in_channels": 1, "out_channels": 3, "channels": [4, 8], "strides": [2]}
DESCRIPTION = {
    "name": "small",
    "inputs": ["T1w"],
    "labels": {1: "RF_left", 2: "VL_right"},
    "window": [16, 16],
    "network": {"name": "UNet", **UNET},
}


@pytest.fixture
def network() -> UNet:
    torch.manual_seed(3)
    return UNet(**UNET).eval()  # type: ignore[arg-type]


def described(path: Path, changes: dict[str, object] | None = None) -> Path:
    path.with_suffix(".yaml").write_text(yaml.safe_dump(DESCRIPTION | (changes or {})), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["bare", "checkpoint", "data parallel", "safetensors"])
def test_weights_give_what_their_network_gives(tmp_path: Path, network: UNet, kind: str) -> None:
    path = described(tmp_path / ("net.safetensors" if kind == "safetensors" else "net.pt"))
    state = network.state_dict()
    if kind == "safetensors":
        safetensors.torch.save_file(state, path)
    elif kind == "data parallel":
        torch.save({f"module.{name}": value for name, value in state.items()}, path)
    else:
        torch.save(state if kind == "bare" else {"state_dict": state, "epoch": 3}, path)
    engine = open_engine(path)
    image = image_of(blocks())
    channels, _ = prepared([image], engine.description)  # type: ignore[attr-defined]
    with torch.inference_mode():
        expected = [network(torch.from_numpy(channels[None, :, :, :, k].copy()))[0].numpy() for k in range(6)]
    # One window of this size sees the whole slice.
    scores = class_scores(network, channels, (32, 20), 0.0, 3, lambda fraction, text: None)
    np.testing.assert_allclose(scores, np.stack(expected, -1), atol=1e-5)
    assert set(engine.segment([image]).segmentation.structures.values()) == {
        Structure("RF", Side.LEFT),
        Structure("VL", Side.RIGHT),
    }


def test_weights_of_another_label_table_are_refused_naming_what_differs(tmp_path: Path) -> None:
    path = described(tmp_path / "net.pt")
    torch.save(UNet(**(UNET | {"out_channels": 5})).state_dict(), path)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"another label table .*shape \(5,\) instead of \(3,\)"):
        open_engine(path)


def test_a_label_table_of_another_length_than_the_network_is_refused(tmp_path: Path, network: UNet) -> None:
    path = described(tmp_path / "net.pt", {"labels": {1: "RF_left"}})
    torch.save(network.state_dict(), path)
    with pytest.raises(InputError, match="gives 3 classes and its label table has 2"):
        open_engine(path)


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


def test_a_pickle_with_code_is_refused_and_its_code_does_not_run(tmp_path: Path) -> None:
    path = described(tmp_path / "net.pt")
    marker = tmp_path / "ran"
    torch.save({"weight": Evil(marker)}, path)
    with pytest.raises(InputError, match="can run code"):
        open_engine(path)
    assert not marker.exists()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_truncated_weights_file_is_refused(tmp_path: Path, network: UNet, suffix: str) -> None:
    path = described(tmp_path / f"net{suffix}")
    (safetensors.torch.save_file if suffix == ".safetensors" else torch.save)(network.state_dict(), path)
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(InputError, match="truncated"):
        open_engine(path)


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html>", b"version https://git-lfs.github.com/spec/v1"])
def test_a_page_or_pointer_saved_in_place_of_the_weights_is_told_by_its_beginning(
    tmp_path: Path, content: bytes
) -> None:
    path = described(tmp_path / "net.pt")
    path.write_bytes(content + b" and more")
    with pytest.raises(InputError, match=f"begins with '{content.decode()[:15]}.*Download it again"):
        open_engine(path)


def test_what_is_said_of_a_file_with_code_names_it_and_not_how_to_run_it(tmp_path: Path) -> None:
    path = described(tmp_path / "net.pt")
    torch.save({"weight": Evil(tmp_path / "ran")}, path)
    with pytest.raises(InputError, match=r"\(posix\.system\)|\(nt\.system\)") as raised:
        open_engine(path)
    assert "weights_only" not in str(raised.value)


def test_a_description_that_is_no_text_is_refused(tmp_path: Path, network: UNet) -> None:
    torch.save(network.state_dict(), tmp_path / "net.pt")
    (tmp_path / "net.yaml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(InputError, match="does not describe a network"):
        open_engine(tmp_path / "net.pt")


def test_every_slice_of_thin_slices_gets_labels_from_a_network_of_thick_ones(
    tmp_path: Path, network: UNet
) -> None:
    # 7 slices of 1 mm make 1.4 slices of 5 mm; one alone would leave the last two slices background.
    path = described(tmp_path / "net.pt", {"spacing_mm": [-1, -1, 5]})
    for value in network.parameters():
        torch.nn.init.zeros_(value)
    last = [value for name, value in network.state_dict().items() if name.endswith("bias") and len(value) == 3][-1]
    last[1] = 5.0
    torch.save(network.state_dict(), path)
    image = image_of(np.ones((7, 20, 32), np.uint8), (1.5, 1.5, 1.0))
    voxels = sitk.GetArrayFromImage(image)
    voxels[:, 5:9, 5:9] = 50
    changed = sitk.GetImageFromArray(voxels)
    changed.CopyInformation(image)
    labels = open_engine(path).segment([changed]).segmentation.array
    assert (labels == Structure("RF", Side.LEFT).label).all()


@pytest.mark.parametrize("content", [{"epoch": 3}, {}, {"state_dict": {}}])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: dict[str, object]) -> None:
    path = described(tmp_path / "net.pt")
    torch.save(content, path)
    with pytest.raises(InputError, match="holds no weights by name"):
        open_engine(path)


def test_losses_kept_as_numbers_of_numpy_do_not_stop_the_reading(tmp_path: Path) -> None:
    torch.save({"logging": [np.float64(0.5), np.float32(1)], "a": torch.ones(2)}, tmp_path / "c.pth")
    assert read_checkpoint(tmp_path / "c.pth")["logging"][0] == 0.5


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"name": "os.system"}, "not made from a file"),
        ({"name": "FlexibleUNet"}, "not made from a file"),
        ({"name": "UNet", "act": "$__import__('os').system('true')"}, "could run code"),
        ({"name": "UNet", "norm": ["instance", {"affine": "@value"}]}, "could run code"),
        ({"name": "UNet", "act": {"_target_": "os.system"}}, "could run code"),
        ({"name": "UNet", "spatial_dims": 2}, "MONAI cannot make"),
        ({}, "names no network"),
    ],
)
def test_only_plain_networks_of_the_list_are_made(
    tmp_path: Path, network: UNet, definition: dict[str, object], message: str
) -> None:
    path = described(tmp_path / "net.pt", {"network": definition})
    torch.save(network.state_dict(), path)
    with pytest.raises(InputError, match=message):
        open_engine(path)


MUSCLEMAP = {
    "parameters": {"roi_size": [32, 32], "pix_dim": [1, 1, -1], "spatial_window_batch_size": 1},
    "model": {
        "spatial_dims": 2,
        "in_channels": 1,
        "out_channels": 4,
        "channels": [4, 8, 16],
        "act": "LeakyReLU",
        "strides": [2, 2],
        "num_res_units": 2,
        "norm": "instance",
    },
    "labels": [
        {"region": "thigh", "anatomy": "biceps femoris long head", "side": "left", "value": 11},
        {"region": "thigh", "anatomy": "rectus femoris", "side": "right", "value": 12},
        {"region": "thigh", "anatomy": "femur", "side": "left", "value": 27},
    ],
}


def test_musclemap_weights_open_with_the_json_that_lies_beside_them(tmp_path: Path) -> None:
    (tmp_path / "thigh.json").write_text(json.dumps(MUSCLEMAP), encoding="utf-8")
    torch.save(UNet(**MUSCLEMAP["model"]).state_dict(), tmp_path / "thigh.pth")  # type: ignore[arg-type]
    engine = open_engine(tmp_path / "thigh.pth")
    made = engine.segment([image_of(blocks())])
    assert set(made.segmentation.structures.values()) == {
        Structure("BFL", Side.LEFT),
        Structure("RF", Side.RIGHT),
    }
    assert made.remarks == ("Left out, for want of a structure here: femur left.",)


def test_musclemap_label_values_are_ranked_to_classes(tmp_path: Path) -> None:
    (tmp_path / "thigh.json").write_text(json.dumps(MUSCLEMAP), encoding="utf-8")
    description = musclemap_description(tmp_path / "thigh.json")
    assert description.structures == {1: Structure("BFL", Side.LEFT), 2: Structure("RF", Side.RIGHT)}
    assert (description.ignored, description.classes, description.spacing_mm) == ((3,), 4, (1.0, 1.0, -1.0))


def test_another_json_beside_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text("{}")
    torch.save({"a": torch.ones(1)}, tmp_path / "net.pth")
    with pytest.raises(InputError, match="not a model description of MuscleMap"):
        open_engine(tmp_path / "net.pth")


def test_the_likeliest_class_and_its_probability_are_those_of_softmax() -> None:
    scores = np.random.default_rng(0).normal(0, 5, (6, 4, 5, 3)).astype(np.float32)
    classes, probability = likeliest(iter(scores))
    softmax = torch.softmax(torch.from_numpy(scores), 0).numpy()
    np.testing.assert_array_equal(classes, softmax.argmax(0))
    np.testing.assert_allclose(probability, softmax.max(0), rtol=1e-5)
