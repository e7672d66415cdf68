"""Make the README's screenshots: from the application where --slicer names its executable, else from the stand-in.

    python Testing/Panels/gallery.py [--slicer EXECUTABLE] [--output FOLDER]

All pictures show the digital limb, never a patient.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "Resources" / "Screenshots"
KEPT = (
    "case-panel",
    "fat-fraction-map",
    "segment-panel",
    "segment-list",
    "qmri-t2-chart",
    "water-t2-map",
    "readers-agreement",
    "score-panel",
    "score-agreement",
    "classify-case",
    "classify-study",
)
"""Pictures that README and documentation show, of all that the tests take."""

COLORS = 256
"""Colours of a kept picture: a third of the size, and no difference that one sees."""

TIME_LIMIT_S = 600


def main() -> None:
    """Read the command line and make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slicer", type=Path, help="executable of 3D Slicer")
    parser.add_argument("--output", type=Path, default=SCREENSHOTS)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        taken = Path(temporary)
        if options.slicer is not None:
            runner = ROOT / "Testing" / "Slicer" / "run_in_slicer.py"
            subprocess.run([sys.executable, str(runner), str(options.slicer), "--pictures", temporary], check=True)
        else:
            from_stand_in(taken)
        for path in keep(taken, options.output):
            print(path)


def keep(taken: Path, folder: Path) -> list[Path]:
    """Write those of the taken pictures that are shown into a folder, with few colours."""
    from PIL import Image

    written = []
    for path in (taken / f"{name}.png" for name in KEPT):
        if path.is_file():
            with Image.open(path) as picture:
                picture.convert("RGB").quantize(COLORS, kmeans=2).save(folder / path.name, optimize=True)
            written.append(folder / path.name)
    return written


def from_stand_in(folder: Path) -> None:
    """Click through the sample case in the stand-in host, taking pictures on the way."""
    sys.path.insert(0, str(ROOT))
    from Testing.Panels.host import start

    application = start.start()
    from Testing.Panels.host.window import picture_of_panel, picture_of_window

    module = start.open_module(ROOT / "MuscleMyopathy" / "MuscleMyopathy.py")

    def wait_until(done: Callable[[], bool]) -> None:
        end = time.monotonic() + TIME_LIMIT_S
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"The job took longer than {TIME_LIMIT_S} s.")
            application.processEvents()
            time.sleep(0.05)
        application.processEvents()

    run_sample_case(
        module,
        wait_until,
        panel_picture=lambda name: picture_of_panel(module, folder / f"{name}.png"),
        window_picture=lambda name: picture_of_window(module, folder / f"{name}.png"),
    )
    module.cleanup()


def run_sample_case(
    module: Any,
    wait_until: Callable[[Callable[[], bool]], None],
    panel_picture: Callable[[str], None],
    window_picture: Callable[[str], None],
) -> None:
    """Load the sample case and measure it, as a user does; the same in the application and in the stand-in."""
    case, qmri = module.panels["case"], module.panels["qmri"]
    case.ui.sampleButton.click()
    wait_until(lambda: not case.busy)
    panel_picture("case-panel")
    case.ui.nextButton.click()
    wait_until(lambda: qmri.ui.runButton.enabled)
    qmri.ui.runButton.click()
    wait_until(lambda: not qmri.busy)
    panel_picture("qmri-panel")
    window_picture("fat-fraction-map")
    qmri.ui.resultTabs.currentIndex = 1
    panel_picture("qmri-chart")


if __name__ == "__main__":
    main()
