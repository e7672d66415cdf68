"""What the commands on features share: images, labels, the preset with its slices, workers and scheduler."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset
    from MuscleMyopathyLib.radiomics.slices import SliceChoice
    from MuscleMyopathyLib.study.feature_inputs import LabelFile

Command = TypeVar("Command", bound=Callable[..., Any])

radiomics_preset_option = click.option(
    "--preset",
    default="recommended",
    show_default=True,
    metavar="NAME|FILE",
    help="nagawa2021, wei2023, recommended, light, or a preset or PyRadiomics parameter file (YAML, JSON).",
)
slices_option = click.option(
    "--slices",
    metavar="all|LEVELS|NUMBERS",
    help="Which slices of what is drawn: all; proximal, middle, distal or fractions from the proximal end (0.25); "
    "or slice numbers from 0 (3,7,11). Default: as the preset says.",
)
merge_sides_option = click.option(
    "--merge-sides/--keep-sides",
    default=None,
    help="Measure left and right as one region. Default: as the preset says.",
)


def cluster_options(command: Command) -> Command:
    """Add the options for where a cohort runs."""
    for option in reversed(
        (
            click.option(
                "--workers",
                type=click.IntRange(min=1),
                default=1,
                show_default=True,
                help="Processes on this computer; more than one needs the package distributed.",
            ),
            click.option(
                "--scheduler",
                default="",
                metavar="ADDRESS",
                help="Run on a Dask scheduler that is up, e.g. tcp://host:8786, instead of on this computer.",
            ),
        )
    ):
        command = option(command)
    return command


def chosen_preset(name: str, slices: str | None = None, merge_sides: bool | None = None) -> RadiomicsPreset:
    """Return the preset with what the command line overrules.

    Raises:
        InputError, ParameterError, MissingPackageError: As `read_radiomics_preset`.
    """
    from MuscleMyopathyLib.radiomics.presets import read_radiomics_preset

    preset = read_radiomics_preset(name)
    preprocessing = preset.preprocessing
    if slices is not None:
        preprocessing = dataclasses.replace(preprocessing, slices=slice_choice(slices))
    if merge_sides is not None:
        preprocessing = dataclasses.replace(preprocessing, merge_sides=merge_sides)
    return dataclasses.replace(preset, preprocessing=preprocessing)


def slice_choice(text: str) -> SliceChoice:
    """Understand ``all``, ``proximal,0.6`` (levels) or ``3,7,11`` (slice numbers from 0).

    Raises:
        click.BadParameter: It is none of these.
        ParameterError: A level lies outside 0 to 1.
    """
    from MuscleMyopathyLib.radiomics.slices import NAMED_LEVELS, SliceChoice

    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["all"]:
        return SliceChoice()
    if words and all(word.isdecimal() for word in words):
        return SliceChoice(slices=tuple(int(word) for word in words))
    try:
        levels = tuple(word if word in NAMED_LEVELS else float(word) for word in words)
    except ValueError:
        levels = ()
    if not levels:
        names = ", ".join(NAMED_LEVELS)
        raise click.BadParameter(
            f"{text!r} is neither 'all', nor levels ({names}, or fractions such as 0.25), nor slice numbers.",
            param_hint="--slices",
        )
    return SliceChoice(levels=levels)


def image_files(texts: tuple[str, ...]) -> dict[str, Path]:
    """Understand ``T1w=t1.nii.gz``, repeated.

    Raises:
        click.BadParameter: One is not SEQUENCE=FILE, or a sequence is given twice.
    """
    images: dict[str, Path] = {}
    for text in texts:
        sequence, separator, path = text.partition("=")
        if not separator or not sequence or not path:
            raise click.BadParameter(f"{text!r} is not SEQUENCE=FILE.", param_hint="--image")
        if sequence in images:
            raise click.BadParameter(f"two images are given as {sequence}.", param_hint="--image")
        images[sequence] = Path(path)
    return images


def label_file(text: str) -> LabelFile:
    """Understand ``muscles.nii.gz``, ``R1=muscles.nii.gz`` and ``R1:2=muscles.nii.gz``."""
    from MuscleMyopathyLib.study.feature_inputs import LabelFile

    match = re.fullmatch(r"([A-Za-z0-9-]+)(?::([1-9]\d*))?=(.+)", text)
    if match is None or Path(text).is_file():
        return LabelFile(Path(text))
    return LabelFile(Path(match[3]), reader=match[1], session=int(match[2] or 1))
