"""How the numbers of a case were made, in sentences: from which images, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from MuscleMyopathyLib.imaging.roles import Role
from MuscleMyopathyLib.report.formatting import number
from MuscleMyopathyLib.study.case import Case, CaseResult

TWO_DEFINITIONS = (
    "“FF mean” is the mean of voxelwise ratios; “FF ratio of sums” is ΣF / Σ(F + W). Figures, charts and the "
    "summary show the mean of voxelwise ratios unless they say otherwise."
)


def method_statements(result: CaseResult) -> list[tuple[str, str]]:
    """Return what was measured with what, as (topic, sentence)."""
    statements = [("Fat fraction", _fat_fraction(result))]
    if result.fat_fraction_percent is not None:
        statements.append(("Two definitions", TWO_DEFINITIONS))
    statements.append(("Regions", _regions(result)))
    statements.append(("Erosion", _erosion(result)))
    if result.transfers:
        statements.append(("Transfer", _transfer(result)))
    return statements


def _fat_fraction(result: CaseResult) -> str:
    water, fat, vendor = (_name(result.case, role) for role in (Role.WATER, Role.FAT, Role.FAT_FRACTION_MAP))
    if result.fat_fraction_percent is None:
        return "Not measured: the case has neither water and fat images nor a fat-fraction map."
    if (water is None or fat is None) and vendor is None:
        train = result.case.by_role(Role.MULTI_ECHO_GRE)
        count = 0 if train is None else len(train.echo_times_ms)
        return (
            f"From {count} complex gradient echoes: field map, R2*, water and fat with six peaks; F / (F + W), "
            "not clipped. Corrected for R2* and field, not for T1 (see Problems and remarks)."
        )
    if water is None or fat is None:
        return f"The scanner's own map “{vendor}”, in percent. The ratio of sums needs water and fat images."
    factor = parameter(result.parameters, "noise_factor")
    mask = (
        f" Voxels whose water + fat is at most {factor:g} × the median of the air around the limb are left out."
        if isinstance(factor, int | float)
        else ""
    )
    return (
        f"F / (F + W) in each voxel, from “{fat}” (F) and “{water}” (W), not clipped.{mask} "
        "Such a fraction depends on T1 weighting, and on T2* unless the reconstruction corrected for it."
    )


def _name(case: Case, role: Role) -> str | None:
    series = case.by_role(role)
    return None if series is None else series.name


def _regions(result: CaseResult) -> str:
    parts = []
    if result.whole_muscle is not None:
        parts.append("whole muscle inside the deep fascia, from the compartments found in the images")
    if result.muscles is not None:
        count = len({structure.code for structure in result.muscles.structures.values()})
        parts.append(
            f"{count} muscle{'s' if count != 1 else ''} as labelled in the segmentation given with the case"
        )
    return f"{'; '.join(parts).capitalize()}." if parts else "No muscle region was found or given."


def _erosion(result: CaseResult) -> str:
    epimysium = parameter(result.parameters, "epimysium_erosion_mm")
    sentences = []
    if isinstance(epimysium, int | float) and result.whole_muscle is not None:
        sentences.append(f"Whole muscle: {number(epimysium)} mm inwards from fascia and bone.")
    values = sorted(result.measures["erosion_mm"].dropna().unique()) if len(result.measures) else []
    if values == [0]:
        sentences.append("No further erosion before measuring.")
    elif values:
        listed = ", ".join(number(value) for value in values)
        sentences.append(f"Every structure before measuring: {listed} mm within its slices.")
    return " ".join(sentences)


def _transfer(result: CaseResult) -> str:
    places = dict.fromkeys(f"from {one.source} to {one.sequence}" for one in result.transfers)
    refined = any(one.transfer.refinement is not None for one in result.transfers)
    how = "after a rigid alignment of the images" if refined else "by their place in space, without alignment"
    return f"Structures were carried {'; '.join(places)}, {how}; each voxel takes its nearest neighbour's label."


def parameter(parameters: Mapping[str, Any], name: str) -> Any:
    """Return a parameter by its name at whatever depth of the nested parameters, or None."""
    if name in parameters:
        return parameters[name]
    nested = (parameter(value, name) for value in parameters.values() if isinstance(value, Mapping))
    return next((value for value in nested if value is not None), None)
