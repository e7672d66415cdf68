"""Run the tests that need the application, in the application.

    python Testing/Slicer/run_in_slicer.py EXECUTABLE [--pictures FOLDER] [--only PART_OF_NAME]

Without a display the application is started under xvfb-run. The exit code is that of the tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCREEN = "-screen 0 1600x1000x24"
TIME_LIMIT_S = 1800


def command_line(executable: Path, pictures: Path | None, only: str | None) -> list[str]:
    """Return the command that starts the application with the tests."""
    command = [
        str(executable),
        "--testing",
        "--no-splash",
        "--additional-module-paths",
        str(ROOT / "MuscleMyopathy"),
        "--python-script",
        str(ROOT / "Testing" / "Slicer" / "drive_panels.py"),
    ]
    if pictures is not None:
        command += ["--pictures", str(pictures)]
    if only is not None:
        command += ["--only", only]
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        xvfb = shutil.which("xvfb-run")
        if xvfb is None:
            raise SystemExit("There is no display, and xvfb-run is not installed to make one.")
        command = [xvfb, "--auto-servernum", f"--server-args={SCREEN}", *command]
    return command


def main() -> None:
    """Read the command line and run the tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("executable", type=Path, help="executable of 3D Slicer")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the panels")
    parser.add_argument("--only", help="part of the names of the tests to run")
    options = parser.parse_args()
    if not options.executable.is_file():
        raise SystemExit(
            f"There is no Slicer at {options.executable}. "
            "Give its executable: make test-slicer SLICER=/path/to/Slicer"
        )
    raise SystemExit(
        subprocess.run(
            command_line(options.executable, options.pictures, options.only), timeout=TIME_LIMIT_S, check=False
        ).returncode
    )


if __name__ == "__main__":
    main()
