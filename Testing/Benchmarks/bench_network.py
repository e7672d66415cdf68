"""Time and memory of the muscles by the shipped network: per stage, against slices, and against the plain way.

The plain way is what one would write first: whole slices at full resolution, both legs at once, through the same
network.

python Testing/Benchmarks/bench_network.py
"""

from __future__ import annotations

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
from MuscleMyopathyLib.segmentation.network.limb_views import limb_views
from MuscleMyopathyLib.segmentation.network.muscles import segment_muscles
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


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


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
    torch.set_num_threads(2)
    print("slices  seconds  seconds/slice")
    engine = NetworkEngine()
    times = {}
    for count in (4, 8, 16, 32):
        images = examination(count)
        times[count] = seconds(lambda images=images: segment_muscles(images, region=Region.THIGH, engine=engine))
        print(f"{count:6d}  {times[count]:7.2f}  {times[count] / count:13.3f}")

    images = examination(16)
    print("\nstages, 16 slices of 512 × 512, water and fat, both thighs")
    print(f"  loading the network   {seconds(NetworkEngine):6.2f} s")
    print(f"  outline of the legs   {seconds(lambda: read_voting_images(images)):6.2f} s")
    voting = read_voting_images(images)
    print(f"  left and right        {seconds(lambda: divide(voting.limbs, Region.THIGH)):6.2f} s")
    side_map = divide(voting.limbs, Region.THIGH).side_map
    views = limb_views(side_map, SIDE_NUMBER, voting.limbs.axes.spacing_mm, engine.view)
    network = seconds(lambda: list(view_probabilities(engine, voting.values, side_map, views)))
    print(f"  views and network     {network:6.2f} s ({len(views)} views)")
    plain = seconds(lambda: plain_way(engine, images))
    print(f"  whole slices instead  {plain:6.2f} s, {plain / network:.1f} times as long")
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"\nin all {times[16]:.1f} s (limit {MOST_SECONDS:g} s), {memory_gb:.2f} GB (limit {MOST_GB:g} GB)")


if __name__ == "__main__":
    main()
