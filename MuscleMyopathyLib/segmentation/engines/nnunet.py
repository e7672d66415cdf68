"""A results folder of nnU-Net v2: plans.json, dataset.json and fold_…/checkpoint_final.pth.

Isensee F et al., Nat Methods 2021;18:203–211. The checkpoint is read as numbers (``weights_only``), the network is
made from the plans, and images are prepared as nnU-Net's default preprocessor prepares them. Several folds vote by
the mean of their scores. Test-time mirroring is left out: it multiplies the time by four to eight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.label_schemes import LabelScheme
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.segmentation.engines.described import result_of_classes
from MuscleMyopathyLib.segmentation.engines.engine import EngineResult, require_inputs, require_torch
from MuscleMyopathyLib.segmentation.engines.nnunet_plans import (
    channels_of,
    configuration_of,
    network_plan,
    read_json,
    structures_of,
)
from MuscleMyopathyLib.segmentation.engines.nnunet_resampling import (
    nonzero_box,
    normalised,
    resampled,
    resized_shape,
)
from MuscleMyopathyLib.segmentation.engines.sliding_window import class_scores, likeliest
from MuscleMyopathyLib.segmentation.engines.weights import fit, read_checkpoint, state_of

Floats = npt.NDArray[np.float32]

CHECKPOINT = "checkpoint_final.pth"
OVERLAP = 0.5


class NNUNetEngine:
    """A trained nnU-Net.

    Args:
        folder: The results folder, such as ``nnUNetTrainer__nnUNetPlans__3d_fullres``.
        scheme: From the dataset's labels to structures; None understands the names in dataset.json.
        folds: Folders of the folds to use; None takes every ``fold_…`` that holds a checkpoint.

    Raises:
        InputError: A file is missing, damaged or holds code; the plans go beyond nnU-Net's defaults; or the
            weights are not those of the plans or of the label table.
    """

    def __init__(
        self, folder: Path, scheme: LabelScheme | None = None, folds: Sequence[str] | None = None
    ) -> None:
        require_torch()
        from MuscleMyopathyLib.segmentation.engines.nnunet_architecture import UNet

        source = f"nnU-Net {folder.name}"
        plans, dataset = read_json(folder / "plans.json"), read_json(folder / "dataset.json")
        self.inputs = channels_of(dataset, source)
        self._structures, self._classes, others = structures_of(dataset, scheme, source)
        self._remarks = (f"Left out, for want of a structure here: {', '.join(others)}.",) if others else ()
        paths = _checkpoints(folder, folds)
        checkpoints = [read_checkpoint(path) for path in paths]
        self._configuration = configuration_of(
            plans, _configuration_name(checkpoints[0], paths[0]), len(self.inputs), source
        )
        plan = network_plan(self._configuration, len(self.inputs), self._classes, source)
        self._networks = [
            fit(UNet(plan), state_of(checkpoint, path), path)
            for checkpoint, path in zip(checkpoints, paths, strict=True)
        ]
        self.name = f"nnU-Net {plans.get('dataset_name', folder.name)} {self._configuration.name}"

    def segment(self, images: Sequence[sitk.Image], progress: Progress = silent) -> EngineResult:
        require_inputs(images, self.inputs, self.name)
        progress(0.0, f"{self.name}: preparing")
        order = self._configuration.transpose
        arrays = np.stack([np.asarray(sitk.GetArrayFromImage(image), np.float32) for image in images])
        channels = np.nan_to_num(arrays).transpose(0, *(1 + axis for axis in order))
        spacing_mm = [images[0].GetSpacing()[::-1][axis] for axis in order]
        mask, box = nonzero_box(channels)
        cropped = channels[:, *box]
        wanted_mm = self._wanted_mm(spacing_mm)
        seen = self._prepared(cropped, mask, spacing_mm, wanted_mm)
        scores = self._scores(seen, progress)
        progress(0.9, f"{self.name}: labels")
        found, sure = likeliest(self._scores_in_image(scores, cropped.shape[1:], spacing_mm, wanted_mm))
        classes, probability = np.zeros(channels.shape[1:], np.uint8), np.zeros(channels.shape[1:], np.float32)
        classes[box], probability[box] = found, sure
        back = np.argsort(order)
        result = result_of_classes(
            classes.transpose(back),
            probability.transpose(back),
            self._structures,
            images[0],
            self.name,
            self._remarks,
        )
        progress(1.0, f"{self.name}: done")
        return result

    def _wanted_mm(self, spacing_mm: Sequence[float]) -> tuple[float, ...]:
        wanted = self._configuration.spacing_mm
        return wanted if len(wanted) == 3 else (spacing_mm[0], *wanted)

    def _prepared(
        self,
        cropped: Floats,
        mask: npt.NDArray[np.bool_],
        spacing_mm: Sequence[float],
        wanted_mm: Sequence[float],
    ) -> Floats:
        how = self._configuration
        shape = resized_shape(cropped.shape[1:], spacing_mm, wanted_mm)
        return np.stack(
            [
                resampled(
                    normalised(values, mask, scheme, masked, intensities),
                    shape,
                    spacing_mm,
                    wanted_mm,
                    how.image_resampling,
                )
                for values, scheme, masked, intensities in zip(
                    cropped, how.normalisations, how.masked, how.intensities, strict=True
                )
            ]
        )

    def _scores(self, channels: Floats, progress: Progress) -> Floats:
        total = np.zeros((self._classes, *channels.shape[1:]), np.float32)
        for number, network in enumerate(self._networks):
            share = 0.85 / len(self._networks)
            told = portion(progress, 0.05 + number * share, 0.05 + (number + 1) * share)
            total += class_scores(
                network,
                channels,
                self._configuration.window,
                OVERLAP,
                self._classes,
                told,
                slice_axis=0,
                name=self.name,
            )
        return np.asarray(total / len(self._networks), np.float32)

    def _scores_in_image(
        self, scores: Floats, shape: tuple[int, ...], spacing_mm: Sequence[float], wanted_mm: Sequence[float]
    ) -> Iterator[Floats]:
        how = self._configuration.score_resampling
        for score in scores:
            yield resampled(score, shape, wanted_mm, spacing_mm, how)


def _checkpoints(folder: Path, folds: Sequence[str] | None) -> list[Path]:
    names = folds or sorted(path.parent.name for path in folder.glob(f"fold_*/{CHECKPOINT}"))
    paths = [folder / name / CHECKPOINT for name in names]
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        wanted = missing[0] if missing else folder / "fold_0" / CHECKPOINT
        raise InputError(f"There are no weights {wanted}.")
    return paths


def _configuration_name(checkpoint: object, path: Path) -> str:
    try:
        return str(checkpoint["init_args"]["configuration"])  # type: ignore[index]
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} is no checkpoint of nnU-Net v2: it does not name its configuration.") from error
