"""``muscle-myopathy map-t2``: T2 from the echoes of a spin-echo train, or from the scanner's map."""

from __future__ import annotations

from pathlib import Path

import click

from MuscleMyopathyLib.commands.map_options import echo_times_option, read_only_series, series_path, write_maps
from MuscleMyopathyLib.commands.options import any_path, preset_option
from MuscleMyopathyLib.commands.reporting import progress_option, reporting


@click.command()
@click.argument("series", type=series_path)
@click.option(
    "--method",
    type=click.Choice(["mono-exponential", "water", "scanner-map"]),
    default="mono-exponential",
    show_default=True,
    help="One decay; the water alone by the extended phase graph with B1 and fat; or the scanner's own map.",
)
@echo_times_option
@click.option("--first-echo", type=click.IntRange(1), help="First echo of a mono-exponential fit.  [default: 2]")
@click.option("--fat-t2-ms", type=float, help="T2 of fat in the water fit (overrules the preset).")
@preset_option
@click.option("--output", type=any_path, required=True, help="Folder for the maps.")
@progress_option
def command(
    series: Path,
    method: str,
    echo_times: tuple[float, ...],
    first_echo: int | None,
    fat_t2_ms: float | None,
    preset: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Compute a T2 map of SERIES, a file or folder of one multi-echo series (or of the scanner's T2 map).

    \b
      muscle-myopathy map-t2 echoes.nii.gz --echo-times 10,20,30,40,50 --output t2
      muscle-myopathy map-t2 mese/ --method water --output t2

    Writes t2.nii.gz (ms, not a number where there is no fit), residual.nii.gz, standard_error.nii.gz and, of the
    water fit, fat_share.nii.gz (percent) and b1.nii.gz, with provenance.json.
    """
    from MuscleMyopathyLib.output import require_writable
    from MuscleMyopathyLib.parameters import from_mapping, read_preset, to_mapping
    from MuscleMyopathyLib.qmri.echoes import Echoes
    from MuscleMyopathyLib.qmri.reference_values import reference_values
    from MuscleMyopathyLib.qmri.t2_mono_exponential import MonoExponentialParameters, mono_exponential_t2
    from MuscleMyopathyLib.qmri.t2_water import WaterT2Parameters, water_t2
    from MuscleMyopathyLib.qmri.vendor_map import t2_from_vendor_map

    with reporting(progress_mode) as report:
        require_writable(output)
        report.progress(0.0, "reading")
        read = read_only_series(series)
        problems: list[str] = list(read.problems)
        if method == "scanner-map":
            image, note = t2_from_vendor_map(read.image, read.unit)
            write_maps(
                {"t2": image}, output, {"T2 map": read.image}, MonoExponentialParameters(), [*problems, note]
            )
            report.note(note)
            report.result(output, f"Maps: {output}")
            return
        echoes = Echoes.of_series(read, echo_times)
        inputs = {
            f"echo {n} at {te:g} ms": image
            for n, te, image in zip(echoes.numbers, echoes.times_ms, echoes.images, strict=True)
        }
        if method == "water":
            water = read_preset(WaterT2Parameters, preset) if preset else WaterT2Parameters()
            if fat_t2_ms is not None:
                water = from_mapping(WaterT2Parameters, {**to_mapping(water), "fat_t2_ms": fat_t2_ms})
            fitted = water_t2(echoes, water, report.progress)
            maps = {
                "t2": fitted.t2_ms,
                "fat_share": fitted.fat_share_percent,
                "b1": fitted.b1,
                "residual": fitted.residual,
                "standard_error": fitted.standard_error_ms,
            }
            problems += fitted.problems
            write_maps(maps, output, inputs, water, problems)
        else:
            mono = read_preset(MonoExponentialParameters, preset) if preset else MonoExponentialParameters()
            if first_echo is not None:
                mono = from_mapping(MonoExponentialParameters, {**to_mapping(mono), "first_echo": first_echo})
            decay = mono_exponential_t2(echoes, mono, report.progress)
            maps = {
                "t2": decay.t2_ms,
                "s0": decay.s0,
                "residual": decay.residual,
                "standard_error": decay.standard_error_ms,
            }
            problems += decay.problems
            write_maps(maps, output, inputs, mono, problems)
            report.note(f"Echoes used: {', '.join(map(str, decay.echoes_used))}.")
        for problem in problems:
            report.note(f"  note: {problem}")
        report.note(str(reference_values()))
        report.result(output, f"Maps: {output}")
