"""The network in use on this machine, the library of corrections beside it, and what networks need to run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from .requirements import packages_are_there

NETWORK_REQUIREMENTS = "requirements-network.txt"
LIBRARY = "MuscleMyopathy/CorrectionsFolder"


def library_folder() -> Path:
    """Return the folder of the local library of corrections: the user's choice, or beside the settings."""
    settings = slicer.app.userSettings()
    chosen = settings.value(LIBRARY)
    return Path(chosen) if chosen else Path(settings.fileName()).parent / "MuscleMyopathy-corrections"


def set_library_folder(folder: Path) -> None:
    """Keep the user's choice of the library's folder."""
    slicer.app.userSettings().setValue(LIBRARY, str(folder))


def shipped_network() -> Path | None:
    """Return the network that ships with the extension; None where it was taken out."""
    from MuscleMyopathyLib.resources import resources_folder

    # As `segmentation.network.engine` names it, which needs packages that may not be there yet.
    shipped = resources_folder() / "Models" / "limb-muscles"
    return shipped if (shipped / "card.json").is_file() else None


def network_folder() -> Path | None:
    """Return the network in use: the version chosen or learnt from corrections, else the shipped one, or None.

    Raises:
        InputError: The version in use is damaged.
    """
    shipped = shipped_network()
    if shipped is None or not (library_folder() / "versions").is_dir():
        return shipped
    from MuscleMyopathyLib.segmentation.corrections.learning import network_in_use

    return network_in_use(library_folder(), shipped)


def network_obstacle() -> str:
    """Return why the muscle network cannot be used; empty where it can."""
    from MuscleMyopathyLib.errors import MuscleMyopathyError

    try:
        return "" if network_folder() is not None else _("The network is not installed; choose another way.")
    except MuscleMyopathyError as error:
        return _("{error} Choose another version under “Learning from corrections”.").format(error=error)


def network_packages_are_there(messages: Any) -> bool:
    """Install PyTorch by its extension and what else networks need, with the user's consent."""
    if importlib.util.find_spec("torch") is None:
        try:
            import PyTorchUtils
        except ImportError:
            messages.error(
                _("Networks need PyTorch: install the extension PyTorch in the Extensions Manager and restart.")
            )
            return False
        if (
            PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=">=2.6")
            is None
        ):
            messages.error(_("PyTorch was not installed."))
            return False
    return packages_are_there(messages, NETWORK_REQUIREMENTS)
