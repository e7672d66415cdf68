"""Suggested scores beside the reader's own: from the case's fat-fraction map, or from its water and fat images."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.anatomy import Side, Structure
from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scoring.form import Form
from MuscleMyopathyLib.scoring.journal import Do

from .case_volumes import volume_of_role
from .panel_part import PanelPart
from .score_reading import OpenForm


class Suggestions(PanelPart):
    """The button that suggests a level for every muscle, and what is needed for it."""

    def show(self, form: Form, segmentation: Any) -> None:
        """Show whether scores can be suggested, and why not."""
        obstacle = ""
        if form.locked:
            obstacle = _("The reading is locked.")
        elif not fat_fraction_source(self.node):
            obstacle = _("Needs a fat-fraction map, or water and fat images to compute it from.")
        elif segmentation is None:
            obstacle = _("Needs a segmentation of the muscles.")
        self.ui.suggestButton.enabled = not obstacle
        self.ui.suggestButton.toolTip = obstacle or _(
            "Suggest a level for every muscle from the share of its voxels with a fat fraction of 50 % or more "
            "(levels 2 to 4: Wei et al., Front Neurol 2023;14:1251025; the first two cut-offs, 2 and 10 %, are "
            "this extension's own). It appears beside your own score and is stored with it."
        )

    def suggest(self, form: OpenForm, segmentation: Any) -> str:
        """Store a suggestion for every muscle of the form that is drawn; return in words how many, "" on error."""
        targets = {target.structure: target.id for target in form.form.scale.targets}
        count = 0
        try:
            with slicer.util.WaitCursor():
                table = suggested_scores(fat_fraction_source(self.node), segmentation)
                for row in table.to_dict("records"):
                    target = targets.get(Structure(row["structure"], Side(row["side"])))
                    if target and row["suggested_code"]:
                        value = (row["suggested_code"], float(row["fat_share_percent"]))
                        form.apply(Do.SUGGEST, target, value)
                        count += 1
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return ""
        return _("{count} of {total} muscles have a suggested score.").format(count=count, total=len(targets))


def fat_fraction_source(parameters: Any) -> tuple[Any, ...]:
    """Return the node of the fat-fraction map, or those of water and fat to compute it from; or nothing."""
    from MuscleMyopathyLib.scene.hierarchy import find_result

    case = parameters.caseIdentifier
    found = find_result(case, "fat fraction") or parameters.fatFractionMap
    found = found or volume_of_role(case, Role.FAT_FRACTION_MAP)
    if found is not None:
        return (found,)
    pair = (
        parameters.water or volume_of_role(case, Role.WATER),
        parameters.fat or volume_of_role(case, Role.FAT),
    )
    return pair if None not in pair else ()


def suggested_scores(source: tuple[Any, ...], segmentation: Any) -> Any:
    """Return the table of `scoring.suggestion.suggest_scores`.

    Args:
        source: As `fat_fraction_source` returns it.
        segmentation: The muscles.

    Raises:
        InputError, GeometryError: A node cannot be used.
    """
    from MuscleMyopathyLib.qmri.fat_fraction import fat_fraction
    from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
    from MuscleMyopathyLib.scene.volumes import image_from_volume_node
    from MuscleMyopathyLib.scoring.suggestion import suggest_scores

    images = [image_from_volume_node(node) for node in source]
    percent = images[0] if len(images) == 1 else fat_fraction(*images).percent
    return suggest_scores(percent, segmentation_from_node(segmentation, source[0]))
