"""TorchScript with its YAML description: the whole way from file to structures, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
import yaml

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import GeometryError, InputError
from MuscleMyopathyLib.imaging.geometry import same_geometry
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from Testing.Library.segmentation.engines.leg_image import Threshold, blocks, image_of, set_thresholds

RF, VL = Structure("RF", Side.LEFT), Structure("VL", Side.RIGHT)
DESCRIPTION = {
    "name": "threshold",
    "inputs": ["T1w"],
    "labels": {1: "RF_left", 2: "VL_right"},
    "window": [16, 16],
    "normalisation": "0 to 1",
}


def write(folder: Path, description: dict[str, object], dimensions: int = 2, name: str = "net.ts") -> Path:
    network = Threshold(dimensions)
    set_thresholds(network.head, 0.25, 0.75)
    path = folder / name
    torch.jit.script(network).save(str(path))
    path.with_suffix(".yaml").write_text(yaml.safe_dump(description), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"window": [16, 16, 4]},
        {"orientation": "LPS"},
        {"orientation": "SLA", "window": [4, 16]},
        {"foreground_margin": 2},
        {"spacing_mm": [0.75, 0.75, -1], "window": [32, 32]},
    ],
    ids=["slices", "volumes", "LPS", "SLA", "cropped", "finer"],
)
def test_labels_come_back_on_the_grid_of_the_image_however_the_network_sees_it(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    dimensions = len(changes.get("window", [16, 16]))  # type: ignore[arg-type]
    engine = open_engine(write(tmp_path, DESCRIPTION | changes, dimensions), trusted=True)
    labels = blocks()
    made = engine.segment([image_of(labels)])
    assert same_geometry(made.segmentation.image, image_of(labels))
    wrong = np.count_nonzero(made.segmentation.mask(RF) != (labels == 1))
    wrong += np.count_nonzero(made.segmentation.mask(VL) != (labels == 2))
    # Interpolated twice, the rim of a block may move by a voxel.
    assert wrong == 0 if "spacing_mm" not in changes else wrong < 0.1 * np.count_nonzero(labels)
    confidence = sitk.GetArrayFromImage(made.confidence)
    assert confidence[made.segmentation.array > 0].min() > 1 / 3
    assert not confidence[made.segmentation.array == 0].any()


def test_torchscript_runs_only_when_its_source_is_trusted(tmp_path: Path) -> None:
    for name in ("net.ts", "net.pt"):
        path = write(tmp_path, DESCRIPTION, name=name)
        with pytest.raises(InputError, match="is a program"):
            open_engine(path)


def test_a_network_with_another_number_of_classes_is_refused_before_an_image_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path, DESCRIPTION | {"labels": {1: "RF_left", 2: "VL_left", 3: "VI_left"}})
    with pytest.raises(InputError, match=r"gives 3 classes and its label table has 4 .* another label table"):
        open_engine(path, trusted=True)


def test_a_network_with_another_number_of_channels_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, DESCRIPTION | {"inputs": ["water", "fat"]})
    with pytest.raises(InputError, match=r"refused 2 channel\(s\)"):
        open_engine(path, trusted=True)


@pytest.mark.parametrize("name", ["net.ts", "net.pt"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, DESCRIPTION, name=name)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"(is|it is) truncated"):
        open_engine(path, trusted=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {1: "RF_left", 3: "VL_left"}}, "number every class"),
        ({"labels": {1: "XX"}}, "Unknown structure code"),
        ({"window": [16]}, "two or three"),
        ({"orientation": "XYZ"}, "such as RAS"),
        ({"colour": 1}, "no parameter colour"),
        ({"normalisation": "magic"}, "is not one of"),
        ({"overlap": 1.0}, "between 0 and 1"),
        ({"spacing_mm": [0, 1, 1]}, "three positive"),
    ],
)
def test_a_description_that_cannot_be_meant_is_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        open_engine(write(tmp_path, DESCRIPTION | changes), trusted=True)


class Pair(torch.nn.Module):
    """Scores at two scales, as networks with deep supervision give them."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.cat([image, image, image], 1), image


class Half(torch.nn.Module):
    """Scores of half the size."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(torch.cat([image, image, image], 1), 2)


class NoNumbers(torch.nn.Module):
    """Scores that overflowed."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([image, image, image], 1) * float("nan")


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Pair(), "gives a tuple, and scores of the shape"),
        (Half(), "gives scores of the size"),
        (NoNumbers(), "not numbers"),
    ],
    ids=["deep supervision", "half the size", "not numbers"],
)
def test_a_network_that_gives_no_scores_of_its_window_is_refused(
    tmp_path: Path, network: torch.nn.Module, message: str
) -> None:
    path = write(tmp_path, DESCRIPTION)
    torch.jit.script(network).save(str(path))
    with pytest.raises(InputError, match=message):
        open_engine(path, trusted=True)


def test_weights_without_a_description_say_what_is_needed(tmp_path: Path) -> None:
    path = write(tmp_path, DESCRIPTION)
    path.with_suffix(".yaml").unlink()
    with pytest.raises(InputError, match="YAML file of the same name"):
        open_engine(path, trusted=True)


def test_images_that_are_empty_too_few_or_on_other_grids_are_refused(tmp_path: Path) -> None:
    engine = open_engine(write(tmp_path, DESCRIPTION), trusted=True)
    image = image_of(blocks())
    with pytest.raises(InputError, match="every voxel is 0"):
        engine.segment([image * 0])
    with pytest.raises(InputError, match=r"needs 1 image\(s\) \(T1w\), and 2 were given"):
        engine.segment([image, image])

    two = Threshold(2, channels=2)
    set_thresholds(two.head, 0.25, 0.75)
    torch.jit.script(two).save(str(tmp_path / "two.ts"))
    (tmp_path / "two.yaml").write_text(yaml.safe_dump(DESCRIPTION | {"inputs": ["water", "fat"]}))
    with pytest.raises(GeometryError, match="water and the fat do not share one grid"):
        open_engine(tmp_path / "two.ts", trusted=True).segment([image, image[:, :, 1:]])


def test_inference_can_be_cancelled(tmp_path: Path) -> None:
    def stop(fraction: float, text: str) -> None:
        if "slice 3" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        open_engine(write(tmp_path, DESCRIPTION), trusted=True).segment([image_of(blocks())], stop)


def test_a_file_that_is_no_network_is_refused_with_the_kinds_that_are(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(InputError, match="A network is a folder with plans"):
            open_engine(path)
    with pytest.raises(InputError, match="no file or folder"):
        open_engine(tmp_path / "absent")
