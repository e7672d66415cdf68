"""Fine-tuning on five corrected digital thighs with a new shape of rectus femoris, on a tiny network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.progress import Cancelled
from MuscleMyopathyLib.segmentation.corrections.finetuning import (
    FineTuning,
    FineTuningParameters,
    Replay,
    fine_tune,
)
from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary
from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions
from MuscleMyopathyLib.segmentation.corrections.views import corrected_views, exchanged_labels
from MuscleMyopathyLib.segmentation.network.classes import class_index
from MuscleMyopathyLib.segmentation.network.engine import NetworkEngine
from Testing.Library.segmentation.corrections.small_phantoms import examination, true_views

NEW_SHAPES = (21, 22, 23, 24, 25)
LEARN = FineTuningParameters(steps=60, learning_rate=2e-3)


def exchanged(muscles: Segmentation) -> Segmentation:
    """Return a segmentation whose labels are shuffled among the muscles of each side."""
    structures = dict(muscles.structures)
    for side in (Side.LEFT, Side.RIGHT):
        labels = [label for label, structure in structures.items() if structure.side is side]
        codes = [structures[label].code for label in labels]
        for label, code in zip(labels, codes[3:] + codes[:3], strict=True):
            structures[label] = Structure(code, side)
    return Segmentation(muscles.image, structures)


@dataclass(frozen=True)
class Learned:
    """A library after one fine-tuning, and what the networks said before."""

    library: CorrectionLibrary
    versions: NetworkVersions
    outcome: FineTuning
    before: np.ndarray


@pytest.fixture(scope="module")
def learned(small_network: Path, replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> Learned:
    folder = tmp_path_factory.mktemp("library")
    library, versions = CorrectionLibrary(folder), NetworkVersions(folder, small_network)
    for seed in NEW_SHAPES:
        images, muscles = examination(seed, large_rectus=True)
        library.add(f"case-{seed}", Region.THIGH, images, muscles)
    images, muscles = examination(26, large_rectus=True)
    library.add("poisoned", Region.THIGH, images, exchanged(muscles))
    before = NetworkEngine(versions.network()).probabilities(true_views((11,))[0])
    return Learned(library, versions, fine_tune(library, versions, replay, LEARN), before)


def test_it_is_better_on_the_new_shape_and_not_worse_on_the_check_set(learned: Learned) -> None:
    before, after = learned.outcome.dice_held_back
    assert after > before + 0.015
    check_before, check_after = learned.outcome.dice_check
    assert check_after >= check_before - LEARN.tolerance
    assert learned.outcome.promoted
    assert learned.versions.in_use() == 1


def test_the_muscle_of_new_shape_is_found_better_in_a_case_never_seen(learned: Learned) -> None:
    images, muscles = examination(27, large_rectus=True)
    rectus = class_index("RF")
    dice = []
    for version in (0, 1):
        views = corrected_views(images, muscles, Region.THIGH, NetworkEngine(learned.versions.network(version)))
        truth, found = views.targets == rectus, views.found == rectus
        dice.append(2 * (truth & found).sum() / (truth.sum() + found.sum()))
    assert dice[1] > dice[0] + 0.02


def test_a_poisoned_pair_is_refused_and_not_trained_on(learned: Learned) -> None:
    assert list(learned.outcome.refused) == ["0006"]
    assert "labels look exchanged" in learned.outcome.refused["0006"]
    table = learned.versions.table().set_index("version")
    assert table.loc[1, "pairs"] == "0001, 0002, 0003, 0004, 0005"


def test_rolling_back_restores_identical_output(learned: Learned) -> None:
    views = true_views((11,))[0]
    tuned = NetworkEngine(learned.versions.network()).probabilities(views)
    assert np.abs(tuned - learned.before).max() > 0.05
    learned.versions.use(0, "test")
    np.testing.assert_array_equal(NetworkEngine(learned.versions.network()).probabilities(views), learned.before)
    learned.versions.use(1, "test")
    np.testing.assert_array_equal(NetworkEngine(learned.versions.network()).probabilities(views), tuned)


def test_versions_are_listed_with_their_figures(learned: Learned) -> None:
    table = learned.versions.table()
    assert table["version"].tolist() == [0, 1]
    assert table["in_use"].tolist() == [False, True]
    row = table.iloc[1]
    assert (row["dice_held_back_before"], row["dice_held_back"]) == learned.outcome.dice_held_back
    assert "corrections held back" in row["reason"]


def test_a_version_that_became_worse_is_kept_and_not_used(learned: Learned, replay: Replay) -> None:
    ruin = FineTuningParameters(steps=3, learning_rate=0.5)
    outcome = fine_tune(learned.library, learned.versions, replay, ruin)
    assert not outcome.promoted
    assert outcome.reason.startswith("Not used, because it is worse on corrections held back and on the check set")
    assert learned.versions.in_use() == 1
    assert outcome.version in learned.versions.numbers()


def test_a_cancelled_fine_tuning_leaves_the_versions_as_they_were(learned: Learned, replay: Replay) -> None:
    def stop(fraction: float, text: str) -> None:
        if text.startswith("step 2"):
            raise Cancelled

    numbers = learned.versions.numbers()
    with pytest.raises(Cancelled):
        fine_tune(learned.library, learned.versions, replay, LEARN, stop)
    assert learned.versions.numbers() == numbers


def test_two_muscles_exchanged_are_found_and_a_moved_border_is_not(small_network: Path) -> None:
    engine = NetworkEngine(small_network)
    images, muscles = examination(28, large_rectus=True)
    assert exchanged_labels(corrected_views(images, muscles, Region.THIGH, engine), engine.classes) == []
    structures = {
        label: Structure({"VL": "VM", "VM": "VL"}.get(structure.code, structure.code), structure.side)
        for label, structure in muscles.structures.items()
    }
    swapped = corrected_views(images, Segmentation(muscles.image, structures), Region.THIGH, engine)
    assert exchanged_labels(swapped, engine.classes) == [("VL", "VM"), ("VM", "VL")]


def test_what_the_reader_did_not_draw_is_learned_as_the_network_has_it(small_network: Path) -> None:
    """Biceps femoris drawn as one muscle is divided as the network does; muscles left out stay the network's."""
    engine = NetworkEngine(small_network)
    images, muscles = examination(28)
    labels = np.zeros_like(muscles.array)
    heads = [Structure(code, Side.LEFT) for code in ("BFL", "BFS")]
    labels[muscles.mask(heads)] = 1
    whole = Segmentation.from_array(labels, {1: Structure("BF", Side.LEFT)}, muscles.image)
    views = corrected_views(images, whole, Region.THIGH, engine)
    biceps = [class_index("BFL"), class_index("BFS")]
    assert set(np.unique(views.targets[views.drawn])) <= set(biceps)
    outside = ~views.drawn & ~np.isin(views.found, biceps)
    np.testing.assert_array_equal(views.targets[outside], views.found[outside])


def test_without_a_case_held_back_there_is_no_fine_tuning(
    small_network: Path, replay: Replay, tmp_path: Path
) -> None:
    library = CorrectionLibrary(tmp_path)
    library.add("one", Region.THIGH, *examination(21, large_rectus=True))
    with pytest.raises(InputError, match="1 to train on and 0 held back"):
        fine_tune(library, NetworkVersions(tmp_path, small_network), replay, LEARN)


def test_a_version_that_is_not_there_is_refused(small_network: Path, tmp_path: Path) -> None:
    versions = NetworkVersions(tmp_path, small_network)
    with pytest.raises(InputError, match="no version 7"):
        versions.use(7, "test")
    assert versions.in_use() == 0
    with pytest.raises(InputError, match="Fine-tune once"):
        NetworkVersions(tmp_path / "other").network()
