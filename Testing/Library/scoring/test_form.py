"""Tests of a form being filled in."""

from __future__ import annotations

import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.scoring.answers import State
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.scale_files import read_scale


def test_a_new_form_is_not_scored_anywhere(mercuri: Scale) -> None:
    form = Form(mercuri)
    assert form.progress == "0 of 34"
    assert form.answer("RF_left").state is State.NOT_SCORED


def test_scoring_returns_a_new_form_and_leaves_the_old_one(mercuri: Scale) -> None:
    empty = Form(mercuri)
    scored = empty.scored("RF_left", "0")
    assert scored.answer("RF_left").value == "0"
    assert scored.progress == "1 of 34"
    assert empty.progress == "0 of 34"
    with pytest.raises(TypeError):
        scored.answers["RF_left"] = scored.answer("VL_left")  # type: ignore[index]


@pytest.mark.parametrize("score", ["5", "2a", "", "-1"])
def test_a_score_outside_the_scale_is_refused_with_the_scales_codes(mercuri: Scale, score: str) -> None:
    with pytest.raises(ParameterError, match=r"is not on the scale. Its codes are: 0, 1, 2, 3, 4"):
        Form(mercuri).scored("RF_left", score)


def test_a_number_is_no_code(mercuri: Scale) -> None:
    with pytest.raises(ParameterError, match="2 is no code"):
        Form(mercuri).scored("RF_left", 2)


def test_an_unknown_target_is_refused(mercuri: Scale) -> None:
    with pytest.raises(ParameterError, match="no target 'EDL_left'"):
        Form(mercuri).scored("EDL_left", "2")


def test_not_assessable_needs_a_reason_and_counts_as_done(mercuri: Scale) -> None:
    form = Form(mercuri).not_assessable("RF_left", " metal artefact ")
    assert form.answer("RF_left").reason == "metal artefact"
    assert form.answer("RF_left").state is State.NOT_ASSESSABLE
    assert form.progress == "1 of 34"
    with pytest.raises(ParameterError, match="say why"):
        form.not_assessable("VL_left", " ")


def test_the_other_sides_answer_is_taken_over_whatever_it_is(mercuri: Scale) -> None:
    form = Form(mercuri).scored("RF_right", "3").not_assessable("VL_left", "cut off")
    form = form.same_as_other_side("RF_left").same_as_other_side("VL_right")
    assert form.answer("RF_left").value == "3"
    assert form.answer("VL_right").reason == "cut off"
    with pytest.raises(ParameterError, match="vastus medialis right is not scored yet"):
        form.same_as_other_side("VM_left")


def test_an_item_has_no_other_side() -> None:
    with pytest.raises(ParameterError, match="severity has no other side"):
        Form(read_scale("ild-hrct")).same_as_other_side("severity")


def test_undo_and_redo_walk_back_and_forth_through_every_change(mercuri: Scale) -> None:
    steps = [Form(mercuri)]
    steps.append(steps[-1].scored("RF_left", "1"))
    steps.append(steps[-1].scored("RF_left", "2"))
    steps.append(steps[-1].not_assessable("VL_left", "cut off"))
    steps.append(steps[-1].cleared("RF_left"))
    form = steps[-1]
    for earlier in reversed(steps[:-1]):
        form = form.undone()
        assert form.answers == earlier.answers
    assert form.undone().answers == {}
    for later in steps[1:]:
        form = form.redone()
        assert form.answers == later.answers
    assert form.redone().answers == steps[-1].answers


def test_a_new_answer_forgets_what_could_be_redone(mercuri: Scale) -> None:
    form = Form(mercuri).scored("RF_left", "1").undone().scored("VL_left", "2")
    assert form.redone() == form


def test_the_same_answer_again_is_no_change_to_undo(mercuri: Scale) -> None:
    form = Form(mercuri).scored("RF_left", "1").scored("RF_left", "1")
    assert form.undone().answers == {}


def test_the_next_target_goes_on_in_order_and_round_the_end(mercuri: Scale) -> None:
    form = Form(mercuri)
    first, second, last = (mercuri.targets[place].id for place in (0, 1, -1))
    assert form.next_unscored() == first
    assert form.next_unscored(after=first) == second
    assert form.scored(second, "0").next_unscored(after=first) == mercuri.targets[2].id
    assert form.next_unscored(after=last) == first
    for target in mercuri.targets:
        form = form.scored(target.id, "0")
    assert form.next_unscored(after=first) is None
    assert form.progress == "34 of 34"


def test_a_suggestion_stands_beside_the_readers_score(mercuri: Scale) -> None:
    form = Form(mercuri).scored("RF_left", "1").with_suggestion("RF_left", Suggestion("3", 41.5))
    assert form.answer("RF_left").value == "1"
    assert form.suggestions["RF_left"] == ("3", 41.5)
    with pytest.raises(ParameterError, match="not on the scale"):
        form.with_suggestion("RF_left", Suggestion("7", 41.5))


def test_a_locked_form_refuses_every_change(mercuri: Scale) -> None:
    form = Form(mercuri).scored("RF_right", "1").as_locked()
    for change in (
        lambda: form.scored("RF_left", "1"),
        lambda: form.not_assessable("RF_left", "cut off"),
        lambda: form.cleared("RF_right"),
        lambda: form.same_as_other_side("RF_left"),
        lambda: form.with_suggestion("RF_left", Suggestion("1", 5.0)),
        lambda: form.spent(1.0),
        form.undone,
        form.redone,
        form.as_locked,
    ):
        with pytest.raises(InputError, match="is locked"):
            change()


def test_numbers_choices_and_yes_or_no_are_checked() -> None:
    sheet = Form(read_scale("clinical-sheet"))
    assert sheet.scored("ck", 2600).answer("ck").value == 2600.0
    assert sheet.scored("antibodies", ["Jo-1", "SRP", "SRP"]).answer("antibodies").value == ("SRP", "Jo-1")
    for target, value, message in (
        ("age", 130, "130 years lies outside 0 to 120"),
        ("ck", "high", "needs a number, not 'high'"),
        ("ck", float("nan"), "needs a number, not nan"),
        ("ck", True, "needs a number, not True"),
        ("antibodies", ["SRP", "Ku"], "'Ku' is not on the scale"),
        ("antibodies", ["none", "SRP"], "'none' cannot stand beside"),
        ("antibodies", [], "one or more codes"),
        ("sex", "f", "'f' is not on the scale"),
    ):
        with pytest.raises(ParameterError, match=message):
            sheet.scored(target, value)
    with pytest.raises(ParameterError, match="answered by yes or no"):
        Form(read_scale("eular-acr-2017")).scored("dysphagia", "yes")
