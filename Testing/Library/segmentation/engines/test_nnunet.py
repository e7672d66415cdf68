"""Results folders of nnU-Net v2, with networks whose output is known exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.segmentation.engines.nnunet_architecture import Block, Plan, UNet
from MuscleMyopathyLib.segmentation.engines.nnunet_plans import Resampling
from MuscleMyopathyLib.segmentation.engines.nnunet_resampling import nonzero_box, normalised, resampled
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from Testing.Library.segmentation.engines.leg_image import blocks, image_of, set_thresholds

RF, VL = Structure("RF", Side.LEFT), Structure("VL", Side.RIGHT)


def plans(dimensions: int, residual: bool, **changes: Any) -> dict[str, Any]:
    kwargs = {
        "n_stages": 2,
        "features_per_stage": [4, 6],
        "conv_op": f"torch.nn.modules.conv.Conv{dimensions}d",
        "kernel_sizes": [[3] * dimensions] * 2,
        "strides": [[1] * dimensions, [2] * dimensions],
        "n_blocks_per_stage" if residual else "n_conv_per_stage": [1, 2],
        "n_conv_per_stage_decoder": [1],
        "conv_bias": True,
        "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dimensions}d",
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }
    name = "ResidualEncoderUNet" if residual else "PlainConvUNet"
    full = {
        "patch_size": [16, 16] if dimensions == 2 else [4, 16, 16],
        "spacing": [1.5, 1.5] if dimensions == 2 else [8.0, 1.5, 1.5],
        "normalization_schemes": ["NoNormalization"],
        "use_mask_for_norm": [False],
        "resampling_fn_data": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
        "resampling_fn_probabilities_kwargs": {
            "is_seg": False,
            "order": 1,
            "order_z": 0,
            "force_separate_z": None,
        },
        "architecture": {
            "network_class_name": f"dynamic_network_architectures.architectures.unet.{name}",
            "arch_kwargs": kwargs,
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
    }
    return {
        "dataset_name": "Dataset001_Blocks",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "configurations": {"parent": full, "small": {"inherits_from": "parent", **changes}},
    }


DATASET = {
    "channel_names": {"0": "T1w"},
    "labels": {"background": 0, "rectus femoris left": 1, "vastus lateralis right": 2},
    "file_ending": ".nii.gz",
}


def plan(dimensions: int, residual: bool, classes: int = 3) -> Plan:
    return Plan(
        *(Block(dimensions), residual, 1, classes, [4, 6], [(3,) * dimensions] * 2),
        *([(1,) * dimensions, (2,) * dimensions], [1, 2], [1]),
    )


def carrying(network: UNet) -> UNet:
    """Make a network carry the image's brightness to its head: skip connections pass it, the rest adds nothing.

    The normalisations between are put out of action, here and in the network that is loaded (`identity_norms`).
    """
    for module in network.modules():
        if isinstance(module, torch.nn.InstanceNorm2d | torch.nn.InstanceNorm3d):
            module.forward = lambda features: features  # type: ignore[method-assign]
    # A residual unit passes its input on by itself.
    first = "encoder.stem" if hasattr(network.encoder, "stem") else "encoder.stages.0"
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "norm" in name or "all_modules.1" in name:
                continue
            parameter.zero_()
            if name.endswith("weight") and name.startswith((first, "decoder.stages")):
                centre = tuple(length // 2 for length in parameter.shape[2:])
                # In the decoder the features of the skip stand behind those from below.
                source = parameter.shape[1] // 2 if name.startswith("decoder") else 0
                parameter[(0, source, *centre)] = 1.0
    set_thresholds(network.decoder.seg_layers[-1], 50.0, 150.0)
    return network


def write(
    folder: Path,
    dimensions: int = 3,
    residual: bool = False,
    *,
    folds: int = 1,
    checkpoint: dict[str, Any] | None = None,
    dataset: dict[str, Any] | None = None,
    **changes: Any,
) -> Path:
    folder.mkdir()
    (folder / "plans.json").write_text(json.dumps(plans(dimensions, residual, **changes)), encoding="utf-8")
    (folder / "dataset.json").write_text(json.dumps(dataset or DATASET), encoding="utf-8")
    for fold in range(folds):
        torch.manual_seed(fold)
        network = carrying(UNet(plan(dimensions, residual)))
        content = {
            "network_weights": network.state_dict(),
            "optimizer_state": {"momentum": torch.zeros(2)},
            "logging": {"train_losses": [np.float64(0.25)], "dice_per_class_or_region": [[np.float32(0.5)]]},
            "current_epoch": 1,
            "init_args": {"configuration": "small", "fold": fold, "device": torch.device("cpu")},
            "trainer_name": "nnUNetTrainer",
            "inference_allowed_mirroring_axes": (0, 1, 2),
        }
        (folder / f"fold_{fold}").mkdir()
        torch.save(content | (checkpoint or {}), folder / f"fold_{fold}" / "checkpoint_final.pth")
    return folder


def identity_norms(engine: Any) -> None:
    for network in engine._networks:
        for module in network.modules():
            if isinstance(module, torch.nn.InstanceNorm2d | torch.nn.InstanceNorm3d):
                module.forward = lambda features: features


@pytest.mark.parametrize("residual", [False, True], ids=["plain", "residual"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_results_folder_segments_on_the_grid_of_the_image(
    tmp_path: Path, dimensions: int, residual: bool
) -> None:
    engine = open_engine(write(tmp_path / "results", dimensions, residual, folds=2))
    identity_norms(engine)
    labels = blocks()
    made = engine.segment([image_of(labels)])
    np.testing.assert_array_equal(made.segmentation.mask(RF), labels == 1)
    np.testing.assert_array_equal(made.segmentation.mask(VL), labels == 2)
    assert engine.name == "nnU-Net Dataset001_Blocks small"


def test_axes_are_exchanged_and_spacing_changed_and_both_are_undone(tmp_path: Path) -> None:
    folder = write(tmp_path / "results", 3, spacing=[1.0, 8.0, 1.0], patch_size=[16, 4, 16])
    values = json.loads((folder / "plans.json").read_text())
    values |= {"transpose_forward": [1, 0, 2], "transpose_backward": [1, 0, 2]}
    (folder / "plans.json").write_text(json.dumps(values))
    engine = open_engine(folder)
    identity_norms(engine)
    labels = blocks()
    found = engine.segment([image_of(labels)]).segmentation
    for structure, label in ((RF, 1), (VL, 2)):
        mask = found.mask(structure)
        assert 2 * (mask & (labels == label)).sum() / (mask.sum() + (labels == label).sum()) > 0.9


def test_one_thin_slice_before_a_network_of_thick_ones_is_segmented(tmp_path: Path) -> None:
    engine = open_engine(write(tmp_path / "results", 3))
    identity_norms(engine)
    labels = blocks()[2:3]
    found = engine.segment([image_of(labels, (1.5, 1.5, 2.0))]).segmentation
    np.testing.assert_array_equal(found.mask(RF), labels == 1)


def test_an_image_without_a_number_is_refused_and_one_with_some_is_not(tmp_path: Path) -> None:
    engine = open_engine(write(tmp_path / "results"))
    identity_norms(engine)
    image = image_of(blocks())
    voxels = sitk.GetArrayFromImage(image)
    for share, refused in ((slice(None), True), (slice(0, 1), False)):
        voxels[share] = np.nan
        changed = sitk.GetImageFromArray(voxels)
        changed.CopyInformation(image)
        if refused:
            with pytest.raises(InputError, match="no voxel of it is a number"):
                engine.segment([changed])
            voxels = sitk.GetArrayFromImage(image)
        else:
            assert engine.segment([changed]).segmentation.array.any()


def test_a_label_scheme_says_what_unknown_names_are(tmp_path: Path) -> None:
    dataset = DATASET | {"labels": {"background": 0, "muscle_a": 1, "muscle_b": 2}}
    folder = write(tmp_path / "results", dataset=dataset)
    with pytest.raises(InputError, match=r"none of its classes .*muscle_a, muscle_b.* Give a label scheme"):
        open_engine(folder)
    engine = open_engine(folder, scheme={2: RF})
    identity_norms(engine)
    labels = blocks()
    made = engine.segment([image_of(labels)])
    np.testing.assert_array_equal(made.segmentation.mask(RF), labels == 2)
    assert made.remarks == ("Left out, for want of a structure here: muscle_a.",)
    with pytest.raises(InputError, match=r"names the labels 7, which the network does not have"):
        open_engine(folder, scheme={2: RF, 7: VL})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalization_schemes": ["MyOwn"]}, "normalised by MyOwn"),
        ({"previous_stage": "3d_lowres"}, "cascade"),
        ({"resampling_fn_data": "my_fn"}, "not nnU-Net's default"),
        ({"inherits_from": "nowhere"}, "no configuration 'nowhere'"),
        (
            {"architecture": {"network_class_name": "my.Net", "arch_kwargs": {}}},
            "the network Net is not supported",
        ),
        ({"patch_size": "big"}, "lacks something or is damaged"),
    ],
)
def test_plans_beyond_the_defaults_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_engine(write(tmp_path / "results", **changes))


def test_weights_of_another_label_table_are_refused(tmp_path: Path) -> None:
    labels = {"background": 0, "RF_left": 1, "VL_left": 2, "VI_left": 3, "VM_left": 4}
    with pytest.raises(InputError, match=r"another label table .* instead of \(5"):
        open_engine(write(tmp_path / "results", dataset=DATASET | {"labels": labels}))


def test_weights_for_another_number_of_channels_are_refused(tmp_path: Path) -> None:
    dataset = DATASET | {"channel_names": {"0": "water", "1": "fat"}}
    with pytest.raises(InputError, match=r"2 channel\(s\) are normalised"):
        open_engine(write(tmp_path / "results", dataset=dataset))


def test_a_checkpoint_with_code_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "results", checkpoint={"trainer": Path("/")})
    with pytest.raises(InputError, match="can run code"):
        open_engine(folder)


def test_missing_damaged_and_foreign_files_are_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "results")
    weights = folder / "fold_0" / "checkpoint_final.pth"
    content = weights.read_bytes()
    weights.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="truncated"):
        open_engine(folder)
    torch.save({"a": torch.ones(1)}, weights)
    with pytest.raises(InputError, match="does not name its configuration"):
        open_engine(folder)
    weights.unlink()
    with pytest.raises(InputError, match="no weights"):
        open_engine(folder)
    (folder / "plans.json").unlink()
    with pytest.raises(InputError, match=r"there is no plans\.json"):
        open_engine(folder)


def test_regions_that_overlap_are_refused(tmp_path: Path) -> None:
    dataset = DATASET | {"labels": {"background": 0, "all": [1, 2], "rectus femoris": 2}}
    with pytest.raises(InputError, match="regions that overlap"):
        open_engine(write(tmp_path / "results", dataset=dataset))


def test_z_score_is_of_the_mask_where_asked_and_of_all_otherwise() -> None:
    values = np.zeros((4, 6, 6), np.float32)
    values[1:3, 1:5, 1:5] = np.random.default_rng(0).normal(50, 5, (2, 4, 4))
    mask, box = nonzero_box(values[None])
    inside = normalised(values[box], mask, "ZScoreNormalization", True, {})
    assert abs(inside[mask].mean()) < 1e-5
    assert inside[mask].std() == pytest.approx(1, abs=1e-5)
    everywhere = normalised(values, np.ones(values.shape, bool), "ZScoreNormalization", False, {})
    assert abs(everywhere.mean()) < 1e-5
    window = {"percentile_00_5": 0, "percentile_99_5": 10, "mean": 5, "std": 5}
    np.testing.assert_allclose(normalised(values, mask, "CTNormalization", False, window).max(), 1)


def test_thick_slices_are_resampled_by_themselves() -> None:
    """Between slices the nearest is taken (order 0), within slices a ramp stays a ramp."""
    ramp = np.broadcast_to(np.arange(8, dtype=np.float32), (3, 8, 8)).copy()
    ramp += np.array([0, 100, 200], np.float32)[:, None, None]
    fine = resampled(ramp, (6, 16, 16), (8.0, 1.0, 1.0), (4.0, 0.5, 0.5), Resampling(1, 0, None))
    assert fine.shape == (6, 16, 16)
    np.testing.assert_allclose(fine[:, 8, 8] - fine[0, 8, 8], [0, 0, 100, 100, 200, 200], atol=1e-4)
    np.testing.assert_allclose(np.diff(fine[0, 8, 2:14]), 0.5, atol=1e-4)
    together = resampled(ramp, (6, 8, 8), (1.5, 1.0, 1.0), (0.75, 1.0, 1.0), Resampling(1, 0, None))
    assert len(np.unique(together[:, 4, 4].round(3))) > 3
