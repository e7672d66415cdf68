"""Draws the figure and writes the table of Resources/Docs/paper-and-nested.md from what `noise_optimism` found."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

DOCS = Path(__file__).resolve().parents[2] / "Resources" / "Docs"
COLORS = {"paper": "#b35900", "nested": "#1f6f54"}
NAMES = {"LR": "logistic regression", "LDA": "linear discriminant analysis"}


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw the AUC of every seed, with the mean, by classifier and mode."""
    figure = Figure(figsize=(7.2, 2.9), facecolor="white")
    axes = figure.add_subplot()
    rows = [(name, mode) for name in NAMES for mode in ("nested", "paper")]
    spread = np.random.default_rng(0).uniform(-0.2, 0.2, len(table))
    for place, (name, mode) in enumerate(rows):
        own = (table["classifier"] == name) & (table["mode"] == mode)
        auc = table.loc[own, "auc"]
        axes.plot(
            auc, place + spread[own], "o", color=COLORS[mode], alpha=0.45, markersize=5, mec="none", clip_on=False
        )
        axes.plot([auc.mean()] * 2, [place - 0.36, place + 0.36], color=COLORS[mode], linewidth=2.5)
        axes.annotate(f"{auc.mean():.2f}", (auc.mean(), place + 0.4), ha="center", va="bottom", fontsize=9)
    axes.axvline(0.5, color="#58626e", linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        "the truth: nothing to find",
        (0.505, len(rows) - 0.45),
        ha="left",
        va="center",
        fontsize=8.5,
        color="#58626e",
    )
    axes.set_yticks(range(len(rows)), [f"{NAMES[name]}, {mode}" for name, mode in rows])
    axes.set(xlim=(0.15, 1.0), ylim=(-0.6, len(rows) - 0.1), xlabel="AUC of 10-fold cross-validation")
    axes.xaxis.set_label_coords(0.5, -0.19)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    """Take the table named as the argument."""
    source = Path(sys.argv[1])
    table = pd.read_csv(source)
    shutil.copyfile(source, DOCS / "paper-and-nested.csv")
    draw(table, DOCS / "paper-and-nested.svg")
    summary = table.groupby(["classifier", "mode"])["auc"].agg(["count", "mean", "sem", "std", "min", "max"])
    print(summary.round(3).to_string())


if __name__ == "__main__":
    main()
