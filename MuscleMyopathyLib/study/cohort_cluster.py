"""Tasks of a cohort on Dask: a cluster of processes on this computer, or a scheduler that the user runs."""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from typing import Any

import SimpleITK as sitk

from MuscleMyopathyLib import __version__
from MuscleMyopathyLib.errors import InputError, MissingPackageError, MuscleMyopathyError
from MuscleMyopathyLib.progress import Progress
from MuscleMyopathyLib.study.cohort_run import CaseOutcome, CaseTask, attempt

_POLL_S = 0.5
_CONNECT_S = 10
_LOCAL_SETTINGS = {
    # A case that ended its process twice, for want of memory or by a fault, would do so again.
    "distributed.scheduler.allowed-failures": 1,
    # No case waits at a worker, or it would be blamed when the case before it ends the process.
    "distributed.scheduler.worker-saturation": 1.0,
}
_ONE_AT_A_TIME = threading.Lock()


def outcomes_on_cluster(
    tasks: Sequence[CaseTask], workers: int, scheduler: str, progress: Progress
) -> Iterator[CaseOutcome]:
    """Yield how each task ended, as they end.

    Args:
        tasks: One per case.
        workers: Processes of the local cluster.
        scheduler: Address of a running scheduler instead; empty for the local cluster.
        progress: Called twice a second; may raise `Cancelled`.

    Raises:
        MissingPackageError: ``distributed`` is not installed.
        InputError: No scheduler answers at the address, or its workers have another version of this package.
        MuscleMyopathyError: The scheduler went away; finished cases are kept.
    """
    with _client(workers, scheduler) as client:
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        run = uuid.uuid4().hex
        waiting = {
            client.submit(_attempt_in_worker, task, key=f"case-{number}-{run}", pure=False): task
            for number, task in enumerate(tasks)
        }
        for future in waiting:
            future.add_done_callback(ended.put)
        try:
            while waiting:
                try:
                    future = ended.get(timeout=_POLL_S)
                except queue.Empty:
                    progress(0.0, _working(client, scheduler))
                    continue
                try:
                    outcome = _outcome(future, waiting[future])
                except TimeoutError:
                    # It was done, and went with the worker that held it: Dask does it again.
                    ended.put(future)
                    progress(0.0, _working(client, scheduler))
                    continue
                del waiting[future]
                future.release()
                yield outcome
        finally:
            client.cancel(list(waiting))


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Any]:
    try:
        import dask
        import distributed
    except ImportError as error:
        raise MissingPackageError(
            "Several worker processes need the package distributed. Install it with "
            f"'pip install muscle-myopathy[distributed]', or work with one worker (--workers 1). ({error})"
        ) from error
    with ExitStack() as stack:
        if scheduler:
            try:
                client = distributed.Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
            except (OSError, ValueError) as error:
                raise InputError(
                    f"No Dask scheduler answers at {scheduler!r} ({error}). Start one with 'dask scheduler' and "
                    "workers with 'dask worker ADDRESS --nthreads 1', and give its address, such as "
                    "tcp://host:8786."
                ) from error
            stack.enter_context(client)
            _require_same_version(client)
        else:
            stack.enter_context(dask.config.set(_LOCAL_SETTINGS))
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                # A free port that this computer alone can reach.
                dashboard_address="127.0.0.1:0",
                # Workers that hold one case each need no watch that pauses them by their share of the memory.
                memory_limit=0,
                silence_logs="CRITICAL",
            )
            stack.enter_context(cluster)
            client = stack.enter_context(distributed.Client(cluster, set_as_default=False))
        yield client


def _require_same_version(client: Any) -> None:
    try:
        versions = set(client.run(_version).values())
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"The scheduler's workers do not have this package ({error}). Install it there."
        ) from error
    if versions - {__version__}:
        raise InputError(
            f"The scheduler's workers have version {', '.join(sorted(versions))} of this package, and this is "
            f"{__version__}. Install one version everywhere, so that all values come from the same program."
        )


def _version() -> str:
    return __version__


def _working(client: Any, scheduler: str) -> str:
    count = len(client.scheduler_info(n_workers=-1)["workers"])
    if count == 0:
        return f"waiting for workers of {scheduler or 'the local cluster'}"
    return f"{count} worker processes" if count > 1 else "1 worker process"


def _attempt_in_worker(task: CaseTask) -> CaseOutcome:
    # The user's workers may have several threads, and PyRadiomics' settings and messages are one per process.
    with _ONE_AT_A_TIME:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
        return attempt(task)


def _outcome(future: Any, task: CaseTask) -> CaseOutcome:
    from distributed import KilledWorker

    try:
        outcome: CaseOutcome = future.result(timeout=_POLL_S)
    except TimeoutError:
        raise
    except CancelledError as error:
        raise MuscleMyopathyError(
            "The Dask scheduler went away. Finished cases are kept: start it again and repeat the command, which "
            "goes on where it stopped."
        ) from error
    except KilledWorker:
        reason = "its worker process ended by itself, probably for want of memory"
        return CaseOutcome(task.identifier, problem=reason)
    except Exception as error:
        # What cannot travel between processes, or a worker without this package.
        return CaseOutcome(task.identifier, problem=f"unexpected {type(error).__name__}: {error}")
    return outcome
