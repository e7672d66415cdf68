"""Learning from corrections on nodes: accepted, learnt with a tiny network, listed, rolled back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene import console_corrections
from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
from MuscleMyopathyLib.scene.volumes import volume_node_from_image
from MuscleMyopathyLib.segmentation.corrections.finetuning import FineTuningParameters
from Testing.Library.segmentation.corrections.small_phantoms import examination

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install muscle-myopathy[network]")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Return a network of three small levels with random weights."""
    from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters, make_network
    from MuscleMyopathyLib.segmentation.network.card import NetworkCard
    from MuscleMyopathyLib.segmentation.network.engine import write_network
    from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid

    torch.manual_seed(0)
    parameters = NetworkParameters((4, 8, 16), 1)
    card = NetworkCard("tiny", "1", "tests", parameters, ViewGrid(64, 3.2), "")
    write_network(tmp_path / "tiny", card, make_network(parameters).state_dict())
    return tmp_path / "tiny"


def accept(library: Path, seed: int) -> Any:
    images, muscles = examination(seed)
    volumes = [volume_node_from_image(image, name, role=Role(name)) for name, image in images.items()]
    drawn = segmentation_node_from(muscles, "muscles", volumes[0])
    return console_corrections.accept_correction(library, drawn, volumes, f"case-{seed}", "thigh")


def test_corrections_are_accepted_learnt_from_and_versions_listed_and_chosen(
    scene: Any, network: Path, tmp_path: Path
) -> None:
    from MuscleMyopathyLib.segmentation.training.sources import DigitalLimbSource, read_anatomy, write_anatomy

    library = tmp_path / "library"
    assert [accept(library, seed).held_back for seed in (21, 22)] == [False, True]
    (library / "replay").mkdir()
    source = DigitalLimbSource("digital thigh", Region.THIGH, 1, 20_000, 1.0)
    write_anatomy(read_anatomy([source], tmp_path), library / "replay" / "replay.npz")
    shutil.copyfile(library / "replay" / "replay.npz", library / "replay" / "check.npz")
    told: list[str] = []
    made = console_corrections.fine_tune(
        library,
        FineTuningParameters(steps=2),
        network=network,
        progress=lambda fraction, text: told.append(text),
    )
    assert made.version == 1
    assert any(text.startswith("step 2 of 2") for text in told)
    table = dataframe_from_table_node(console_corrections.network_versions(library))
    assert table["network"].tolist() == ["tiny 1", "tiny 1+1"]
    np.testing.assert_allclose(table["dice_held_back"].iloc[1], made.dice_held_back[1])
    assert console_corrections.use_version(library, 0).name == "0000"
    with pytest.raises(InputError, match="no version 7"):
        console_corrections.use_version(library, 7)


def test_without_an_image_or_a_muscle_nothing_is_accepted(scene: Any, tmp_path: Path) -> None:
    images, muscles = examination(21)
    volume = volume_node_from_image(next(iter(images.values())), "T1w", role=Role.T1W)
    drawn = segmentation_node_from(muscles, "muscles", volume)
    with pytest.raises(InputError, match="No volume is chosen"):
        console_corrections.accept_correction(tmp_path, drawn, [], "P-01", "thigh")
    with pytest.raises(InputError, match="No muscle of the calf"):
        console_corrections.accept_correction(tmp_path, drawn, [volume], "P-01", "calf")
