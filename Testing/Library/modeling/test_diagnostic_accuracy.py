"""Tests of sensitivity, specificity and predictive values."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.modeling.diagnostic_accuracy import diagnostic_accuracy, diagnostic_table

TRUTH = np.repeat([True, False], 23)


def test_the_external_test_of_the_cnn_has_the_published_figures() -> None:
    # Seed 004: sensitivity 96 % (22/23), specificity 91 % (21/23), accuracy 93 % (43/46), PPV 92 % (22/24).
    called = np.r_[np.ones(22), 0, np.zeros(21), np.ones(2)]
    found = {one.name: one for one in diagnostic_accuracy(TRUTH, called)}
    counts = {name: (one.count, one.of) for name, one in found.items()}
    assert counts == {
        "sensitivity": (22, 23),
        "specificity": (21, 23),
        "accuracy": (43, 46),
        "PPV": (22, 24),
        "NPV": (21, 22),
    }
    assert [round(100 * found[name].value) for name in ("sensitivity", "specificity", "accuracy", "PPV")] == [
        96,
        91,
        93,
        92,
    ]


def test_intervals_are_wilsons() -> None:
    called = np.r_[np.ones(16), np.zeros(7), np.zeros(15), np.ones(8)]
    sensitivity = diagnostic_accuracy(TRUTH, called)[0]
    assert (sensitivity.low, sensitivity.high) == pytest.approx(proportion_confint(16, 23, method="wilson"))


def test_a_class_never_called_has_no_predictive_value() -> None:
    table = diagnostic_table(diagnostic_accuracy(TRUTH, np.zeros(46))).set_index("measure")
    assert table.loc["PPV", "of"] == 0
    assert np.isnan(table.loc["PPV", "value"])
    assert table.loc["NPV", "value"] == 0.5


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="there are 46 and 3"):
        diagnostic_accuracy(TRUTH, [1, 0, 1])
