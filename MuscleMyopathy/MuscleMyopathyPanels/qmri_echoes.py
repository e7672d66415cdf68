"""The echo times in the panel *qMRI*: shown as the files tell them, and asked for where they do not."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from slicer.i18n import tr as _

from MuscleMyopathyLib.scene import attributes
from MuscleMyopathyLib.scene.series_nodes import echo_nodes
from MuscleMyopathyLib.scene.volumes import role_of

from .case_volumes import case_volumes
from .grids import same_grid
from .panel_part import PanelPart
from .qmri_ways import Way


class EchoTimes(PanelPart):
    """Keeps the echo times with the volumes of the train."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        ui.echoTimesEdit.editingFinished.connect(lambda: self._on_edited())
        self._train: list[Any] = []

    def refresh(self, way: Way) -> None:
        """Show the times of the chosen train."""
        shown = way.needs_times
        self.ui.echoTimesLabel.visible = self.ui.echoTimesEdit.visible = shown
        first = way.chosen(self.node)[0] if shown else None
        self._train = train_of(first) if first is not None else []
        if not self.ui.echoTimesEdit.focus:
            self.ui.echoTimesEdit.text = _listed(times_of(self._train))
        self.ui.echoTimesEdit.enabled = len(self._train) > 1
        self.ui.echoTimesEdit.toolTip = _(
            "Echo times in ms, in the order of the {count} echoes, with blanks or semicolons between. As the "
            "files tell them; where they do not, give them: they are never guessed."
        ).format(count=len(self._train))

    def obstacle(self) -> str:
        """Return why the echoes cannot be used; empty where they can."""
        count = len(self._train)
        if count < 2:
            return _("This volume is one echo alone. Choose a series of several echoes.")
        if not times_of(self._train):
            return _("Give the {count} echo times in ms: the files do not tell them.").format(count=count)
        return ""

    def _on_edited(self) -> None:
        if not self._train:
            return
        text = self.ui.echoTimesEdit.text.strip()
        if text == _listed(times_of(self._train)):
            return
        try:
            times = parse_times(text, len(self._train))
        except ValueError as error:
            self.messages.error(str(error))
            return
        self.messages.clear()
        for echo, time in zip(self._train, times, strict=True):
            echo.SetAttribute(attributes.ECHO_TIME_MS, repr(time))
            # Volumes that were loaded one by one are one train from now on.
            echo.SetAttribute(
                attributes.ECHO_TRAIN, echo.GetAttribute(attributes.ECHO_TRAIN) or self._train[0].GetName()
            )
        self._module.refresh()


def train_of(node: Any) -> list[Any]:
    """Return the volumes of the train that a volume is an echo of.

    Volumes that were loaded one by one tell no train: those of the same case, role and grid make one.
    """
    nodes = echo_nodes(node)
    if len(nodes) > 1:
        return nodes
    alike = [
        other
        for other in case_volumes(node.GetAttribute(attributes.CASE) or "")
        if role_of(other) is role_of(node) and same_grid(other, node)
    ]
    return alike if node in alike else [node]


def times_of(train: list[Any]) -> tuple[float, ...]:
    """Return the echo times in ms of a train; none where one of its volumes does not tell."""
    texts = [echo.GetAttribute(attributes.ECHO_TIME_MS) for echo in train]
    return () if None in texts else tuple(map(float, texts))


def parse_times(text: str, count: int) -> tuple[float, ...]:
    """Read echo times in ms: numbers with blanks or semicolons between, a comma being a decimal one.

    Raises:
        ValueError: They are no numbers, not so many as there are echoes, or do not rise; in words.
    """
    words = [word for word in re.split(r"[;\s]+", text) if word]
    if len(words) == 1 and count > 1:
        # Somebody wrote the list with commas.
        words = [word for word in text.split(",") if word]
    try:
        times = tuple(float(word.strip(",").replace(",", ".")) for word in words)
    except ValueError:
        raise ValueError(_("{text} is no list of numbers such as 10 20 30.").format(text=text)) from None
    if len(times) != count:
        raise ValueError(
            _("There are {count} echoes, and {given} echo times were given.").format(count=count, given=len(times))
        )
    if times[0] <= 0 or any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(_("Echo times must be above 0 ms and rise from echo to echo."))
    return times


def _listed(times: tuple[float, ...]) -> str:
    return "  ".join(f"{time:g}" for time in times)
