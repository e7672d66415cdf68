"""Python packages that the application does not bring: installed with the user's consent when they are needed."""

from __future__ import annotations

from pathlib import Path

RESOURCES = Path(__file__).resolve().parent.parent / "Resources"
REQUIREMENTS, RADIOMICS_REQUIREMENTS = "requirements.txt", "requirements-radiomics.txt"


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
