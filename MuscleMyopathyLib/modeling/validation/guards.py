"""Guards against leakage: what a test case must not have been used for before it is tested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable

_NAMED = 5


class LeakageError(MuscleMyopathyError):
    """What is to be tested has been used before: the figures would be better than the truth."""


def require_disjoint(patients: npt.NDArray[np.object_], train: Sequence[int], test: Sequence[int]) -> None:
    """Check that no patient stands on both sides of a split.

    Args:
        patients: Patient of each row.
        train: Training rows.
        test: Test rows.

    Raises:
        LeakageError: Somebody does.
    """
    both = sorted(set(patients[train]) & set(patients[test]))
    if both:
        raise LeakageError(
            f"{_some(both)} would train and test at once, with different rows. Split by patient: all readings and "
            "both legs of a person belong to one side."
        )


def require_unfitted(steps: Sequence[tuple[str, Any]]) -> None:
    """Check that no step has learned anything yet, as one that was fitted before the split would have.

    Args:
        steps: Names and transformers or classifiers; pipelines and wrappers are looked into.

    Raises:
        LeakageError: A step is fitted.
    """
    for name, step in steps:
        learned = [
            attribute for attribute in vars(step) if attribute.endswith("_") and not attribute.startswith("_")
        ]
        if learned:
            raise LeakageError(
                f"The step {name!r} was fitted before the split (it has {', '.join(learned[:_NAMED])}): it has "
                "seen the cases that it will be tested with. Give it unfitted."
            )
        inside = [
            (f"{name}: {key}", value)
            for key, value in vars(step).items()
            if hasattr(value, "fit") and value is not step
        ]
        require_unfitted([*inside, *(getattr(step, "steps", None) or [])])


def require_icc_of(table: ReproducibilityTable, test: Sequence[str]) -> None:
    """Check that an ICC table rests on nobody who is tested.

    Args:
        table: Where the ICC filter's numbers come from.
        test: Patients of the test rows.

    Raises:
        LeakageError: It rests on them, or nobody knows on whom it rests.
    """
    if table.readings is not None or table.of_others:
        return
    remedy = (
        "Give the features of all readings instead (--readings), from which the ICC is computed in each training "
        "set anew, or a table of other people (--icc-of-others)."
    )
    if table.patients is None:
        raise LeakageError(f"It is not known whose readings the ICC table rests on. {remedy}")
    both = sorted(set(map(str, test)) & set(table.patients))
    if both:
        raise LeakageError(f"The ICC table rests on readings of {_some(both)}, who are to be tested. {remedy}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(str, names[:_NAMED])) + more
