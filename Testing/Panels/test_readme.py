"""The README's code for the batch Python console, run as it stands there but for a shorter recipe."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

README = Path(__file__).resolve().parents[2] / "README.md"


def console_code(results: Path) -> str:
    """Return the indented code under the heading of the console, with its results in a folder of ours."""
    section = README.read_text(encoding="utf-8").split("### In the batch Python console\n")[1].split("\n###")[0]
    lines = [line for line in section.splitlines() if line.startswith("    ") or not line]
    return textwrap.dedent("\n".join(lines)).replace('"/results/', f'"{results.as_posix()}/')


def short_recipe(folder: Path) -> Path:
    """Return the recommended recipe with one classifier and few splits: the same steps in seconds."""
    recipe = yaml.safe_load((README.parent / "Resources" / "Recipes" / "recommended.yaml").read_text("utf-8"))
    recipe["classifiers"] = ["LDA"]
    recipe["validation"] |= {"folds": 2, "repeats": 1}
    path = folder / "short.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def cohort() -> pd.DataFrame:
    """Return 24 subjects, half of them patients with a longer T2."""
    rng = np.random.default_rng(0)
    patients = np.arange(24) % 2 == 1
    return pd.DataFrame(
        {
            "case": [f"S-{number:02d}" for number in range(24)],
            "group": np.where(patients, "patient", "control"),
            "t2_median_ms": 35 + 5 * patients + rng.normal(0, 3, 24),
            "ff_mean_percent": 10 + rng.normal(0, 3, 24),
        }
    )


def put_examination_into_scene() -> None:
    """Put a digital thigh's water, fat, T1w, spin and gradient echoes into the scene, named as in the README."""
    from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
    from MuscleMyopathyLib.phantom.protocols import Protocol
    from MuscleMyopathyLib.phantom.sequences import GradientEchoTrain, SpinEcho, WaterFat
    from MuscleMyopathyLib.scene.series_nodes import volume_nodes_from_series
    from MuscleMyopathyLib.study.phantom_case import phantom_case

    few = Protocol(columns=160, rows=112, pixel_mm=(2.375, 2.036), thickness_mm=6, spacing_mm=48, slices=5)
    limb = LimbParameters(pattern=Pattern.LGMDR2, protocol=few)
    case = phantom_case(limb, sequences=(SpinEcho(), WaterFat(), GradientEchoTrain()), spin_echoes=True)
    names = {
        "T1w": "T1w",
        "water": "water",
        "fat": "fat",
        "multi-echo GRE": "gre",
        "multi-echo GRE phase": "gre phase",
        "multi-echo SE": "mese",
    }
    for series in case.series:
        volume_nodes_from_series(series, names[str(series.role)])


def test_the_readmes_code_for_the_console_runs(module: Any, tmp_path: Path) -> None:
    import slicer

    from MuscleMyopathyLib.scene.tables import dataframe_from_table_node, table_node_from_dataframe

    put_examination_into_scene()
    table_node_from_dataframe(cohort(), "cohort")
    names: dict[str, Any] = {}
    code = console_code(tmp_path).replace('"recommended"', repr(str(short_recipe(tmp_path))))
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102
    assert (tmp_path / "P-017.html").is_file()
    assert (tmp_path / "validation" / "report.html").is_file()
    assert (tmp_path / "muscles.txt").is_file()
    assert names["ffMap"].GetName() == "fat fraction"
    assert set(names["t2"]) >= {"water_t2", "b1", "fat_share"}
    answer = dataframe_from_table_node(names["answer"])
    assert answer["predicted"].isin(["LGMDR2", "IMNM"]).all()
    assert slicer.util.getNode("cohort") is not None
