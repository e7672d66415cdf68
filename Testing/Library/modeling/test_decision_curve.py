"""Tests of decision curves."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.modeling.decision_curve import decision_curve

OUTCOME = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
PROBABILITY = [0.9, 0.8, 0.6, 0.3, 0.7, 0.4, 0.2, 0.2, 0.1, 0.1]


def test_the_net_benefit_equals_the_calculation_by_hand() -> None:
    # Ten patients, four with the condition.
    # t = 0.2: 4 true and 4 false positives:  4/10 - 4/10 * 0.2/0.8 = 0.3;   all: 0.4 - 0.6 * 0.25   = 0.25
    # t = 0.5: 3 true and 1 false positive:   3/10 - 1/10 * 1       = 0.2;   all: 0.4 - 0.6 * 1      = -0.2
    # t = 0.75: 2 true, no false positives:   2/10                  = 0.2;   all: 0.4 - 0.6 * 3      = -1.4
    curve = decision_curve(OUTCOME, PROBABILITY, [0.2, 0.5, 0.75])
    assert curve["net_benefit"].tolist() == pytest.approx([0.3, 0.2, 0.2])
    assert curve["treat_all"].tolist() == pytest.approx([0.25, -0.2, -1.4])
    assert curve["treat_none"].tolist() == [0, 0, 0]
    # (0.3 - 0.25) / 0.25 * 100: by this classifier 20 treatments fewer per 100 patients than by treating all.
    assert curve["avoided_per_100"].tolist() == pytest.approx([20, 40, 160 / 3])


def test_another_prevalence_weighs_sensitivity_and_specificity_anew() -> None:
    # At t = 0.5: sensitivity 3/4, false positive rate 1/6; at a prevalence of 10 %: 0.075 - 0.15 * 1.
    curve = decision_curve(OUTCOME, PROBABILITY, [0.5], prevalence=0.1)
    assert curve["net_benefit"][0] == pytest.approx(0.75 * 0.1 - 0.9 / 6)
    assert curve["treat_all"][0] == pytest.approx(0.1 - 0.9)


def test_a_perfect_classifier_gains_the_prevalence_at_every_threshold() -> None:
    curve = decision_curve(OUTCOME, np.array(OUTCOME, dtype=float))
    assert curve["net_benefit"].tolist() == pytest.approx([0.4] * 99)


def test_predicting_the_prevalence_for_everybody_is_treating_all_below_it_and_none_above() -> None:
    curve = decision_curve(OUTCOME, [0.4] * 10, [0.3, 0.4, 0.41])
    assert curve["net_benefit"].tolist() == pytest.approx([*curve["treat_all"][:2], 0])


def test_thresholds_of_0_and_1_and_values_that_are_no_probabilities_are_refused() -> None:
    with pytest.raises(ParameterError, match="between 0 and 1"):
        decision_curve(OUTCOME, PROBABILITY, [0.0, 0.5])
    with pytest.raises(InputError, match="probability from 0 to 1"):
        decision_curve(OUTCOME, [2.0] * 10)
    with pytest.raises(InputError, match="only one kind"):
        decision_curve([1] * 10, PROBABILITY)
