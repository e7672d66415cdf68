"""``muscle-myopathy map-ff``: fat fraction from gradient echoes, from two images, or the scanner's map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from MuscleMyopathyLib.commands.map_options import (
    chosen_parameters,
    echo_times_option,
    read_only_series,
    series_path,
    write_maps,
)
from MuscleMyopathyLib.commands.options import any_path, dixon_options, existing_file, preset_option
from MuscleMyopathyLib.commands.reporting import Reporter, progress_option, reporting

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleMyopathyLib.imaging.series import Series

_PHASE_SCALES = ("radians", "degrees", "0–4095", "±2048", "±4096", "milliradians")
_FAT_SPECTRA = ("six-peak", "one-peak")


@click.command()
@dixon_options
@click.option("--in-phase", type=existing_file, help="Magnitude with water and fat in phase.")
@click.option("--opposed-phase", type=existing_file, help="Magnitude with water and fat in opposed phase.")
@click.option(
    "--magnitude", "magnitudes", type=series_path, multiple=True, help="Magnitude echoes; repeat for files."
)
@click.option("--phase", "phases", type=series_path, multiple=True, help="Phase echoes, in the same order.")
@click.option(
    "--phase-scale", type=click.Choice(_PHASE_SCALES), help="What the phase's numbers mean.  [default: seen]"
)
@echo_times_option
@click.option("--field-strength", type=float, help="Of the scanner, in tesla, where the files do not tell it.")
@click.option(
    "--fat-spectrum",
    type=click.Choice(_FAT_SPECTRA),
    help="Peaks of fat; one to compare with programs that take one.  [default: six-peak]",
)
@click.option(
    "--align-echoes", is_flag=True, default=None, help="Align echoes of separate scans: the limb moved between."
)
@click.option(
    "--bipolar", is_flag=True, default=None, help="The readouts alternate their polarity: take off the error."
)
@preset_option
@click.option("--output", type=any_path, required=True, help="Folder for the maps.")
@progress_option
def command(
    water: Path | None,
    fat: Path | None,
    ff_map: Path | None,
    in_phase: Path | None,
    opposed_phase: Path | None,
    magnitudes: tuple[Path, ...],
    phases: tuple[Path, ...],
    phase_scale: str | None,
    echo_times: tuple[float, ...],
    field_strength: float | None,
    fat_spectrum: str | None,
    align_echoes: bool | None,
    bipolar: bool | None,
    preset: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Compute a fat-fraction map in percent.

    \b
      muscle-myopathy map-ff --magnitude mag/ --phase phase/ --output ff
      muscle-myopathy map-ff --water W.nii.gz --fat F.nii.gz --output ff
      muscle-myopathy map-ff --in-phase IP.nii.gz --opposed-phase OP.nii.gz --output ff
      muscle-myopathy map-ff --ff-map IDEAL.nii.gz --output ff

    Writes fat_fraction.nii.gz and provenance.json; of echoes also water, fat, field_map (Hz), r2star (1/s),
    residual (percent), confidence (0 to 1) and suspected_swap (1 where water and fat may be exchanged). Two
    magnitudes in and out of phase cannot tell fat from water above 50 %.
    """
    from MuscleMyopathyLib.output import require_writable
    from MuscleMyopathyLib.qmri.dixon import DixonParameters

    pairs = {"--water and --fat": (water, fat), "--in-phase and --opposed-phase": (in_phase, opposed_phase)}
    for names, pair in pairs.items():
        if (pair[0] is None) != (pair[1] is None):
            raise click.UsageError(f"Give both {names}.")
    if sum((bool(magnitudes or phases), water is not None, in_phase is not None, ff_map is not None)) != 1:
        raise click.UsageError("Give either --magnitude and --phase, or --ff-map, or " + ", or ".join(pairs) + ".")
    if phases and not magnitudes:
        raise click.UsageError("Give --magnitude as well as --phase.")
    with reporting(progress_mode) as report:
        require_writable(output)
        report.progress(0.0, "reading")
        if ff_map is not None:
            problems = _from_scanner(ff_map, output)
        elif water is not None and fat is not None:
            problems = _from_water_and_fat(water, fat, output)
        elif in_phase is not None and opposed_phase is not None:
            problems = _from_two_magnitudes(in_phase, opposed_phase, output)
        else:
            options = {
                "field_strength_tesla": field_strength,
                "fat_spectrum": fat_spectrum,
                "align_echoes": align_echoes,
                "bipolar_readouts": bipolar,
            }
            parameters = chosen_parameters(DixonParameters, preset, options)
            problems = _from_echoes(magnitudes, phases, phase_scale, echo_times, parameters, output, report)
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


