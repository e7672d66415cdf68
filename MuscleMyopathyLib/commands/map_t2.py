"""``muscle-myopathy map-t2``: T2 from the echoes of a spin-echo train, or from the scanner's map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from MuscleMyopathyLib.commands.map_options import echo_times_option, read_only_series, series_path, write_maps
from MuscleMyopathyLib.commands.options import any_path, existing_file, preset_option
from MuscleMyopathyLib.commands.reporting import Reporter, progress_option, reporting

if TYPE_CHECKING:
    from MuscleMyopathyLib.qmri.echoes import Echoes
    from MuscleMyopathyLib.qmri.t2_maps import T2Method, T2Parameters


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
@click.option(
    "--fat-region",
    type=existing_file,
    help="Label image of (nearly) pure fat, such as subcutaneous fat, in which the T2 of fat is measured first.",
)
@preset_option
@click.option("--output", type=any_path, required=True, help="Folder for the maps.")
@progress_option
def command(
    series: Path,
    method: str,
    echo_times: tuple[float, ...],
    first_echo: int | None,
    fat_t2_ms: float | None,
    fat_region: Path | None,
    preset: Path | None,
    output: Path,
    progress_mode: str,
) -> None:
    """Compute a T2 map of SERIES, a file or folder of one multi-echo series (or of the scanner's T2 map).

    \b
      muscle-myopathy map-t2 echoes.nii.gz --echo-times 10,20,30,40,50 --output t2
      muscle-myopathy map-t2 mese/ --method water --fat-region subcutaneous_fat.nii.gz --output t2

    Writes t2.nii.gz (of the water fit water_t2.nii.gz; ms, not a number where there is no fit), residual.nii.gz,
    standard_error.nii.gz and, of the water fit, fat_share.nii.gz (percent) and b1.nii.gz, with provenance.json.
    """
    from MuscleMyopathyLib.output import require_writable

    if fat_t2_ms is not None and fat_region is not None:
        raise click.UsageError("Give either --fat-t2-ms or --fat-region.")
    with reporting(progress_mode) as report:
        require_writable(output)
        report.progress(0.0, "reading")
        if method == "scanner-map":
            problems = _of_the_scanner(series, output)
        else:
            chosen = {"first_echo": first_echo, "fat_t2_ms": fat_t2_ms}
            problems = _of_echoes(series, method, echo_times, chosen, fat_region, preset, output, report)
        for problem in problems:
            report.note(f"  note: {problem}")
        report.result(output, f"Maps: {output}")


def _of_the_scanner(path: Path, output: Path) -> list[str]:
    from MuscleMyopathyLib.qmri.t2_maps import T2Parameters
    from MuscleMyopathyLib.qmri.vendor_map import t2_from_vendor_map

    read = read_only_series(path)
    image, note = t2_from_vendor_map(read.image, read.unit)
    problems = [*read.problems, note]
    write_maps({"t2": image}, output, {"T2 map": read.image}, T2Parameters(), problems)
    return problems


def _of_echoes(
    path: Path,
    method: str,
    echo_times: tuple[float, ...],
    chosen: dict[str, float | None],
    fat_region: Path | None,
    preset: Path | None,
    output: Path,
    report: Reporter,
) -> list[str]:
    from MuscleMyopathyLib.qmri.echoes import Echoes
    from MuscleMyopathyLib.qmri.reference_values import reference_values
    from MuscleMyopathyLib.qmri.t2_maps import T2Method, t2_maps

    read = read_only_series(path, echo_times)
    echoes = Echoes.of_series(read)
    parameters = _parameters(T2Method(method), chosen, preset)
    notes = []
    if fat_region is not None:
        parameters, note = _with_measured_fat(parameters, echoes, fat_region)
        notes.append(note)
    found = t2_maps(echoes, T2Method(method), parameters, report.progress)
    inputs = {
        f"echo {n} at {te:g} ms": image
        for n, te, image in zip(echoes.numbers, echoes.times_ms, echoes.images, strict=True)
    }
    problems = [*read.problems, *notes, *found.problems]
    maps = {kind.file_name: image for kind, image in found.maps.items()}
    used = parameters.water if found.method is T2Method.WATER else parameters.mono_exponential
    write_maps(maps, output, inputs, used, problems)
    report.note(f"Echoes used: {', '.join(map(str, found.echoes_used))}.")
    report.note(str(reference_values()))
    return problems


def _parameters(method: T2Method, chosen: dict[str, float | None], preset: Path | None) -> T2Parameters:
    """Return the parameters of a method's own preset, with what the options overrule."""
    from MuscleMyopathyLib.parameters import from_mapping, read_preset, to_mapping
    from MuscleMyopathyLib.qmri.t2_maps import T2Method, T2Parameters
    from MuscleMyopathyLib.qmri.t2_mono_exponential import MonoExponentialParameters
    from MuscleMyopathyLib.qmri.t2_water import WaterT2Parameters

    water = method is T2Method.WATER
    kind: type[Any] = WaterT2Parameters if water else MonoExponentialParameters
    own = read_preset(kind, preset) if preset else kind()
    name = "fat_t2_ms" if water else "first_echo"
    if chosen[name] is not None:
        own = from_mapping(kind, {**to_mapping(own), name: chosen[name]})
    return T2Parameters(water=own) if water else T2Parameters(mono_exponential=own)


def _with_measured_fat(parameters: T2Parameters, echoes: Echoes, region: Path) -> tuple[T2Parameters, str]:
    import dataclasses

    import SimpleITK as sitk

    from MuscleMyopathyLib.imaging.files import read_label_image
    from MuscleMyopathyLib.imaging.geometry import require_same_geometry
    from MuscleMyopathyLib.qmri.t2_water import fat_t2_ms

    labels = read_label_image(region)
    require_same_geometry(labels, echoes.images[0], "fat region", "first echo")
    inside = sitk.GetArrayViewFromImage(labels) > 0
    measured = fat_t2_ms(echoes, inside, parameters.water)
    water = dataclasses.replace(parameters.water, fat_t2_ms=measured)
    note = f"The T2 of fat is {measured:.1f} ms, the median of {int(inside.sum())} voxels of the fat region."
    return dataclasses.replace(parameters, water=water), note
