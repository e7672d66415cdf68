"""Tests of which classifiers are compared."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.comparison.bootstrap import BootstrapParameters
from MuscleMyopathyLib.modeling.comparison.inputs import of_validations
from MuscleMyopathyLib.modeling.comparison.models import compare_pairs, comparison_table
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from Testing.Library.modeling.small_validations import feature_sets, three_classes, two_classes


def test_of_one_validation_every_two_classifiers_are_compared_on_the_same_splits() -> None:
    found = of_validations([three_classes(Mode.NESTED)], ["nested"])
    assert [(one.name, two.name) for one, two in found.pairs] == [("LDA", "k-NN")]
    assert found.phantom
    assert found.cohort.startswith("55 patients")
    first, second = found.splits("LDA", "k-NN")
    assert len(first) == 15
    assert first["samples"].equals(second["samples"])


def test_of_two_validations_the_classifiers_of_the_same_name_are_compared() -> None:
    results = [three_classes(Mode.NESTED), three_classes(Mode.PAPER)]
    found = of_validations(results, ["nested", "paper"])
    assert [(one.name, two.name) for one, two in found.pairs] == [
        ("nested: LDA", "paper: LDA"),
        ("nested: k-NN", "paper: k-NN"),
    ]
    named = of_validations(results, ["nested", "paper"], "LDA", "k-NN")
    assert [(one.name, two.name) for one, two in named.pairs] == [("nested: LDA", "paper: k-NN")]


def test_feature_sets_are_told_apart_by_their_names() -> None:
    one, _, two, _ = feature_sets(Mode.NESTED)
    pair = of_validations([one, two], ["nested", "nested"], "LR", "LR").pairs[0]
    assert (pair[0].name, pair[1].name) == ("TM calf: LR", "WM calf: LR")


def test_a_model_of_paper_mode_is_noted_as_flattered() -> None:
    pairs = of_validations([three_classes(Mode.NESTED), three_classes(Mode.PAPER)], ["nested", "paper"]).pairs
    assert not any("flatters" in note for note in pairs[0][0].notes)
    assert any("paper: LDA is of paper mode" in note for note in pairs[0][1].notes)


def test_the_table_of_all_pairs_counts_the_patients() -> None:
    candidates = of_validations([two_classes(Mode.NESTED)], ["nested"])
    table = comparison_table(compare_pairs(candidates.pairs, BootstrapParameters(100), candidates.splits))
    assert set(table["patients"]) == {75}
    corrected = table[table["method"] == "corrected t test over the splits"].iloc[0]
    assert corrected["problem"] == ""
    assert 0 <= corrected["p"] <= 1


def test_one_classifier_alone_and_half_a_pair_are_refused() -> None:
    result = three_classes(Mode.NESTED)
    with pytest.raises(InputError, match="no two classifiers"):
        of_validations([result], ["nested"], "LDA", "LDA")
    with pytest.raises(InputError, match="Name both"):
        of_validations([result], ["nested"], "LDA")
    with pytest.raises(InputError, match="no predictions by QDA"):
        of_validations([result], ["nested"], "LDA", "QDA")
    with pytest.raises(InputError, match="cannot be compared"):
        compare_pairs(of_validations([result, two_classes(Mode.NESTED)], ["a", "b"], "LDA", "LDA").pairs)
