"""Time and memory of the muscles by the shipped network: per stage, against slices, and against the plain way.

The plain way is what one would write first: whole slices at full resolution, both legs at once, through the same
network.

python Testing/Benchmarks/bench_network.py [--threads 2]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import WaterFat
from MuscleMyopathyLib.resources import resources_folder
from MuscleMyopathyLib.segmentation.network.engine import SHIPPED, NetworkEngine
from MuscleMyopathyLib.segmentation.network.legs import find_legs
from MuscleMyopathyLib.segmentation.network.limb_views import limb_views
from MuscleMyopathyLib.segmentation.network.muscles import segment_muscles
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from MuscleMyopathyLib.segmentation.network.sequences import read_voting_images
from MuscleMyopathyLib.segmentation.network.voting import view_probabilities
from MuscleMyopathyLib.segmentation.sides import SIDE_NUMBER, divide

MOST_SECONDS = 15.0
MOST_GB = 3.0


def examination(slices: int) -> dict[str, sitk.Image]:
    """Return water and fat of a digital thigh, 512 × 512 voxels of 0.8 mm."""
    protocol = Protocol(512, 512, (0.8, 0.8), 6, 352 / slices, slices, 1, 1)
    limb = make_limb(LimbParameters(region=Region.THIGH, seed=4, protocol=protocol))
    return {str(series.role): series.image for series in acquire(limb, WaterFat(), snr=40.0)}


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and seconds of the processors, all cores together."""
    start, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - worked


def plain_way(engine: NetworkEngine, images: dict[str, sitk.Image]) -> None:
    """Send whole slices of 512 × 512 through the network, one sequence after the other."""
    for image in images.values():
        for part in sitk.GetArrayFromImage(image).astype(np.float32):
            engine.probabilities((part / max(float(np.percentile(part, 98)), 1e-6))[None])


def main() -> None:
    folder = resources_folder() / "Models" / SHIPPED
    if not Path(folder).is_dir():
        print("The shipped network is not there; nothing to measure.")
        return
    parser = argparse.ArgumentParser(description="Time and memory of the muscles by the shipped network.")
    parser.add_argument("--threads", type=int, default=2, help="1 where other work keeps the other core busy.")
    threads = parser.parse_args().threads
    torch.set_num_threads(threads)
    # What is loaded once is not counted.
    segment_muscles(examination(2), region=Region.THIGH)
    print("seconds by the clock (of the processors, which other work on the machine does not slow)")
    print("slices  seconds          per slice")
    engine = NetworkEngine()
    times = {}
    for count in (4, 8, 16, 32):
        images = examination(count)
        times[count] = seconds(lambda images=images: segment_muscles(images, region=Region.THIGH, engine=engine))
        clock, worked = times[count]
        print(
            f"{count:6d}  {clock:6.2f} ({worked:6.2f})  {clock / count:6.3f} ({worked / count:5.3f})", flush=True
        )
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2

    images = examination(16)
    voting = read_voting_images(images)
    parameters = MuscleParameters()
    legs = find_legs(voting, engine, Region.THIGH, parameters)
    views = limb_views(legs.side_map, SIDE_NUMBER, voting.limbs.axes.spacing_mm, engine.view)

    def network() -> None:
        for _ in view_probabilities(engine, voting.values, legs.side_map, views, parameters.turns_degrees):
            pass

    print("\nstages, 16 slices of 512 × 512, water and fat, both thighs")
    stages = {
        "loading the network": NetworkEngine,
        "outline of the legs": lambda: read_voting_images(images),
        "left and right, by place": lambda: divide(voting.limbs, Region.THIGH),
        "region, sides by muscles": lambda: find_legs(voting, engine, Region.THIGH, parameters),
        f"network, {len(views)} views, turned": network,
        "whole slices instead": lambda: plain_way(engine, images),
    }
    for name, work in stages.items():
        clock, worked = seconds(work)
        print(f"  {name:28s} {clock:6.2f} ({worked:6.2f})", flush=True)
    print("  (sides by muscles include those by place; whole slices are seen once, not turned)")
    clock, worked = times[16]
    growth = times[32][1] / times[16][1]
    print(f"\n16 slices: {clock:.1f} s ({worked:.1f} of the processors), limit {MOST_SECONDS:g} s")
    print(f"32 slices take {growth:.2f} times the work of 16")
    print(f"memory {memory_gb:.2f} GB up to 32 slices, limit {MOST_GB:g} GB")
    assert worked / threads < MOST_SECONDS, "too slow for two cores"
    assert memory_gb < MOST_GB, "too much memory"
    # Quadratic cost would be 4; another job on the machine makes the clock of the processors uneven.
    assert growth < 3, "the cost grows faster than the slices"


if __name__ == "__main__":
    main()
