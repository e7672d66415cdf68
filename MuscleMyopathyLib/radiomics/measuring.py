"""Measuring many structures, in this process or in several that share them.

Nothing here needs tables, so that a worker process starts quickly.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.progress import Cancelled, Progress
from MuscleMyopathyLib.radiomics.engine import pyradiomics
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset
from MuscleMyopathyLib.radiomics.structure_extractor import StructureExtractor, StructureFeatures

_Content = tuple[Mapping[str, sitk.Image], Sequence[sitk.Image], RadiomicsPreset]

_POLL_S = 0.2
_QUEUED = 2
"""Structures handed to each helper at a time: the one that it measures and the next."""


@dataclass(frozen=True)
class Task:
    """One structure of one reading in one sequence."""

    sequence: str
    reading: int
    label: int
    structure: Structure
    drawn_voxels: int


class CaseImages:
    """All preprocessed images and label images of a call; each process has its own.

    Args:
        images: By sequence.
        labels: One label image for each reading.
        preset: What is measured.
    """

    def __init__(
        self, images: Mapping[str, sitk.Image], labels: Sequence[sitk.Image], preset: RadiomicsPreset
    ) -> None:
        self.images = images
        self.labels = [sitk.Cast(image, sitk.sitkUInt32) for image in labels]
        self.preset = preset
        self._extractors: dict[str, StructureExtractor] = {}

    def measure(self, task: Task, keep_going: Callable[[], None]) -> StructureFeatures:
        """Measure one structure; ``keep_going`` is called now and then and may raise `Cancelled`."""
        if task.drawn_voxels == 0:
            return StructureFeatures(problem="empty: no voxel in the measured slices")
        if task.sequence not in self._extractors:
            self._extractors[task.sequence] = StructureExtractor(self.images[task.sequence], self.preset)
        return self._extractors[task.sequence].extract(self.labels[task.reading], task.label, keep_going)


def measure_all(
    images: CaseImages, tasks: Sequence[Task], workers: int, progress: Progress
) -> dict[Task, StructureFeatures]:
    """Measure every structure, with ``workers`` processes where more than one; in no particular order.

    Raises:
        MuscleMyopathyError: A process ended by itself.
    """
    results: dict[Task, StructureFeatures] = {}
    run = (
        _in_processes(images, tasks, workers, progress)
        if min(workers, len(tasks)) > 1
        else _in_turn(images, tasks, progress)
    )
    progress(0.0, f"measuring {len(tasks)} structures")
    with closing(run):
        for task, features in run:
            results[task] = features
            progress(len(results) / len(tasks), f"{task.structure.name}, {task.sequence}")
    return results


def _in_turn(
    images: CaseImages, tasks: Sequence[Task], progress: Progress
) -> Generator[tuple[Task, StructureFeatures], None, None]:
    for index, task in enumerate(tasks):
        yield task, _measure_here(images, task, partial(progress, index / len(tasks)))


def _measure_here(images: CaseImages, task: Task, tell: Callable[[str], None]) -> StructureFeatures:
    """Measure one structure in this process, telling of it between image types."""
    from threadpoolctl import threadpool_limits

    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        # Matrices and crops here are small: more threads wait for each other longer than they work.
        with threadpool_limits(1):
            return images.measure(task, partial(tell, f"{task.structure.name}, {task.sequence}"))
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)


def _in_processes(
    images: CaseImages, tasks: Sequence[Task], workers: int, progress: Progress
) -> Generator[tuple[Task, StructureFeatures], None, None]:
    """Share the tasks between this process, which has everything loaded already, and ``workers - 1`` helpers."""
    # The largest first, so that no process is left with one at the end.
    waiting = deque(sorted(tasks, key=lambda task: task.drawn_voxels, reverse=True))
    finished = 0
    with _helpers(images, min(workers, len(tasks)) - 1) as pool:
        running: dict[Future[StructureFeatures], Task] = {}
        try:
            while waiting or running:
                while waiting and len(running) < _QUEUED * pool.count:
                    task = waiting.popleft()
                    running[pool.submit(task)] = task
                if waiting:
                    task = waiting.popleft()
                    yield task, _measure_here(images, task, partial(progress, finished / len(tasks)))
                    finished += 1
                done, _ = wait(running, timeout=0 if waiting else _POLL_S, return_when=FIRST_COMPLETED)
                for future in done:
                    finished += 1
                    yield running.pop(future), future.result()
                progress(finished / len(tasks), f"{len(tasks) - finished} structures to go")
        except BrokenProcessPool as error:
            raise MuscleMyopathyError(
                "A process that measured features ended by itself, probably for want of memory. "
                "Use fewer workers or measure fewer sequences at a time."
            ) from error


@dataclass(frozen=True)
class _Helpers:
    """The other processes of a call."""

    pool: ProcessPoolExecutor
    count: int

    def submit(self, task: Task) -> Future[StructureFeatures]:
        return self.pool.submit(_measure_in_helper, task)


@contextmanager
def _helpers(images: CaseImages, count: int) -> Iterator[_Helpers]:
    """Start helper processes, and end them when left: soon where one of them still measures.

    Images travel by a queue, which a thread feeds: as arguments they would keep this process waiting until each
    helper in turn has come far enough to read them.
    """
    context = multiprocessing.get_context("spawn")
    cancelled = context.Event()
    inbox: Queue[_Content] = context.Queue()
    for _ in range(count):
        inbox.put((images.images, images.labels, images.preset))
    pool = ProcessPoolExecutor(
        max_workers=count, mp_context=context, initializer=_start_helper, initargs=(inbox, cancelled)
    )
    try:
        yield _Helpers(pool, count)
    finally:
        cancelled.set()
        pool.shutdown(wait=True, cancel_futures=True)
        # A helper that ended by itself may not have read its copy, and nobody will.
        inbox.cancel_join_thread()
        inbox.close()


_helper: tuple[CaseImages, Event] | None = None


def _start_helper(inbox: Queue[_Content], cancelled: Event) -> None:
    """Prepare a helper process; its threads are limited to one, as the processes share the cores."""
    from threadpoolctl import threadpool_limits

    global _helper
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    pyradiomics()
    threadpool_limits(1)
    _helper = (CaseImages(*inbox.get()), cancelled)


def _measure_in_helper(task: Task) -> StructureFeatures:
    if _helper is None:
        raise MuscleMyopathyError("The helper process was not prepared.")
    images, cancelled = _helper

    def keep_going() -> None:
        if cancelled.is_set():
            raise Cancelled

    return images.measure(task, keep_going)
