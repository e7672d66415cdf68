"""The half *Study* of the panel Classify: from a cohort to a validated, saved model."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from .classify_cohort import CohortChoice
from .classify_recipe import RecipeChoice
from .classify_scheme import SchemeChoice
from .classify_validation import ValidationResults
from .panel_part import PanelPart
from .requirements import BOOSTED_TREES_REQUIREMENTS, LEARNING_REQUIREMENTS, packages_are_there

SUFFIX = ".mmyo"


class Study(PanelPart):
    """Validates a recipe on a cohort in the background, and trains the model that is saved.

    Args:
        panel: The panel Classify, whose job it uses.
        module: The module's widget.
    """

    def __init__(self, panel: Any, module: Any) -> None:
        super().__init__(module, panel.ui, panel.messages)
        self.panel = panel
        self.cohort = CohortChoice(module, panel.ui, panel.messages)
        self.recipe = RecipeChoice(module, panel.ui, panel.messages)
        self.scheme = SchemeChoice(module, panel.ui, panel.messages, self.cohort.read)
        self.results = ValidationResults(module, panel.ui, panel.messages)
        self._output: Path | None = None
        panel.ui.validateButton.clicked.connect(lambda: self._on_validate())
        panel.ui.saveModelButton.clicked.connect(lambda: self._on_save())
        panel.ui.modelNameEdit.textChanged.connect(lambda: self._enable())

    def refresh(self) -> None:
        """Show what the parameter node names."""
        self.cohort.refresh()
        self.recipe.refresh()
        self.scheme.refresh(self.recipe.recipe)
        self._enable()

    def forget(self) -> None:
        """The scene goes away."""
        self.cohort.forget()
        self.results.forget()
        self._output = None

    def progressed(self) -> None:
        """The job said something: show the figures so far."""
        if self._output is not None:
            self.results.show_so_far(self._output)

    def obstacle(self) -> str:
        """Return why nothing can be validated now; empty where it can."""
        if self.panel.busy:
            return _("The computation is running.")
        return self.cohort.obstacle() or self.recipe.obstacle() or self.scheme.obstacle()

    def _enable(self) -> None:
        obstacle = self.obstacle()
        self.ui.validateButton.enabled = not obstacle
        self.ui.validateButton.toolTip = obstacle or _(
            "Validate the checked classifiers on this cohort in the background. A run that was stopped goes on "
            "where it was when it is started again with the same settings. (Ctrl+Enter)"
        )
        selected = self.results.selected()
        missing = obstacle or ("" if self.ui.modelNameEdit.text.strip() else _("Give the model a name."))
        if selected is None:
            missing = missing or _("Validate first.")
        self.ui.saveModelButton.enabled = not missing
        self.ui.saveModelButton.toolTip = missing or _(
            "Validate {classifier}, the selected row, in both modes as the recipe says, train it on all patients "
            "of the cohort and save it as a model package with its card."
        ).format(classifier=" ".join(filter(None, selected or ())))

    def _packages_are_there(self) -> bool:
        files = [LEARNING_REQUIREMENTS, *([BOOSTED_TREES_REQUIREMENTS] if self.recipe.boosts() else [])]
        return all(packages_are_there(self.messages, file) for file in files)

    def _on_validate(self) -> None:
        self.messages.clear()
        if not self._packages_are_there():
            return
        arguments = ["validate", *self.cohort.arguments(), *self.recipe.arguments()]
        arguments += [*self.recipe.validation_arguments(), *self.scheme.repeats(), *self.scheme.arguments()]
        arguments += _workers()
        # The same settings find the same folder, in which finished pieces of a stopped run lie.
        name = hashlib.sha256("\0".join(arguments).encode()).hexdigest()[:16]
        output = Path(slicer.app.temporaryPath) / f"MuscleMyopathy-validation-{name}"
        self.results.begin()
        self._output = output
        self.panel.run_job(
            [*arguments, "--output", str(output)], self.panel.new_job_folder(), lambda path: self._place(output)
        )

    def _place(self, output: Path) -> None:
        self._output = None
        self.results.place(output)

    def ended(self) -> None:
        """The job has ended, in whatever way."""
        self._output = None

    def _on_save(self) -> None:
        name = self.ui.modelNameEdit.text.strip()
        chosen = qt.QFileDialog.getSaveFileName(
            self.ui.saveModelButton, _("Save the model"), f"{name}{SUFFIX}", f"{_('Model package')} (*{SUFFIX})"
        )
        if chosen and self._packages_are_there():
            path = Path(chosen)
            self.train(path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX), name)

    def train(self, path: Path, name: str) -> None:
        """Train the selected classifier on the whole cohort, and save it."""
        feature_set, classifier = self.results.selected() or ("", "")
        arguments = ["train", *self.cohort.arguments(), *self.recipe.arguments(), "--classifier", classifier]
        if not self.scheme.chosen:
            arguments += self.scheme.repeats()
        arguments += ["--name", name, *_workers(), "--output", str(path)]
        if feature_set:
            arguments += ["--feature-set", feature_set]
        self.panel.run_job(arguments, self.panel.new_job_folder(), lambda made: self.panel.take_model(path))


def _workers() -> list[str]:
    """Return how many processes share the work: more than one needs Dask."""
    several = importlib.util.find_spec("distributed") is not None
    return ["--workers", str(max(1, (os.cpu_count() or 2) // 2) if several else 1)]
