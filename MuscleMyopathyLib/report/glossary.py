"""What each measure of the report is, and where its definition comes from."""

from __future__ import annotations

from dataclasses import dataclass

_REEDER = "Reeder et al., J Magn Reson Imaging 2012;36:1011–1014"
_OWN = "definition of this software"


@dataclass(frozen=True)
class Entry:
    """One measure: its key in links, its name, its definition in a sentence, its source."""

    key: str
    name: str
    definition: str
    source: str


GLOSSARY = (
    Entry(
        "volume",
        "Volume",
        "Number of voxels × voxel volume; a slice stands for the whole distance to the next one, gaps included.",
        "Cavalieri's estimator: Gundersen and Jensen, J Microsc 1987;147:229–263",
    ),
    Entry(
        "csa",
        "CSA max",
        "Cross-sectional area: number of voxels in a slice × pixel area, in the slice where it is largest.",
        _OWN,
    ),
    Entry(
        "ff-mean",
        "FF mean ± SD",
        "Fat fraction F / (F + W) of each voxel; arithmetic mean of these voxelwise ratios, and their sample "
        "standard deviation (n − 1). SD is the spread within the structure, not the error of the mean.",
        _REEDER,
    ),
    Entry(
        "ff-ratio",
        "FF ratio of sums",
        "Sum of F over the structure divided by the sum of F + W: voxels weigh by their signal. It differs from "
        "the mean of voxelwise ratios; the two must not be mixed when values are compared.",
        f"{_OWN}, on the fat fraction of {_REEDER}",
    ),
    Entry(
        "ff-percentiles",
        "FF median, quartiles, percentiles 5 and 95",
        "Percentiles of the voxelwise fat fraction, linear between the two nearest ranks.",
        "type 7 of Hyndman and Fan, Am Stat 1996;50:361–365",
    ),
    Entry(
        "lean",
        "Lean volume",
        "Sum over the voxels of (1 − FF) × voxel volume: what of the structure is not fat. Voxels without signal "
        "do not count.",
        _OWN,
    ),
    Entry(
        "whole-muscle",
        "Whole muscle",
        "All muscle inside the deep fascia of one limb segment, without bone, eroded inwards to keep off fascia "
        "and epimysium (global muscle region of interest).",
        "region of interest as in Wei et al., Front Neurol 2023;14:1251025",
    ),
)

LETTERS = {entry.key: letter for entry, letter in zip(GLOSSARY, "abcdefghij", strict=False)}
"""The small letter that leads from a number to its definition."""
