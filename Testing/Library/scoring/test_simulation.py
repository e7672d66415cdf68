"""Tests of simulated readings."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.simulation import SimulatedReader, simulated_form, simulated_shares
from MuscleMyopathyLib.scoring.suggestion import suggested_level


def test_a_reader_without_error_scores_the_truth(mercuri: Scale) -> None:
    rng = np.random.default_rng(0)
    shares = simulated_shares(mercuri, Pattern.LGMDR2, 0.8, rng)
    form = simulated_form(mercuri, shares, SimulatedReader(error=0.0), rng)
    assert form.progress == "34 of 34"
    for target, share in shares.items():
        assert form.answer(target).value == suggested_level(100 * share)


def test_dysferlinopathy_takes_the_posterior_thigh_and_spares_sartorius_and_gracilis(mercuri: Scale) -> None:
    rng = np.random.default_rng(1)
    many = [simulated_shares(mercuri, Pattern.LGMDR2, 0.8, rng) for _ in range(50)]
    mean = {target: np.mean([shares[target] for shares in many]) for target in many[0]}
    assert min(mean["SM_left"], mean["BF_left"], mean["AM_left"]) > 0.5
    assert max(mean["SAR_left"], mean["GR_left"]) < 0.02


def test_more_error_means_less_agreement_with_the_truth(mercuri: Scale) -> None:
    shares = simulated_shares(mercuri, Pattern.LGMDR2, 0.7, np.random.default_rng(2))

    def alike(error: float) -> float:
        rng = np.random.default_rng(3)
        forms = [simulated_form(mercuri, shares, SimulatedReader(error), rng) for _ in range(20)]
        return float(
            np.mean(
                [form.answer(t).value == suggested_level(100 * s) for form in forms for t, s in shares.items()]
            )
        )

    assert alike(0.02) > alike(0.2) > alike(0.8)


def test_a_negative_error_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        SimulatedReader(error=-0.1)
