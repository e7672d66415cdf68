"""Measuring many structures, in this process or in several that share them.

Nothing here needs tables, so that a worker process starts quickly.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing.synchronize import Event

import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import MuscleMyopathyError
from MuscleMyopathyLib.progress import Cancelled, Progress
from MuscleMyopathyLib.radiomics.engine import pyradiomics
from MuscleMyopathyLib.radiomics.presets import RadiomicsPreset
from MuscleMyopathyLib.radiomics.structure_extractor import StructureExtractor, StructureFeatures

_POLL_S = 0.2


@dataclass(frozen=True)
class Task:
    """One structure of one reading in one sequence."""

    sequence: str
    reading: int
    label: int
    structure: Structure
    drawn_voxels: int


class CaseImages:
    """All preprocessed images and label images of a call; each worker process has its own.

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
    run = _in_processes(images, tasks, workers, progress) if workers > 1 else _in_turn(images, tasks, progress)
    progress(0.0, f"measuring {len(tasks)} structures")
    with closing(run):
        for task, features in run:
            results[task] = features
            progress(len(results) / len(tasks), f"{task.structure.name}, {task.sequence}")
    return results


def _in_turn(
    images: CaseImages, tasks: Sequence[Task], progress: Progress
) -> Generator[tuple[Task, StructureFeatures], None, None]:
    from threadpoolctl import threadpool_limits

    for index, task in enumerate(tasks):
        keep_going = partial(progress, index / len(tasks), f"{task.structure.name}, {task.sequence}")
        # Matrices here are small: more threads of the linear algebra wait for each other longer than they work.
        with threadpool_limits(1):
            features = images.measure(task, keep_going)
        yield task, features


def _in_processes(
    images: CaseImages, tasks: Sequence[Task], workers: int, progress: Progress
) -> Generator[tuple[Task, StructureFeatures], None, None]:
    context = multiprocessing.get_context("spawn")
    cancelled = context.Event()
    with ProcessPoolExecutor(
        max_workers=min(workers, len(tasks)),
        mp_context=context,
        initializer=_start_worker,
        initargs=(images.images, images.labels, images.preset, cancelled),
    ) as pool:
        # The largest first, so that no process is left with one at the end.
        ordered = sorted(tasks, key=lambda task: task.drawn_voxels, reverse=True)
        running = {pool.submit(_measure_in_worker, task): task for task in ordered}
        try:
            while running:
                done, _ = wait(running, timeout=_POLL_S, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
                progress(1 - len(running) / len(tasks), f"{len(running)} structures to go")
        except BrokenProcessPool as error:
            raise MuscleMyopathyError(
                "A process that measured features ended by itself, probably for want of memory. "
                "Use fewer workers or measure fewer sequences at a time."
            ) from error
        finally:
            cancelled.set()
            pool.shutdown(wait=True, cancel_futures=True)


_worker: tuple[CaseImages, Event] | None = None


def _start_worker(
    images: Mapping[str, sitk.Image],
    labels: Sequence[sitk.Image],
    preset: RadiomicsPreset,
    cancelled: Event,
) -> None:
    """Prepare a worker process; its threads are limited to one, as the processes share the cores."""
    from threadpoolctl import threadpool_limits

    global _worker
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    pyradiomics()
    threadpool_limits(1)
    _worker = (CaseImages(images, labels, preset), cancelled)


def _measure_in_worker(task: Task) -> StructureFeatures:
    if _worker is None:
        raise MuscleMyopathyError("The worker process was not prepared.")
    images, cancelled = _worker

    def keep_going() -> None:
        if cancelled.is_set():
            raise Cancelled

    return images.measure(task, keep_going)
