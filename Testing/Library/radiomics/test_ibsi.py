"""The digital phantom of the Image Biomarker Standardisation Initiative against the consensus values.

The comparison makes the table of ``Resources/Docs/ibsi.md``; ``python Testing/Library/radiomics/test_ibsi.py``
writes it anew.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest
import SimpleITK as sitk

from MuscleMyopathyLib.imaging.files import read_image
from MuscleMyopathyLib.radiomics.presets import preset_from_mapping
from MuscleMyopathyLib.radiomics.structure_extractor import StructureExtractor

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "Resources" / "Docs" / "ibsi.md"
TABLE_BEGINS = "<!-- made by Testing/Library/radiomics/test_ibsi.py -->\n"

PER_VOXEL_COVARIANCE = "PyRadiomics divides the covariance of the voxel positions by N, IBSI's value by N − 1"
DEVIATIONS = {
    "firstorder_Kurtosis": "PyRadiomics does not subtract 3 (the kurtosis of the normal distribution)",
    "shape_MinorAxisLength": PER_VOXEL_COVARIANCE,
    "shape_LeastAxisLength": PER_VOXEL_COVARIANCE,
}

SHAPE = {
    "MeshVolume": "morph_volume",
    "VoxelVolume": "morph_vol_approx",
    "SurfaceArea": "morph_area_mesh",
    "SurfaceVolumeRatio": "morph_av",
    "Sphericity": "morph_sphericity",
    "Maximum3DDiameter": "morph_diam",
    "MajorAxisLength": "morph_pca_maj_axis",
    "MinorAxisLength": "morph_pca_min_axis",
    "LeastAxisLength": "morph_pca_least_axis",
    "Elongation": "morph_pca_elongation",
    "Flatness": "morph_pca_flatness",
}
FIRST_ORDER = {
    "10Percentile": "stat_p10",
    "90Percentile": "stat_p90",
    "Energy": "stat_energy",
    "Entropy": "ih_entropy",
    "InterquartileRange": "stat_iqr",
    "Kurtosis": "stat_kurt",
    "Maximum": "stat_max",
    "MeanAbsoluteDeviation": "stat_mad",
    "Mean": "stat_mean",
    "Median": "stat_median",
    "Minimum": "stat_min",
    "Range": "stat_range",
    "RobustMeanAbsoluteDeviation": "stat_rmad",
    "RootMeanSquared": "stat_rms",
    "Skewness": "stat_skew",
    "Uniformity": "ih_uniformity",
    "Variance": "stat_var",
}
GLCM = {
    "Autocorrelation": "auto_corr",
    "ClusterProminence": "clust_prom",
    "ClusterShade": "clust_shade",
    "ClusterTendency": "clust_tend",
    "Contrast": "contrast",
    "Correlation": "corr",
    "DifferenceAverage": "diff_avg",
    "DifferenceEntropy": "diff_entr",
    "DifferenceVariance": "diff_var",
    "Id": "inv_diff",
    "Idm": "inv_diff_mom",
    "Idmn": "inv_diff_mom_norm",
    "Idn": "inv_diff_norm",
    "Imc1": "info_corr1",
    "Imc2": "info_corr2",
    "InverseVariance": "inv_var",
    "JointAverage": "joint_avg",
    "JointEnergy": "energy",
    "JointEntropy": "joint_entr",
    "MaximumProbability": "joint_max",
    "SumAverage": "sum_avg",
    "SumEntropy": "sum_entr",
    "SumSquares": "joint_var",
}
GLRLM = {
    "GrayLevelNonUniformity": "glnu",
    "GrayLevelNonUniformityNormalized": "glnu_norm",
    "GrayLevelVariance": "gl_var",
    "HighGrayLevelRunEmphasis": "hgre",
    "LongRunEmphasis": "lre",
    "LongRunHighGrayLevelEmphasis": "lrhge",
    "LongRunLowGrayLevelEmphasis": "lrlge",
    "LowGrayLevelRunEmphasis": "lgre",
    "RunEntropy": "rl_entr",
    "RunLengthNonUniformity": "rlnu",
    "RunLengthNonUniformityNormalized": "rlnu_norm",
    "RunPercentage": "r_perc",
    "RunVariance": "rl_var",
    "ShortRunEmphasis": "sre",
    "ShortRunHighGrayLevelEmphasis": "srhge",
    "ShortRunLowGrayLevelEmphasis": "srlge",
}
GLSZM = {
    "GrayLevelNonUniformity": "glnu",
    "GrayLevelNonUniformityNormalized": "glnu_norm",
    "GrayLevelVariance": "gl_var",
    "HighGrayLevelZoneEmphasis": "hgze",
    "LargeAreaEmphasis": "lze",
    "LargeAreaHighGrayLevelEmphasis": "lzhge",
    "LargeAreaLowGrayLevelEmphasis": "lzlge",
    "LowGrayLevelZoneEmphasis": "lgze",
    "SizeZoneNonUniformity": "zsnu",
    "SizeZoneNonUniformityNormalized": "zsnu_norm",
    "SmallAreaEmphasis": "sze",
    "SmallAreaHighGrayLevelEmphasis": "szhge",
    "SmallAreaLowGrayLevelEmphasis": "szlge",
    "ZoneEntropy": "zs_entr",
    "ZonePercentage": "z_perc",
    "ZoneVariance": "zs_var",
}
NGTDM = {name: name.lower() for name in ("Busyness", "Coarseness", "Complexity", "Contrast", "Strength")}
GLDM = {
    "DependenceEntropy": "dc_entr",
    "DependenceNonUniformity": "dcnu",
    "DependenceNonUniformityNormalized": "dcnu_norm",
    "DependenceVariance": "dc_var",
    "GrayLevelNonUniformity": "glnu",
    "GrayLevelVariance": "gl_var",
    "HighGrayLevelEmphasis": "hgce",
    "LargeDependenceEmphasis": "hde",
    "LargeDependenceHighGrayLevelEmphasis": "hdhge",
    "LargeDependenceLowGrayLevelEmphasis": "hdlge",
    "LowGrayLevelEmphasis": "lgce",
    "SmallDependenceEmphasis": "lde",
    "SmallDependenceHighGrayLevelEmphasis": "ldhge",
    "SmallDependenceLowGrayLevelEmphasis": "ldlge",
}
WITHOUT_CONSENSUS = {
    "shape_Maximum2DDiameterColumn",
    "shape_Maximum2DDiameterRow",
    "shape_Maximum2DDiameterSlice",
    "firstorder_TotalEnergy",
    "glcm_MCC",
}


def consensus_tags(space: str) -> dict[str, str]:
    """Return the tag of each feature; space is 3D, or 2_5D for ``force2D`` (slices merged, angles averaged)."""
    tags = {f"firstorder_{name}": tag for name, tag in FIRST_ORDER.items()}
    if space == "3D":
        tags |= {f"shape_{name}": tag for name, tag in SHAPE.items()}
    for feature_class, prefix, suffix, names in (
        ("glcm", "cm", f"{space}_avg", GLCM),
        ("glrlm", "rlm", f"{space}_avg", GLRLM),
        ("glszm", "szm", space, GLSZM),
        ("ngtdm", "ngt", space, NGTDM),
        ("gldm", "ngl", space, GLDM),
    ):
        tags |= {f"{feature_class}_{name}": f"{prefix}_{tag}_{suffix}" for name, tag in names.items()}
    return tags


@dataclass(frozen=True)
class Comparison:
    """One feature against its consensus value; equal within the tolerance and the three digits published."""

    feature: str
    tag: str
    consensus: str
    tolerance: float
    value: float

    @property
    def agrees(self) -> bool:
        consensus = float(self.consensus)
        return abs(self.value - consensus) <= self.tolerance or float(f"{self.value:.3g}") == consensus


def compare(folder: Path, space: str) -> tuple[list[Comparison], set[str]]:
    """Return every comparison in one space, and the features that have no consensus value."""
    with (folder / "reference_values.csv").open(newline="") as stream:
        consensus = {row["tag"]: row for row in csv.DictReader(stream, delimiter=";")}
    classes = ["firstorder", "glcm", "glrlm", "glszm", "ngtdm", "gldm", *(["shape"] if space == "3D" else [])]
    preset = preset_from_mapping(
        {
            "featureClass": dict.fromkeys(classes),
            # The phantom's intensities 1 to 6 are its grey levels.
            "setting": {"binWidth": 1, "force2D": space != "3D"},
        },
        "ibsi",
    )
    image = read_image(folder / "nifti" / "image" / "phantom.nii.gz")
    mask = sitk.Cast(read_image(folder / "nifti" / "mask" / "mask.nii.gz"), sitk.sitkUInt32)
    values = StructureExtractor(image, preset).extract(mask, 1).values
    tags = consensus_tags(space)
    comparisons, without = [], set()
    for name, value in values.items():
        feature = name.removeprefix("original_")
        if feature not in tags:
            without.add(feature)
            continue
        row = consensus[tags[feature]]
        comparisons.append(
            Comparison(feature, tags[feature], row["reference value"], float(row["tolerance"]), value)
        )
    return comparisons, without


def table(folder: Path) -> str:
    """Return the comparison as a Markdown table: deviations first, then all features."""
    comparisons = [comparison for space in ("3D", "2_5D") for comparison in compare(folder, space)[0]]
    lines = ["### Deviations", "", "| feature | tag | consensus | PyRadiomics | why |", "|---|---|---|---|---|"]
    seen = set()
    for c in comparisons:
        if not c.agrees and c.tag not in seen:
            seen.add(c.tag)
            lines.append(f"| {c.feature} | {c.tag} | {c.consensus} | {c.value:.4g} | {DEVIATIONS[c.feature]} |")
    lines += ["", "### All features", "", "| feature | tag | consensus | PyRadiomics | agrees |"]
    lines += ["|---|---|---|---|---|"]
    seen.clear()
    for c in comparisons:
        if c.tag not in seen:
            seen.add(c.tag)
            agrees = "yes" if c.agrees else "no"
            lines.append(f"| {c.feature} | {c.tag} | {c.consensus} | {c.value:.4g} | {agrees} |")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def ibsi_folder(shared_data: Path) -> Path:
    return shared_data / "ibsi1"


@pytest.mark.parametrize("space", ["3D", "2_5D"])
def test_every_feature_is_the_consensus_value_but_for_the_documented_deviations(
    ibsi_folder: Path, space: str
) -> None:
    comparisons, _ = compare(ibsi_folder, space)
    assert len(comparisons) == (17 + 23 + 16 + 16 + 5 + 14) + (11 if space == "3D" else 0)
    deviating = {comparison.feature for comparison in comparisons if not comparison.agrees}
    assert deviating == {name for name in DEVIATIONS if space == "3D" or not name.startswith("shape")}


def test_only_the_listed_features_have_no_consensus_value(ibsi_folder: Path) -> None:
    assert compare(ibsi_folder, "3D")[1] == WITHOUT_CONSENSUS


def test_the_kurtosis_is_the_consensus_value_plus_3(ibsi_folder: Path) -> None:
    kurtosis = next(c for c in compare(ibsi_folder, "3D")[0] if c.feature == "firstorder_Kurtosis")
    assert kurtosis.value - 3 == pytest.approx(float(kurtosis.consensus), abs=5e-4)


@pytest.mark.parametrize("axis", ["Minor", "Least"])
def test_the_axis_lengths_agree_once_the_covariance_is_divided_by_one_voxel_less(
    ibsi_folder: Path, axis: str
) -> None:
    length = next(c for c in compare(ibsi_folder, "3D")[0] if c.feature == f"shape_{axis}AxisLength")
    voxels = 74
    assert length.value * (voxels / (voxels - 1)) ** 0.5 == pytest.approx(
        float(length.consensus), abs=length.tolerance
    )


def test_the_table_in_the_documentation_is_this_comparison(ibsi_folder: Path) -> None:
    assert PAGE.read_text(encoding="utf-8").partition(TABLE_BEGINS)[2] == table(ibsi_folder)


if __name__ == "__main__":
    head = PAGE.read_text(encoding="utf-8").partition(TABLE_BEGINS)[0]
    PAGE.write_text(head + TABLE_BEGINS + table(ROOT.parent / "shared" / "data" / "ibsi1"), encoding="utf-8")
