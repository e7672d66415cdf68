"""Python packages that the application does not bring: installed with the user's consent when they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

RESOURCES = Path(__file__).resolve().parent.parent / "Resources"
REQUIREMENTS, RADIOMICS_REQUIREMENTS = "requirements.txt", "requirements-radiomics.txt"
LEARNING_REQUIREMENTS = "requirements-learning.txt"
BOOSTED_TREES_REQUIREMENTS = "requirements-boosted-trees.txt"


def ensure_packages(file: str = REQUIREMENTS) -> None:
    """Ask to install what is missing, and install it. Quick where nothing is missing.

    Args:
        file: The list of packages, among the module's resources.

    Raises:
        RuntimeError: The user declined.
        subprocess.CalledProcessError: The installation failed.
    """
    import slicer.packaging

    slicer.packaging.pip_ensure(
        slicer.packaging.load_requirements(RESOURCES / file),
        requester="MuscleMyopathy",
    )


def packages_are_there(messages: Any, file: str = REQUIREMENTS) -> bool:
    """Install what is missing, with the user's consent; what goes wrong is said in a panel's message strip."""
    try:
        ensure_packages(file)
    except Exception as error:
        # The user declined, or pip failed for one of its many reasons: each is shown, none is hidden.
        messages.error(_("Packages that are needed were not installed."), str(error))
        return False
    return True
