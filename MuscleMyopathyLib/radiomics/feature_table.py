"""The table of features: one row per case × reading × sequence × structure × side, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset

KEY_COLUMNS = ("case", "reader", "session", "sequence", "region", "structure", "side")
INFORMATION_COLUMNS = ("voxel_count", "grey_levels", "problem", "warning")


@dataclass(frozen=True)
class FeatureTable:
    """Features, and what they rest on.

    Attributes:
        table: `KEY_COLUMNS`; ``voxel_count`` (after resampling); ``grey_levels`` of the unfiltered image (of the
            first image type where the preset has no unfiltered one), missing where nothing was measured;
            ``problem`` in words, empty where all is well; ``warning`` likewise; then one column per feature,
            NaN where it could not be measured.
        grey_levels: Long table: `KEY_COLUMNS`, ``image_type``, ``grey_levels``, ``distinct_values``.
        preset: The preset used.
        provenance: Package versions, the preset's content hash and the checksums of images and label images.
    """

    table: pd.DataFrame
    grey_levels: pd.DataFrame
    preset: RadiomicsPreset
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feature_names(self) -> list[str]:
        """The columns that are features."""
        return feature_columns(self.table)


def feature_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of a feature table that are features, in their order."""
    return [name for name in table.columns if name not in (*KEY_COLUMNS, *INFORMATION_COLUMNS)]


def fused_table(tables: pd.DataFrame | Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put regions and sequences side by side: early fusion by concatenation of columns (Wei et al. 2023).

    Args:
        tables: One or more feature tables, e.g. of the thigh and of the calf.

    Returns:
        One row per case, reader, session, structure and side; each feature is prefixed by region and sequence
        (``thigh.T1w.original_firstorder_Mean``). A structure that a region does not have, or that could not be
        measured, has NaN there; ``problem`` joins the problems of all parts.

    Raises:
        InputError: A row occurs twice, so that it is not clear which one is meant.
    """
    table = tables if isinstance(tables, pd.DataFrame) else pd.concat(list(tables), ignore_index=True)
    index = ["case", "reader", "session", "structure", "side"]
    twice = table[table.duplicated([*KEY_COLUMNS])]
    if not twice.empty:
        row = ", ".join(f"{name} {value}" for name, value in twice.iloc[0][list(KEY_COLUMNS)].items())
        raise InputError(f"The table holds a row twice ({row}). Remove one before fusing.")
    features = feature_columns(table)
    parts = []
    for (region, sequence), part in table.groupby(["region", "sequence"], sort=False):
        prefix = f"{region}.{sequence}." if region else f"{sequence}."
        parts.append(part.set_index(index)[features].dropna(axis="columns", how="all").add_prefix(prefix))
    named = table.assign(
        problem=[
            f"{region} {sequence}: {problem}".strip() if problem else ""
            for region, sequence, problem in zip(table["region"], table["sequence"], table["problem"], strict=True)
        ]
    )
    problems = named.groupby(index, sort=False)["problem"].agg(lambda texts: "; ".join(filter(None, texts)))
    return pd.concat([problems, *parts], axis="columns").copy().reset_index()


def same_values(table: pd.DataFrame) -> list[str]:
    """Return for each row which other row has the very same value in every feature, in words, else "".

    The same structure of the same sequence read twice may well agree in everything; two structures or two
    sequences that do were probably mixed up in a mask or file name.
    """
    features = feature_columns(table)
    notes = [""] * len(table)
    measured = table[features].notna().any(axis="columns") if features else pd.Series(False, index=table.index)
    # Rounded to single precision: the order of summation may differ in the last digits.
    digests = pd.util.hash_pandas_object(table[features].astype("float32"), index=False)
    groups: dict[int, list[int]] = {}
    for position, (digest, is_measured) in enumerate(zip(digests, measured, strict=True)):
        if is_measured:
            groups.setdefault(int(digest), []).append(position)
    identity = [
        (row["region"], row["structure"], row["side"], row["sequence"], row["case"])
        for _, row in table[list(KEY_COLUMNS)].iterrows()
    ]
    for group in groups.values():
        for position in group:
            others = [other for other in group if identity[other] != identity[position]]
            if others:
                row = table.iloc[others[0]]
                notes[position] = (
                    f"suspicious: all features equal those of {row['structure']} {row['side']}, "
                    f"{row['sequence']}; check the masks and images"
                )
    return notes
