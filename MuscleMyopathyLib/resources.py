"""Files shipped with the extension: where they are in a checkout, a pip install and an extension install."""

from __future__ import annotations

from pathlib import Path

from MuscleMyopathyLib.errors import InputError


def resources_folder() -> Path:
    """Return the folder ``Resources``: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for candidate in (package / "Resources", package.parent / "Resources"):
        if (candidate / "LabelSchemes").is_dir():
            return candidate
    raise InputError(
        f"The shipped resources are missing beside {package}. "
        "The installation is incomplete: install the extension again."
    )


def resource(*parts: str) -> Path:
    """Return the path of one shipped file or folder, e.g. ``resource("LabelSchemes", "huashan.json")``.

    Raises:
        InputError: No such resource is shipped; the names beside it are listed.
    """
    path = resources_folder().joinpath(*parts)
    if not path.exists():
        beside = ", ".join(sorted(p.name for p in path.parent.iterdir())) if path.parent.is_dir() else "nothing"
        raise InputError(f"There is no shipped resource {'/'.join(parts)}. There are: {beside}.")
    return path
