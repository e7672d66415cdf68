"""Learning from corrections in the application: a real fine-tuning of a tiny network, and the way back."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drive_readers import load_small_limb

Wait = Callable[..., None]
Picture = Callable[[str], None]


def tiny_network(folder: Path) -> Path:
    """Write a network of three small levels with random weights, which stands for the shipped one."""
    import torch

    from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters, make_network
    from MuscleMyopathyLib.segmentation.network.card import NetworkCard
    from MuscleMyopathyLib.segmentation.network.engine import write_network
    from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid

    torch.manual_seed(0)
    parameters = NetworkParameters((4, 8, 16), 1)
    card = NetworkCard("tiny", "1", "tests", parameters, ViewGrid(64, 3.2), "")
    write_network(folder, card, make_network(parameters).state_dict())
    return folder


def synthetic_images(folder: Path) -> None:
    """Keep the cross-sections of one digital thigh, as a first fine-tuning keeps those of many."""
    from MuscleMyopathyLib.anatomy import Region
    from MuscleMyopathyLib.segmentation.training.sources import DigitalLimbSource, read_anatomy, write_anatomy

    folder.mkdir(parents=True)
    source = DigitalLimbSource("digital thigh", Region.THIGH, 1, 20_000, 1.0)
    write_anatomy(read_anatomy([source], folder), folder / "replay.npz")
    shutil.copyfile(folder / "replay.npz", folder / "check.npz")


def learn_and_go_back(module: Any, wait_until: Wait, panel_picture: Picture, window_picture: Picture) -> None:
    """Accept two corrections, learn from them, look at the versions, and put the other one into use."""
    try:
        import monai  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise unittest.SkipTest(f"{error.name} is not installed: it comes with the extension PyTorch") from error
    import slicer
    from MuscleMyopathyPanels import segment_learning, segment_network

    from MuscleMyopathyLib.anatomy import Region
    from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
    from MuscleMyopathyLib.scene.volumes import image_from_volume_node
    from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary
    from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions

    settings = slicer.app.userSettings()
    before = (settings.value(segment_network.LIBRARY), segment_learning.STEPS, segment_network.shipped_network)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library, network = folder / "library", tiny_network(folder / "tiny")
        synthetic_images(library / "replay")
        segment_network.set_library_folder(library)
        segment_learning.STEPS = 2
        segment_learning.shipped_network = segment_network.shipped_network = lambda: network
        try:
            load_small_limb(module, folder)
            module.stepBar.buttons["segment"].click()
            panel = module.panels["segment"]
            ui, learning = panel.ui, panel.learning
            panel.node.segmentation = slicer.util.getNode("true muscles")
            ui.editorButton.collapsed = True
            ui.learningButton.collapsed = False
            wait_until(lambda: ui.learnEstimateLabel.visible, seconds=5)
            assert not ui.learnButton.enabled
            assert "No correction" in ui.learnButton.toolTip
            ui.acceptButton.click()
            assert "at least two cases" in ui.learnButton.toolTip, panel.messages.label.text
            images = {name: image_from_volume_node(node) * 1.1 for name, node in panel.images.named().items()}
            drawn = segmentation_from_node(panel.node.segmentation, panel.images.checked()[0])
            CorrectionLibrary(library).add("case-2", Region.THIGH, images, drawn)
            module.refresh()
            assert ui.learnButton.enabled, ui.learnButton.toolTip
            ui.learnButton.click()
            wait_until(lambda: ui.learnProgressBar.value > 0)
            window_picture("segment-learning-runs")
            wait_until(lambda: not panel.busy)
            assert learning.messages.label.text.startswith("Version 1."), learning.messages.label.text
            assert ui.versionsTable.rowCount == 2
            versions = NetworkVersions(library)
            other = 1 - versions.in_use()
            ui.versionsTable.selectRow(other)
            wait_until(lambda: ui.useVersionButton.enabled, seconds=5)
            panel_picture("segment-learning")
            ui.useVersionButton.click()
            assert versions.in_use() == other, learning.messages.label.text
            assert ui.versionsTable.item(other, 0).text().startswith("●")
            assert segment_network.network_folder() == versions.network(other)
        finally:
            segment_learning.shipped_network = segment_network.shipped_network = before[2]
            segment_learning.STEPS = before[1]
            settings.remove(segment_network.LIBRARY)
            if before[0] is not None:
                settings.setValue(segment_network.LIBRARY, before[0])
            ui.learningButton.collapsed = True
            ui.editorButton.collapsed = False
