"""Pages about classifiers from their templates, with what all of them share: style, notices, no script, no
loading."""

from __future__ import annotations

from typing import Any

from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.study.case import NOT_A_DEVICE_NOTICE, PHANTOM_NOTICE


def render_page(template: str, *, phantom: bool, **values: Any) -> str:
    """Return a page as text.

    Args:
        template: File in Resources/Report.
        phantom: Whether it shows simulated data, which the page then says at its head, its foot and in print on
            each sheet.
        values: What the template shows.
    """
    # Imported here: a command that writes no report must start without Jinja2.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("Report")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        notice=NOT_A_DEVICE_NOTICE,
        phantom_notice=PHANTOM_NOTICE if phantom else None,
        number=number,
        p_text=p_text,
        **values,
    )


def p_text(p: float) -> str:
    """Return a p value as journals print it.

    >>> p_text(0.00004), p_text(0.0312), p_text(0.24), p_text(float("nan"))
    ('< 0.001', '0.031', '0.24', '–')
    """
    if p < 0.001:
        return "< 0.001"
    return number(p, 3 if p < 0.1 else 2)
