"""The results of the panel *Features*: grey levels, features with a filter, CSV and the cohort's table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError

from .features_table import FeaturesTable, GreyLevelsTable
from .panel_part import PanelPart

FEATURES_KIND, GREY_LEVELS_KIND, PROVENANCE_KIND = "features", "grey levels", "features provenance"


class FeatureResults(PanelPart):
    """Shows the case's feature table in the widgets below Run."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self.greyLevels = GreyLevelsTable(ui.greyLevelsTable)
        self.features = FeaturesTable(ui)
        self._shown: Any = None
        ui.exportButton.clicked.connect(lambda: self._on_export())
        ui.cohortButton.clicked.connect(lambda: self._on_cohort())
        ui.viewButton.clicked.connect(lambda: self._on_view())

    def table_node(self) -> Any:
        """Return the case's table node of features, or None."""
        return self._find(FEATURES_KIND)

    def forget(self) -> None:
        """Draw anew at the next refresh."""
        self._shown = None

    def refresh(self) -> None:
        """Show what the scene holds."""
        features, levels = self.table_node(), self._find(GREY_LEVELS_KIND)
        self.ui.resultWidget.visible = features is not None or levels is not None
        stamp = tuple(node and (node.GetID(), node.GetTable().GetMTime()) for node in (features, levels))
        if stamp == self._shown:
            return
        self._shown = stamp
        for button in (self.ui.exportButton, self.ui.cohortButton, self.ui.viewButton):
            button.enabled = features is not None
        self.ui.exportButton.toolTip = _(
            "Write the features as CSV, a row per sequence, structure and side, and beside it as JSON where they "
            "come from."
        )
        self.ui.cohortButton.toolTip = _(
            "Add this case's rows to the table features_PRESET.csv in a folder, made if need be. Rows of the same "
            "case, reading, sequence, structure and side are replaced; other settings are refused."
        )
        self.ui.resultTabs.setTabEnabled(0, levels is not None)
        self.ui.resultTabs.setTabEnabled(1, features is not None)
        self.ui.resultTabs.currentIndex = 0 if features is None else 1
        self.ui.resultLabel.visible = features is not None
        if levels is not None:
            self.greyLevels.show(_frame(levels))
        if features is not None:
            table = _frame(features)
            self.features.show(table)
            self.ui.resultLabel.text = self._summary(table)

    def place_grey_levels(self, path: Path, preset: Any) -> None:
        """Put the grey levels that a job left into the scene; ``path`` is its table of features."""
        from MuscleMyopathyLib.radiomics.grey_level_check import judged_grey_levels
        from MuscleMyopathyLib.scene.case_nodes import put_case_table

        table = judged_grey_levels(_read(path))
        put_case_table(self._identifier(), GREY_LEVELS_KIND, table)
        self._say_grey_levels(table)
        self._module.refresh()
        self.ui.resultTabs.currentIndex = 0

    def place_features(self, path: Path, preset: Any) -> None:
        """Put the features that a job left into the scene, in place of earlier ones."""
        import json

        from MuscleMyopathyLib.radiomics.grey_level_check import judged_grey_levels
        from MuscleMyopathyLib.scene.case_nodes import put_case_node, put_case_table
        from MuscleMyopathyLib.scene.texts import text_node_from_json

        table = _read(path)
        provenance = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        with slicer.util.WaitCursor():
            put_case_table(self._identifier(), FEATURES_KIND, table)
            put_case_table(self._identifier(), GREY_LEVELS_KIND, judged_grey_levels(table))
            put_case_node(
                self._identifier(), PROVENANCE_KIND, lambda name, node: text_node_from_json(provenance, name, node)
            )
        self._say_problems(table)
        self._module.refresh()

    def _identifier(self) -> str:
        return str(self.node.caseIdentifier)

    def _find(self, kind: str) -> Any:
        from MuscleMyopathyLib.scene.case_nodes import find_case_node

        return find_case_node(self._identifier(), kind)

    def _provenance(self) -> dict[str, Any]:
        from MuscleMyopathyLib.scene.texts import json_from_text_node

        return dict(json_from_text_node(self._find(PROVENANCE_KIND)))

    def _summary(self, table: Any) -> str:
        from MuscleMyopathyLib.radiomics.feature_table import feature_columns

        node = self._find(PROVENANCE_KIND)
        preset = self._provenance()["preset"] if node is not None else "?"
        return _("{features} features of {rows} structures and sequences, preset {preset}.").format(
            features=len(feature_columns(table)), rows=int((table["problem"] == "").sum()), preset=preset
        )

    def _say_grey_levels(self, table: Any) -> None:
        counts = {kind: int((table["judgement"] == kind).sum()) for kind in ("error", "warning")}
        if counts["error"]:
            say, text = self.messages.error, _("{count} structures have one grey level or cannot be measured.")
        elif counts["warning"]:
            say, text = self.messages.warning, _("{count} structures have fewer than 16 grey levels.")
        else:
            self.messages.info(_("Every structure has 16 grey levels or more."))
            return
        bad = table[table["judgement"] != ""]
        say(
            text.format(count=counts["error"] or counts["warning"]),
            "\n".join(map(_remark, bad.to_dict("records"))),
        )

    def _say_problems(self, table: Any) -> None:
        rows = table[(table["problem"] != "") | (table["warning"] != "")]
        if rows.empty:
            self.messages.info(_("Extracted. No problems."))
            return
        lines = [_remark(row) for row in rows.to_dict("records")]
        failed = int((table["problem"] != "").sum())
        text = (
            _("{failed} of {all} rows have a problem. The first: {text}")
            if failed
            else _("{count} rows have a remark. The first: {text}")
        )
        first = next((_remark(row) for row in rows.to_dict("records") if row["problem"]), lines[0])
        say = self.messages.warning
        say(text.format(failed=failed, all=len(table), count=len(rows), text=first), "\n".join(lines))

    def _on_export(self) -> None:
        from MuscleMyopathyLib.output import write_json, write_table

        chosen = qt.QFileDialog.getSaveFileName(
            self.ui.resultWidget, _("Features as CSV"), f"{self._identifier()}_features.csv", "CSV (*.csv)"
        )
        if not chosen:
            return
        path = _csv(chosen)
        try:
            write_table(_frame(self.table_node()), path)
            write_json(self._provenance(), path.with_suffix(".json"))
        except MuscleMyopathyError as error:
            self.messages.error(_("The features could not be written."), str(error))
            return
        self.messages.info(_("Exported to {path}.").format(path=path))

    def _on_cohort(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.resultWidget, _("Folder of the cohort's tables"))
        if folder:
            self.add_to_cohort(Path(folder) / f"features_{self._provenance()['preset']}.csv")

    def add_to_cohort(self, path: Path) -> None:
        """Add the case's rows to the cohort's table in a file."""
        from MuscleMyopathyLib.study.feature_cohort_table import add_to_cohort_table

        try:
            with slicer.util.WaitCursor():
                done = add_to_cohort_table(_frame(self.table_node()), self._provenance(), path)
        except MuscleMyopathyError as error:
            self.messages.error(_("The cohort's table is as it was."), str(error))
            return
        self.messages.info(
            _("{path}: {added} rows added, {replaced} replaced, {unchanged} were there already.").format(
                path=path, added=done.added, replaced=done.replaced, unchanged=done.unchanged
            )
        )

    def _on_view(self) -> None:
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpTableView)
        slicer.app.applicationLogic().GetSelectionNode().SetActiveTableID(self.table_node().GetID())
        slicer.app.applicationLogic().PropagateTableSelection()


def _frame(node: Any) -> Any:
    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

    return dataframe_from_table_node(node)


def _read(path: Path) -> Any:
    from MuscleMyopathyLib.study.feature_cohort_table import read_feature_table

    return read_feature_table(path)


def _csv(chosen: str) -> Path:
    path = Path(chosen)
    return path if path.suffix else path.with_suffix(".csv")


def _remark(row: dict[str, Any]) -> str:
    """Return a row with a problem as a line: what it concerns, and what is wrong."""
    about = " ".join(str(row[name]) for name in ("structure", "side", "sequence") if row[name])
    levels = row["grey_levels"]
    otherwise = _("{count} grey levels").format(count=levels if levels == levels else 0)
    what = "; ".join(filter(None, (row["problem"], row.get("warning", "")))) or otherwise
    return f"{about}: {what}"
