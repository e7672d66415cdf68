"""What an image is in the examination: T1w, STIR, water, fat, a map or an echo train."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")


class Role(StrEnum):
    """The role of a series; the values stand in tables, on the command line and in the panels."""

    T1W = "T1w"
    T2W = "T2w"
    STIR = "STIR"
    WATER = "water"
    FAT = "fat"
    IN_PHASE = "in-phase"
    OPPOSED_PHASE = "opposed-phase"
    FAT_FRACTION_MAP = "FF map"
    T2_MAP = "T2 map"
    MULTI_ECHO_SE = "multi-echo SE"
    MULTI_ECHO_GRE = "multi-echo GRE"
    MULTI_ECHO_GRE_PHASE = "multi-echo GRE phase"
    R2STAR_MAP = "R2star map"
    UNKNOWN = "unknown"


def with_role(series: S, role: Role) -> S:
    """Return a series, or the description of one, in the role that the user chose, whatever was inferred."""
    return dataclasses.replace(series, role=role, reason="Set by the user.")
