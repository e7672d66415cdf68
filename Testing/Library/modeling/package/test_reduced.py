"""The model in a package gives from a few features what the trained one gives from all."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.modeling.package.reduced import reduced_model
from MuscleMyopathyLib.modeling.pipeline import make_pipeline, selected_features
from MuscleMyopathyLib.modeling.recipe import CLASSIFIERS
from Testing.Library.modeling.package.small_model import small_cohort, small_recipe


@pytest.mark.parametrize("classes", [("A", "B"), ("A", "B", "C")], ids=["two", "three"])
@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_probabilities_are_those_of_the_whole_pipeline(
    classifier: str, calibrated: bool, classes: tuple[str, ...]
) -> None:
    data = small_cohort(classes)
    recipe = small_recipe(classifier, calibrated=calibrated, imputes=True)
    fitted = make_pipeline(recipe, classifier, seed=0, classes=len(classes))
    fitted.fit(data.matrix, data.outcome.to_numpy(dtype=object))
    small, names = reduced_model(fitted)
    assert names == selected_features(fitted)
    assert len(names) < data.features.shape[1]
    found = small.predict_proba(data.features[names].to_numpy())
    assert np.allclose(found, fitted.predict_proba(data.matrix), rtol=0, atol=1e-12)


def test_what_is_missing_gets_the_training_median() -> None:
    data = small_cohort()
    fitted = make_pipeline(small_recipe("LR", imputes=True), "LR", seed=0)
    fitted.fit(data.matrix, data.outcome.to_numpy(dtype=object))
    small, names = reduced_model(fitted)
    row = data.features[names].to_numpy()[:1].copy()
    row[0, 0] = np.nan
    filled = row.copy()
    filled[0, 0] = data.features[names[0]].median()
    assert np.array_equal(small.predict_proba(row), small.predict_proba(filled))
