"""A model's answer on the report of a case: with its notices, what is excluded, and what spoke for it."""

from __future__ import annotations

import pandas as pd
import pytest

from MuscleMyopathyLib.modeling.inference.conformal import not_excluded
from MuscleMyopathyLib.report.classification import classifications

NOTICE = "For research. Not a medical device. Trained on simulated data."


def answer(**changes: object) -> pd.DataFrame:
    row = {
        "case": "P-1",
        "reader": "R1",
        "predicted": "LGMDR2",
        "p_IMNM": 0.08,
        "p_LGMDR2": 0.92,
        "not_excluded": "LGMDR2",
        "warning": "never seen: T2 = 80 (training 30 to 60); the preset of these features is not known",
        "problem": "",
        "model": "demo 1.0",
        "validated": "AUC 0.90, nested, simulated cases",
        "notice": NOTICE,
    }
    return pd.DataFrame([{**row, **changes}])


def shares() -> pd.DataFrame:
    rows = [
        ("P-1", "R1", name, feature, 1.0, 0.5, sign * size, "log odds")
        for name, sign in (("IMNM", -1), ("LGMDR2", 1))
        for feature, size in (("small", 0.1), ("large", -2.0))
    ]
    columns = ["case", "reader", "class", "feature", "value", "training_mean", "contribution", "unit"]
    return pd.DataFrame(rows, columns=columns)


def test_each_class_has_its_probability_and_whether_it_is_excluded() -> None:
    (found,) = classifications(answer(), shares())
    assert [(one.name, one.probability, one.verdict) for one in found.classes] == [
        ("IMNM", "8 %", "excluded"),
        ("LGMDR2", "92 %", "not excluded"),
    ]
    assert found.notice == NOTICE
    assert found.validated == "AUC 0.90, nested, simulated cases"
    assert len(found.warnings) == 2


def test_the_strongest_contributions_to_the_most_probable_class_come_first() -> None:
    (found,) = classifications(answer(), shares())
    assert [(one.feature, one.contribution) for one in found.contributions] == [
        ("large", "-2.00"),
        ("small", "+0.10"),
    ]
    assert found.unit == "log odds"


def test_of_two_classes_that_a_case_leaves_open_none_is_called_excluded() -> None:
    # The words are those that a real answer holds.
    (words,) = not_excluded(pd.DataFrame({"IMNM": [0.3], "LGMDR2": [0.8]}))
    (found,) = classifications(answer(not_excluded=words), shares())
    assert {one.verdict for one in found.classes} == {"not excluded"}
    (words,) = not_excluded(pd.DataFrame({"IMNM": [0.05], "LGMDR2": [0.05]}))
    (found,) = classifications(answer(not_excluded=words), shares())
    assert {one.verdict for one in found.classes} == {"excluded"}


def test_an_imputed_value_is_called_so() -> None:
    (found,) = classifications(answer(), shares().assign(value=float("nan")))
    assert {one.value for one in found.contributions} == {"imputed"}


def test_without_nested_validation_nothing_is_called_excluded() -> None:
    (found,) = classifications(answer(not_excluded=""), shares())
    assert {one.verdict for one in found.classes} == {"–"}


def test_a_case_without_an_answer_says_why_and_shows_no_probability() -> None:
    (found,) = classifications(answer(predicted="", problem="no value of T2", not_excluded=""), shares())
    assert found.problem == "no value of T2"
    assert found.classes == ()


@pytest.mark.parametrize("problem", ["", "no value of T2"])
def test_the_section_of_the_page_holds_the_notice(problem: str) -> None:
    jinja2 = pytest.importorskip("jinja2")
    from MuscleMyopathyLib.resources import resource

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("Report")), autoescape=True, undefined=jinja2.StrictUndefined
    )
    macro = environment.get_template("classification.html.j2").module.all
    page = macro(classifications(answer(problem=problem), shares()))
    assert NOTICE in page
    assert ("92 %" in page) == (not problem)
    assert ("No answer: no value of T2" in page) == bool(problem)
