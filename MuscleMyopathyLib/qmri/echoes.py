"""The echoes of a series as a fit takes them: checked, with their times, read in pieces that fit the cache.

Nothing is copied as a whole: a train of 512 × 512 × 40 voxels and 17 echoes takes 0.7 GB in single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.geometry import require_same_geometry
from MuscleMyopathyLib.imaging.series import Series
from MuscleMyopathyLib.progress import Progress
from MuscleMyopathyLib.qmri.pieces import in_pieces
from MuscleMyopathyLib.qmri.rician import noise_sd_of_air

EQUAL_SPACING_TOLERANCE = 0.01
"""Echo times are multiples of one spacing when none is off by more than this share of it."""

_SATURATED_VOXELS = 20


@dataclass(frozen=True)
class Echoes:
    """Magnitude echoes of one series on one grid.

    Attributes:
        images: 3D images, by echo time.
        times_ms: Echo time of each, rising.
        numbers: Which echo of the train each is, counted from 1.
    """

    images: tuple[sitk.Image, ...]
    times_ms: tuple[float, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of_series(cls, series: Series, echo_times_ms: Sequence[float] = ()) -> Echoes:
        """Take the echoes of a series, with the user's echo times where the files tell none.

        Raises:
            InputError: Fewer than two echoes; echo times unknown, not rising, not positive, or of another number
                than the echoes.
            GeometryError: The echoes do not share one grid.
        """
        images = series.echoes or (series.image,)
        if len(images) < 2:
            raise InputError(
                f"{series.name} holds one echo, and a relaxation time needs two or more. "
                "Choose the multi-echo series."
            )
        times = tuple(float(time) for time in (echo_times_ms or series.echo_times_ms))
        if not times:
            raise InputError(
                f"The echo times of {series.name} are unknown: its files do not tell them, and they are not "
                f"guessed. Give the {len(images)} echo times in milliseconds (on the command line: --echo-times)."
            )
        if len(times) != len(images):
            raise InputError(f"{series.name} has {len(images)} echoes, but {len(times)} echo times were given.")
        if times[0] <= 0 or any(later <= earlier for earlier, later in pairwise(times)):
            listed = ", ".join(f"{time:g}" for time in times)
            raise InputError(f"The echo times of {series.name} must be above 0 ms and rise: {listed} ms do not.")
        for number, image in enumerate(images[1:], start=2):
            require_same_geometry(images[0], image, "first echo", f"echo {number}")
        return cls(images, times, tuple(range(1, len(images) + 1)))

    def chosen(self, first: int, leave_out: Sequence[int] = ()) -> Echoes:
        """Return the echoes from number ``first`` on, without those of ``leave_out``.

        Raises:
            InputError: Fewer than two remain.
        """
        kept = [i for i, number in enumerate(self.numbers) if number >= first and number not in leave_out]
        if len(kept) < 2:
            raise InputError(
                f"Of {len(self.images)} echoes, {len(kept)} remain from echo {first} on"
                f"{' without ' + ', '.join(map(str, leave_out)) if leave_out else ''}; a fit needs two or more."
            )
        return Echoes(
            tuple(self.images[i] for i in kept),
            tuple(self.times_ms[i] for i in kept),
            tuple(self.numbers[i] for i in kept),
        )

    def spacing_ms(self) -> float:
        """Return the spacing of a train whose echo times are its multiples 1, 2, 3, …

        Raises:
            InputError: The times are others; stimulated echoes of such a train are not modelled.
        """
        spacing = self.times_ms[-1] / len(self.times_ms)
        expected = spacing * np.arange(1, len(self.times_ms) + 1)
        if np.abs(np.array(self.times_ms) - expected).max() > EQUAL_SPACING_TOLERANCE * spacing:
            listed = ", ".join(f"{time:g}" for time in self.times_ms)
            raise InputError(
                "The extended phase graph needs all echoes of an equally spaced train, the first at one spacing; "
                f"these are at {listed} ms. Use the mono-exponential fit, or give the right echo times."
            )
        return spacing

    def noise_sd(self) -> float:
        """Return the noise of each complex channel, from the air of the first echo; 0 where air is blanked."""
        column_mm, row_mm, _ = self.images[0].GetSpacing()
        return noise_sd_of_air(sitk.GetArrayViewFromImage(self.images[0]), (row_mm, column_mm))

    def with_signal(self, noise_sd: float, signal_to_noise: float) -> npt.NDArray[np.bool_]:
        """Return where the first of these echoes holds signal, shape (slice, row, column).

        Signal exceeds ``signal_to_noise`` times the noise, and 5 % of the image's 98th percentile of what is above
        0: cortical bone and the remains of interpolation in blanked air have none to fit.
        """
        first = sitk.GetArrayViewFromImage(self.images[0])
        positive = first[first > 0]
        if not positive.size:
            raise InputError("The first echo is empty: none of its voxels is above 0. Choose another series.")
        threshold = max(signal_to_noise * noise_sd, 0.05 * float(np.percentile(positive, 98)))
        signal = np.asarray(first > threshold)
        if not signal.any():
            raise InputError(
                f"No voxel of the first echo exceeds {threshold:.4g}, {signal_to_noise:g} times the noise "
                "that was found in its air. Lower signal_to_noise, or choose another series."
            )
        return signal

    def saturated(self) -> tuple[npt.NDArray[np.bool_], str]:
        """Return the voxels at the largest value of their echo where many share it, and what is wrong in words.

        A converter or a file's number format clips at one value; without clipping, hardly two voxels share the
        largest one.
        """
        clipped = np.zeros(sitk.GetArrayViewFromImage(self.images[0]).shape, dtype=bool)
        found = []
        for number, image in zip(self.numbers, self.images, strict=True):
            values = sitk.GetArrayViewFromImage(image)
            largest = values.max()
            at_top = values == largest
            count = int(np.count_nonzero(at_top))
            if largest > 0 and _SATURATED_VOXELS <= count < 0.5 * at_top.size:
                clipped |= at_top
                found.append(f"echo {number} ({count} voxels at {largest:g})")
        if not found:
            return clipped, ""
        return clipped, (
            f"Saturated: {', '.join(found)} hold one largest value. These voxels are left out of the map; a fit "
            f"without echo {self.numbers[0]} may keep them."
        )

    def fitted(
        self,
        voxels: npt.NDArray[np.int64],
        rows: int,
        fit: Callable[[npt.NDArray[np.float32], slice], npt.NDArray[np.floating]],
        size: int,
        progress: Progress,
        text: str,
    ) -> npt.NDArray[np.float32]:
        """Fit voxels piece by piece, on all processors, and return shape (rows, voxel).

        Args:
            voxels: Flat indices, shape (n,).
            rows: How many numbers a fit gives for each voxel.
            fit: Takes the signals of a piece, shape (echo, voxel), and its place in ``voxels``; returns shape
                (rows, voxel).
            size: Voxels in a piece: few enough for the processor's cache.
            progress: Told after every piece.
            text: What is being done, for the progress.
        """
        views = [sitk.GetArrayViewFromImage(image).reshape(-1) for image in self.images]
        result = np.empty((rows, voxels.size), dtype=np.float32)

        def work(place: slice) -> None:
            own = voxels[place]
            signals = np.empty((len(views), own.size), dtype=np.float32)
            for row, view in zip(signals, views, strict=True):
                row[:] = view[own]
            result[:, place] = fit(signals, place)

        in_pieces(voxels.size, size, work, progress, text)
        return result

    def image_of(self, voxels: npt.NDArray[np.int64], values: npt.NDArray[np.floating]) -> sitk.Image:
        """Return a single-precision map on the echoes' grid: ``values`` at the flat indices, NaN elsewhere."""
        like = self.images[0]
        flat = np.full(like.GetNumberOfPixels(), np.nan, dtype=np.float32)
        flat[voxels] = values
        columns, rows, slices = like.GetSize()
        image = sitk.GetImageFromArray(flat.reshape(slices, rows, columns))
        image.CopyInformation(like)
        return image
