"""MONAI bundles as folder and zip; configurations that would run code."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from monai.networks.nets.unet import UNet

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.engines.description import Normalisation
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from Testing.Library.segmentation.engines.leg_image import blocks, image_of

METADATA: dict[str, Any] = {
    "name": "thigh",
    "version": "0.1.0",
    "network_data_format": {
        "inputs": {"image": {"num_channels": 1, "spatial_shape": [16, 16, 4], "channel_def": {"0": "T2w"}}},
        "outputs": {"pred": {"channel_def": {"0": "background", "1": "rectus femoris left", "2": "femur"}}},
    },
}
CONFIG: dict[str, Any] = {
    "imports": ["$import glob"],
    "output_dir": "$@bundle_root + '/eval'",
    "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    "size": [16, 16, 4],
    "network_def": {
        "_target_": "UNet",
        "spatial_dims": 3,
        "in_channels": 1,
        "out_channels": 3,
        "channels": [4, 8],
        "strides": [2],
        "norm": "batch",
    },
    "network": "$@network_def.to(@device)",
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "image"},
            {"_target_": "EnsureChannelFirstd", "keys": "image"},
            {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "image", "pixdim": [1.5, 1.5, 8.0], "mode": "bilinear"},
            {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True},
            {"_target_": "EnsureTyped", "keys": "image"},
        ],
    },
    "inferer": {"_target_": "SlidingWindowInferer", "roi_size": "@size", "sw_batch_size": 4, "overlap": 0.25},
}


def write(folder: Path, config: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None) -> Path:
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata or METADATA), encoding="utf-8")
    (folder / "configs" / "inference.json").write_text(json.dumps(config or CONFIG), encoding="utf-8")
    torch.manual_seed(0)
    network = UNet(spatial_dims=3, in_channels=1, out_channels=3, channels=(4, 8), strides=(2,), norm="batch")
    torch.save(network.state_dict(), folder / "models" / "model.pt")
    return folder


def test_a_bundle_opens_as_a_folder_and_as_a_zip_and_gives_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path / "thigh")
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "thigh"))
    results = [open_engine(path).segment([image_of(blocks())]) for path in (folder, archive)]
    assert (results[0].segmentation.array == results[1].segmentation.array).all()
    assert set(results[0].segmentation.structures.values()) == {Structure("RF", Side.LEFT)}
    assert results[0].engine == "thigh 0.1.0"
    assert results[0].remarks == ("Left out, for want of a structure here: femur.",)


def test_the_preparation_is_read_and_references_to_plain_values_are_followed(tmp_path: Path) -> None:
    description = open_engine(write(tmp_path / "thigh")).description  # type: ignore[attr-defined]
    assert description.inputs == ("T2w",)
    assert description.window == (16, 16, 4)
    assert description.spacing_mm == (1.5, 1.5, 8.0)
    assert description.normalisation is Normalisation.Z_SCORE_NONZERO
    assert description.overlap == 0.25


def changed(**parts: Any) -> dict[str, Any]:
    return {**CONFIG, **parts}


STEPS = CONFIG["preprocessing"]["transforms"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (changed(network_def={"_target_": "os.system", "command": "true"}), "not made from a file"),
        (changed(network_def="$__import__('os').system('true')"), "no plain network definition"),
        (changed(network_def=CONFIG["network_def"] | {"out_channels": "$1 + 2"}), "are not evaluated"),
        (changed(network_def=CONFIG["network_def"] | {"out_channels": "@device"}), "are not evaluated"),
        (changed(preprocessing={"transforms": [*STEPS, {"_target_": "Lambdad", "func": "$f"}]}), "expression"),
        (changed(preprocessing={"transforms": [*STEPS, {"_target_": "my.Own"}]}), "not read from a bundle"),
        (changed(preprocessing={"transforms": ["$f"]}), "no plain step"),
        (changed(inferer={"roi_size": "$[1] * 3"}), "expression"),
        (changed(network_def=CONFIG["network_def"] | {"channels": [8, 8]}), "another network or another label"),
    ],
)
def test_a_configuration_beyond_plain_values_is_refused(
    tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        open_engine(write(tmp_path / "thigh", config))


def test_a_bundle_that_segments_something_else_is_refused(tmp_path: Path) -> None:
    metadata = json.loads(json.dumps(METADATA))
    metadata["network_data_format"]["outputs"]["pred"]["channel_def"] = {"0": "background", "1": "spleen"}
    with pytest.raises(InputError, match="nothing that this extension knows: background, spleen"):
        open_engine(write(tmp_path / "spleen", metadata=metadata))


@pytest.mark.parametrize("part", ["configs/metadata.json", "configs/inference.json", "models/model.pt"])
def test_an_incomplete_bundle_names_what_is_missing(tmp_path: Path, part: str) -> None:
    folder = write(tmp_path / "thigh")
    (folder / part).unlink()
    with pytest.raises(InputError, match=f"has no .*{part}"):
        open_engine(folder)


def test_an_archive_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../outside.txt", "x")
    with pytest.raises(InputError, match="outside its folder"):
        open_engine(tmp_path / "evil.zip")


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "thigh")
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "thigh"))
    archive.write_bytes(archive.read_bytes()[:900])
    with pytest.raises(InputError, match="truncated"):
        open_engine(archive)
