"""Decision curves: what a classifier gains over treating all patients, or none.

Net benefit = TP / n − FP / n · t / (1 − t) at the threshold probability t, at which a patient would just accept
the treatment (Vickers & Elkin, Med Decis Making 2006;26:565): the unit is true positives per patient. What
"treatment" means (a biopsy, an immunotherapy) is the reader's to say; so is the range of reasonable thresholds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from MuscleMyopathyLib.errors import InputError, ParameterError

THRESHOLDS = tuple(round(percent / 100, 2) for percent in range(1, 100))


def decision_curve(
    positive: npt.ArrayLike,
    probability: npt.ArrayLike,
    thresholds: npt.ArrayLike = THRESHOLDS,
    prevalence: float | None = None,
) -> pd.DataFrame:
    """Return the net benefit by threshold.

    Args:
        positive: Whether each patient has the condition, shape (patients,).
        probability: Of the condition, 0 to 1, shape (patients,); a patient is treated at a probability equal to or
            above the threshold.
        thresholds: Between 0 and 1, both excluded.
        prevalence: Share of the condition where the classifier would be used; None for the share in these
            patients. A cohort gathered by diagnosis does not have the clinic's.

    Returns:
        ``threshold``, ``net_benefit``, ``treat_all`` (net benefit of treating everybody), ``treat_none`` (0),
        ``avoided_per_100`` (treatments avoided per 100 patients against treating all, with as many true
        positives).

    Raises:
        InputError: Values that are no probabilities, or only one of the two outcomes.
        ParameterError: A threshold or the prevalence is not between 0 and 1.
    """
    outcome, p = np.asarray(positive, dtype=bool), np.asarray(probability, dtype=np.float64)
    if outcome.shape != p.shape or not ((p >= 0) & (p <= 1)).all():
        raise InputError(
            "A decision curve needs a probability from 0 to 1 of each patient; some are missing or beyond."
        )
    if outcome.all() or not outcome.any():
        raise InputError("A decision curve needs patients with the condition and without; there is only one kind.")
    t = np.asarray(thresholds, dtype=np.float64)
    share = float(outcome.mean()) if prevalence is None else prevalence
    if not ((t > 0) & (t < 1)).all() or not 0 < share < 1:
        raise ParameterError(
            "The thresholds and the prevalence of a decision curve lie between 0 and 1, both excluded."
        )
    treated = p[None, :] >= t[:, None]
    sensitivity = treated[:, outcome].mean(axis=1)
    false_positive_rate = treated[:, ~outcome].mean(axis=1)
    odds = t / (1 - t)
    benefit = sensitivity * share - false_positive_rate * (1 - share) * odds
    treat_all = share - (1 - share) * odds
    return pd.DataFrame(
        {
            "threshold": t,
            "net_benefit": benefit,
            "treat_all": treat_all,
            "treat_none": 0.0,
            "avoided_per_100": (benefit - treat_all) / odds * 100,
        }
    )
