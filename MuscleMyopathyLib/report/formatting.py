"""Numbers as they stand on the page."""

from __future__ import annotations

import math
from typing import Any

MISSING = "–"


def number(value: float | None, digits: int = 1) -> str:
    """Return a number with a fixed count of decimals and a true minus sign; a dash where it is missing.

    >>> number(-12.345), number(float("nan")), number(1234.5, 0)
    ('−12.3', '–', '1234')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def text(value: Any) -> str:
    """Return a table's text cell; an empty one may come as None or NaN.

    >>> text(float("nan"))
    ''
    """
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)
