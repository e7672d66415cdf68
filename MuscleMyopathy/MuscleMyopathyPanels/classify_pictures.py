"""A model's answer as pictures for the panel and as files (PNG, SVG): probabilities, contributions of features."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

DOTS_PER_INCH = 100
FOR_COLOR, AGAINST_COLOR, EXCLUDED_COLOR = "#0072b2", "#d55e00", "#bbbbbb"
"""Blue and vermilion of Okabe and Ito's palette, which colour-blind people tell apart; grey: excluded."""

MOST_FEATURES = 8


def write_probabilities(
    row: dict[str, Any], classes: list[str], path: Path, width_pixels: int = 440, notice: str = ""
) -> None:
    """Draw the probability of each class as a bar; a class that the case excludes is hatched.

    Args:
        row: A row of the answer: ``p_<class>``, ``conformity_<class>``, ``not_excluded``.
        classes: In the model's order.
        path: File ending in ``.png`` or ``.svg``.
        width_pixels: Width of the picture.
        notice: What must stand beside every probability; empty where it stands beside the picture.
    """
    from matplotlib.figure import Figure

    from MuscleMyopathyLib.modeling.inference.conformal import kept_classes

    kept = kept_classes(row["not_excluded"], classes)
    height = (0.75 if notice else 0.55) + 0.36 * len(classes)
    figure = Figure(figsize=(width_pixels / DOTS_PER_INCH, height), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    for place, name in enumerate(classes):
        percent = 100 * row[f"p_{name}"]
        known = bool(row["not_excluded"])
        excluded = known and name not in kept
        axes.barh(
            place,
            percent,
            height=0.62,
            color=EXCLUDED_COLOR if excluded else FOR_COLOR,
            hatch="///" if excluded else None,
            edgecolor="white",
            linewidth=0,
        )
        conformity = row.get(f"conformity_{name}")
        words = f"{percent:.0f} %"
        if known and conformity == conformity:
            words += _(", excluded") if excluded else _(", not excluded")
            words += _(" (conformity {value:.2f})").format(value=conformity)
        inside = percent > 55
        axes.annotate(
            words,
            (percent, place),
            xytext=(-4 if inside else 4, 0),
            textcoords="offset points",
            va="center",
            ha="right" if inside else "left",
            fontsize=8,
            color="white" if inside and not excluded else "black",
        )
    axes.set_yticks(range(len(classes)), classes, fontsize=9)
    axes.set_ylim(len(classes) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel(_("probability (%)"), fontsize=8)
    _finish(figure, axes, notice, width_pixels)
    figure.savefig(path)


def write_contributions(shares: Any, name: str, path: Path, width_pixels: int = 440, notice: str = "") -> None:
    """Draw the strongest contributions to a class: to the right what spoke for it, to the left what spoke against.

    Args:
        shares: ``feature``, ``value``, ``training_mean``, ``contribution``, ``unit`` of one case and class.
        name: The class.
        path: File ending in ``.png`` or ``.svg``.
        width_pixels: Width of the picture.
        notice: As of `write_probabilities`.
    """
    from matplotlib.figure import Figure

    order = shares["contribution"].abs().sort_values(ascending=False, kind="stable").index
    rows = shares.loc[order].head(MOST_FEATURES).to_dict("records")
    height = (1.0 if notice else 0.8) + 0.48 * len(rows)
    figure = Figure(figsize=(width_pixels / DOTS_PER_INCH, height), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        color = FOR_COLOR if row["contribution"] > 0 else AGAINST_COLOR
        axes.barh(place, row["contribution"], height=0.6, color=color)
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [_feature_words(row) for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    widest = max((abs(row["contribution"]) for row in rows), default=1.0) or 1.0
    axes.set_xlim(-1.1 * widest, 1.1 * widest)
    unit = rows[0]["unit"] if rows else ""
    axes.set_xlabel(_("contribution ({unit})").format(unit=unit), fontsize=8)
    for x, side, words in ((0.49, "right", _("← against {name}")), (0.51, "left", _("for {name} →"))):
        axes.text(x, 1.01, words.format(name=name), transform=axes.transAxes, ha=side, va="bottom", fontsize=8)
    _finish(figure, axes, notice, width_pixels)
    figure.savefig(path)


def _feature_words(row: dict[str, Any]) -> str:
    """Return a feature in lines: where it is measured and in which image, class and name, the values."""
    place, _dot, feature = row["feature"].rpartition(".")
    image, _line, name = feature.partition("_") if place else ("", "", feature)
    missing = row["value"] != row["value"]
    values = (
        _("imputed, training mean {mean:.3g}").format(mean=row["training_mean"])
        if missing
        else _("{value:.3g}, training mean {mean:.3g}").format(value=row["value"], mean=row["training_mean"])
    )
    return "\n".join(filter(None, (f"{place.replace('.', ' ')} {image}".strip(), name.replace("_", " "), values)))


def _finish(figure: Any, axes: Any, notice: str, width_pixels: int) -> None:
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", linewidth=0.4)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if notice:
        figure.supxlabel(textwrap.fill(notice, width_pixels // 6), fontsize=7)
