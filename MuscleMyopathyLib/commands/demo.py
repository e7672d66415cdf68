"""``muscle-myopathy demo``: the whole path on the digital limb, thigh and calf."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.commands.options import any_path
from MuscleMyopathyLib.commands.reporting import progress_option, reporting
from MuscleMyopathyLib.progress import portion


@click.command()
@click.option("--output", type=any_path, default=Path("demo"), show_default=True, help="Folder for the results.")
@click.option(
    "--scene/--no-scene",
    default=None,
    help="Write Slicer scenes (.mrb). Default: where slicer-core is installed.",
)
@progress_option
def command(output: Path, scene: bool | None, progress_mode: str) -> None:
    """Simulate a thigh and a calf, measure them, and leave a report and a Slicer scene of each.

    The thigh's fat fraction is computed from complex gradient echoes, the calf's from water and fat images; the T2
    of both from a spin-echo train on a grid of its own. What is shown comes from the digital limb, a phantom, and
    says so.
    """
    from MuscleMyopathyLib.commands.case_outputs import run_and_write
    from MuscleMyopathyLib.phantom.case import WEI_EXAMINATION
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
    from MuscleMyopathyLib.study.phantom_case import ECHO_EXAMINATION, phantom_case
    from MuscleMyopathyLib.study.pipeline import CaseParameters

    with reporting(progress_mode) as report:
        regions = list(Region)
        for number, region in enumerate(regions):
            start, middle, stop = ((number + part) / len(regions) for part in (0, 0.5, 1))
            limb = LimbParameters(region=region, pattern=Pattern.LGMDR2)
            sequences = ECHO_EXAMINATION if region is Region.THIGH else WEI_EXAMINATION
            case = phantom_case(
                limb, portion(report.progress, start, middle), sequences=sequences, spin_echoes=True
            )
            within = report.within(middle, stop)
            run_and_write(case, CaseParameters(), output / str(region), scene, within)
