"""A model's answer to a case as tables in its folder, read back for the panel and the report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from MuscleMyopathyLib.scene.case_nodes import find_case_node, put_case_table
from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

ANSWER, CONTRIBUTIONS = "classification", "classification contributions"


def put_classification(identifier: str, answer: pd.DataFrame, shares: pd.DataFrame, description: str) -> Any:
    """Put an answer and its contributions into the case's folder, in place of an earlier one.

    Args:
        identifier: The case.
        answer: As of `modeling.inference.prediction.predict`.
        shares: As of `modeling.inference.contributions.contributions`.
        description: Notices, the model's validation, how the case was brought into its form.

    Returns:
        The table node of the answer.
    """
    node = put_case_table(identifier, ANSWER, answer)
    node.SetDescription(description)
    put_case_table(identifier, CONTRIBUTIONS, shares)
    return node


def case_classification(identifier: str) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return answer and contributions of this very case; None where there is none.

    A table of many cases may have been classified while this one was shown: the others' rows are left out.
    """
    nodes = [find_case_node(identifier, kind) for kind in (ANSWER, CONTRIBUTIONS)]
    if any(node is None for node in nodes):
        return None
    answer, shares = (dataframe_from_table_node(node) for node in nodes)
    own = answer[answer["case"].astype(str) == identifier]
    if own.empty:
        return None
    return own.reset_index(drop=True), shares[shares["case"].astype(str) == identifier].reset_index(drop=True)
