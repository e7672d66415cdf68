"""A network on disk: card and weights that belong together, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("monai")

from MuscleMyopathyLib.errors import InputError  # noqa: E402
from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters, make_network  # noqa: E402
from MuscleMyopathyLib.segmentation.network.card import NetworkCard  # noqa: E402
from MuscleMyopathyLib.segmentation.network.classes import CLASSES  # noqa: E402
from MuscleMyopathyLib.segmentation.network.engine import CARD, WEIGHTS, NetworkEngine, write_network  # noqa: E402
from MuscleMyopathyLib.segmentation.network.limb_views import ViewGrid  # noqa: E402

SMALL = NetworkParameters(channels=(4, 8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    card = NetworkCard(
        "small", "3", "tests", SMALL, ViewGrid(32, 4.0), "", expected_places={"VL": [0.3, 0.1, 0.05]}
    )
    write_network(tmp_path / "net", card, make_network(SMALL).state_dict())
    return tmp_path / "net"


def test_probabilities_are_positive_and_sum_to_one(folder):
    engine = NetworkEngine(folder)
    images = np.random.default_rng(0).uniform(0, 1, (3, 32, 32)).astype(np.float32)
    probabilities = engine.probabilities(images)
    assert probabilities.shape == (3, len(CLASSES), 32, 32)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_view_does_not_depend_on_the_others_in_its_batch(folder):
    engine = NetworkEngine(folder)
    images = np.random.default_rng(0).uniform(0, 1, (4, 32, 32)).astype(np.float32)
    together, alone = engine.probabilities(images)[2], engine.probabilities(images[2:3])[0]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_card_and_weights_come_back(folder):
    engine = NetworkEngine(folder)
    assert engine.name == "small 3"
    assert engine.view == ViewGrid(32, 4.0)
    assert engine.expected_places["VL"].outward == 0.3
    torch.manual_seed(1)
    written = make_network(SMALL).state_dict()
    read = engine._network.state_dict()
    for name, value in written.items():
        torch.testing.assert_close(read[name], value.half().float())


def test_a_truncated_weights_file_is_refused(folder):
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(InputError, match="damaged"):
        NetworkEngine(folder)


def test_weights_of_another_label_table_are_refused(folder):
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card["network"]["classes"] = card["network"]["classes"][:-3]
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(InputError, match="do not fit"):
        NetworkEngine(folder)


def test_an_unknown_class_in_the_card_is_refused(folder):
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card["network"]["classes"][-1] = "XYZ"
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(InputError, match="XYZ"):
        NetworkEngine(folder)


@pytest.mark.parametrize("missing", [CARD, WEIGHTS])
def test_a_missing_part_is_named(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(InputError, match=missing if missing == CARD else "weights"):
        NetworkEngine(folder)


def test_a_card_of_something_else_is_refused(folder):
    (folder / CARD).write_text('{"format": "recipe"}', encoding="utf-8")
    with pytest.raises(InputError, match="not a card"):
        NetworkEngine(folder)
