"""What is done to a cohort: the recipe, which of its classifiers, paper or nested mode, and how often repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .panel_part import PanelPart

BOOSTED_TREES = "XGBoost"


class RecipeChoice(PanelPart):
    """Keeps the recipe with the parameter node."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._shown = ""
        self._recipe: Any = None
        for value, text in (("both", _("both, side by side")), ("paper", _("paper")), ("nested", _("nested"))):
            ui.modeBox.addItem(text, value)
        ui.recipeBox.activated.connect(lambda: self._set(ui.recipeBox.itemData(ui.recipeBox.currentIndex)))
        ui.recipeButton.clicked.connect(lambda: self._on_file())
        ui.classifiersList.itemChanged.connect(lambda item: self._on_checked())

    def obstacle(self) -> str:
        """Return why the recipe cannot be run; empty where it can."""
        if self._recipe is None:
            return _("Choose a recipe.")
        return "" if self.classifiers() else _("Check at least one classifier.")

    @property
    def recipe(self) -> Any:
        """The recipe; None where it cannot be read."""
        return self._recipe

    def classifiers(self) -> list[str]:
        """Return the checked classifiers."""
        rows = (self.ui.classifiersList.item(row) for row in range(self.ui.classifiersList.count))
        return [item.text() for item in rows if item.checkState() == qt.Qt.Checked]

    def arguments(self) -> list[str]:
        """Return the arguments that ``validate`` and ``train`` share."""
        return ["--recipe", str(self.node.cohortRecipe), "--seed", str(self.ui.seedBox.value)]

    def validation_arguments(self) -> list[str]:
        """Return those of ``validate`` alone."""
        return [part for name in self.classifiers() for part in ("--classifier", name)]

    def boosts(self) -> bool:
        """Tell whether a checked classifier needs a package of its own."""
        return BOOSTED_TREES in self.classifiers()

    def take_file(self, path: Path) -> None:
        """Take a recipe from a file; one that cannot be used is refused in the strip."""
        from MuscleMyopathyLib.modeling.recipe import read_recipe

        try:
            read_recipe(path)
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return
        self._set(str(path))

    def refresh(self) -> None:
        """Show the recipe that the parameter node names."""
        from MuscleMyopathyLib.modeling.recipe import RECIPES, read_recipe

        chosen = str(self.node.cohortRecipe)
        if chosen == self._shown:
            return
        self._shown = chosen
        names = [*RECIPES, *([chosen] if chosen not in RECIPES else [])]
        self.ui.recipeBox.clear()
        for name in names:
            self.ui.recipeBox.addItem(Path(name).stem if name == chosen else name, name)
        self.ui.recipeBox.currentIndex = names.index(chosen)
        try:
            recipe = read_recipe(chosen)
        except MuscleMyopathyError as error:
            self._recipe = None
            self.ui.recipeLabel.text = f"▲ {error}"
            self.ui.classifiersList.clear()
            return
        self._recipe = recipe
        sentences = [recipe.description, recipe.validation.words, recipe.source]
        self.ui.recipeLabel.text = ". ".join(text[:1].upper() + text[1:] for text in sentences if text) + "."
        self.ui.classifiersList.clear()
        for name in recipe.classifiers:
            item = qt.QListWidgetItem(name)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            item.setCheckState(qt.Qt.Checked)
            self.ui.classifiersList.addItem(item)

    def _on_checked(self) -> None:
        if self._shown == self.node.cohortRecipe and self.ui.classifiersList.count == len(
            self._recipe.classifiers
        ):
            self._module.refresh()

    def _on_file(self) -> None:
        files = qt.QFileDialog.getOpenFileNames(self.ui.recipeButton, _("Recipe"), "", "YAML (*.yaml *.yml)")
        if files:
            self.take_file(Path(next(iter(files))))

    def _set(self, name: str) -> None:
        self.node.cohortRecipe = name
        self._module.refresh()
