"""Work on many voxels piece by piece, on all processors: numpy leaves the interpreter to other threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from MuscleMyopathyLib.progress import Progress


def in_pieces(count: int, size: int, work: Callable[[slice], None], progress: Progress, text: str) -> None:
    """Call ``work`` with slices that cover 0 to ``count``, several at a time, and report after each.

    A cancelled or failed piece leaves those that have not begun undone, and its error goes on.
    """
    starts = range(0, count, size)
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 16)) as pool:
        jobs = [pool.submit(work, slice(start, min(start + size, count))) for start in starts]
        try:
            for done, job in enumerate(jobs):
                progress(done / len(jobs), text)
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
