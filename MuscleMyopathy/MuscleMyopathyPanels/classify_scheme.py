"""How classifiers are tested: which patients train and which test, on another cohort too, and against chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .file_row import FileRow, stamp
from .panel_part import PanelPart

K_FOLD, SPLIT, CENTRES, EXTERNAL = "repeated-k-fold", "split", "leave-one-centre-out", "external"
"""As in `modeling.validation.parameters.Scheme`, which loads pandas."""

FILTER = "CSV, TSV (*.csv *.tsv)"


class SchemeChoice(PanelPart):
    """Keeps scheme, files of the other cohort, repeats and number of shuffles.

    Args:
        module: The module's widget.
        ui: The panel's widgets.
        messages: The panel's message strip.
        cohort: Returns the cohort as it was read, and how its files are read; None where it cannot be used.
    """

    def __init__(self, module: Any, ui: Any, messages: Any, cohort: Callable[[], tuple[Any, Any] | None]) -> None:
        super().__init__(module, ui, messages)
        self._cohort = cohort
        self._mode_tip = ui.modeBox.toolTip
        self._shown: Any = None
        self._told: Any = None
        self._problem = ""
        for value, text in (
            ("", _("as the recipe says")),
            (K_FOLD, _("repeated cross-validation")),
            (SPLIT, _("split into training and test")),
            (CENTRES, _("each centre by the others")),
            (EXTERNAL, _("on another cohort")),
        ):
            ui.schemeBox.addItem(text, value)
        ui.schemeBox.activated.connect(lambda: module.refresh())
        self._files = {
            parameter: FileRow(ui, base, FILTER, lambda path, name=parameter: self._set(name, path))
            for base, parameter in (("external", "cohortExternal"), ("externalPatients", "cohortExternalPatients"))
        }

    @property
    def chosen(self) -> str:
        """The scheme chosen; empty for the recipe's."""
        return str(self.ui.schemeBox.itemData(self.ui.schemeBox.currentIndex) or "")

    def obstacle(self) -> str:
        """Return why nothing can be tested so; empty where it can."""
        if self.chosen == CENTRES and not self.ui.centreBox.itemData(self.ui.centreBox.currentIndex):
            return _("Choose the column of the centre (Advanced).")
        if self.chosen != EXTERNAL:
            return ""
        if not self.node.cohortExternal:
            return _("Choose the table of the other cohort.")
        return self._problem

    def repeats(self) -> list[str]:
        """Return the arguments of the repeats; empty where there is one of necessity."""
        return ["--repeats", str(self.ui.repeatsBox.value)] if self.ui.repeatsBox.enabled else []

    def arguments(self) -> list[str]:
        """Return the arguments of ``validate`` alone."""
        node = self.node
        arguments = ["--permutations", str(self.ui.permutationsBox.value)]
        if self.chosen == EXTERNAL:
            # Of another cohort's patients even the papers select nothing: both modes are one.
            arguments += ["--mode", "nested", "--external", node.cohortExternal]
            if node.cohortExternalPatients:
                arguments += ["--external-outcomes", node.cohortExternalPatients]
            return arguments
        arguments += ["--mode", str(self.ui.modeBox.itemData(self.ui.modeBox.currentIndex))]
        return [*arguments, *(["--scheme", self.chosen] if self.chosen else [])]

    def refresh(self, recipe: Any) -> None:
        """Show what goes with the scheme.

        Args:
            recipe: The recipe; None where it cannot be read.
        """
        node = self.node
        external = self.chosen == EXTERNAL
        for parameter, row in self._files.items():
            row.show(getattr(node, parameter))
        self.ui.externalWidget.visible = external
        self.ui.externalLabel.visible = bool(node.cohortExternal)
        for widget in (self.ui.modeBox, self.ui.modeNameLabel, self.ui.permutationsBox):
            widget.enabled = not external
        self.ui.modeBox.toolTip = (
            _("Both modes are one here: of another cohort's patients even the papers select nothing.")
            if external
            else self._mode_tip
        )
        if recipe is None:
            return
        scheme = self.chosen or str(recipe.validation.scheme)
        self.ui.repeatsBox.enabled = scheme in (K_FOLD, SPLIT)
        if (recipe.name, scheme) != self._shown:
            self._shown = (recipe.name, scheme)
            self.ui.repeatsBox.value = recipe.validation.repeats if self.ui.repeatsBox.enabled else 1
            self.ui.permutationsBox.value = recipe.validation.permutations
        if external and node.cohortExternal:
            self._check()

    def _check(self) -> None:
        """Read the other cohort as the job will, and say what it is or why it cannot be tested on."""
        node, cohort = self.node, self._cohort()
        if cohort is None:
            self._told, self.ui.externalLabel.text = None, ""
            return
        data, files = cohort
        settings = (id(data), files, *stamp(node.cohortExternal), *stamp(node.cohortExternalPatients))
        if settings == self._told:
            return
        self._told = settings
        from MuscleMyopathyLib.modeling.validation.splits import with_external
        from MuscleMyopathyLib.study.classifier_inputs import read_external

        try:
            with slicer.util.WaitCursor():
                patients = node.cohortExternalPatients
                other = read_external(files, data, Path(node.cohortExternal), Path(patients) if patients else None)
                with_external(data, other)
        except MuscleMyopathyError as error:
            self._problem = str(error)
            self.ui.externalLabel.text = f"▲ {error}"
            return
        self._problem = ""
        counts = ", ".join(f"{count} {name}" for name, count in other.class_counts.items())
        self.ui.externalLabel.text = _(
            "Trained on the cohort, tested on {patients} other patients ({counts})."
        ).format(patients=sum(other.class_counts.values()), counts=counts)

    def _set(self, parameter: str, path: str) -> None:
        beside = Path(path).parent / "participants.tsv"
        setattr(self.node, parameter, path)
        if parameter == "cohortExternal" and not self.node.cohortExternalPatients and path and beside.is_file():
            self.node.cohortExternalPatients = str(beside) if beside != Path(path) else ""
        self._module.refresh()
