"""Versions of a network in a library, without any training."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.segmentation.corrections.learning import network_in_use
from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions
from MuscleMyopathyLib.segmentation.network.card import read_card, write_card


def network(folder: Path, version: str) -> Path:
    """Write a network whose weights are a few bytes of their own."""
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(version.encode())
    card = read_card(resource("Models", "limb-muscles") / "card.json")
    write_card(dataclasses.replace(card, version=version, weights_sha256=version), folder / "card.json")
    return folder


def test_without_a_version_the_shipped_network_is_in_use_and_nothing_is_written(tmp_path: Path) -> None:
    shipped = network(tmp_path / "shipped", "1")
    assert network_in_use(tmp_path / "library", shipped) == shipped
    assert not (tmp_path / "library").exists()


def test_a_network_that_an_update_ships_comes_into_use_where_nobody_chose_a_version(tmp_path: Path) -> None:
    library, first, second = tmp_path / "library", network(tmp_path / "a", "1"), network(tmp_path / "b", "2")
    NetworkVersions(library).take_in(first)
    assert network_in_use(library, first).name == "0000"
    assert read_card(network_in_use(library, second) / "card.json").version == "2"
    assert NetworkVersions(library).table()["network"].tolist() == ["limb-muscles 1", "limb-muscles 2"]
    network_in_use(library, second)
    assert NetworkVersions(library).numbers() == [0, 1]


def test_a_version_that_was_chosen_stays_in_use_after_an_update(tmp_path: Path) -> None:
    library, first, second = tmp_path / "library", network(tmp_path / "a", "1"), network(tmp_path / "b", "2")
    versions = NetworkVersions(library)
    versions.take_in(first)
    versions.use(0, "chosen")
    assert network_in_use(library, second) == versions.network(0)
    assert versions.numbers() == [0, 1]


def test_a_version_whose_files_are_gone_is_an_error_in_words(tmp_path: Path) -> None:
    library, first = tmp_path / "library", network(tmp_path / "a", "1")
    versions = NetworkVersions(library)
    versions.take_in(first)
    (versions.network(0) / "card.json").unlink()
    with pytest.raises(InputError, match="no version 0"):
        network_in_use(library, first)


def test_a_damaged_record_of_the_version_in_use_is_said_and_another_version_can_be_chosen(tmp_path: Path) -> None:
    library, first = tmp_path / "library", network(tmp_path / "a", "1")
    versions = NetworkVersions(library)
    versions.take_in(first)
    versions.use(0, "chosen")
    (library / "versions" / "in-use.json").write_text('{"version": ')
    with pytest.raises(InputError, match=r"is damaged .*rollback --to 0"):
        network_in_use(library, first)
    assert versions.table()["in_use"].tolist() == [False]
    versions.use(0, "chosen anew")
    assert network_in_use(library, first) == versions.network(0)
    assert (library / "versions" / "damaged-in-use.json").read_text() == '{"version": '


def test_one_damaged_version_is_no_obstacle_to_the_others(tmp_path: Path) -> None:
    library, first, second = tmp_path / "library", network(tmp_path / "a", "1"), network(tmp_path / "b", "2")
    versions = NetworkVersions(library)
    versions.take_in(first)
    versions.take_in(second)
    versions.use(1, "chosen")
    (versions.network(0) / "card.json").write_bytes(b"\xff\xfe{")
    (versions.network(1) / "record.json").write_text("[]")
    assert network_in_use(library, second) == versions.network(1)
    table = versions.table().set_index("version")
    assert table["network"].tolist() == ["damaged", "limb-muscles 2"]
    assert "is not a network card" in table.loc[0, "reason"]
    assert "is damaged" in table.loc[1, "reason"]


def test_a_copy_that_a_file_manager_made_is_no_version(tmp_path: Path) -> None:
    library, first = tmp_path / "library", network(tmp_path / "a", "1")
    versions = NetworkVersions(library)
    versions.take_in(first)
    shutil.copytree(versions.network(0), library / "versions" / "0000 copy")
    assert versions.numbers() == [0]
