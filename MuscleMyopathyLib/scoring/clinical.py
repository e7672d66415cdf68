"""What follows from the clinical sheet: whether a muscle enzyme is raised."""

from __future__ import annotations

from MuscleMyopathyLib.scoring.form import Form

ENZYMES = ("ck", "ldh", "ast", "alt")
"""The muscle enzymes of the EULAR/ACR criteria, by their ids on the clinical sheet."""


def raised_enzymes(form: Form) -> bool | None:
    """Tell whether CK, LDH, AST or ALT exceeds its upper limit of normal.

    Args:
        form: A clinical sheet with normal ranges; any scale with numbers under the ids of `ENZYMES`.

    Returns:
        True where one is raised; False where all four are known and none is; None where that cannot be said.

    Raises:
        ParameterError: The scale lacks one of the enzymes.
    """
    raised: list[bool | None] = []
    for enzyme in ENZYMES:
        target, value = form.scale.target(enzyme), form.answer(enzyme).value
        limit = target.normal.high if target.normal else None
        raised.append(None if limit is None or not isinstance(value, float) else value > limit)
    if True in raised:
        return True
    return None if None in raised else False
