"""The panel *Score*: a form of a scale beside the slice views, filled by keys and saved at every key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.scoring.answers import Answer
from MuscleMyopathyLib.scoring.answers import State as AnswerState
from MuscleMyopathyLib.scoring.form import Form, Suggestion
from MuscleMyopathyLib.scoring.journal import Do
from MuscleMyopathyLib.scoring.scale import Target, TargetKind

from .case_volumes import volume_of_role
from .layouts import suggest_layout
from .panel import Panel
from .score_agreement import FormAgreementView
from .score_entry import EntryRow
from .score_grid import FormGrid
from .score_keys import key_filter
from .score_levels import LevelList, levels_by_keys, value_of_keys
from .score_reading import OpenForm, begin_form
from .score_results import write_scores
from .score_study import StudyChoice
from .score_suggestions import Suggestions
from .score_views import MuscleViews
from .steps import State, StepState


class ScorePanel(Panel):
    """Fills a form and keeps it.

    Args:
        module: The module's widget: its parameter node, and where its resources are.
    """

    name = "score"
    title = _("Score")

    def __init__(self, module: Any) -> None:
        super().__init__(module, "ScorePanel.ui", messages_before="formWidget")
        self.widget.layout().addStretch(1)
        self.study = StudyChoice(module, self.ui, self.messages)
        self.grid = FormGrid(self.ui.formTable, self._on_target)
        self.levels = LevelList(self.ui.levelsWidget.layout(), self._on_level, self.study.picture)
        self.entry = EntryRow(self.ui, self._focus)
        self.views = MuscleViews()
        self.suggestions = Suggestions(module, self.ui, self.messages)
        self.agreement = FormAgreementView(
            module, self.ui, self.messages, self.study, self.run_job, self.new_job_folder
        )
        self.form: OpenForm | None = None
        self._shown_key: Any = None
        self._shows_first = False
        self._may_lock = False
        self._begun_code = ""
        self._keys = key_filter(self._actions, self._on_key, self._is_awaited)
        self.ui.formTable.installEventFilter(self._keys)
        for button, action in (
            (self.ui.beginButton, self._on_begin),
            (self.ui.notAssessableButton, self._on_not_assessable),
            (self.ui.sameButton, self._on_same),
            (self.ui.clearButton, self._on_clear),
            (self.ui.undoButton, self._on_undo),
            (self.ui.redoButton, self._on_redo),
            (self.ui.suggestButton, self._on_suggest),
            (self.ui.tableButton, self._on_table),
            (self.ui.exportButton, self._on_export),
            (self.ui.lockButton, self._on_lock),
        ):
            button.clicked.connect(lambda checked=False, action=action: action())

    def state(self) -> StepState:
        """Return how far this step is."""
        if self.node is None:
            return StepState(State.NOT_POSSIBLE, _("There is no scene."))
        if self.form is not None and self.form.key == self.study.key():
            if not self.form.form.unscored():
                return StepState(State.DONE, _("The form is filled."))
            return StepState(State.OPEN, _("Scored: {progress}.").format(progress=self.form.form.progress))
        return StepState(State.OPEN, _("Score the case on a scale."))

    def refresh(self) -> None:
        """Show the form of the case, reader, session and scale; a hidden panel lets go of the views."""
        node = self.node
        if node is None or node.step != self.name:
            self.leave()
            return
        if not self._packages_are_there():
            return
        self.study.refresh()
        key = self.study.key()
        if key != self._shown_key:
            self._open(key)
        self._show()
        self.agreement.refresh()

    def enter(self) -> None:
        """The panel is shown: one large axial view beside the form, of the T1w image where the case has one."""
        suggest_layout(self.name, slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
        node = self.node
        t1w = volume_of_role(node.caseIdentifier, Role.T1W) if node is not None else None
        # Whoever scores by eye must not have the measured map before it.
        slicer.util.setSliceViewerLayers(foreground=None)
        if t1w is not None:
            slicer.util.setSliceViewerLayers(background=t1w, fit=True)
        # The form may have been gone on with elsewhere meanwhile.
        self._shown_key = None

    def leave(self) -> None:
        """Another panel or module is shown: the time that passes there is none of the reading's."""
        self.views.release()
        self._shown_key = None

    def abandon(self) -> None:
        """The scene or the module goes away; the form is on the disk already."""
        self._abandon_job()
        self.agreement.forget()
        self.views.forget()
        self.form, self._shown_key = None, None
        self.entry.close()
        self.messages.clear()

    def _open(self, key: Any) -> None:
        self._shown_key, self._may_lock = key, False
        self.entry.close()
        self.messages.clear()
        self.views.release()
        self.form, self._shows_first = None, False
        if key is None:
            return
        from MuscleMyopathyLib.scene.case_scores import hide_other_scores

        try:
            self.form, self._shows_first = self.study.find(key)
            hide_other_scores(key.case, key.reader, key.session, blinded=self.study.blinded)
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
        if self.form is not None:
            self._show()
            self.grid.go_to(self.form.form.next_unscored() or key.scale.targets[0].id)
            self._on_target()
            header = self._module.ui
            if not any(
                one.focus for one in (header.caseEdit, header.readerEdit, header.sessionBox, self.ui.scaleBox)
            ):
                # A name that is being typed may be another reader's on the way.
                self._focus()

    def _show(self) -> None:
        """Show the form as it stands."""
        obstacle = self.study.obstacle()
        self.ui.beginButton.visible = self.form is None
        self.ui.beginButton.enabled = not obstacle
        self.ui.beginButton.toolTip = obstacle or _("Begin the form. It is saved at every key.")
        self.ui.obstacleLabel.text = obstacle
        self.ui.obstacleLabel.visible = self.form is None and bool(obstacle)
        self.ui.formWidget.visible = self.form is not None
        # The scale's tooltip names the source as well; while scoring the room belongs to the levels.
        self.ui.sourceLabel.visible = self.form is None
        if self.form is None:
            return
        form = self.form.form
        self.grid.show(form, self._visible_suggestion)
        self.ui.formProgressLabel.text = f"<b>{form.progress}</b>"
        saved = _("locked, cannot be changed") if form.locked else _("saved at every key")
        self.ui.savedLabel.text = saved
        self.ui.savedLabel.toolTip = str(self.form.path)
        self._show_target()
        self._show_buttons(form)

    def _show_target(self) -> None:
        assert self.form is not None
        target = self._target()
        answer, suggestion = self.form.form.answer(target.id), self._visible_suggestion(target.id)
        self.ui.targetLabel.text = f"<b>{target.question or target.name}</b>{_about(answer, suggestion)}"
        self.levels.show(target, answer, enabled=not self.form.form.locked)

    def _show_buttons(self, form: Form) -> None:
        open_ = not form.locked
        other = form.scale.other_side(self._target().id)
        answered = form.answer(self._target().id).state is not AnswerState.NOT_SCORED
        self.ui.notAssessableButton.enabled = open_
        self.ui.sameButton.visible = other is not None
        other_answered = other is not None and form.answer(other.id).state is not AnswerState.NOT_SCORED
        self.ui.sameButton.enabled = open_ and other_answered
        self.ui.clearButton.enabled = open_ and answered
        self.ui.undoButton.enabled = open_ and bool(form.done)
        self.ui.redoButton.enabled = open_ and bool(form.undone_changes)
        self.ui.suggestButton.visible = self.study.can_suggest()
        self.suggestions.show(form, self._segmentation())
        left = len(form.unscored())
        self.ui.lockButton.enabled = open_ and not left
        self.ui.lockButton.text = _("Lock for good?") if self._may_lock else _("&Lock")
        if form.locked:
            self.ui.lockButton.toolTip = _("The reading is locked. A repeat is a new session.")
        elif left:
            self.ui.lockButton.toolTip = _(
                "{left} still to answer. What cannot be scored is “not assessable” (N)."
            ).format(left=left)
        else:
            self.ui.lockButton.toolTip = _(
                "Finish this reading with all its forms, also those on other scales; nothing can be changed "
                "afterwards. Other readers' results of the case are shown then."
            )

    def _visible_suggestion(self, target: str) -> Suggestion | None:
        assert self.form is not None
        form = self.form.form
        own = form.answer(target).state is not AnswerState.NOT_SCORED
        return form.suggestions.get(target) if own or self._shows_first else None

    def _target(self) -> Target:
        assert self.form is not None
        scale = self.form.form.scale
        return scale.target(self.grid.current or scale.targets[0].id)

    def _segmentation(self) -> Any:
        from MuscleMyopathyLib.scene.hierarchy import find_result

        node = self.node
        return node.muscles or find_result(node.caseIdentifier, "muscles")

    def _actions(self) -> dict[str, Any]:
        return {
            "not assessable": self._on_not_assessable,
            "same": self._on_same,
            "clear": self._on_clear,
            "undo": self._on_undo,
            "redo": self._on_redo,
            "enter": self._on_enter,
        }

    def _focus(self) -> None:
        self.ui.formTable.setFocus()

    def _on_target(self) -> None:
        """Another target is at hand: show it here and in the slice views."""
        if self.form is None:
            return
        self.entry.close()
        self._may_lock, self._begun_code = False, ""
        self._show_target()
        self._show_buttons(self.form.form)
        structure = self._target().structure
        try:
            drawn = self.views.show(self._segmentation(), structure)
        except MuscleMyopathyError as error:
            self.messages.warning(_("The muscles cannot be shown in the slice views."), str(error))
            return
        self.ui.notDrawnLabel.visible = bool(structure) and not drawn

    def _on_begin(self) -> None:
        key = self.study.key()
        if key is None or self.study.obstacle():
            return
        self.messages.clear()
        try:
            begin_form(key)
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return
        self.study.keep_folder()
        self._shown_key = None
        self._module.refresh()
        self._focus()

    def _is_awaited(self, letter: str) -> bool:
        if not self._begun_code or self.form is None:
            return False
        return self._begun_code + letter in levels_by_keys(self._target())

    def _on_key(self, key: str) -> None:
        assert self.form is not None
        target = self._target()
        if target.kind is TargetKind.NUMBER:
            if not self.form.form.locked:
                self.entry.open(target, key, lambda text: self._take_number(target, text))
            return
        keys = self._begun_code + key
        known = levels_by_keys(target)
        longer = [one for one in known if one.startswith(keys) and one != keys]
        if keys not in known and longer:
            self._begun_code = keys
            self.messages.info(_("{begun} …: {codes}?").format(begun=keys, codes=_(" or ").join(longer)))
        else:
            self._on_level(keys)

    def _on_level(self, keys: str) -> None:
        assert self.form is not None
        self._begun_code = ""
        target = self._target()
        answer = self.form.form.answer(target.id)
        value = value_of_keys(target, keys, answer)
        if value == []:
            self._do(Do.CLEAR, target.id)
        elif value is None:
            known = ", ".join(levels_by_keys(target))
            self.messages.warning(
                _("{keys} is not on this scale. Its keys are: {known}.").format(keys=keys, known=known)
            )
        else:
            self._do(Do.SCORE, target.id, value, move_on=target.kind is not TargetKind.CHOICES)

    def _on_enter(self) -> None:
        target = self._target()
        assert self.form is not None
        if target.kind is TargetKind.NUMBER and not self.form.form.locked:
            value = self.form.form.answer(target.id).value
            text = f"{value:g}" if isinstance(value, float) else ""
            self.entry.open(target, text, lambda text: self._take_number(target, text))
        else:
            self._move_on()

    def _take_number(self, target: Target, text: str) -> None:
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            self.messages.warning(_("{text} is not a number.").format(text=text))
            return
        self._do(Do.SCORE, target.id, number, move_on=True)

    def _on_not_assessable(self) -> None:
        if self.form is None or self.form.form.locked:
            return
        target = self._target()
        self.entry.open_reason(target, lambda text: self._do(Do.NOT_ASSESSABLE, target.id, text, move_on=True))

    def _on_same(self) -> None:
        self._do(Do.SAME_AS_OTHER_SIDE, self._target().id, move_on=True)

    def _on_clear(self) -> None:
        self._do(Do.CLEAR, self._target().id)

    def _on_undo(self) -> None:
        if self.form is not None and self.form.form.done:
            target = self.form.form.done[-1].target
            self._do(Do.UNDO)
            self.grid.go_to(target)

    def _on_redo(self) -> None:
        if self.form is not None and self.form.form.undone_changes:
            target = self.form.form.undone_changes[-1].target
            self._do(Do.REDO)
            self.grid.go_to(target)

    def _do(self, do: Do, target: str = "", value: Any = None, *, move_on: bool = False) -> None:
        """Do something to the form, show it, and go on to the next target."""
        assert self.form is not None
        try:
            self.form.apply(do, target, value)
        except MuscleMyopathyError as error:
            self.messages.warning(str(error))
            return
        self.messages.clear()
        self.entry.close()
        self._may_lock = False
        self._show()
        if move_on:
            self._move_on()
        self._module.stepBar.show(self.name, self.state(), current=True)
        self._focus()

    def _move_on(self) -> None:
        assert self.form is not None
        following = self.form.form.next_unscored(self._target().id)
        if following is not None:
            self.grid.go_to(following)

    def _on_suggest(self) -> None:
        assert self.form is not None
        message = self.suggestions.suggest(self.form, self._segmentation())
        if message:
            shown = (
                _("They are shown.") if self._shows_first else _("Each appears once you have scored its muscle.")
            )
            self.messages.info(f"{message} {shown}")
        self._show()
        self._focus()

    def _on_table(self) -> None:
        if self.form is not None:
            node = self._put_table()
            self.messages.info(_("The table {name} lies in the case's folder.").format(name=node.GetName()))

    def _put_table(self) -> Any:
        from MuscleMyopathyLib.scene.case_scores import put_case_scores

        assert self.form is not None
        key = self.form.key
        return put_case_scores(key.case, self.form.form, key.reader, key.session)

    def _on_export(self) -> None:
        assert self.form is not None
        proposed = f"{self.form.key.case}_{self.form.key.scale.id}_{self.form.key.reader}.csv"
        chosen = qt.QFileDialog.getSaveFileName(self.widget, _("Export the form"), proposed, "CSV (*.csv)")
        if not chosen:
            return
        try:
            files = write_scores(self.form, Path(chosen))
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return
        self.messages.info(_("Written: {names}.").format(names=", ".join(path.name for path in files)))

    def _on_lock(self) -> None:
        assert self.form is not None
        if not self._may_lock:
            self._may_lock = True
            self._show()
            return
        try:
            self.form.lock()
            self._put_table()
        except MuscleMyopathyError as error:
            self.messages.error(str(error))
            return
        self._shown_key = None
        self._module.refresh()


def _about(answer: Answer, suggestion: Suggestion | None) -> str:
    """Return what was answered and suggested, to stand behind the target's name."""
    parts = []
    if answer.state is AnswerState.NOT_ASSESSABLE:
        parts.append(_("not assessable: {reason}").format(reason=answer.reason))
    if suggestion is not None:
        parts.append(
            _("suggested {code}: {share:.0f} % of the voxels are fat").format(
                code=suggestion.code, share=suggestion.share_percent
            )
        )
    return "".join(f" · {part}" for part in parts)
