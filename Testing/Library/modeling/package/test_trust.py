"""Only models of trusted types are made; everything else is refused before anything is made of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.package.trust import check_model, dump_model, load_trusted
from Testing.Library.modeling.package.small_model import small_package

skops_io = pytest.importorskip("skops.io", reason="needs skops: pip install muscle-myopathy[learning]")


def changed(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def with_schema(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    def on_members(members: dict[str, bytes]) -> None:
        schema = json.loads(members["schema.json"])
        change(schema)
        members["schema.json"] = json.dumps(schema).encode()

    return changed(content, on_members)


@pytest.fixture(scope="module")
def content() -> bytes:
    return dump_model(small_package().model)


def test_a_type_that_is_not_trusted_is_refused_when_saving_and_when_loading() -> None:
    from sklearn.preprocessing import FunctionTransformer

    transformer = FunctionTransformer(np.exp)
    with pytest.raises(InputError, match="FunctionTransformer, which is not trusted"):
        dump_model(transformer)
    with pytest.raises(InputError, match="FunctionTransformer, which is not trusted"):
        load_trusted(skops_io.dumps(transformer), "bad.mmyo")


def test_a_type_that_runs_programs_is_never_made(content: bytes) -> None:
    def evil(schema: dict[str, Any]) -> None:
        schema["__module__"], schema["__class__"] = "os", "system"

    with pytest.raises(InputError, match=r"holds the type os\.system, which is not trusted"):
        load_trusted(with_schema(content, evil), "bad.mmyo")


def test_a_trusted_type_through_another_loader_is_refused(content: bytes) -> None:
    def evil(schema: dict[str, Any]) -> None:
        schema["__loader__"] = "FunctionNode"

    with pytest.raises(InputError, match="asks for FunctionNode, which is not trusted"):
        load_trusted(with_schema(content, evil), "bad.mmyo")


def test_a_part_without_a_type_is_refused(content: bytes) -> None:
    def evil(schema: dict[str, Any]) -> None:
        del schema["content"]["__class__"]

    with pytest.raises(InputError, match="a part without a type"):
        load_trusted(with_schema(content, evil), "bad.mmyo")


def test_an_array_that_is_a_pickle_is_refused(content: bytes) -> None:
    def evil(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.endswith(".npy"))
        made = io.BytesIO()
        np.save(made, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        members[name] = made.getvalue()

    with pytest.raises(InputError, match="an array of its model is a pickle"):
        load_trusted(changed(content, evil), "bad.mmyo")


@pytest.mark.parametrize("name", ["evil.pkl", "../schema.json", "a/b.npy"])
def test_a_file_that_is_no_array_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(InputError, match="which is no array"):
        check_model(changed(content, lambda members: members.update({name: b""})), "bad.mmyo")


def test_what_is_no_skops_file_is_refused() -> None:
    with pytest.raises(InputError, match="is no skops file, or a damaged one"):
        load_trusted(b"hello", "bad.mmyo")


def test_a_schema_nested_without_end_is_refused(content: bytes) -> None:
    def evil(schema: dict[str, Any]) -> None:
        inner: dict[str, Any] = {}
        schema["deep"] = inner
        for _ in range(500):
            inner["deep"] = {}
            inner = inner["deep"]

    with pytest.raises(InputError, match="nested too deeply"):
        load_trusted(with_schema(content, evil), "bad.mmyo")


def test_a_tree_whose_branches_lead_nowhere_is_refused() -> None:
    forest = dump_model(small_package("RF").model)
    loaded = load_trusted(forest, "good.mmyo")
    tree = loaded.named_steps["classifier"].estimators_[0].tree_
    state = tree.__getstate__()
    nodes = state["nodes"].copy()
    nodes["left_child"][0] = 10_000
    tree.__setstate__({**state, "nodes": nodes})
    with pytest.raises(InputError, match="a tree of its model is damaged"):
        load_trusted(skops_io.dumps(loaded), "bad.mmyo")
