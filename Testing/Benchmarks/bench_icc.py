"""ICC(2,1) of 2,000 features of 75 cases read twice, all at once, against pingouin feature by feature."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pandas as pd
import pingouin
from timing import best_of, report

from MuscleMyopathyLib.reproducibility.intraclass_correlation import IccForm, intraclass_correlation

CASES, READINGS, FEATURES = 75, 2, 2000
TIMED_WITH_PINGOUIN = 40
"""Features on which pingouin is timed; its time is proportional to their number, since it takes one at a time."""


def one_by_one(values: npt.NDArray[np.float64]) -> list[float]:
    """Return ICC(2,1) of each feature by pingouin."""
    index = pd.MultiIndex.from_product([range(CASES), range(READINGS)], names=["case", "reader"])
    found = []
    for number in range(values.shape[2]):
        long = pd.DataFrame({"value": values[:, :, number].ravel()}, index=index).reset_index()
        table = pingouin.intraclass_corr(long, "case", "reader", "value")
        found.append(float(table["ICC"].iloc[1]))
    return found


def main() -> None:
    """Run the benchmark."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    values = rng.normal(size=(CASES, 1, FEATURES)) + 0.5 * rng.normal(size=(CASES, READINGS, FEATURES))
    names = [f"f{number}" for number in range(FEATURES)]
    (ours, table), (some, found) = best_of(
        3,
        lambda: intraclass_correlation(values, names, [IccForm.AGREEMENT])["icc"].tolist(),
        lambda: one_by_one(values[:, :, :TIMED_WITH_PINGOUIN]),
    )
    np.testing.assert_allclose(table[:TIMED_WITH_PINGOUIN], found, rtol=1e-10)
    what = f"ICC of {FEATURES} features, {CASES} cases, {READINGS} readings"
    alternative = f"pingouin, {FEATURES // TIMED_WITH_PINGOUIN} × its time for {TIMED_WITH_PINGOUIN} features"
    report(what, ours, some * FEATURES / TIMED_WITH_PINGOUIN, alternative)


if __name__ == "__main__":
    main()
