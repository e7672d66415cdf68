"""Names of the nodes and of the node and subject-hierarchy attributes that this extension sets."""

from __future__ import annotations

CASE = "MuscleMyopathy.Case"
"""Case identifier, on every node and folder of a case."""

RESULT = "MuscleMyopathy.Result"
"""Kind of result (``compartments``, ``measures`` …): a repeat run replaces the node of the same case and kind."""

ROLE = "MuscleMyopathy.Role"
"""What a volume is in the examination: a value of `imaging.roles.Role`."""

ROLE_REASON = "MuscleMyopathy.RoleReason"
"""Why the volume was taken for that, for the user to read."""

ECHO_TIME_MS = "MuscleMyopathy.EchoTimeMs"
"""Echo time of a volume in ms."""

ECHO_TRAIN = "MuscleMyopathy.EchoTrain"
"""Name of the series whose echo a volume is: the volumes of one train share it."""

MAP = "MuscleMyopathy.Map"
"""What a quantitative map shows: the ``file_name`` of a `qmri.map_kinds.MapKind`."""

ACQUISITION = "MuscleMyopathy.Acquisition"
"""What is known of a volume's sequence: an `imaging.series.Acquisition` as JSON."""

FRAME_OF_REFERENCE = "MuscleMyopathy.FrameOfReference"
"""DICOM's frame of reference of a volume."""

PATIENT = "MuscleMyopathy.Patient"
"""One-way hash of the DICOM patient of a volume."""

UNIT = "MuscleMyopathy.Unit"
"""Unit of a volume's values as its header states it, in UCUM."""

TRANSFER = "MuscleMyopathy.Transfer"
"""On structures carried to another series: how, as JSON, see `imaging.transfer_records`."""

REGION = "MuscleMyopathy.Region"
"""Limb segment of a case: a value of `anatomy.Region`."""

NOTICE = "MuscleMyopathy.Notice"
"""On the nodes of a phantom: that the data are simulated."""

MADE_BY = "MuscleMyopathy.MadeBy"
"""On a segmentation: the method that found it, with the name and version of a network."""

STRUCTURE_TAG = "MuscleMyopathy.Structure"
"""Segment tag with the identifier of the structure (``RF_left``)."""

EXACT_VALUES = "MuscleMyopathy.ExactValues"
"""On a table node: its decimal numbers and texts as they are, see `scene.tables`."""


def node_name(name: str) -> str:
    """Return a name for a node without ``&``: Slicer names files after nodes and cannot load a file so named."""
    return name.replace("&", "+")
