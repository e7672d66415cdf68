"""Example pictures of the levels of a scale: a muscle of the digital limb, as fatty or oedematous as a level says.

The severity of the simulated disease is searched until the muscle's true content is the level's: the share of
voxels that are mostly fat for scales of extent, the mean fat fraction for Goutallier's grades, which compare fat
with muscle. Every picture says on its face that it shows the digital limb; none is a patient's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleMyopathyLib.anatomy import Structure
from MuscleMyopathyLib.errors import ParameterError
from MuscleMyopathyLib.output import replacing, require_writable
from MuscleMyopathyLib.phantom.acquire import acquire
from MuscleMyopathyLib.phantom.limb import Limb, make_limb
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.phantom.protocols import Protocol
from MuscleMyopathyLib.phantom.sequences import InversionRecovery, Sequence, SpinEcho
from MuscleMyopathyLib.progress import Progress, each, silent
from MuscleMyopathyLib.scoring.scale import Scale
from MuscleMyopathyLib.scoring.suggestion import SuggestionParameters

SIZE_PIXELS = 208
"""Width and height of a picture."""

MARK = "digital limb"

FINE = Protocol(480, 336, (0.75, 0.75), thickness_mm=6, spacing_mm=100, slices=3, in_plane_samples=3)
COARSE = Protocol(240, 168, (1.5, 1.5), thickness_mm=6, spacing_mm=100, slices=3)
"""The grid of the pictures, and the one on which the muscle's content is counted."""

_SHOWN_MM = 105.0
_SNR = 70.0
_STEPS = 9
_OUTLINE = (1.0, 0.75, 0.0)
_COLORS = 32
"""Colours kept in a file: fewer make it smaller, and no step is seen among the texture."""


def _share_of_fat_voxels(fat_percent: npt.NDArray[np.floating]) -> float:
    return 100 * float((fat_percent >= SuggestionParameters().fat_threshold_percent).mean())


def _mean_fat(fat_percent: npt.NDArray[np.floating]) -> float:
    return float(fat_percent.mean())


@dataclass(frozen=True)
class _Example:
    """How the pictures of a scale are made.

    Attributes:
        sequence: What is acquired.
        name: What the sequence is called on the picture.
        pattern: The disease.
        muscle: The muscle shown.
        slice: Number of the slice, from the distal one.
        measure: Content of the muscle in percent from its true fat fractions; None where levels are severities.
        contents: Content, or severity, by the code of the level.
        black: Grey value shown as black, as a share of healthy muscle's: readers window STIR until it is dark.
    """

    sequence: Sequence
    name: str
    pattern: Pattern
    muscle: Structure
    slice: int
    measure: Callable[[npt.NDArray[np.floating]], float] | None
    contents: Mapping[str, float]
    black: float = 0.0


_ADDUCTOR, _VASTUS = Structure.parse("AM_left"), Structure.parse("VL_left")
_EXAMPLES = {
    "mercuri-modified": _Example(
        SpinEcho(),
        "T1w",
        Pattern.LGMDR2,
        _ADDUCTOR,
        2,
        _share_of_fat_voxels,
        {"0": 0.0, "1": 2.5, "2": 20.0, "3": 45.0, "4": 92.0},
    ),
    "mercuri-2002": _Example(
        SpinEcho(),
        "T1w",
        Pattern.LGMDR2,
        _ADDUCTOR,
        2,
        _share_of_fat_voxels,
        {"0": 0.0, "1": 3.0, "2a": 20.0, "2b": 45.0, "3": 78.0, "4": 97.0},
    ),
    "goutallier": _Example(
        SpinEcho(),
        "T1w",
        Pattern.LGMDR2,
        _ADDUCTOR,
        2,
        _mean_fat,
        {"0": 0.0, "1": 12.0, "2": 32.0, "3": 50.0, "4": 75.0},
    ),
    "stir-oedema": _Example(
        InversionRecovery(),
        "STIR",
        Pattern.DM,
        _VASTUS,
        1,
        None,
        {"0": 0.0, "1": 0.3, "2": 0.6, "3": 1.0},
        black=0.65,
    ),
}


def scales_with_examples() -> tuple[str, ...]:
    """Return the identifiers of the scales that pictures can be made for."""
    return tuple(_EXAMPLES)


