"""What an image is in the examination: T1w, STIR, water, fat, a map or an echo train."""

from __future__ import annotations

from enum import StrEnum


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
    UNKNOWN = "unknown"
