"""The ways to a segmentation behind one face: compartments, the muscle network, weights of others, propagation.

Each returns a `SegmentationOutcome`, so that the command, the batch console and the panel show all of them alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleMyopathyLib.anatomy import Region, Side, Structure
from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.imaging.segmentation import Segmentation
from MuscleMyopathyLib.label_schemes import LabelScheme
from MuscleMyopathyLib.progress import Progress, silent
from MuscleMyopathyLib.segmentation.compartments import segment_compartments
from MuscleMyopathyLib.segmentation.engines.dividing import segment_with
from MuscleMyopathyLib.segmentation.engines.opening import open_engine
from MuscleMyopathyLib.segmentation.network.engine import NetworkEngine
from MuscleMyopathyLib.segmentation.network.muscles import segment_muscles
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters
from MuscleMyopathyLib.segmentation.parameters import CompartmentParameters
from MuscleMyopathyLib.segmentation.propagation import PropagationParameters, propagate

COLUMNS = ["structure", "side", "volume_cm3", "confidence", "problem"]


class SegmentationMethod(StrEnum):
    """How structures are found; the values stand on the command line and in the panel."""

    COMPARTMENTS = "compartments"
    MUSCLES = "muscles"
    WEIGHTS = "weights"
    PROPAGATE = "propagate"


@dataclass(frozen=True)
class SegmentationOutcome:
    """What a method found.

    Attributes:
        segmentation: The structures.
        structures: One row per structure: ``structure``, ``side``, ``volume_cm3``, ``confidence`` (0 to 1, NaN
            where the method knows none), ``problem`` (in words, empty if none).
        problems: What concerns no single structure, in words.
        made_by: The method, with the name and version of a network.
        confidence: Probability of the label at each voxel, 0 to 1; None where the method knows none.
    """

    segmentation: Segmentation
    structures: pd.DataFrame
    problems: tuple[str, ...]
    made_by: str
    confidence: sitk.Image | None = None

    def only(self, structures: Collection[Structure]) -> SegmentationOutcome:
        """Return the outcome with these structures alone.

        Raises:
            InputError: None of them was looked for.
        """
        kept = {
            label: structure
            for label, structure in self.segmentation.structures.items()
            if structure in structures
        }
        if not kept:
            asked = ", ".join(structure.identifier for structure in structures)
            there = ", ".join(structure.identifier for structure in self.segmentation.structures.values())
            raise InputError(f"None of the structures asked for ({asked}) was looked for. Known here: {there}.")
        array = self.segmentation.array
        segmentation = Segmentation.from_array(
            np.where(np.isin(array, list(kept)), array, 0).astype(array.dtype), kept, self.segmentation.image
        )
        named = {(structure.code, str(structure.side)) for structure in kept.values()}
        rows = [
            pair in named
            for pair in zip(self.structures["structure"], self.structures["side"].astype(str), strict=True)
        ]
        return SegmentationOutcome(
            segmentation,
            self.structures[rows].reset_index(drop=True),
            self.problems,
            self.made_by,
            None if self.confidence is None else sitk.Mask(self.confidence, segmentation.image > 0),
        )


def by_compartments(
    images: Mapping[str, sitk.Image],
    region: Region,
    parameters: CompartmentParameters | None = None,
    progress: Progress = silent,
) -> SegmentationOutcome:
    """Find skin, subcutaneous fat, lean tissue and fat inside the fascia, and bone.

    Args:
        images: By role: ``water`` and ``fat``, or ``T1w``.
        region: Thigh or calf.
        parameters: See `CompartmentParameters`.
        progress: Receives fraction and text.

    Raises:
        InputError, GeometryError: As `compartments.segment_compartments`.
    """
    made = segment_compartments(
        water=images.get(Role.WATER),
        fat=images.get(Role.FAT),
        t1w=images.get(Role.T1W),
        region=region,
        parameters=parameters or CompartmentParameters(),
        progress=progress,
    )
    return _outcome(made.compartments, made.problems, "compartments")


def by_network(
    images: Mapping[str, sitk.Image],
    region: Region | None = None,
    parameters: MuscleParameters | None = None,
    network: Path | None = None,
    progress: Progress = silent,
) -> SegmentationOutcome:
    """Find the muscles by a network of this project.

    Args:
        images: Images of one examination by role or name, all voting; labels come on the grid of the first.
        region: Thigh or calf; None lets the network recognise it.
        parameters: See `MuscleParameters`.
        network: Folder with card and weights; the shipped network by default.
        progress: Receives fraction and text; told the expected seconds before the first slice.

    Raises:
        InputError, MissingPackageError: As `network.muscles.segment_muscles`.
    """
    made = segment_muscles(
        images,
        region=region,
        parameters=parameters or MuscleParameters(),
        engine=NetworkEngine(network),
        progress=progress,
    )
    general = made.problems[made.problems["structure"] == ""]
    return SegmentationOutcome(
        made.muscles,
        made.structures[COLUMNS],
        tuple(_of_side(side, text) for side, text in zip(general["side"], general["problem"], strict=True)),
        f"muscles by {made.engine}",
        made.confidence,
    )


def by_weights(
    images: Mapping[str, sitk.Image],
    region: Region,
    weights: Path,
    *,
    scheme: LabelScheme | None = None,
    trusted: bool = False,
    only_side: Side = Side.BOTH,
    progress: Progress = silent,
) -> SegmentationOutcome:
    """Find structures by a network of others, from a file that the user names.

    Args:
        images: One per input channel of the network, in its order.
        region: For telling left from right where the network does not.
        weights: See `engines.opening.open_engine`.
        scheme: What the labels of an nnU-Net dataset mean.
        trusted: The user's word that a TorchScript file, which is a program, may run.
        only_side: The side of the one leg in the images; ``both`` finds out how many legs there are and which.
        progress: Receives fraction and text.

    Raises:
        InputError, GeometryError, MissingPackageError: As `open_engine` and `engines.dividing.segment_with`.
    """
    progress(0.0, "opening the network")
    engine = open_engine(weights, scheme=scheme, trusted=trusted)
    made = segment_with(engine, list(images.values()), region, progress, only_side=only_side)
    empty = pd.DataFrame(columns=["structure", "side", "problem"])
    outcome = _outcome(made.segmentation, empty, f"muscles by {made.engine}", made.confidence)
    return SegmentationOutcome(
        outcome.segmentation, outcome.structures, made.remarks, outcome.made_by, outcome.confidence
    )


def by_propagation(
    drawn: Segmentation,
    image: sitk.Image | None,
    parameters: PropagationParameters | None = None,
    *,
    structures: Collection[Structure] | None = None,
    drawn_slices: Collection[int] | None = None,
    progress: Progress = silent,
) -> SegmentationOutcome:
    """Fill the slices between drawn ones.

    The confidence of a structure is the mean over its propagated slices; a problem names its doubtful slices.

    Args:
        drawn: Structures, drawn in some slices.
        image: The image drawn on.
        parameters: Method and limits.
        structures: Which to propagate; None for all.
        drawn_slices: The slices to trust, from 0; None takes every slice that holds something.
        progress: Receives fraction and text.

    Raises:
        InputError, GeometryError, ParameterError: As `propagation.propagate`.
    """
    made = propagate(drawn, image, parameters, structures=structures, drawn_slices=drawn_slices, progress=progress)
    found = made.slices[made.slices["problem"] != ""]
    doubtful = pd.DataFrame(
        {
            "structure": found["structure"],
            "side": found["side"].astype(str),
            "problem": [
                f"slice {number + 1}: {text}"
                for number, text in zip(found["slice"], found["problem"], strict=True)
            ],
        }
    )
    outcome = _outcome(made.segmentation, doubtful, "propagated from drawn slices")
    filled = made.slices[made.slices["origin"] == "propagated"].assign(side=made.slices["side"].astype(str))
    means = filled.groupby(["structure", "side"])["confidence"].mean().to_dict()
    table = outcome.structures.assign(
        confidence=[
            means.get(pair, float("nan"))
            for pair in zip(outcome.structures["structure"], outcome.structures["side"], strict=True)
        ]
    )
    return SegmentationOutcome(outcome.segmentation, table, outcome.problems, outcome.made_by)


def _of_side(side: str, text: str) -> str:
    """Return a problem that concerns no single structure with the side that it concerns."""
    return f"{side}: {text}" if side in (Side.LEFT, Side.RIGHT) else text


def _outcome(
    segmentation: Segmentation, problems: pd.DataFrame, made_by: str, confidence: sitk.Image | None = None
) -> SegmentationOutcome:
    """Return an outcome with its table; problems (``structure``, ``side``, ``problem``) go to their structures."""
    labels = segmentation.array
    counts = np.bincount(labels.ravel(), minlength=max(segmentation.structures, default=0) + 1)
    sums = (
        np.bincount(labels.ravel(), weights=sitk.GetArrayViewFromImage(confidence).ravel(), minlength=len(counts))
        if confidence is not None
        else np.full(len(counts), np.nan)
    )
    voxel_cm3 = float(np.prod(segmentation.image.GetSpacing())) / 1000
    named = {(structure.code, str(structure.side)) for structure in segmentation.structures.values()}
    texts: dict[tuple[str, str], list[str]] = {}
    others = []
    for code, side, text in zip(problems["structure"], problems["side"], problems["problem"], strict=True):
        if (code, str(side)) in named:
            texts.setdefault((code, str(side)), []).append(text)
        else:
            others.append(_of_side(side, text))
    rows = []
    for label, structure in segmentation.structures.items():
        own = texts.get((structure.code, str(structure.side)), [])
        if not counts[label]:
            own = own or ["not found"]
        rows.append(
            {
                "structure": structure.code,
                "side": str(structure.side),
                "volume_cm3": counts[label] * voxel_cm3 if counts[label] else float("nan"),
                "confidence": sums[label] / counts[label] if counts[label] else float("nan"),
                "problem": "; ".join(own),
            }
        )
    return SegmentationOutcome(
        segmentation, pd.DataFrame(rows, columns=COLUMNS), tuple(others), made_by, confidence
    )
