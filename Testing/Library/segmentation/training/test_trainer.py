"""A tiny network learns on the digital limb, and a training that was stopped ends as one that was not."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("monai")

from MuscleMyopathyLib.anatomy import Region  # noqa: E402
from MuscleMyopathyLib.errors import InputError  # noqa: E402
from MuscleMyopathyLib.progress import Cancelled  # noqa: E402
from MuscleMyopathyLib.segmentation.network.architecture import NetworkParameters  # noqa: E402
from MuscleMyopathyLib.segmentation.network.engine import NetworkEngine  # noqa: E402
from MuscleMyopathyLib.segmentation.training.parameters import Schedule, TrainingParameters  # noqa: E402
from MuscleMyopathyLib.segmentation.training.sources import DigitalLimbSource, read_anatomy  # noqa: E402
from MuscleMyopathyLib.segmentation.training.synthesis import SynthesisParameters  # noqa: E402
from MuscleMyopathyLib.segmentation.training.trainer import Trainer, read_stages  # noqa: E402
from MuscleMyopathyLib.segmentation.training.training_run import train  # noqa: E402

LIMBS = (DigitalLimbSource("thighs", Region.THIGH, 1, 10, 1.0),)
CHECK = (DigitalLimbSource("check thighs", Region.THIGH, 1, 90, 1.0),)
EASY = SynthesisParameters(
    size=96, rotation_degrees=5, scale=0.05, elastic_pixels=1, healthy=1.0, atrophy=0, other_leg=0, cut_off=0
)
TINY = TrainingParameters(
    name="tiny",
    digital_limbs=LIMBS,
    check_limbs=CHECK,
    network=NetworkParameters(channels=(8, 16, 32)),
    synthesis=EASY,
    schedule=Schedule(
        steps=60,
        batch=4,
        learning_rate=5e-3,
        warm_up=5,
        cool_down=10,
        average=0.9,
        log_every=10,
        check_every=20,
        checkpoint_every=4,
    ),
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def rows_of_log(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_loss_falls_and_the_dice_on_unseen_limbs_rises(tmp_path):
    network = train(TINY, tmp_path, tmp_path / "run")
    rows = rows_of_log(tmp_path / "run")
    losses = [float(row["loss"]) for row in rows]
    dice = [float(row["check_dice"]) for row in rows if row["check_dice"]]
    assert losses[-1] < 0.75 * losses[0]
    assert dice[-1] > dice[0]
    engine = NetworkEngine(network)
    assert engine.card.training["steps"] == 60
    assert engine.card.training["sources"][0]["files"] == ["seeds 10 to 10"]
    assert engine.expected_places["VL"].outward > 0 > engine.expected_places["GR"].outward


def short(steps: int) -> TrainingParameters:
    return dataclasses.replace(TINY, check_limbs=(), schedule=dataclasses.replace(TINY.schedule, steps=steps))


def test_a_resumed_training_ends_with_the_same_weights_as_an_uninterrupted_one(tmp_path):
    anatomy = read_anatomy(LIMBS, tmp_path)
    whole = Trainer(short(10), anatomy, tmp_path / "whole")
    whole.run()

    def stop(fraction: float, text: str) -> None:
        raise Cancelled

    interrupted = Trainer(
        dataclasses.replace(short(10), schedule=dataclasses.replace(short(10).schedule, log_every=4)),
        anatomy,
        tmp_path / "stopped",
    )
    with pytest.raises(Cancelled):
        interrupted.run(progress=stop)
    resumed = Trainer(short(10), anatomy, tmp_path / "stopped")
    resumed.resume()
    assert resumed.step == 4
    resumed.run()
    for name, value in whole.averaged.items():
        assert torch.equal(value, resumed.averaged[name]), name
    assert [stage["from_step"] for stage in read_stages(tmp_path / "stopped")] == [0, 4]


def test_a_card_tells_what_the_weights_it_started_from_had_learned(tmp_path):
    first = train(short(2), tmp_path, tmp_path / "first")
    second = train(
        dataclasses.replace(short(2), name="more", start_from=str(first)), tmp_path, tmp_path / "second"
    )
    training = NetworkEngine(second).card.training
    assert training["started_from"]["network"] == "tiny 1"
    assert training["started_from"]["steps"] == 2
    assert training["stages"][0]["parameters"]["start_from"] == "tiny 1"
    assert str(tmp_path) not in (second / "card.json").read_text(encoding="utf-8")


def test_the_learning_rate_rises_stays_and_falls_to_nothing(tmp_path):
    trainer = Trainer(TINY, read_anatomy(LIMBS, tmp_path), tmp_path)
    rates = [trainer.learning_rate(step) for step in range(60)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates[4] == rates[40] == 5e-3
    assert 0 < rates[59] < 2e-4


def test_a_training_is_neither_overwritten_nor_resumed_from_nothing(tmp_path):
    with pytest.raises(InputError, match="no checkpoint"):
        train(short(2), tmp_path, tmp_path / "run", resume=True)
    train(short(2), tmp_path, tmp_path / "run")
    with pytest.raises(InputError, match="--resume"):
        train(short(2), tmp_path, tmp_path / "run")


def test_a_training_without_anatomy_is_refused(tmp_path):
    with pytest.raises(InputError, match="no anatomy"):
        train(dataclasses.replace(TINY, digital_limbs=()), tmp_path, tmp_path / "run")


def test_two_processes_share_a_step_and_end_with_one_network(tmp_path):
    network = train(short(4), tmp_path, tmp_path / "run", processes=2)
    assert NetworkEngine(network).card.training["steps"] == 4
