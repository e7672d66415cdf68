"""The half *This case* of the panel Classify: whether the case fits the model, and the job that asks the model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .case_volumes import case_volumes, is_phantom
from .classify_answer import AnswerView
from .classify_job import CaseAnswerJob, RegionNodes, TableAnswerJob, read_answer
from .classify_model import ModelChoice
from .classify_region import OtherRegion
from .features_results import FEATURES_KIND, PROVENANCE_KIND
from .grids import same_grid
from .panel_part import PanelPart
from .requirements import LEARNING_REQUIREMENTS, RADIOMICS_REQUIREMENTS, packages_are_there

IMAGES, TABLE = "images", "table"
READER = re.compile(r"[A-Za-z0-9-]*")
WORDS = {"sequences": _("Sequences"), "preset": _("Preset"), "structures": _("Structures")}


class ThisCase(PanelPart):
    """Asks a model about the case at hand or about a table of features.

    Args:
        panel: The panel Classify, whose job it uses.
        module: The module's widget.
    """

    def __init__(self, panel: Any, module: Any) -> None:
        super().__init__(module, panel.ui, panel.messages)
        self.panel = panel
        self.model = ModelChoice(module, panel.ui, panel.messages)
        self.other = OtherRegion(module, panel.ui, panel.messages)
        self.answer = AnswerView(module, panel.ui, panel.messages)
        panel.ui.sourceBox.addItem(_("images of this case"), IMAGES)
        panel.ui.sourceBox.addItem(_("a table of features"), TABLE)
        panel.ui.sourceBox.activated.connect(lambda: module.refresh())
        panel.ui.classifyButton.clicked.connect(lambda: self._on_classify())

    def enter(self) -> None:
        """The panel is shown: choose a model and what is drawn, where nothing is chosen."""
        from MuscleMyopathyLib.scene.hierarchy import find_result

        node = self.node
        self.model.choose()
        if node.classifySegmentation is not None:
            return
        found = [find_result(node.caseIdentifier, kind) for kind in ("whole muscle", "compartments")]
        segmentations = list(slicer.util.getNodesByClass("vtkMRMLSegmentationNode"))
        only = segmentations[0] if len(segmentations) == 1 else node.featureSegmentation
        node.classifySegmentation = next((one for one in found if one is not None), only)

    def refresh(self) -> None:
        """Show model, fit and answer."""
        self.model.refresh()
        images = self._source() == IMAGES
        self.other.refresh(self.model.card if images else None)
        for widget, shown in (
            (self.ui.segmentationSelector, images),
            (self.ui.segmentationNameLabel, images),
            (self.ui.tableSelector, not images),
            (self.ui.tableNameLabel, not images),
            (self.ui.fitLabel, images and self.model.card is not None),
        ):
            widget.visible = shown
        self.answer.refresh()
        self.ui.fitLabel.text = self._fit_words()
        obstacle = self.obstacle()
        self.ui.classifyButton.enabled = not obstacle
        self.ui.classifyButton.toolTip = obstacle or _(
            "Make the features with the model's own preset and classify, in the background. (Ctrl+Enter)"
        )

    def forget(self) -> None:
        """The scene goes away."""
        self.answer.forget()

    def obstacle(self) -> str:
        """Return why the model cannot be asked now; empty where it can."""
        node = self.node
        if self.panel.busy:
            return _("The computation is running.")
        if self.model.card is None:
            return self.model.problem
        if self._source() == TABLE:
            return "" if node.classifyTable is not None else _("Choose the table of features.")
        missing = next((fit for fit in self._fits() if not fit.fits), None)
        if missing is not None:
            return f"{WORDS[missing.what]}: {missing.reason}."
        for one in self._regions():
            chosen = list(one.volumes.values())
            for other in chosen[1:]:
                if not same_grid(chosen[0], other):
                    return _("{first} and {other} do not share one grid.").format(
                        first=chosen[0].GetName(), other=other.GetName()
                    )
        if not READER.fullmatch(node.reader):
            return _("The reader's name in the line at the top: use letters without accents, digits and hyphens.")
        return ""

    def _source(self) -> str:
        return str(self.ui.sourceBox.itemData(self.ui.sourceBox.currentIndex))

    def _fits(self) -> list[Any]:
        from MuscleMyopathyLib.study.model_fit import Examined, model_fit

        node = self.node
        examined = [Examined(node.region, list(self._named()), _codes(node.classifySegmentation))]
        if self.other.region:
            drawn = _codes(self.other.segmentation)
            examined.append(Examined(self.other.region, list(self.other.volumes()), drawn))
        return model_fit(self.model.card, examined)

    def _fit_words(self) -> str:
        if self.model.card is None:
            return ""
        lines = [f"{'✓' if fit.fits else '✖'} {WORDS[fit.what]}: {fit.reason}" for fit in self._fits()]
        known = self.answer.range_words(self.model.card)
        lines.append(known or _("… Range: compared with the training cases once the features are made"))
        return "\n".join(lines)

    def _named(self) -> dict[str, Any]:
        from MuscleMyopathyLib.scene.console_features import sequence_names

        taken = {node.GetID() for node in self.other.volumes().values()}
        own = [node for node in case_volumes(self.node.caseIdentifier) if node.GetID() not in taken]
        try:
            return dict(sequence_names(own))
        except MuscleMyopathyError:
            # Two volumes of one name: the case has none that could be told apart.
            return {}

    def _regions(self) -> list[RegionNodes]:
        """Return the volumes that the model needs and what is drawn on them, by limb segment."""
        region = self.node.region
        wanted = {sequence for of, sequence in self.model.card.parts if of in ("", region)}
        own = {name: node for name, node in self._named().items() if name in wanted}
        regions = [RegionNodes(region, own, self.node.classifySegmentation)] if own else []
        if self.other.region:
            regions.append(RegionNodes(self.other.region, self.other.volumes(), self.other.segmentation))
        return regions

    def _on_classify(self) -> None:
        self.messages.clear()
        node = self.node
        images = self._source() == IMAGES
        files = [LEARNING_REQUIREMENTS, *([RADIOMICS_REQUIREMENTS] if images else [])]
        if not all(packages_are_there(self.messages, file) for file in files):
            return
        folder = self.panel.new_job_folder()
        job: Any = TableAnswerJob(self.model.path, node.classifyTable, self._made_with())
        if images:
            job = CaseAnswerJob(
                self.model.path,
                node.caseIdentifier,
                node.reader,
                node.session,
                self._regions(),
                is_phantom(node.caseIdentifier),
            )
        try:
            with slicer.util.WaitCursor():
                arguments = job.write(folder)
        except MuscleMyopathyError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self.messages.error(str(error))
            return
        self.panel.run_job(arguments, folder, self._place)

    def _made_with(self) -> dict[str, Any]:
        """Return how the case's own features were made; nothing is known of another table."""
        from MuscleMyopathyLib.scene.case_nodes import find_case_node
        from MuscleMyopathyLib.scene.texts import json_from_text_node

        identifier = self.node.caseIdentifier
        table, told = (find_case_node(identifier, kind) for kind in (FEATURES_KIND, PROVENANCE_KIND))
        own = table is not None and self.node.classifyTable is table and told is not None
        return dict(json_from_text_node(told)) if own else {}

    def _place(self, path: Path) -> None:
        self.answer.place(*read_answer(path.parent), self.model.card)


def _codes(segmentation_node: Any) -> set[str]:
    """Return the codes of the structures that are drawn."""
    from MuscleMyopathyLib.scene.segmentations import structure_of_segment

    if segmentation_node is None:
        return set()
    segmentation = segmentation_node.GetSegmentation()
    segments = (segmentation.GetNthSegment(number) for number in range(segmentation.GetNumberOfSegments()))
    return {one.code for one in map(structure_of_segment, segments) if one is not None}
