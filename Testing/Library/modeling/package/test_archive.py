"""A package comes back as it was saved, and everything that a package may not be is refused with the reason."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package import archive
from MuscleMyopathyLib.modeling.package.archive import CARD, MODEL, find_model, load_model, read_card, save_model
from MuscleMyopathyLib.modeling.recipe import CLASSIFIERS
from Testing.Library.modeling.package.small_model import PRESET_SHA256, small_package, small_table

pytest.importorskip("skops", reason="needs skops: pip install muscle-myopathy[learning]")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "small.mmyo"
    package = small_package()
    save_model(package.model, package.card, path)
    return path


def rewritten(path: Path, members: dict[str, bytes]) -> Path:
    """Write a package of other members beside one."""
    other = path.with_name("other.mmyo")
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return other


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_classifier_predicts_identically_after_reload(
    tmp_path: Path, classifier: str, calibrated: bool
) -> None:
    package = small_package(classifier, calibrated=calibrated)
    save_model(package.model, package.card, tmp_path / "one.mmyo")
    again = load_model(tmp_path / "one.mmyo")
    assert again.card == package.card
    table = small_table()
    before, after = (predict(one, table, preset_sha256=PRESET_SHA256) for one in (package, again))
    assert np.array_equal(before["p_LGMDR2"], after["p_LGMDR2"])


def test_a_package_predicts_identically_in_another_process(saved: Path, tmp_path: Path) -> None:
    table = small_table()
    table.to_csv(tmp_path / "table.csv", index=False)
    code = (
        "import sys, pandas as pd; from pathlib import Path;"
        "from MuscleMyopathyLib.modeling.package.archive import load_model;"
        "from MuscleMyopathyLib.modeling.inference.prediction import predict;"
        "table = pd.read_csv(sys.argv[2], float_precision='round_trip');"
        "print(predict(load_model(Path(sys.argv[1])), table)['p_LGMDR2'].map(float.hex).tolist())"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(saved), str(tmp_path / "table.csv")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    here = predict(load_model(saved), table)["p_LGMDR2"].map(float.hex).tolist()
    assert printed.strip() == str(here)


def test_the_same_model_and_card_give_the_same_bytes_but_for_the_names_of_arrays(saved: Path) -> None:
    package = load_model(saved)
    again = saved.with_name("again.mmyo")
    save_model(package.model, package.card, again)
    first, second = (json.loads(members_of(path)[CARD]) for path in (saved, again))
    assert first["card"] == second["card"]
    assert set(members_of(saved)) == {CARD, MODEL}


def test_the_card_is_read_without_making_the_model(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "load_trusted", lambda *_: pytest.fail("the model was made"))
    assert read_card(saved) == small_package().card


def test_a_changed_card_is_refused(saved: Path) -> None:
    members = members_of(saved)
    record = json.loads(members[CARD])
    record["card"]["phantom"] = False
    other = rewritten(saved, {CARD: json.dumps(record).encode(), MODEL: members[MODEL]})
    with pytest.raises(InputError, match="its card was changed after the model was saved"):
        load_model(other)


def test_an_exchanged_model_is_refused(saved: Path, tmp_path: Path) -> None:
    package = small_package("LDA")
    save_model(package.model, package.card, tmp_path / "lda.mmyo")
    other = rewritten(saved, {CARD: members_of(saved)[CARD], MODEL: members_of(tmp_path / "lda.mmyo")[MODEL]})
    with pytest.raises(InputError, match="its model is not the one that the card is about"):
        load_model(other)


def test_a_pickle_beside_the_model_is_refused(saved: Path) -> None:
    other = rewritten(saved, {**members_of(saved), "model.pkl": pickle.dumps([1])})
    with pytest.raises(InputError, match=r"it holds a pickle \('model.pkl'\), which could run any program"):
        load_model(other)


def test_a_pickle_in_the_place_of_the_model_is_refused(saved: Path) -> None:
    content = pickle.dumps({"coef": 1})
    members = members_of(saved)
    record = json.loads(members[CARD])
    record["model_sha256"] = archive.digest(content)
    other = rewritten(saved, {CARD: json.dumps(record).encode(), MODEL: content})
    with pytest.raises(InputError, match="its model is a pickle, which could run any program"):
        load_model(other)


def test_a_pickle_in_the_place_of_the_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pickle.mmyo"
    path.write_bytes(pickle.dumps({"card": 1}))
    with pytest.raises(InputError, match="it is a pickle"):
        load_model(path)


@pytest.mark.parametrize("name", ["../card.json", "/etc/card.json", "C:\\card.json", "a/..\\..\\b", "\\\\host\\x"])
def test_a_path_that_leaves_the_archive_is_refused(saved: Path, name: str) -> None:
    other = rewritten(saved, {**members_of(saved), name: b"{}"})
    with pytest.raises(InputError, match="it holds a path that leaves the archive"):
        load_model(other)


def test_anything_besides_card_and_model_is_refused(saved: Path) -> None:
    other = rewritten(saved, {**members_of(saved), "readme.txt": b"hello"})
    with pytest.raises(InputError, match=r"it holds 'readme.txt'; a package holds card.json and model.skops"):
        load_model(other)


@pytest.mark.parametrize("absent", [CARD, MODEL])
def test_a_package_without_card_or_model_is_refused(saved: Path, absent: str) -> None:
    members = members_of(saved)
    del members[absent]
    with pytest.raises(InputError, match=f"it lacks {absent}"):
        load_model(rewritten(saved, members))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_truncated_package_is_refused(saved: Path, kept: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match="a damaged or incomplete one"):
        load_model(saved)


def test_a_package_with_a_flipped_bit_is_refused(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    saved.write_bytes(bytes(content))
    with pytest.raises(InputError, match="is refused"):
        load_model(saved)


def test_a_zip_bomb_is_refused_before_it_unpacks(saved: Path) -> None:
    bomb = b"\0" * (archive.LARGEST_MODEL + 1)
    other = rewritten(saved, {CARD: members_of(saved)[CARD], MODEL: bomb})
    assert other.stat().st_size < 2**20
    with pytest.raises(InputError, match=r"model\.skops unpacks to 64 MiB, more than 64 MiB"):
        load_model(other)


def test_a_member_that_is_there_twice_is_refused(saved: Path) -> None:
    members = members_of(saved)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as twice:
        twice.writestr(CARD, members[CARD])
        twice.writestr(MODEL, members[MODEL])
        with pytest.warns(UserWarning, match="Duplicate name"):
            twice.writestr(CARD, members[CARD])
    saved.write_bytes(file.getvalue())
    with pytest.raises(InputError, match="it holds a file twice"):
        load_model(saved)


def test_a_card_of_a_later_format_asks_for_an_update(saved: Path) -> None:
    members = members_of(saved)
    record = json.loads(members[CARD])
    record["card"]["format"] = 99
    record["card_sha256"] = archive._card_digest(record["card"])
    other = rewritten(saved, {CARD: json.dumps(record).encode(), MODEL: members[MODEL]})
    with pytest.raises(InputError, match=r"format 99.*Update MuscleMyopathy"):
        load_model(other)


def test_a_shipped_model_is_found_by_its_name() -> None:
    assert find_model("demonstration-lgmdr2-imnm") == find_model("demonstration-lgmdr2-imnm.mmyo")
    with pytest.raises(InputError, match=r"neither a file nor a shipped one \(demonstration-lgmdr2-imnm, "):
        find_model("absent")
    with pytest.raises(InputError, match="There is no model package"):
        find_model("folder/absent.mmyo")


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_model(tmp_path / "absent.mmyo")
