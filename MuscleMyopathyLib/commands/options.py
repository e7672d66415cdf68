"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from MuscleMyopathyLib.anatomy import Region

Command = TypeVar("Command", bound=Callable[..., Any])

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
existing_folder = click.Path(exists=True, file_okay=False, path_type=Path)
any_path = click.Path(path_type=Path)

region_option = click.option(
    "--region", type=click.Choice([str(region) for region in Region]), help="Limb segment in the images."
)
side_option = click.option(
    "--side",
    type=click.Choice(["left", "right"]),
    help="The side of the leg, where the images show only one. Default: found from the anatomy, and said.",
)
preset_option = click.option("--preset", type=existing_file, help="YAML file with parameters; see README.")
LABEL_SCHEMES = "muscle-myopathy, huashan, qmritools-thigh, qmritools-calf, or a JSON or ITK-SNAP label file"

label_scheme_option = click.option(
    "--label-scheme",
    default="muscle-myopathy",
    show_default=True,
    metavar="NAME|FILE",
    help=f"What the labels mean: {LABEL_SCHEMES}.",
)


def slice_numbers(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """Read an option's list of slice numbers, such as 3,8,12; None where it is not given."""
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.replace(";", ",").split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no list of slice numbers such as 3,8,12.") from error


def dixon_options(command: Command) -> Command:
    """Add the options for the images of a fat fraction: water, fat, or a map."""
    for option in reversed(
        (
            click.option("--water", type=existing_file, help="Water image."),
            click.option("--fat", type=existing_file, help="Fat image."),
            click.option("--ff-map", type=existing_file, help="The scanner's fat-fraction map."),
        )
    ):
        command = option(command)
    return command
