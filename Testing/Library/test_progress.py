"""Tests of progress."""

from __future__ import annotations

import io
import json

import pytest

from MuscleMyopathyLib.progress import Cancelled, each, json_lines, portion


def test_portions_nest() -> None:
    fractions: list[float] = []
    outer = portion(lambda fraction, text: fractions.append(fraction), 0.5, 1.0)
    inner = portion(outer, 0.5, 1.0)
    inner(0.0, "")
    inner(1.0, "")
    assert fractions == [0.75, 1.0]


def test_json_lines_are_one_object_a_line() -> None:
    stream = io.StringIO()
    report = json_lines(stream)
    report(0.25, 'muscle "RF"\nleft')
    report(1, "done")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines == [{"fraction": 0.25, "text": 'muscle "RF"\nleft'}, {"fraction": 1.0, "text": "done"}]


def test_cancelling_passes_through_handlers_of_failures() -> None:
    def cancel(fraction: float, text: str) -> None:
        raise Cancelled

    def careful_work() -> None:
        try:
            list(each([1], cancel, str))
        except Exception:
            pytest.fail("a handler of failures swallowed the cancellation")

    with pytest.raises(Cancelled):
        careful_work()
