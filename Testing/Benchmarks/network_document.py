"""Measures the muscle network anew and writes what it found into Resources/Docs/muscle-network.md.

python Testing/Benchmarks/network_document.py [--network FOLDER] [digital patients calf calf-left-out]
python Testing/Benchmarks/network_document.py --without Thigh_001=FOLDER --without Thigh_002=FOLDER left-out

``digital`` (about seven minutes on one core) needs nothing; the others need the real MRI beside the checkout, and
networks made with Resources/Training that did not see what they are measured on: ``patients`` and ``calf`` that of
limb-muscles.yaml, ``left-out`` for each patient one that learned from the other, ``calf-left-out`` one that
learned from digital calves alone. Each part replaces its own tables between the marks; the words around
them stay, so read them again after a run.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from accuracy_digital_limb import ALL_MUSCLES, measured
from accuracy_network import calf, patients
from matplotlib.figure import Figure

from MuscleMyopathyLib.output import write_table
from MuscleMyopathyLib.segmentation.network.engine import NetworkEngine

DOCS = Path(__file__).resolve().parents[2] / "Resources" / "Docs"
DOCUMENT = DOCS / "muscle-network.md"
COLORS = {"thigh": "#1f6f54", "calf": "#b35900"}
MARKS = {"thigh": "o", "calf": "s"}
CURVES = {
    "noise": "signal-to-noise ratio of muscle",
    "thickness_mm": "slice thickness, mm",
    "severity": "severity of fat replacement (LGMDR2)",
    "along": "place along the segment, 0 distal to 1 proximal",
}
KEYS = ("what", "vote", "slices")


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def put(mark: str, text: str) -> None:
    """Replace what stands between the marks of a part in the document."""
    document = DOCUMENT.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- measured: {mark} -->\n).*?(<!-- end -->)", re.DOTALL)
    assert pattern.search(document), f"{DOCUMENT.name} has no part {mark}"
    # A function, because text may hold backslashes.
    DOCUMENT.write_text(pattern.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", document), encoding="utf-8")


def _number(value: Any) -> str:
    return "–" if value is None or value != value else f"{value:.2f}"


def by_muscle(figures: list[Mapping[str, Any]]) -> str:
    """Return a table with a row per muscle and a column per thing measured."""
    codes = sorted({code for one in figures for code in one if code not in (*KEYS, "mean")})
    columns = [f"{one['what'].replace('_', ' ')}, {one['vote']}" for one in figures]
    rows = [[code, *(_number(one.get(code)) for one in figures)] for code in codes]
    rows.append(["**mean**", *(f"**{one['mean']:.2f}**" for one in figures)])
    return table(["muscle", *columns], rows)


def write_patients(engine: NetworkEngine) -> None:
    """Write Dice per muscle and the chosen slices of the real thighs."""
    put("patients", f"Measured with {engine.name}.\n\n{of_patients(list(patients(engine, None)))}")


def write_left_out(networks: Mapping[str, Path]) -> None:
    """Write the same of each patient by a network that learned from the other."""
    figures = [
        figure
        for patient, folder in networks.items()
        for figure in patients(NetworkEngine(folder), None)
        if figure["what"] == patient
    ]
    put("left-out", of_patients(figures))


def of_patients(figures: list[dict[str, Any]]) -> str:
    """Return the tables of patients, and words about their best, median and worst slices."""
    overlaps = [one for one in figures if one["slices"] == "labelled" or one["slices"].startswith(">=")]
    fractions = [one for one in figures if one["slices"].startswith("|FF")]
    chosen = [one for one in figures if one["slices"].split(":")[0] in ("best", "median", "worst")]
    words = []
    for one in chosen:
        muscles = {code: one[code] for code in one if code not in (*KEYS, "mean")}
        low = [f"{code} {value:.2f}" for code, value in sorted(muscles.items(), key=lambda pair: pair[1])][:4]
        high = [code for code, value in muscles.items() if value >= 0.85]
        good = f"{', '.join(high)} at 0.85 or more" if high else "none at 0.85"
        words.append(
            f"- {one['what'].replace('_', ' ')}, {one['slices']}: mean {one['mean']:.2f}, muscles named: "
            f"{len(muscles)}; {good}; lowest {', '.join(low)}."
        )
    parts = [
        "All slices with labels:",
        by_muscle([one for one in overlaps if one["slices"] == "labelled"]),
        "Slices in which the reference names at least eight muscles:",
        by_muscle([one for one in overlaps if one["slices"] != "labelled"]),
        "Fat fraction of the muscles found, absolute difference from the published one in points:",
        by_muscle(fractions),
        "Slices, both sequences voting:",
        "\n".join(words),
    ]
    return "\n\n".join(parts)


def write_calf(engine: NetworkEngine) -> None:
    """Write Dice per muscle of the real calf."""
    put("calf", f"Measured with {engine.name}.\n\n{by_muscle(list(calf(engine, None)))}")


def write_calf_left_out(engine: NetworkEngine) -> None:
    """Write the same by a network that never saw a real calf."""
    put("calf-left-out", f"Measured with {engine.name}.\n\n{by_muscle(list(calf(engine, None)))}")


def write_digital(engine: NetworkEngine) -> None:
    """Measure held-out digital limbs; write their table, figure and CSV."""
    found = measured(engine, lambda text: print(text, flush=True))
    write_table(found, DOCS / "muscle-network-digital-limb.csv")
    describe_digital(found, engine.name)


def describe_digital(found: pd.DataFrame, network: str) -> None:
    """Write figure and tables of a measurement into the document."""
    draw(found, DOCS / "muscle-network-digital-limb.svg", network)
    usual = found[found["part"] == "usual"]
    means = usual[usual["muscle"] == ALL_MUSCLES].groupby(["region", "sequences"], sort=False)["dice"]
    over_limbs = table(
        ["region", "images", "mean Dice", "lowest limb", "limbs"],
        [
            [region, sequences, f"**{group.mean():.3f}**", f"{group.min():.3f}", len(group)]
            for (region, sequences), group in means
        ],
    )
    voting = usual[(usual["sequences"] == "water + fat") & (usual["muscle"] != ALL_MUSCLES)]
    muscles = voting.groupby(["region", "muscle"], sort=False)["dice"]
    per_muscle = table(
        ["region", "muscle", "mean Dice", "lowest limb"],
        [[region, muscle, f"{group.mean():.3f}", f"{group.min():.3f}"] for (region, muscle), group in muscles],
    )
    put("digital", "\n\n".join([f"Measured with {network}.", over_limbs, per_muscle]))


def draw(found: pd.DataFrame, path: Path, network: str) -> None:
    """Draw mean Dice against noise, slice thickness, fat replacement and place along the segment."""
    figure = Figure(figsize=(9.6, 6.2), facecolor="white")
    means = found[found["muscle"] == ALL_MUSCLES]
    for axes, (part, label) in zip(figure.subplots(2, 2, sharey=True).flat, CURVES.items(), strict=True):
        own = means[(means["part"] == part) & (means["sequences"] == "water + fat")]
        for region, group in own.groupby("region", sort=False):
            values = group["value"].astype(float)
            curve = group.groupby(values)["dice"].mean()
            axes.plot(
                values, group["dice"], MARKS[str(region)], color=COLORS[str(region)], alpha=0.3, ms=4, mec="none"
            )
            axes.plot(curve.index, curve, color=COLORS[str(region)], lw=1.8, label=str(region))
        axes.axhline(0.9, color="#58626e", lw=0.8, ls=(0, (4, 3)))
        if part == "noise":
            axes.set_xscale("log")
            axes.set_xticks([3, 5, 10, 20, 40], ["3", "5", "10", "20", "40"])
            axes.minorticks_off()
        axes.set(xlabel=label, ylim=(max(0.0, np.floor(10 * means["dice"].min()) / 10), 1.0))
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, loc="lower right")
    for axes in figure.axes[::2]:
        axes.set_ylabel("mean Dice of the muscles")
    figure.suptitle(
        f"{network} on digital limbs (a phantom) that no training used; water and fat voting; dashed: 0.90",
        fontsize=10,
        x=0.01,
        ha="left",
    )
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


PARTS: dict[str, Callable[[NetworkEngine], None]] = {
    "patients": write_patients,
    "calf": write_calf,
    "calf-left-out": write_calf_left_out,
    "digital": write_digital,
}
LEFT_OUT = "left-out"


def main() -> None:
    """Measure the parts that are named; what needs no real data by default."""
    parser = argparse.ArgumentParser(description="Measure the muscle network and write its document.")
    parser.add_argument("parts", nargs="*", default=["digital"], help=", ".join((*PARTS, LEFT_OUT)))
    parser.add_argument("--network", type=Path, help="Folder of the network; the shipped one by default.")
    parser.add_argument("--without", action="append", default=[], metavar="PATIENT=FOLDER", help="For left-out.")
    parser.add_argument("--table", type=Path, help="Draw this table of accuracy_digital_limb.py, measure nothing.")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    engine = NetworkEngine(arguments.network)
    if arguments.table:
        found = pd.read_csv(arguments.table, keep_default_na=False)
        write_table(found, DOCS / "muscle-network-digital-limb.csv")
        describe_digital(found, engine.name)
        return
    for part in arguments.parts:
        if part == LEFT_OUT:
            write_left_out(
                {name: Path(folder) for name, folder in (text.split("=") for text in arguments.without)}
            )
        else:
            PARTS[part](engine)


if __name__ == "__main__":
    main()
