"""Learning from corrections in the panel Segment, clicked: real fine-tunings of a tiny network, and versions."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
from MuscleMyopathyLib.scene.volumes import image_from_volume_node
from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary
from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions
from Testing.Panels.host import pythonqt, start

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install muscle-myopathy[network]")


@pytest.fixture(scope="module")
def tiny_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a network of three small levels with random weights, which stands for the shipped one."""
    from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters, make_network
    from MuscleMyopathyLib.segmentation.network.card import NetworkCard
    from MuscleMyopathyLib.segmentation.network.engine import write_network
    from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("shipped") / "tiny"
    parameters = NetworkParameters((4, 8, 16), 1)
    card = NetworkCard("tiny", "1", "tests", parameters, ViewGrid(64, 3.2), "")
    write_network(folder, card, make_network(parameters).state_dict())
    return folder


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the cross-sections of one digital thigh, as a first fine-tuning keeps those of many."""
    from MuscleMyopathyLib.segmentation.training.sources import DigitalLimbSource, read_anatomy, write_anatomy

    folder = tmp_path_factory.mktemp("replay")
    source = DigitalLimbSource("digital thigh", Region.THIGH, 1, 20_000, 1.0)
    write_anatomy(read_anatomy([source], folder), folder / "replay.npz")
    shutil.copyfile(folder / "replay.npz", folder / "check.npz")
    return folder


@pytest.fixture
def learning(
    loaded: Any, thighs: Path, tiny_network: Path, replayed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Return the panel with the true muscles at hand, an empty library, and its part for learning opened."""
    from MuscleMyopathyPanels import segment_learning, segment_network

    for module in (segment_learning, segment_network):
        monkeypatch.setattr(module, "shipped_network", lambda: tiny_network)
    monkeypatch.setattr(segment_learning, "STEPS", 2)
    loaded.panels["case"]._place_true_muscles(thighs.parent / "truth")
    loaded.stepBar.buttons["segment"].click()
    start.process_events()
    panel = loaded.panels["segment"]
    shutil.copytree(replayed, tmp_path / "library" / "replay")
    pythonqt.FileDialog.answers.append(tmp_path / "library")
    panel.ui.libraryButton.click()
    panel.ui.learningButton.collapsed = False
    start.process_events()
    return panel


def accept(panel: Any, library: Path, case: str) -> None:
    """Accept the drawing of the panel as a correction of a case, changed a little so that it is another one."""
    images = {
        name: image_from_volume_node(node) * (1.0 + 0.1 * len(case)) for name, node in panel.images.named().items()
    }
    drawn = segmentation_from_node(panel.node.segmentation, panel.images.checked()[0])
    CorrectionLibrary(library).add(case, Region.THIGH, images, drawn)


def cell(panel: Any, row: int, column: int) -> str:
    return panel.ui.versionsTable.item(row, column).text()


def test_what_is_missing_is_said_until_two_cases_are_accepted(learning: Any, tmp_path: Path) -> None:
    ui = learning.ui
    assert not ui.learnButton.enabled
    assert "No correction is accepted yet" in ui.learnEstimateLabel.text
    assert not ui.versionsTable.visible
    ui.acceptButton.click()
    assert "Accepted corrections: 1, of 1 case(s): 1 to learn from, 0 held back" in ui.learningLabel.text
    assert "at least two cases" in ui.learnButton.toolTip
    accept(learning, tmp_path / "library", "case-22")
    learning._module.refresh()
    assert ui.learnButton.enabled
    assert "Accepted corrections: 2, of 2 case(s): 1 to learn from, 1 held back" in ui.learningLabel.text


def test_a_fine_tuning_runs_is_listed_with_its_figures_and_can_be_rolled_back(
    learning: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    from MuscleMyopathyPanels.segment_network import network_folder

    ui, library = learning.ui, tmp_path / "library"
    for case in ("a", "bb"):
        accept(learning, library, case)
    learning._module.refresh()
    ui.learnButton.click()
    assert learning.busy
    assert ui.learnCancelButton.visible
    assert not ui.learnButton.enabled
    assert "running" in ui.learnButton.toolTip
    wait_until(lambda: not learning.busy)
    text = learning.learning.messages.label.text
    assert text.startswith("Version 1. "), text
    versions = NetworkVersions(library)
    record = versions.table().iloc[1]
    assert record["reason"] in text
    assert ui.versionsTable.rowCount == 2
    assert cell(learning, 1, 2) == f"{record['dice_held_back_before']:.3f} → {record['dice_held_back']:.3f}"
    assert cell(learning, 1, 3) == f"{record['dice_check_before']:.3f} → {record['dice_check']:.3f}"
    in_use = versions.in_use()
    assert network_folder() == versions.network(in_use)
    assert cell(learning, in_use, 0).startswith("● ")

    other = 1 - in_use
    ui.versionsTable.selectRow(other)
    start.process_events()
    assert f"start from version {other}" in ui.useVersionLabel.text
    ui.useVersionButton.click()
    assert network_folder() == versions.network(other)
    assert cell(learning, other, 0).startswith("● ")
    assert f"Version {other}" in learning.learning.messages.label.text
    assert not ui.useVersionButton.enabled
    assert ui.useVersionButton.toolTip == "This version is in use."


def test_a_cancelled_fine_tuning_leaves_no_version(
    learning: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    for case in ("a", "bb"):
        accept(learning, tmp_path / "library", case)
    learning._module.refresh()
    learning.ui.learnButton.click()
    learning.ui.learnCancelButton.click()
    wait_until(lambda: not learning.busy, seconds=5.0)
    assert learning.learning.messages.label.text.startswith("Cancelled")
    assert NetworkVersions(tmp_path / "library").in_use() == 0
    assert learning.ui.learnButton.enabled


def test_a_damaged_correction_is_named(learning: Any, tmp_path: Path) -> None:
    accept(learning, tmp_path / "library", "a")
    (tmp_path / "library" / "pairs" / "0001" / "pair.json").write_text("{", encoding="utf-8")
    learning._module.refresh()
    assert not learning.ui.learnButton.enabled
    assert "is damaged" in learning.ui.learnButton.toolTip


def test_the_version_in_use_makes_the_next_muscles_and_the_panel_says_so(
    loaded: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    from MuscleMyopathyLib.segmentation.network.card import read_card, write_card

    library, shipped = tmp_path / "library", resource("Models", "limb-muscles")
    versions = NetworkVersions(library, shipped)
    versions.network()
    learnt = tmp_path / "learnt"
    shutil.copytree(shipped, learnt)
    card = read_card(shipped / "card.json")
    write_card(dataclasses.replace(card, version=f"{card.version}+1"), learnt / "card.json")
    versions.keep(learnt, {"version": 1, "reason": "a test", "promoted": True})
    versions.use(1, "a test")
    pythonqt.FileDialog.answers.append(library)
    loaded.stepBar.buttons["segment"].click()
    panel = loaded.panels["segment"]
    panel.ui.libraryButton.click()
    box = panel.ui.methodBox
    box.currentIndex = box.findData("muscles")
    box.activated.emit(box.currentIndex)
    start.process_events()
    panel.ui.runButton.click()
    wait_until(lambda: not panel.busy)
    assert panel.ui.madeByLabel.text == f"Made by: muscles by limb-muscles {card.version}+1"
    history = json.loads((library / "versions" / "in-use.json").read_text(encoding="utf-8"))["history"]
    assert [change["to"] for change in history] == [1]
