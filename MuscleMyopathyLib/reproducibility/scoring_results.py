"""The results of a scoring study as tables on disk (agreement, sums, groups, heat map) and in words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from MuscleMyopathyLib.errors import InputError, ParameterError
from MuscleMyopathyLib.output import write_table, write_text
from MuscleMyopathyLib.reproducibility.diagnoses import PARTICIPANTS, read_diagnoses
from MuscleMyopathyLib.reproducibility.form_agreement import (
    ALL,
    SUGGESTED,
    FormAgreement,
    Rater,
    form_agreement,
    kappa_range,
    raters_of,
)
from MuscleMyopathyLib.reproducibility.form_groups import compare_groups, heat_map
from MuscleMyopathyLib.reproducibility.form_readings import forms_of_study, study_scores, study_sums
from MuscleMyopathyLib.reproducibility.kappa import Weights
from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy
from MuscleMyopathyLib.scoring.scale import Scale


def parse_raters(first: str | None, second: str | None) -> tuple[Rater | None, Rater | None]:
    """Read two raters from ``READER:SESSION``; the second may be ``suggested``; None is none named.

    Raises:
        ParameterError: A text names no rater.
    """

    def parse(text: str | None) -> Rater | None:
        if text is None:
            return None
        reader, _, session = text.rpartition(":")
        if not reader or not session.isdigit():
            raise ParameterError(f"{text!r} names no rater: write reader and session such as R1:2.")
        return Rater(reader, int(session))

    return parse(first), SUGGESTED if second == SUGGESTED.reader else parse(second)


def write_scoring_results(
    study: ReadingStudy,
    scale: Scale,
    folder: Path,
    *,
    raters: tuple[Rater | None, Rater | None] = (None, None),
    diagnoses: Path | None = None,
    notice: str = "",
) -> list[str]:
    """Compare two raters of a study and write all tables.

    Args:
        study: Holds the forms.
        scale: The forms' scale.
        folder: For ``scores.csv``, ``kappa.csv``, ``cross_tables.csv``; ``sums.csv`` where the scale has a sum;
            ``heat_map.csv`` and ``heat_map_cases.csv``; ``groups.csv`` where diagnoses are known;
            ``unreadable.csv`` where forms cannot be read; ``summary.txt``.
        raters: First and second; None takes the first two readers or sessions of the study.
        diagnoses: TSV with ``participant_id`` and ``diagnosis``; by default the study's own, if there is one.
        notice: Begins the summary, such as that all is simulated.

    Returns:
        The summary, line by line.

    Raises:
        InputError: There are no forms or no two raters, or the diagnoses cannot be read.
        OutputError: The folder cannot be written.
    """
    forms, problems = forms_of_study(study, scale)
    scores = study_scores(forms)
    first, second = _two_raters(scores, raters)
    agreement = form_agreement(scores, scale, first, second)
    write_table(scores, folder / "scores.csv")
    write_table(agreement.kappa, folder / "kappa.csv")
    write_table(agreement.cross_tables, folder / "cross_tables.csv")
    summary = [notice] if notice else []
    if not problems.empty:
        write_table(problems, folder / "unreadable.csv")
        summary.append(f"{len(problems)} forms could not be read: see unreadable.csv.")
    if scale.sum_name:
        write_table(study_sums(forms), folder / "sums.csv")
    summary += _in_words(agreement, scale, first, second)
    own = study.folder / PARTICIPANTS
    known = read_diagnoses(diagnoses or own) if diagnoses is not None or own.is_file() else {}
    _write_heat_map(scores, known, first, folder)
    if known:
        summary += _write_groups(scores, known, first, folder)
    write_text("\n".join(summary) + "\n", folder / "summary.txt")
    return summary


def _two_raters(scores: pd.DataFrame, raters: tuple[Rater | None, Rater | None]) -> tuple[Rater, Rater]:
    known = raters_of(scores)
    first = raters[0] or known[0]
    second = raters[1] or next((rater for rater in known if rater != first), None)
    if second is None:
        raise InputError(f"Agreement needs two raters, and there are only forms by {first}.")
    return first, second


def _in_words(agreement: FormAgreement, scale: Scale, first: Rater, second: Rater) -> list[str]:
    lines = [f"{scale.name}: {first}, against {second}."]
    for weights in Weights:
        low, high = kappa_range(agreement, weights)
        line = f"Kappa ({weights}) by muscle or item: {low:.3f} to {high:.3f}"
        overall = agreement.kappa.query(
            "structure == @ALL and weights == @weights", local_dict={"ALL": ALL, "weights": str(weights)}
        )
        for row in overall.to_dict("records"):
            line += (
                f"; all together {row['kappa']:.3f} (95 % CI {row['ci_low']:.3f} to {row['ci_high']:.3f}, "
                f"{row['count']} targets of {row['cases']} cases, {row['agreement_percent']:.1f} % alike)"
            )
        lines.append(line + ".")
    return lines


def _write_heat_map(scores: pd.DataFrame, diagnoses: dict[str, str], rater: Rater, folder: Path) -> None:
    heat = heat_map(scores, diagnoses, rater)
    write_table(heat.scores.reset_index(), folder / "heat_map.csv")
    cases = pd.DataFrame({"case": heat.scores.columns, "diagnosis": heat.diagnoses})
    write_table(cases, folder / "heat_map_cases.csv")


def _write_groups(scores: pd.DataFrame, diagnoses: dict[str, str], rater: Rater, folder: Path) -> list[str]:
    groups = compare_groups(scores, diagnoses, rater)
    write_table(groups, folder / "groups.csv")
    lines = [f"Mean scores by {rater} (p: Mann–Whitney, Holm-corrected):"]
    for row in groups.to_dict("records"):
        lines.append(
            f"  {row['structure']:<4} {row['first_group']} {row['first_mean']:.2f} ± {row['first_sd']:.2f}, "
            f"{row['second_group']} {row['second_mean']:.2f} ± {row['second_sd']:.2f}, "
            + (row["problem"] or f"p = {row['p_holm']:.2g}")
        )
    return lines
