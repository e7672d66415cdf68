"""Water and fat separated, in voxels with signal per second, and how that scales with voxels and echoes."""

from __future__ import annotations

import SimpleITK as sitk
from timing import best_of

from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import GradientEchoTrain
from MuscleMyopathyLib.qmri.dixon import separate_water_and_fat
from MuscleMyopathyLib.qmri.phase import complex_echoes


def main() -> None:
    """Run the benchmark."""
    for columns, rows, slices, echoes in ((190, 100, 2, 6), (190, 100, 8, 6), (190, 100, 2, 3), (190, 100, 2, 12)):
        protocol = Protocol(columns, rows, (2.0, 2.0), thickness_mm=6, spacing_mm=12, slices=slices)
        limb = make_limb(LimbParameters(pattern=Pattern.LGMDR2, protocol=protocol))
        times = tuple(1.2 + 1.0 * n for n in range(echoes))
        magnitude, phase = acquire(limb, GradientEchoTrain(echo_times_ms=times), snr=50)
        data = complex_echoes(magnitude.echoes, phase.echoes, times)
        ((seconds, found),) = best_of(
            3, lambda data=data, magnitude=magnitude: separate_water_and_fat(data, magnitude.acquisition)
        )
        water = sitk.GetArrayViewFromImage(found.water)
        voxels = int((water == water).sum())
        print(f"{echoes} echoes, {voxels:,} voxels: {seconds:.2f} s, {voxels / seconds:,.0f} voxels/s")


if __name__ == "__main__":
    main()
