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


def network_folder() -> Path | None:
    """Return the network in use: the version learnt from corrections, else the shipped one; None if neither."""
    from MuscleMyopathyLib.resources import resources_folder

    # As `segmentation.corrections.versions` and `segmentation.network.engine` name them, which need pandas.
    versions = library_folder() / "versions"
    if (versions / "in-use.json").is_file() or (versions / "0000").is_dir():
        from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions

        return NetworkVersions(library_folder()).network()
    shipped = resources_folder() / "Models" / "limb-muscles"
    return shipped if (shipped / "card.json").is_file() else None


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
