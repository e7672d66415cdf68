"""A job: the extension's command line as a process of its own, so that the application stays usable.

The process prints one JSON object a line: ``{"fraction": 0.5, "text": "…"}`` while it works, then
``{"result": path}`` or ``{"error": text}``. Cancelling ends the whole process tree at once. A job changes nothing
in the scene; its owner does when the result is there, so a crash leaves the scene as it was.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

import MuscleMyopathyLib

POLL_MS = 100
KEPT_ERROR_LINES = 200
"""Of the error stream, for the details of a failure."""

FIRST_ESTIMATE_S = 2.0
"""No estimate of the time left before this much has passed: the first seconds go to loading libraries."""


def python_executable() -> str:
    """Return the Python to start jobs with: Slicer's, or the one that runs where there is none."""
    return shutil.which("PythonSlicer") or sys.executable


def job_environment() -> dict[str, str]:
    """Return the environment of a job: the system's, with this library on the path and UTF-8 output."""
    environment = dict(slicer.util.startupEnvironment())
    library = str(Path(MuscleMyopathyLib.__file__).resolve().parent.parent)
    paths = [library, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment["PYTHONUTF8"] = "1"
    return environment


class Job:
    """One run of ``muscle-myopathy <arguments> --progress json``.

    Args:
        arguments: Command and its options, without ``--progress``.
        progressed: Called with the fraction done, what is being done, and the seconds left or None.
        finished: Called with the path of the result.
        failed: Called with what went wrong in words, and details.
        cancelled: Called when the process tree has ended after `cancel`.
        command: What to start instead of Python with the library.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        progressed: Callable[[float, str, float | None], None],
        finished: Callable[[Path], None],
        failed: Callable[[str, str], None],
        cancelled: Callable[[], None],
        command: Sequence[str] | None = None,
    ) -> None:
        command = command or (python_executable(), "-m", "MuscleMyopathyLib")
        self.arguments = [*command, *arguments, "--progress", "json"]
        self._progressed, self._finished, self._failed = progressed, finished, failed
        self._cancelled = cancelled
        self._process: Any = None
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=KEPT_ERROR_LINES)
        self._readers: list[threading.Thread] = []
        self._cancelling = False
        self._result: str | None = None
        self._error: str | None = None
        self._started = 0.0
        self._timer = qt.QTimer()
        self._timer.interval = POLL_MS
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """Whether the process has been started and its end has not been reported yet."""
        return self._process is not None

    def start(self) -> None:
        """Start the process and return at once."""
        own_group: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
            if os.name == "nt"
            else {"start_new_session": True}
        )
        self._started = time.monotonic()
        try:
            self._process = subprocess.Popen(
                self.arguments,
                env=job_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                **own_group,
            )
        except OSError as error:
            self._failed(_("The computation could not be started."), str(error))
            return
        for read, stream in (
            (self._read_message, self._process.stdout),
            (self._errors.append, self._process.stderr),
        ):
            thread = threading.Thread(target=_each_line, args=(stream, read), daemon=True)
            thread.start()
            self._readers.append(thread)
        self._timer.start()

    def cancel(self) -> None:
        """End the process with all that it started; `cancelled` is called shortly after."""
        if self.running:
            self._cancelling = True
            _end_process_tree(self._process)

    def abandon(self) -> None:
        """End the process tree without a word to anybody: the panel or the scene is going away."""
        if self.running:
            self._timer.stop()
            _end_process_tree(self._process)
            self._process.wait()
            self._process = None

    def _read_message(self, line: str) -> None:
        try:
            message = json.loads(line)
        except json.JSONDecodeError:
            message = None
        if isinstance(message, dict):
            self._messages.put(message)
        else:
            # A library below printed something; it may explain a failure.
            self._errors.append(line)

    def _poll(self) -> None:
        ended = self._process.poll() is not None and not any(thread.is_alive() for thread in self._readers)
        latest = None
        while not self._messages.empty():
            message = self._messages.get()
            self._result = message.get("result", self._result)
            self._error = message.get("error", self._error)
            latest = message if "fraction" in message else latest
        if latest is not None and not self._cancelling:
            self._progressed(latest["fraction"], latest["text"], self._seconds_left(latest["fraction"]))
        if ended and self.running:
            self._conclude()

    def _seconds_left(self, fraction: float) -> float | None:
        elapsed = time.monotonic() - self._started
        if elapsed < FIRST_ESTIMATE_S or fraction < 0.05:
            return None
        return elapsed * (1.0 - fraction) / fraction

    def _conclude(self) -> None:
        self._timer.stop()
        code, self._process = self._process.returncode, None
        details = "\n".join(line.rstrip() for line in self._errors)
        if self._cancelling:
            self._cancelled()
        elif code == 0 and self._result is not None:
            self._finished(Path(self._result))
        elif self._error is not None:
            self._failed(self._error, details)
        else:
            self._failed(
                _("The computation ended unexpectedly (exit code {code}). The scene is as it was.").format(
                    code=code
                ),
                details,
            )


def _each_line(stream: Any, receive: Callable[[str], None]) -> None:
    with stream:
        for line in stream:
            receive(line)


def _end_process_tree(process: Any) -> None:
    if os.name == "nt":
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)],
            capture_output=True,
            check=False,
            creationflags=subprocess.CREATE_NO_WINDOW,
        )
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        # It ended by itself in the meantime.
        return
