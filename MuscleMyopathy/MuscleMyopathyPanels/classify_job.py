"""From nodes to the arguments of the command ``predict``: images and labels, or a table of features, as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANSWER, CONTRIBUTIONS, RECORD = "predictions.csv", "contributions.csv", "prediction.json"
_TEXTS = (
    "case",
    "reader",
    "structure",
    "side",
    "predicted",
    "not_excluded",
    "warning",
    "problem",
    "model",
    "validated",
    "notice",
    "class",
    "feature",
    "unit",
    "method",
)


@dataclass(frozen=True)
class RegionNodes:
    """One limb segment of a case.

    Attributes:
        region: A value of `anatomy.Region`.
        volumes: Volume nodes on one grid by the name of their sequence, only those that the model needs.
        segmentation: Segmentation node.
    """

    region: str
    volumes: Mapping[str, Any]
    segmentation: Any


@dataclass(frozen=True)
class CaseAnswerJob:
    """What the command ``predict`` is asked for, straight from images.

    Attributes:
        model: The package's file.
        identifier: Case identifier.
        reader: Who drew the segmentations; may be empty.
        session: Which reading of that reader.
        regions: The limb segments that the model needs.
        phantom: Whether the images are simulated.
    """

    model: Path
    identifier: str
    reader: str
    session: int
    regions: Sequence[RegionNodes]
    phantom: bool

    def write(self, folder: Path) -> list[str]:
        """Write the inputs into a new folder and return the arguments; the answer goes to ``folder/answer``.

        Raises:
            InputError, GeometryError: A volume or the segmentation cannot be used.
            OutputError: The folder cannot be written.
        """
        from MuscleMyopathyLib.imaging.files import write_image
        from MuscleMyopathyLib.output import write_json
        from MuscleMyopathyLib.scene.segmentations import segmentation_from_node
        from MuscleMyopathyLib.scene.volumes import image_from_volume_node
        from MuscleMyopathyLib.study.case import PHANTOM_NOTICE
        from MuscleMyopathyLib.study.inputs import PHANTOM_MARK

        folder.mkdir(parents=True)
        arguments = ["predict", str(self.model), "--case", self.identifier]
        who = f"{self.reader}:{self.session}" if self.reader else ""
        for one in self.regions:
            for number, (sequence, node) in enumerate(one.volumes.items()):
                path = folder / f"{one.region}-{number}.nrrd"
                write_image(image_from_volume_node(node), path)
                arguments += ["--image", f"{one.region}.{sequence}={path}"]
            drawn = segmentation_from_node(one.segmentation, next(iter(one.volumes.values()))).renumbered()
            path = folder / f"{one.region}-labels.nrrd"
            write_image(drawn.image, path)
            arguments += ["--labels", f"{one.region}.{who}={path}"]
        if self.phantom:
            write_json({"notice": PHANTOM_NOTICE}, folder / PHANTOM_MARK)
        return [*arguments, "--output", str(folder / "answer")]


@dataclass(frozen=True)
class TableAnswerJob:
    """What the command ``predict`` is asked for, from a table of features.

    Attributes:
        model: The package's file.
        table: Table node.
        made_with: What is known of how the features were made (``preset``, ``preset_sha256``); may be empty.
    """

    model: Path
    table: Any
    made_with: Mapping[str, Any]

    def write(self, folder: Path) -> list[str]:
        """As `CaseAnswerJob.write`."""
        from MuscleMyopathyLib.output import write_json, write_table
        from MuscleMyopathyLib.scene.tables import dataframe_from_table_node

        folder.mkdir(parents=True)
        write_table(dataframe_from_table_node(self.table), folder / "features.csv")
        if self.made_with:
            write_json(dict(self.made_with), folder / "features.json")
        return [
            "predict",
            str(self.model),
            "--table",
            str(folder / "features.csv"),
            "--output",
            str(folder / "answer"),
        ]


def read_answer(folder: Path) -> tuple[Any, Any, list[str]]:
    """Return the answer, the contributions and the notes that a job left."""
    import json

    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return _table(folder / ANSWER), _table(folder / CONTRIBUTIONS), [str(note) for note in record["notes"]]


def _table(path: Path) -> Any:
    import pandas as pd

    header = pd.read_csv(path, nrows=0).columns
    texts = [name for name in _TEXTS if name in header]
    table = pd.read_csv(path, dtype=dict.fromkeys(texts, str))
    table[texts] = table[texts].fillna("")
    return table
