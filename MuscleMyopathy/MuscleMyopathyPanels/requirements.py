"""Python packages that the application does not bring: installed with the user's consent when they are needed."""

from __future__ import annotations

from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "Resources" / "requirements.txt"


def ensure_packages() -> None:
    """Ask to install what is missing, and install it. Quick where nothing is missing.

    Raises:
        RuntimeError: The user declined.
        subprocess.CalledProcessError: The installation failed.
    """
    import slicer.packaging

    slicer.packaging.pip_ensure(
        slicer.packaging.load_requirements(REQUIREMENTS),
        requester="MuscleMyopathy",
    )