def _from_water_and_fat(water: Path, fat: Path, output: Path) -> list[str]:
    first, second = read_only_series(water), read_only_series(fat)
    inputs = {"water": first.image, "fat": second.image}
    return _ratio(first.image, second.image, inputs, (first, second), output, {}, ())


def _from_two_magnitudes(in_phase: Path, opposed_phase: Path, output: Path) -> list[str]:
    from MuscleMyopathyLib.qmri.dixon_two_point import two_point_magnitude

    first, second = read_only_series(in_phase), read_only_series(opposed_phase)
    larger, smaller, note = two_point_magnitude(first.image, second.image)
    inputs = {"in-phase image": first.image, "opposed-phase image": second.image}
    return _ratio(larger, smaller, inputs, (first, second), output, {"water": larger, "fat": smaller}, (note,))


def _ratio(
    water: sitk.Image,
    fat: sitk.Image,
    inputs: Mapping[str, sitk.Image],
    read: Sequence[Series],
    output: Path,
    further_maps: Mapping[str, sitk.Image],
    notes: Sequence[str],
) -> list[str]:
    """Write F / (F + W) with its noise mask and the bias by T1; return the problems."""
    from MuscleMyopathyLib.qmri.fat_fraction import FatFractionParameters, fat_fraction
    from MuscleMyopathyLib.qmri.t1_bias import t1_bias_note

    parameters = FatFractionParameters()
    computed = fat_fraction(water, fat, parameters)
    problems = [problem for series in read for problem in series.problems]
    problems += [*notes, *computed.problems, t1_bias_note(read[0].acquisition)]
    write_maps({"fat_fraction": computed.percent, **further_maps}, output, inputs, parameters, problems)
    return problems


def _from_echoes(
    magnitudes: tuple[Path, ...],
    phases: tuple[Path, ...],
    phase_scale: str | None,
    echo_times: tuple[float, ...],
    parameters: Any,
    output: Path,
    report: Reporter,
) -> list[str]:
    from MuscleMyopathyLib.imaging.series import problems_but_echo_times
    from MuscleMyopathyLib.progress import portion
    from MuscleMyopathyLib.qmri.dixon import separate_water_and_fat
    from MuscleMyopathyLib.qmri.dixon_maps import dixon_maps
    from MuscleMyopathyLib.qmri.phase import complex_echoes
    from MuscleMyopathyLib.qmri.phase_scale import PhaseScale

    strong = [read_only_series(path) for path in magnitudes]
    angles = [read_only_series(path) for path in phases]
    images = [image for series in strong for image in (series.echoes or (series.image,))]
    turns = [image for series in angles for image in (series.echoes or (series.image,))]
    times = echo_times or tuple(time for series in strong for time in series.echo_times_ms)
    scale = PhaseScale(phase_scale) if phase_scale else None
    echoes = complex_echoes(images, turns, times, scale)
    found = separate_water_and_fat(echoes, strong[0].acquisition, parameters, portion(report.progress, 0.1, 1.0))
    inputs = {f"magnitude {n}": image for n, image in enumerate(images, start=1)}
    inputs |= {f"phase {n}": image for n, image in enumerate(turns, start=1)}
    problems = [problem for series in (*strong, *angles) for problem in problems_but_echo_times(series)]
    problems += found.problems
    maps = {kind.file_name: image for kind, image in dixon_maps(found).items()}
    write_maps(maps, output, inputs, parameters, [found.summary, *problems])
    report.note(found.summary)
    return problems
