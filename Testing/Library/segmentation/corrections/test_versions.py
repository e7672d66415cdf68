"""Versions of a network in a library, without any training."""

from __future__ import annotations

import dataclasses
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
