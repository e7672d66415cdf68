"""What the commands that compute maps share: reading a series, echo times, parameters, and writing maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleMyopathyLib.imaging.series import Series

P = TypeVar("P")

series_path = click.Path(exists=True, path_type=Path)

echo_times_option = click.option(
    "--echo-times",
    metavar="MS,MS,…",
    callback=lambda _context, _option, text: numbers(text),
    help="Echo times in ms, where the files do not tell them.",
)


def numbers(text: str | None) -> tuple[float, ...]:
    """Return the numbers of a text such as ``10,20,30``; none of None."""
    if text is None:
        return ()
    try:
        return tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no list of numbers such as 10,20,30.") from error


def chosen_parameters(kind: type[P], preset: Path | None, options: Mapping[str, Any]) -> P:
    """Return the parameters of a preset, or the default ones, with the options that were given (not None).

    Raises:
        InputError, ParameterError: As `read_preset` and `from_mapping`.
    """
    from MuscleMyopathyLib.parameters import from_mapping, read_preset, to_mapping

    parameters = read_preset(kind, preset) if preset else kind()
    given = {name: value for name, value in options.items() if value is not None}
    return from_mapping(kind, {**to_mapping(parameters), **given})


def read_only_series(path: Path, echo_times_ms: Sequence[float] = ()) -> Series:
    """Read the one series of a file or folder, with the user's echo times where they are given.

    Raises:
        InputError: It holds none, or several, or another number of echoes than of times.
    """
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.imaging.folder import find_series, load_series
    from MuscleMyopathyLib.imaging.series import with_echo_times

    found = find_series(path)
    if len(found) > 1:
        names = ", ".join(description.name for description in found)
        raise InputError(f"{path} holds {len(found)} series ({names}). Give the file or folder of one of them.")
    series = load_series(found[0])
    return with_echo_times(series, echo_times_ms) if echo_times_ms else series


def read_one_image(path: Path) -> sitk.Image:
    """Read the one image of a file, or of a folder with one DICOM series.

    Raises:
        InputError: There is none, or several.
    """
    from MuscleMyopathyLib.errors import InputError
    from MuscleMyopathyLib.imaging.files import read_image

    if not path.is_dir():
        return read_image(path)
    series = read_only_series(path)
    if series.echoes:
        raise InputError(
            f"{path} holds {len(series.echoes)} echoes, and one image is needed here. Give one of them on its own."
        )
    return series.image


def write_maps(
    maps: Mapping[str, sitk.Image],
    output: Path,
    inputs: Mapping[str, sitk.Image],
    parameters: Any,
    problems: Sequence[str],
) -> None:
    """Write maps as NIfTI, and beside them ``provenance.json``, last: without it a folder is not finished."""
    from MuscleMyopathyLib.imaging.files import write_image
    from MuscleMyopathyLib.output import write_json
    from MuscleMyopathyLib.study.provenance import image_provenance

    (output / "provenance.json").unlink(missing_ok=True)
    for name, image in maps.items():
        write_image(image, output / f"{name}.nii.gz")
    write_json(image_provenance(inputs, parameters, problems), output / "provenance.json")
