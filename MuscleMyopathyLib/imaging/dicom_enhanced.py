"""Enhanced multi-frame DICOM: each frame as if it were a classic image.

Functional groups (PS3.3 C.7.6.16) are flattened: per-frame before shared before the top level. What enhanced
objects call otherwise (PS3.3 C.8.13) gets its classic name.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

_CLASSIC_NAMES = {
    "FrameType": "ImageType",
    "EffectiveEchoTime": "EchoTime",
    "InversionTimes": "InversionTime",
    "TemporalPositionIndex": "TemporalPositionIdentifier",
    "FrameAcquisitionNumber": "AcquisitionNumber",
    "PulseSequenceName": "SequenceName",
}
_ECHO_PULSE_SEQUENCES = {"SPIN": ["SE"], "GRADIENT": ["GR"], "BOTH": ["SE", "GR"]}


def is_enhanced(header: Dataset) -> bool:
    """Tell whether the header describes each of its frames in functional groups."""
    return bool(header.get("PerFrameFunctionalGroupsSequence"))


def frames_as_classic(header: Dataset) -> Iterator[Dataset]:
    """Yield one header in classic form per frame, in the order of the frames."""
    common = Dataset()
    common.update({tag: header.get_item(tag) for tag in header.keys() if tag.group != 0x5200})  # noqa: SIM118
    for item in header.get("SharedFunctionalGroupsSequence") or []:
        _flatten(item, common)
    for item in header.PerFrameFunctionalGroupsSequence:
        frame = Dataset()
        frame.update(common)
        _flatten(item, frame)
        _name_classically(frame)
        yield frame


def _flatten(groups: Dataset, into: Dataset) -> None:
    for element in groups:
        if element.keyword == "RealWorldValueMappingSequence":
            # Its items mean the same in a classic image, where it stands as a sequence too.
            into[element.tag] = element
        elif isinstance(element.value, Sequence) and len(element.value):
            into.update(element.value[0])


def _name_classically(frame: Dataset) -> None:
    for enhanced, classic in _CLASSIC_NAMES.items():
        value = frame.get(enhanced)
        if value not in (None, ""):
            setattr(frame, classic, value)
    sequence = _ECHO_PULSE_SEQUENCES.get(frame.get("EchoPulseSequence", ""), [])
    if frame.get("InversionRecovery") == "YES":
        sequence = [*sequence, "IR"]
    if sequence:
        frame.ScanningSequence = sequence
    if frame.get("SpectrallySelectedSuppression") in ("FAT", "FAT_AND_WATER"):
        frame.ScanOptions = ["FS"]
