"""Published values of a quantity, shown beside a patient's with protocol and source; they decide nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass

from MuscleMyopathyLib.resources import resource


@dataclass(frozen=True)
class ReferenceValues:
    """What one study measured.

    Attributes:
        unit: Unit of all values.
        structure: What was measured.
        protocol: How; another protocol has other values.
        source: Where it is published.
        healthy: Mean and standard deviation of healthy subjects.
        patients_name: Who the patients were.
        patients: Their mean and standard deviation.
        cut_off: Value that divided the two.
        sensitivity_percent: Of the cut-off, in the study's own cohort.
        specificity_percent: Likewise.
    """

    unit: str
    structure: str
    protocol: str
    source: str
    healthy: tuple[float, float]
    patients_name: str
    patients: tuple[float, float]
    cut_off: float
    sensitivity_percent: float
    specificity_percent: float

    def __str__(self) -> str:
        """Return all in one sentence for a table's foot or a report."""
        return (
            f"Published for {self.structure} ({self.protocol}): healthy {self.healthy[0]:g} ± {self.healthy[1]:g} "
            f"{self.unit}, {self.patients_name} {self.patients[0]:g} ± {self.patients[1]:g} {self.unit}, cut-off "
            f"{self.cut_off:g} {self.unit} (sensitivity {self.sensitivity_percent:g} %, specificity "
            f"{self.specificity_percent:g} %; {self.source}). Another scanner or protocol needs its own cut-off."
        )


def reference_values(name: str = "muscle_t2") -> ReferenceValues:
    """Return shipped reference values by name.

    Raises:
        InputError: None of that name is shipped; the names are listed.

    >>> reference_values().cut_off
    36.4
    """
    entry = json.loads(resource("ReferenceValues", f"{name}.json").read_text(encoding="utf-8"))
    healthy, patients, cut_off = entry["healthy"], entry["patients"], entry["cut_off"]
    return ReferenceValues(
        unit=entry["unit"],
        structure=entry["structure"],
        protocol=entry["protocol"],
        source=entry["source"],
        healthy=(healthy["mean"], healthy["sd"]),
        patients_name=patients["name"],
        patients=(patients["mean"], patients["sd"]),
        cut_off=cut_off["value"],
        sensitivity_percent=cut_off["sensitivity_percent"],
        specificity_percent=cut_off["specificity_percent"],
    )
