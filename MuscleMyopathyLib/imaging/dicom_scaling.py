"""From stored DICOM values to voxel values, with their unit where the header states one."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

_PHILIPS_SCALE_SLOPE = (0x2005, 0x100E)

_RESCALE_UNITS = {
    "MS": "ms",
    "S": "s",
    "%": "%",
    "PERCENT": "%",
    "PCT": "%",
    "HU": "[hnsf'U]",
    "1/S": "/s",
    "HZ": "Hz",
}
"""RescaleType as vendors write it, in UCUM; ``US`` (unspecified) and Philips' ``normalized`` are no unit."""

_NO_UNITS = ("1", "{ratio}", "no units", "")


@dataclass(frozen=True)
class Scaling:
    """Voxel value = ``slope`` × stored value + ``intercept``; ``unit`` in UCUM, or None."""

    slope: float = 1.0
    intercept: float = 0.0
    unit: str | None = None


def scaling_of(header: Dataset) -> Scaling:
    """Return the scaling of a classic DICOM image, or of one frame in classic form.

    The first that applies: a single linear Real World Value Mapping with a unit; Philips' ScaleSlope
    (2005,100E), which makes images of different rescaling comparable (Chenevert et al., Transl Oncol
    2014;7:65–71: value = (stored × RescaleSlope + RescaleIntercept) / (RescaleSlope × ScaleSlope)), unless the
    rescaled values have a unit of their own; RescaleSlope and RescaleIntercept; the stored values.
    """
    mapping = _real_world_value(header)
    if mapping is not None:
        return mapping
    slope = _number(header, "RescaleSlope", 1.0) or 1.0
    intercept = _number(header, "RescaleIntercept", 0.0)
    unit = _RESCALE_UNITS.get(str(header.get("RescaleType") or "").strip().upper())
    scale = _philips_scale_slope(header)
    if unit is None and scale:
        return Scaling(1.0 / scale, intercept / (slope * scale))
    return Scaling(slope, intercept, unit)


def _real_world_value(header: Dataset) -> Scaling | None:
    mappings = header.get("RealWorldValueMappingSequence") or []
    if len(mappings) != 1 or "RealWorldValueSlope" not in mappings[0]:
        return None
    units = mappings[0].get("MeasurementUnitsCodeSequence") or []
    unit = str(units[0].get("CodeValue") or "").strip() if len(units) else ""
    if unit in _NO_UNITS:
        return None
    return Scaling(
        _number(mappings[0], "RealWorldValueSlope", 1.0),
        _number(mappings[0], "RealWorldValueIntercept", 0.0),
        unit,
    )


def _philips_scale_slope(header: Dataset) -> float | None:
    if "PHILIPS" not in str(header.get("Manufacturer") or "").upper():
        return None
    element = header.get(_PHILIPS_SCALE_SLOPE)
    # Archives that do not know the private tag hand it on as bytes; then the rescale is all there is.
    return float(element.value) if element is not None and isinstance(element.value, float) else None


def _number(header: Dataset, keyword: str, otherwise: float) -> float:
    value = header.get(keyword)
    return otherwise if value is None else float(value)
