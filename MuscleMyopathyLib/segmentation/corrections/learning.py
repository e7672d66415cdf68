"""A library of corrections as one thing to learn from: what it holds, whether it is enough, one fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from MuscleMyopathyLib.errors import InputError
from MuscleMyopathyLib.progress import Progress, portion, silent
from MuscleMyopathyLib.segmentation.corrections.finetuning import FineTuning, FineTuningParameters, fine_tune
from MuscleMyopathyLib.segmentation.corrections.library import CorrectionLibrary
from MuscleMyopathyLib.segmentation.corrections.replay import digital_limb_replay
from MuscleMyopathyLib.segmentation.corrections.versions import NetworkVersions

REPLAY = "replay"


@dataclass(frozen=True)
class LibraryContent:
    """What was accepted.

    Attributes:
        training: Corrections to train on.
        held_back: Corrections that are only ever used to check.
        cases: Different cases among both.
    """

    training: int
    held_back: int
    cases: int

    @property
    def obstacle(self) -> str:
        """Why nothing can be learnt yet, in words; empty where it can."""
        if not self.training + self.held_back:
            return "No correction is accepted yet. Correct a segmentation of muscles and accept it."
        if not self.training or not self.held_back:
            return (
                "Learning needs corrections of at least two cases, one of them held back for the check; so far "
                f"there {'is' if self.cases == 1 else 'are'} {self.cases}. Accept a correction of another case."
            )
        return ""


def library_content(folder: Path) -> LibraryContent:
    """Return what a library holds.

    Raises:
        InputError: The record of a correction is damaged.
    """
    pairs = CorrectionLibrary(folder).pairs()
    held_back = sum(pair.held_back for pair in pairs)
    return LibraryContent(len(pairs) - held_back, held_back, len({pair.case for pair in pairs}))


def network_in_use(library: Path, shipped: Path) -> Path:
    """Return the folder of the network that a user's library has in use; the shipped one where it has no version.

    Raises:
        InputError: A version is damaged.
        OutputError: A network that was shipped since cannot be kept beside the versions.
    """
    versions = NetworkVersions(library)
    if not versions.numbers():
        return shipped
    versions.take_in(shipped)
    return versions.network()


def learn(
    library: Path,
    first: Path,
    parameters: FineTuningParameters | None = None,
    *,
    anatomy: Path | None = None,
    progress: Progress = silent,
) -> FineTuning:
    """Fine-tune the network in use on a library's corrections, with replay of synthetic images.

    Args:
        library: Its folder.
        first: Network to begin with; one that is new since the last time is listed as a version.
        parameters: Steps, learning rate, tolerance.
        anatomy: Cross-sections of a training (``anatomy.npz``) to replay instead of the digital limb's.
        progress: Receives fraction and text.

    Raises:
        InputError: Too little was accepted, or as `finetuning.fine_tune`.
        MissingPackageError: As `finetuning.fine_tune`.
        OutputError: The library's folder cannot be written to.
    """
    obstacle = library_content(library).obstacle
    if obstacle:
        # Before digital limbs are made for the replay, which takes minutes.
        raise InputError(f"{obstacle} (Library: {library})")
    versions = NetworkVersions(library, first)
    versions.take_in(first)
    replay = digital_limb_replay(library / REPLAY, anatomy, portion(progress, 0.0, 0.2))
    return fine_tune(CorrectionLibrary(library), versions, replay, parameters, portion(progress, 0.2, 1.0))
