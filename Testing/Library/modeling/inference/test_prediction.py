"""What a package answers, refuses and warns of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package.card import NOT_A_DEVICE, PHANTOM_TRAINING
from Testing.Library.modeling.package.small_model import PRESET_SHA256, small_package, small_table


def test_probabilities_sum_to_one_and_the_most_probable_class_is_predicted() -> None:
    answer = predict(small_package(classes=("A", "B", "C")), small_table(("A", "B", "C")))
    shares = answer[["p_A", "p_B", "p_C"]]
    assert np.allclose(shares.sum(axis=1), 1)
    assert (answer["predicted"] == shares.idxmax(axis=1).str.removeprefix("p_")).all()


def test_a_feature_table_is_fused_and_gives_the_same_answer() -> None:
    table = small_table().iloc[:3]
    own = {name.rsplit(".", 1)[1]: table[name] for name in table.columns if "." in name}
    tidy = pd.DataFrame(own).assign(
        case=table["case"], reader="R1", session=1, sequence="T1w", region="thigh", structure="MUSCLE", side="both"
    )
    answer = predict(small_package(), tidy.assign(problem="", warning=""), preset_sha256=PRESET_SHA256)
    assert answer["p_IMNM"].tolist() == predict(small_package(), table)["p_IMNM"].tolist()
    assert answer[["case", "reader", "structure"]].iloc[0].tolist() == ["P-00", "R1", "MUSCLE"]


def test_a_table_of_another_preset_is_refused() -> None:
    with pytest.raises(InputError, match=r"made with another preset \(cdcdcdcdcdcd\)"):
        predict(small_package(), small_table(), preset_sha256="cd" * 32)


def test_a_table_whose_preset_is_not_known_is_warned_of() -> None:
    known = predict(small_package(), small_table(), preset_sha256=PRESET_SHA256)
    assert "preset" not in " ".join(known["warning"])
    assert predict(small_package(), small_table())["warning"].str.contains("preset of these features").all()


def test_missing_features_are_named() -> None:
    table = small_table().drop(columns="thigh.T1w.f0")
    with pytest.raises(
        InputError, match=r"lacks 1 of the model's \d features: thigh.T1w.f0. The model needs thigh.T1w"
    ):
        predict(small_package(), table)


def test_a_column_of_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"columns of text\. .*: thigh\.T1w\.f0\."):
        predict(small_package(), small_table().assign(**{"thigh.T1w.f0": "many"}))
    texts = small_table()["thigh.T1w.f1"].astype(str).where(lambda column: column.index > 0, "<0.1")
    with pytest.raises(InputError, match=r"thigh\.T1w\.f1 \('<0\.1'\)"):
        predict(small_package(), small_table().assign(**{"thigh.T1w.f1": texts}))


def test_a_value_outside_the_training_range_is_warned_of_with_its_feature() -> None:
    table = small_table()
    table.loc[0, "thigh.T1w.f1"] = 200.0
    answer = predict(small_package(), table, preset_sha256=PRESET_SHA256)
    highest = small_table()["thigh.T1w.f1"].max()
    assert "never seen: thigh.T1w.f1 = 200 (training" in answer["warning"][0]
    assert f"{highest:.4g})" in answer["warning"][0]
    assert (answer["warning"][1:] == "").all()


def test_a_row_with_a_missing_value_keeps_its_row_with_the_reason() -> None:
    table = small_table()
    table.loc[2, "thigh.T1w.f0"] = np.nan
    table.loc[3, "thigh.T1w.f0"] = np.inf
    answer = predict(small_package(), table)
    assert len(answer) == len(table)
    assert answer["problem"][2] == "no value of thigh.T1w.f0"
    assert answer["problem"][3] == "infinite value of thigh.T1w.f0"
    assert answer.loc[[2, 3], "p_IMNM"].isna().all()
    assert answer.loc[[2, 3], "predicted"].tolist() == ["", ""]
    assert answer["p_IMNM"].notna().sum() == len(table) - 2


def test_a_model_that_imputes_says_what_it_imputed() -> None:
    table = small_table()
    table.loc[2, "thigh.T1w.f0"] = np.nan
    answer = predict(small_package(imputes=True), table, preset_sha256=PRESET_SHA256)
    assert answer["warning"][2] == "thigh.T1w.f0 is missing and was imputed"
    assert answer["p_IMNM"].notna().all()


def test_the_cards_figure_and_the_notices_stand_beside_every_answer() -> None:
    answer = predict(small_package(validated=True), small_table())
    assert answer["validated"].str.startswith("AUC 0.").all()
    assert (answer["notice"] == f"{NOT_A_DEVICE} {PHANTOM_TRAINING}").all()
    assert (answer["model"] == "small 1.0").all()
