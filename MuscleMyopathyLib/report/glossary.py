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
        "t2",
        "T2",
        "Transverse relaxation time of all the signal, by one exponential through the echoes (the first is "
        "skipped), or as the scanner computed it. It grows with fat: compare only muscles of like fat fraction.",
        "mono-exponential fit, weighted non-linear least squares with a Rician noise floor",
    ),
    Entry(
        "water-t2",
        "Water T2",
        "T2 of the water alone: fat is a second component of fixed T2, and stimulated echoes by B1 are modelled.",
        "Marty et al., NMR Biomed 2016;29:431–443",
    ),
    Entry(
        "r2star",
        "R2*",
        "Effective transverse relaxation rate of the gradient echoes; iron and air nearby raise it.",
        "fitted with water, fat and field map, or the scanner's map",
    ),
    Entry(
        "share-above",
        "T2 above cut-off",
        "Share of the voxels above the cut-off that stands among the parameters (t2_cut_off_ms).",
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

LETTERS = {entry.key: letter for entry, letter in zip(GLOSSARY, "abcdefghijklmnopqrstuvwxyz", strict=False)}
"""The small letter that leads from a number to its definition."""
