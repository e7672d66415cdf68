"""The panel Case, clicked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scene.hierarchy import find_case_item, hierarchy_node
from MuscleMyopathyLib.scene.volumes import role_of
from Testing.Panels.host import pythonqt, start


def volumes() -> dict[str, Any]:
    """Return the scene's scalar volumes by name."""
    import slicer

    return {node.GetName(): node for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")}


def test_chosen_files_become_volumes_with_roles_under_one_folder(module: Any, thighs: Path) -> None:
    pythonqt.FileDialog.answers.append([thighs / "thigh_water.nii.gz", thighs / "thigh_fat.nii.gz"])
    module.panels["case"].ui.openFilesButton.click()
    assert {name: role_of(node) for name, node in volumes().items()} == {
        "thigh_water": Role.WATER,
        "thigh_fat": Role.FAT,
    }
    hierarchy = hierarchy_node()
    folder = find_case_item("case-1")
    assert all(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == folder for node in volumes().values())


def test_a_dialog_that_is_cancelled_changes_nothing(module: Any) -> None:
    pythonqt.FileDialog.answers.append("")
    module.panels["case"].ui.openFolderButton.click()
    assert volumes() == {}


def test_a_folder_of_dicom_gives_its_series(module: Any, shared_data: Path) -> None:
    pythonqt.FileDialog.answers.append(shared_data / "sts001_dicom")
    module.panels["case"].ui.openFolderButton.click()
    assert sorted(role_of(node) for node in volumes().values()) == [Role.STIR, Role.T1W]
    assert "Compartments" in module.panels["case"].ui.allowsLabel.text


def test_the_table_tells_role_reason_and_size(loaded: Any) -> None:
    table = loaded.panels["case"].ui.volumesTable
    assert table.rowCount == 2 * 2
    assert table.item(0, 0).text() == "thigh_water"
    assert table.cellWidget(0, 1).currentText == "water"
    assert "water image of a Dixon series" in table.item(1, 0).text()
    node = volumes()["thigh_water"]
    assert table.item(0, 2).text().startswith(" × ".join(str(n) for n in node.GetImageData().GetDimensions()))


def test_an_overruled_role_stands_with_the_volume_and_changes_what_is_possible(loaded: Any) -> None:
    panel = loaded.panels["case"]
    assert "✓ Fat fraction: from water + fat" in panel.ui.allowsLabel.text
    box = panel.ui.volumesTable.cellWidget(0, 1)
    box.currentIndex = box.findText("T1w")
    start.process_events()
    assert role_of(volumes()["thigh_water"]) is Role.T1W
    assert "– Fat fraction" in panel.ui.allowsLabel.text
    assert not panel.ui.nextButton.enabled


def test_two_volumes_of_one_role_are_named_as_the_reason(loaded: Any) -> None:
    panel = loaded.panels["case"]
    box = panel.ui.volumesTable.cellWidget(2, 1)
    box.currentIndex = box.findText("water")
    assert "several volumes are “water”" in panel.ui.allowsLabel.text


def test_a_volume_of_the_scene_joins_the_case(module: Any) -> None:
    import slicer

    from MuscleMyopathyLib.scene.volumes import volume_node_from_image

    volume_node_from_image(sitk.Image(8, 8, 4, sitk.sitkInt16), "seen before")
    start.process_events()
    button = module.panels["case"].ui.fromSceneButton
    assert button.enabled
    button.click()
    start.process_events()
    assert module.panels["case"].ui.volumesTable.rowCount == 2
    assert not button.enabled
    assert slicer.mrmlScene.GetFirstNodeByName("seen before").GetAttribute("MuscleMyopathy.Case") == "case-1"


def test_the_images_of_a_phantom_mark_the_case(loaded: Any) -> None:
    from MuscleMyopathyPanels.case_volumes import is_phantom

    assert is_phantom("case-1")


def test_an_empty_folder_is_told_in_the_strip(module: Any, tmp_path: Path) -> None:
    panel = module.panels["case"]
    panel.read_paths([tmp_path])
    assert panel.messages.frame.visible
    assert "is empty" in panel.messages.label.text
    assert volumes() == {}


def test_a_truncated_file_is_named_and_the_others_are_loaded(module: Any, thighs: Path, tmp_path: Path) -> None:
    whole = (thighs / "thigh_fat.nii.gz").read_bytes()
    (tmp_path / "broken_fat.nii.gz").write_bytes(whole[: len(whole) // 2])
    panel = module.panels["case"]
    panel.read_paths([thighs / "thigh_water.nii.gz", tmp_path / "broken_fat.nii.gz"])
    assert set(volumes()) == {"thigh_water"}
    assert "1 could not be" in panel.messages.label.text
    assert "broken_fat" in panel.messages.details.plainText


def test_reading_can_be_cancelled_and_leaves_the_scene_as_it_was(module: Any, thighs: Path) -> None:
    panel = module.panels["case"]
    begin = panel.jobRow.begin

    def begin_and_cancel(text: str) -> None:
        begin(text)
        panel.ui.cancelButton.click()

    panel.jobRow.begin = begin_and_cancel
    panel.read_paths([thighs])
    assert volumes() == {}
    assert "Cancelled" in panel.messages.label.text
    assert not panel.ui.progressBar.visible


def test_cancelling_the_sample_ends_its_process_within_a_second(
    module: Any, wait_until: Callable[..., None]
) -> None:
    panel = module.panels["case"]
    panel.ui.sampleButton.click()
    wait_until(lambda: panel.ui.progressBar.value > 0)
    process = panel._job._process
    panel.ui.cancelButton.click()
    wait_until(lambda: not panel.busy, seconds=1.0)
    assert process.poll() is not None
    assert volumes() == {}
    assert panel.ui.sampleButton.enabled


def test_closing_the_scene_ends_the_sample(module: Any, wait_until: Callable[..., None]) -> None:
    import slicer

    panel = module.panels["case"]
    panel.ui.sampleButton.click()
    process = panel._job._process
    slicer.mrmlScene.Clear(False)
    assert process.poll() is not None
    assert not panel.busy
