"""What the commands ``case`` and ``demo`` share: run the pipeline on a case and leave its results."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from MuscleMyopathyLib.commands.reporting import Reporter
from MuscleMyopathyLib.errors import MissingPackageError
from MuscleMyopathyLib.progress import portion
from MuscleMyopathyLib.study.case import Case
from MuscleMyopathyLib.study.pipeline import CaseParameters, run_case

if TYPE_CHECKING:
    import pandas as pd


def run_and_write(
    case: Case,
    parameters: CaseParameters,
    output: Path,
    scene: bool | None,
    report: Reporter,
    *,
    scores: pd.DataFrame | None = None,
) -> None:
    """Run the pipeline and write results, report and scene; say where they lie and what went wrong.

    Args:
        scene: Whether to write a Slicer scene; None writes one where slicer-core is installed.
        scores: The readers' scores of the case for the report, see `study.case_scores`.

    Raises:
        MissingPackageError: A scene is asked for and slicer-core is not installed.
    """
    from MuscleMyopathyLib.output import require_writable
    from MuscleMyopathyLib.report.html import write_report
    from MuscleMyopathyLib.study.results import write_results

    has_slicer = find_spec("slicer") is not None
    if scene and not has_slicer:
        raise MissingPackageError(
            "A Slicer scene needs the package slicer-core. Install it with "
            "'pip install muscle-myopathy[scene]', or leave the scene out with --no-scene."
        )
    require_writable(output)
    result = run_case(case, parameters, portion(report.progress, 0.0, 0.7))
    report.progress(0.7, "writing the results")
    write_results(result, output)
    page = write_report(result, output / "report.html", portion(report.progress, 0.75, 0.9), scores=scores)
    if has_slicer if scene is None else scene:
        from MuscleMyopathyLib.scene.case import place_case
        from MuscleMyopathyLib.scene.headless import start_headless_scene
        from MuscleMyopathyLib.scene.saving import save_scene

        report.progress(0.9, "Slicer scene")
        start_headless_scene()
        place_case(result)
        save_scene(output / "case.mrb")
    report.progress(1.0, "done")
    for row in result.problems.itertuples():
        report.note(f"  note: {' '.join(filter(None, [str(row.structure), str(row.side), str(row.problem)]))}")
    report.result(output, f"Report: {page.resolve()}")
