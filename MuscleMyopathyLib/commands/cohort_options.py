"""What the commands ``validate`` and ``train`` share: the table of a cohort, its outcome, readings and recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from MuscleMyopathyLib.commands.options import existing_file

if TYPE_CHECKING:
    # Imported where they are used: the command line starts without them.
    from MuscleMyopathyLib.modeling.recipe import Recipe
    from MuscleMyopathyLib.modeling.reproducibility_table import ReproducibilityTable
    from MuscleMyopathyLib.study.classifier_inputs import CohortFiles


@dataclass(frozen=True)
class CohortChoice:
    """The options of `cohort_options` as given.

    Attributes:
        table: Features.
        outcome: Column of the outcome.
        outcomes: Table that has it, or None.
        recipe_name: Name or file of the recipe.
        patient: Column of the patient; empty for the usual ones.
        centre: Column of the centre; empty for none.
        classes: In order, with commas; empty for all.
        leave_out: Outcomes left out.
        columns: Patterns of features.
        scores: Scores of a reading form as further features, or None.
        scores_reading: ``READER:SESSION`` of the scores, or None.
        reading: ``READER:SESSION``, or None.
        icc: ICC table, or None.
        icc_of_others: Whether nobody behind it is in the cohort.
        readings: Feature tables of all readings.
        without_icc: Whether the ICC filter is left out.
    """

    table: Path
    outcome: str
    outcomes: Path | None
    recipe_name: str
    patient: str
    centre: str
    classes: str
    leave_out: tuple[str, ...]
    columns: tuple[str, ...]
    scores: Path | None
    scores_reading: str | None
    reading: str | None
    icc: Path | None
    icc_of_others: bool
    readings: tuple[Path, ...]
    without_icc: bool

    @property
    def files(self) -> CohortFiles:
        """The cohort's files and columns.

        Raises:
            click.BadParameter: ``--reading`` or ``--scores-reading`` is no reading.
        """
        from MuscleMyopathyLib.study.classifier_inputs import CohortFiles

        named = tuple(part.strip() for part in self.classes.split(",") if part.strip())
        return CohortFiles(
            self.table,
            self.outcome,
            self.outcomes,
            self.patient,
            self.centre,
            named,
            self.leave_out,
            self.columns,
            _reading(self.reading, "--reading"),
            self.scores,
            _reading(self.scores_reading, "--scores-reading"),
        )

    def recipe(self) -> Recipe:
        """Return the recipe, without its ICC filter if asked for.

        Raises:
            InputError, ParameterError: As `read_recipe`.
        """
        from MuscleMyopathyLib.modeling.recipe import read_recipe

        recipe = read_recipe(self.recipe_name)
        return recipe.without_icc() if self.without_icc else recipe

    def reproducibility(self) -> ReproducibilityTable | None:
        """Return where the ICC filter's numbers come from, or None.

        Raises:
            InputError: As `read_reproducibility`.
        """
        from MuscleMyopathyLib.study.classifier_inputs import read_reproducibility

        return read_reproducibility(self.icc, self.readings, of_others=self.icc_of_others)


def cohort_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument TABLE and the options of a cohort; the command gets them as ``cohort: CohortChoice``."""

    @wraps(command)
    def with_choice(**values: Any) -> Any:
        names = CohortChoice.__dataclass_fields__
        cohort = CohortChoice(**{name: values.pop(name) for name in names})
        return command(cohort=cohort, **values)

    decorated: Callable[..., Any] = with_choice
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


_OPTIONS = (
    click.argument("table", type=existing_file),
    click.option("--outcome", required=True, help="Column of the outcome (the class of each patient)."),
    click.option(
        "--outcomes", type=existing_file, help="Table of the patients with that column: participants.tsv."
    ),
    click.option(
        "--recipe",
        "recipe_name",
        default="recommended",
        show_default=True,
        metavar="NAME|FILE",
        help="nagawa2021, wei2023, radiomics-score, recommended, or a recipe file (YAML).",
    ),
    click.option(
        "--patient", default="", help="Column of the patient.  [default: case, participant_id or patient]"
    ),
    click.option("--centre", default="", help="Column of the centre."),
    click.option("--classes", default="", metavar="A,B,…", help="Classes in order; of two the last is positive."),
    click.option(
        "--leave-out", multiple=True, help="Outcome whose patients are left out; '' for none given; repeatable."
    ),
    click.option(
        "--columns", multiple=True, metavar="PATTERN", help="Features to use, e.g. 'thigh.T1w.*'; repeatable."
    ),
    click.option("--scores", type=existing_file, help="Scores of a form as further features ('score export')."),
    click.option(
        "--scores-reading", metavar="READER:SESSION", help="Scores of this reading only, where there are several."
    ),
    click.option(
        "--reading", metavar="READER:SESSION", help="Rows of this reading only, where the table has several."
    ),
    click.option(
        "--icc", type=existing_file, help="ICC table (icc.csv of the command agreement) for the ICC filter."
    ),
    click.option("--icc-of-others", is_flag=True, help="None of the people behind --icc is in this cohort."),
    click.option(
        "--readings",
        multiple=True,
        type=existing_file,
        help="Features of all readings: the ICC is computed in each training set anew; repeatable.",
    ),
    click.option("--without-icc", is_flag=True, help="Leave the recipe's ICC filter out."),
)


def _reading(text: str | None, option: str) -> tuple[str, int] | None:
    """Understand ``A:1``."""
    if text is None:
        return None
    reader, _, session = text.rpartition(":")
    if not reader or not session.isdecimal():
        raise click.BadParameter(f"{text!r} is no reading: reader, colon, session, e.g. A:1.", param_hint=option)
    return reader, int(session)
