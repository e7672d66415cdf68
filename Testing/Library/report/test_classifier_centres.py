"""Tests of the scores by centre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.report.classifier import render_classifier_report
from MuscleMyopathyLib.report.classifier_centres import centre_rows
from Testing.Library.modeling.small_validations import two_classes


@pytest.fixture
def two_centres() -> ValidationResult:
    result = two_classes(Mode.NESTED)
    centre = np.where(result.predictions["sample"] % 3 == 0, "Shanghai", "Saitama")
    return replace(result, predictions=result.predictions.assign(centre=centre))


def test_each_centre_has_its_patients_and_scores(two_centres: ValidationResult) -> None:
    rows = centre_rows([two_centres])
    assert [(row.label, row.centre) for row in rows] == [
        ("LDA", "Saitama"),
        ("LDA", "Shanghai"),
        ("LR", "Saitama"),
        ("LR", "Shanghai"),
    ]
    # Samples 0, 3, …, 72 are 10 of the 30 and 15 of the 45.
    assert rows[1].patients == "25 (10 LGMDR2, 15 IMNM)"
    own = two_centres.predictions
    own = own[(own["classifier"] == "LDA") & (own["centre"] == "Shanghai")]
    areas = [roc_auc_score(part["outcome"] == "IMNM", part["p_IMNM"]) for _, part in own.groupby("repeat")]
    assert rows[1].cells[0] == f"{np.mean(areas):.3f}"
    assert "By centre" in render_classifier_report([two_centres])


def test_a_cohort_of_one_centre_has_no_such_table() -> None:
    assert not centre_rows([two_classes(Mode.NESTED)])
    assert "By centre" not in render_classifier_report([two_classes(Mode.NESTED)])
