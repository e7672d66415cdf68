"""``muscle-myopathy map-ff``: fat fraction from gradient echoes, from water and fat, or the scanner's map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from MuscleMyopathyLib.commands.map_options import echo_times_option, read_only_series, series_path, write_maps
from MuscleMyopathyLib.commands.options import any_path, dixon_options, preset_option
from MuscleMyopathyLib.commands.reporting import Reporter, progress_option, reporting

if TYPE_CHECKING:
    from MuscleMyopathyLib.qmri.phase_scale import PhaseScale

_PHASE_SCALES = ("radians", "degrees", "0–4095", "±2048", "±4096")


@click.command()
@dixon_options
@click.option(
    "--magnitude", "magnitudes", type=series_path, multiple=True, help="Magnitude echoes; repeat for files."
)
@click.option("--phase", "phases", type=series_path, multiple=True, help="Phase echoes, in the same order.")
@click.option(
    "--phase-scale", type=click.Choice(_PHASE_SCALES), help="What the phase's numbers mean.  [default: seen]"
)
@echo_times_option
@click.option("--field-strength", type=float, help="Of the scanner, in tesla, where the files do not tell it.")
@preset_option
@click.option("--output", type=any_path, required=True, help="Folder for the maps.")
@progress_option
def command(
    water: Path | None,
    fat: Path | None,
    ff_map: Path | None,
    magnitudes: tuple[Path, ...],
    phases: tuple[Path, ...],
    phase_scale: str | None,
    echo_times: tuple[float, ...],
    field_strength: float | None,
    preset: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Compute a fat-fraction map in percent.

    \b
      muscle-myopathy map-ff --magnitude mag/ --phase phase/ --output ff
      muscle-myopathy map-ff --water W.nii.gz --fat F.nii.gz --output ff
      muscle-myopathy map-ff --ff-map IDEAL.nii.gz --output ff

    Writes fat_fraction.nii.gz and provenance.json; of echoes also water, fat, field_map (Hz), r2star (1/s),
    residual (percent), confidence (0 to 1) and suspected_swap (1 where water and fat may be exchanged).
    """
    from MuscleMyopathyLib.output import require_writable

    if sum((bool(magnitudes), water is not None or fat is not None, ff_map is not None)) != 1:
        raise click.UsageError("Give either --magnitude and --phase, or --water and --fat, or --ff-map.")
    if (water is None) != (fat is None):
        raise click.UsageError("Give both --water and --fat.")
    with reporting(progress_mode) as report:
        require_writable(output)
        report.progress(0.0, "reading")
        if ff_map is not None:
            problems = _from_scanner(ff_map, output)
        elif water is not None and fat is not None:
            problems = _from_images(water, fat, output)
        else:
            problems = _from_echoes(
                magnitudes, phases, phase_scale, echo_times, field_strength, preset, output, report
            )
        for problem in problems:
            report.note(f"  note: {problem}")
        report.result(output, f"Maps: {output}")


def _from_scanner(ff_map: Path, output: Path) -> list[str]:
    from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters
    from MuscleMyopathyLib.qmri.vendor_map import fat_fraction_from_vendor_map

    read = read_only_series(ff_map)
    percent, note = fat_fraction_from_vendor_map(read.image, read.unit)
    problems = [*read.problems, note]
    write_maps({"fat_fraction": percent}, output, {"FF map": read.image}, FatFractionParameters(), problems)
    return problems


def _from_images(water: Path, fat: Path, output: Path) -> list[str]:
    from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters, fat_fraction
    from MuscleMyopathyLib.qmri.t1_bias import t1_bias_note

    first, second = read_only_series(water), read_only_series(fat)
    parameters = FatFractionParameters()
    computed = fat_fraction(first.image, second.image, parameters)
    problems = [*first.problems, *second.problems, *computed.problems, t1_bias_note(first.acquisition)]
    inputs = {"water": first.image, "fat": second.image}
    write_maps({"fat_fraction": computed.percent}, output, inputs, parameters, problems)
    return problems


def _from_echoes(
    magnitudes: tuple[Path, ...],
    phases: tuple[Path, ...],
    phase_scale: str | None,
    echo_times: tuple[float, ...],
    field_strength: float | None,
    preset: Path | None,
    output: Path,
    report: Reporter,
) -> list[str]:
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.parameters import from_mapping, read_preset, to_mapping
    from MuscleMyopathyLib.progress import portion
    from MuscleMyopathyLib.qmri.dixon import DixonParameters, separate_water_and_fat
    from MuscleMyopathyLib.qmri.phase import complex_echoes
    from MuscleMyopathyLib.qmri.phase_scale import PhaseScale

    parameters = read_preset(DixonParameters, preset) if preset else DixonParameters()
    if field_strength is not None:
        changed = {**to_mapping(parameters), "field_strength_tesla": field_strength}
        parameters = from_mapping(DixonParameters, changed)
    strong = [read_only_series(path) for path in magnitudes]
    angles = [read_only_series(path) for path in phases]
    images = [image for series in strong for image in (series.echoes or (series.image,))]
    turns = [image for series in angles for image in (series.echoes or (series.image,))]
    times = echo_times or tuple(time for series in strong for time in series.echo_times_ms)
    if not times:
        raise InputError(
            "The echo times are unknown: the files do not tell them, and they are not guessed. Give the "
            f"{len(images)} echo times in milliseconds with --echo-times."
        )
    scale: PhaseScale | None = PhaseScale(phase_scale) if phase_scale else None
    echoes = complex_echoes(images, turns, times, scale)
    found = separate_water_and_fat(echoes, strong[0].acquisition, parameters, portion(report.progress, 0.1, 1.0))
    maps = {
        "fat_fraction": found.fat_fraction_percent,
        "water": found.water,
        "fat": found.fat,
        "field_map": found.field_hz,
        "residual": found.residual_percent,
        "confidence": found.confidence,
        "suspected_swap": found.suspected_swap,
    }
    if found.r2star_per_s is not None:
        maps["r2star"] = found.r2star_per_s
    inputs = {f"magnitude {n}": image for n, image in enumerate(images, start=1)}
    inputs |= {f"phase {n}": image for n, image in enumerate(turns, start=1)}
    problems = [problem for series in (*strong, *angles) for problem in series.problems] + list(found.problems)
    write_maps(maps, output, inputs, parameters, problems)
    return problems