def write_example_pictures(
    scale: Scale, folder: Path, seed: int = 4, progress: Progress = silent, *, grid: Protocol = FINE
) -> dict[str, Path]:
    """Make a picture of every level of a scale, in grey, `SIZE_PIXELS` wide and high.

    Args:
        scale: One of `scales_with_examples`.
        folder: Where to write ``<scale>-<code>.png``, made if need be.
        seed: The simulated subject.
        progress: Told of every level.
        grid: On which the limb is acquired.

    Returns:
        The picture of each level by its code.

    Raises:
        ParameterError: There is no example for the scale.
        OutputError: The folder cannot be written.
    """
    if scale.id not in _EXAMPLES:
        raise ParameterError(
            f"There are no example pictures for {scale.name}; there are some for: {', '.join(_EXAMPLES)}."
        )
    require_writable(folder)
    example = _EXAMPLES[scale.id]
    # The first and the last level are often those of the window below: none is acquired twice.
    acquired = cache(lambda severity: _acquired(example, severity, seed, grid))
    # One window for all levels, as a reader compares cases: fat, and on STIR the strongest oedema, is near white.
    muscle, image = acquired(0.0)
    black = example.black * float(np.median(image[muscle]))
    white = float(np.percentile(acquired(1.0)[1], 99.0))
    written = {}
    for code in each(list(example.contents), progress, lambda code: f"level {code}"):
        muscle, image = acquired(severity_of(scale.id, code, seed))
        written[code] = folder / f"{scale.id}-{code}.png"
        _write(_picture(muscle, image, grid.pixel_mm[0], (black, white)), example.name, written[code])
    return written


def severity_of(scale_id: str, code: str, seed: int = 4) -> float:
    """Return the severity of the simulated disease at which the muscle's content is that of a level, 0 to 1.

    Bisection on a coarse grid: the content grows with the severity.
    """
    example = _EXAMPLES[scale_id]
    wanted = example.contents[code]
    if example.measure is None or wanted == 0.0:
        return wanted
    low, high = 0.0, 1.0
    for _step in range(_STEPS):
        middle = (low + high) / 2
        if example_content(scale_id, middle, seed) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def example_content(scale_id: str, severity: float, seed: int = 4, grid: Protocol = COARSE) -> float:
    """Return the muscle's true content in percent in the slice shown, as the scale counts it.

    Raises:
        ParameterError: The scale's levels are severities, and count nothing.
    """
    example = _EXAMPLES[scale_id]
    if example.measure is None:
        raise ParameterError(f"The examples of {scale_id} are made by severity; nothing is counted.")
    limb = make_limb(_limb(example, severity, seed, grid))
    return example.measure(sitk.GetArrayViewFromImage(limb.fat_fraction_percent)[_place(limb, example)])


def _limb(example: _Example, severity: float, seed: int, grid: Protocol) -> LimbParameters:
    return LimbParameters(pattern=example.pattern, severity=severity, seed=seed, protocol=grid)


def _acquired(
    example: _Example, severity: float, seed: int, grid: Protocol
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    """Return the place of the muscle, and the image, in the slice shown; both of shape (row, column)."""
    limb = make_limb(_limb(example, severity, seed, grid))
    (series,) = acquire(limb, example.sequence, snr=_SNR, seed=seed)
    return _place(limb, example)[example.slice], sitk.GetArrayFromImage(series.image)[example.slice]


def _place(limb: Limb, example: _Example) -> npt.NDArray[np.bool_]:
    """Return the voxels of the muscle in the slice shown, shape (slice, row, column)."""
    place = limb.muscles.mask(example.muscle)
    place[np.arange(place.shape[0]) != example.slice] = False
    return place


def _picture(
    mask: npt.NDArray[np.bool_], image: npt.NDArray[np.float32], pixel_mm: float, window: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """Return the surroundings of the muscle in grey with a thin outline, from 0 to 1, shape (row, column, RGB)."""
    row, column = ndimage.center_of_mass(mask)
    half = _SHOWN_MM / 2 / pixel_mm
    steps = np.linspace(-half, half, SIZE_PIXELS)
    points = np.meshgrid(row + steps, column + steps, indexing="ij")
    black, white = window
    grey = np.clip((ndimage.map_coordinates(image, points, order=1) - black) / (white - black), 0, 1)
    # The outline lies outside the muscle: nothing of what is to be judged is covered.
    inside = ndimage.map_coordinates(ndimage.gaussian_filter(mask.astype(float), 1.2), points, order=1)
    outline = (inside < 0.3) & ndimage.binary_dilation(inside >= 0.3)
    colored = np.repeat(grey[..., None], 3, axis=2)
    colored[outline] = _OUTLINE
    return colored


def _write(colored: npt.NDArray[np.float64], name: str, path: Path) -> None:
    from matplotlib.figure import Figure
    from PIL import Image

    dots = 100
    figure = Figure(figsize=(SIZE_PIXELS / dots, SIZE_PIXELS / dots), dpi=dots)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.imshow(colored, interpolation="nearest")
    axes.set_axis_off()
    words = axes.text(0.02, 0.02, f"{MARK} · {name}", transform=axes.transAxes, color="white", fontsize=7)
    words.set_bbox({"facecolor": "black", "edgecolor": "none", "pad": 1.5})
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
        with Image.open(temporary) as drawn:
            small = drawn.convert("RGB").quantize(_COLORS)
        small.save(temporary, format="PNG", optimize=True)
