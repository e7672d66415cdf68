"""The levels of the target at hand with wording and example picture, always in sight; each can be clicked."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.scoring.answers import Answer
from MuscleMyopathyLib.scoring.scale import Level, Target, TargetKind

THUMBNAIL_PIXELS = 40
THUMBNAIL_MARGIN = 0.2
"""Of the picture, left out of the small one: the muscle lies in the middle."""


class LevelList:
    """A row per level or option: a button with its key, an example picture where there is one, and the wording.

    Args:
        layout: Where the rows go.
        chosen: Called with the level's keys when its button is clicked.
        picture: Returns the file of a level's example picture, or None.
    """

    def __init__(
        self, layout: Any, chosen: Callable[[str], None], picture: Callable[[Level], Path | None]
    ) -> None:
        self._layout = layout
        self._chosen = chosen
        self._picture = picture
        self._shown: tuple[Level, ...] | None = None
        self._rows: Any = None
        self.buttons: dict[str, Any] = {}

    def show(self, target: Target, answer: Answer, *, enabled: bool) -> None:
        """Show what a target can be answered by, with what it was answered by pressed."""
        levels = levels_of(target)
        if levels != self._shown:
            self._lay_out(target)
        given = {code for level in levels for code in [level.code] if _is_given(target, answer, code)}
        for code, button in self.buttons.items():
            button.checked = code in given
            button.enabled = enabled

    def _lay_out(self, target: Target) -> None:
        self._shown, self.buttons = levels_of(target), {}
        if self._rows is not None:
            self._layout.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self._rows = qt.QWidget()
        grid = qt.QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(2, 1)
        for row, (keys, level) in enumerate(levels_by_keys(target).items()):
            button = qt.QToolButton()
            button.objectName = f"level_{level.code}_Button"
            button.text = keys
            button.checkable = True
            button.focusPolicy = qt.Qt.TabFocus
            button.toolTip = (
                _("Answer {label}. (Tab and space bar)")
                if keys.isdigit() and len(keys) > 1
                else _("Answer {label}. (Key {keys})")
            ).format(label=level.label, keys=keys)
            button.clicked.connect(lambda checked=False, keys=keys: self._chosen(keys))
            label = qt.QLabel(level.wording or level.label)
            label.wordWrap = True
            grid.addWidget(button, row, 0)
            grid.addWidget(label, row, 2)
            self._add_picture(grid, row, level)
            self.buttons[level.code] = button
        self._layout.addWidget(self._rows)

    def _add_picture(self, grid: Any, row: int, level: Level) -> None:
        """Show a small picture of the level, and the whole one while the mouse is over it."""
        path = self._picture(level)
        if path is None:
            return
        picture = qt.QLabel()
        picture.objectName = f"level_{level.code}_Picture"
        whole = qt.QPixmap(str(path))
        margin = round(THUMBNAIL_MARGIN * whole.width())
        middle = whole.copy(margin, margin, whole.width() - 2 * margin, whole.height() - 2 * margin)
        picture.pixmap = middle.scaled(
            THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, qt.Qt.KeepAspectRatio, qt.Qt.SmoothTransformation
        )
        picture.toolTip = _(
            "<img src='{path}'><br>{label}: an example from the digital limb; the muscle is outlined."
        ).format(path=path.as_posix(), label=html.escape(level.label))
        grid.addWidget(picture, row, 1)


def levels_of(target: Target) -> tuple[Level, ...]:
    """Return what a target can be answered by: levels or options; no and yes; nothing for a number."""
    if target.kind is TargetKind.YES_NO:
        return (Level(0, "no", _("no")), Level(1, "yes", _("yes")))
    return target.levels


def levels_by_keys(target: Target) -> dict[str, Level]:
    """Return the levels by what is typed for them.

    That is the code where codes begin with a digit: on a scale with 2a and 2b the key 3 must mean grade 3, not the
    third rank. Options with words for codes are numbered.
    """
    levels = levels_of(target)
    by_code = all(level.code[0].isdigit() and len(level.code) <= 2 for level in levels)
    return {level.code if by_code else str(level.value): level for level in levels}


def value_of_keys(target: Target, keys: str, answer: Answer) -> Any:
    """Return the value by which keys answer a target; None where they answer nothing.

    Of several options the key adds one or takes it away; "none" stands alone.
    """
    level = levels_by_keys(target).get(keys)
    if level is None:
        return None
    if target.kind is TargetKind.YES_NO:
        return level.code == "yes"
    if target.kind is not TargetKind.CHOICES:
        return level.code
    given = set(answer.value) if isinstance(answer.value, tuple) else set()
    given = {level.code} if level.code == "none" else (given - {"none"}) ^ {level.code}
    return sorted(given)


def _is_given(target: Target, answer: Answer, code: str) -> bool:
    if target.kind is TargetKind.YES_NO:
        return answer.value is not None and (code == "yes") == answer.value
    return code in answer.value if isinstance(answer.value, tuple) else code == answer.value
