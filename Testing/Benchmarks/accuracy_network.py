"""Accuracy of the muscle network on the real patients and the real calf, with pictures.

The real references are another group's network's output: slices towards the hip name only some of the muscles that
are there, so Dice is given over all labelled slices and over those that name at least eight muscles.

Held-out digital limbs: accuracy_digital_limb.py. The documentation's tables: network_document.py.

python Testing/Benchmarks/accuracy_network.py [--network FOLDER] [--pictures FOLDER] [patients|calf …]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
import torch

from MuscleMyopathyLib.anatomy import Region, Structure
from MuscleMyopathyLib.imaging.nifti import read_nifti
from MuscleMyopathyLib.label_schemes import read_label_scheme
from MuscleMyopathyLib.segmentation.network.engine import NetworkEngine
from MuscleMyopathyLib.segmentation.network.muscles import segment_muscles
from MuscleMyopathyLib.segmentation.network.parameters import MuscleParameters

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PATIENTS = ("Thigh_001", "Thigh_002")
VOTES = {"water": ("water",), "fat": ("fat",), "both": ("water", "fat")}
NAMED = 8
DETAILED = MuscleParameters(detailed_muscles=True)
PUBLISHED = {"SAR": "SA", "BFL": "BL", "BFS": "BB"}
"""Names in the published table where they differ from the codes."""


def codes_of(array: np.ndarray, structures: Mapping[int, Structure], codes: list[str]) -> np.ndarray:
    """Return 1 + the position in ``codes`` of each voxel's muscle, sides together, 0 elsewhere."""
    result = np.zeros(array.shape, np.uint8)
    for label, structure in structures.items():
        if structure.code in codes:
            result[array == label] = 1 + codes.index(structure.code)
    return result


def dice(found: np.ndarray, truth: np.ndarray, codes: list[str]) -> dict[str, float]:
    return {
        code: float(
            2 * ((found == n) & (truth == n)).sum() / max(1, int((found == n).sum()) + int((truth == n).sum()))
        )
        for n, code in enumerate(codes, start=1)
        if (truth == n).any()
    }


def row(values: Mapping[str, float], **keys: Any) -> dict[str, Any]:
    return (
        keys
        | {code: round(value, 3) for code, value in values.items()}
        | {"mean": round(float(np.mean(list(values.values()))), 3)}
    )


def patients(engine: NetworkEngine, pictures: Path | None) -> Iterator[dict[str, Any]]:
    """Yield Dice per muscle for water, fat and both, and fat fractions against the published ones."""
    scheme = read_label_scheme("huashan")
    codes = sorted({structure.code for structure in scheme.values()})
    published = pd.read_csv(DATA / "huashan_thigh" / "published_fat_fraction.csv").set_index("patient")
    for patient in PATIENTS:
        images = {
            name: read_nifti(DATA / "huashan_thigh" / f"{patient}_{name}.nii.gz") for name in ("water", "fat")
        }
        reference = read_nifti(DATA / "huashan_thigh" / f"{patient}_labels.nii.gz")
        truth = codes_of(sitk.GetArrayFromImage(reference), scheme, codes)
        labelled = truth.any(axis=(1, 2))
        full = np.array([len(np.unique(part)) > NAMED for part in truth])
        for vote, names in VOTES.items():
            result = segment_muscles(
                {name: images[name] for name in names}, region=Region.THIGH, parameters=DETAILED, engine=engine
            )
            found = codes_of(result.muscles.array, result.muscles.structures, codes)
            yield row(dice(found[labelled], truth[labelled], codes), what=patient, vote=vote, slices="labelled")
            yield row(dice(found[full], truth[full], codes), what=patient, vote=vote, slices=f">= {NAMED} muscles")
        water, fat = (sitk.GetArrayFromImage(images[name]).astype(float) for name in ("water", "fat"))
        total = water + fat
        fraction = 100 * np.divide(fat, total, out=np.zeros_like(fat), where=total > 0)
        errors = {
            code: abs(
                float(fraction[found == n].mean()) - 100 * float(published.loc[patient, PUBLISHED.get(code, code)])
            )
            for n, code in enumerate(codes, start=1)
            if (found == n).any()
        }
        yield row(errors, what=patient, vote="both", slices="|FF - published| in points")
        for name, index in chosen_slices(truth, found, labelled).items():
            overlap = dice(found[index], truth[index], codes)
            yield row(overlap, what=patient, vote="both", slices=f"{name}: slice {index + 1} of {len(truth)}")
        if pictures:
            show(pictures / f"{patient}.png", water, fat, truth, found, labelled)


def calf(engine: NetworkEngine, _pictures: Path | None) -> Iterator[dict[str, Any]]:
    """Yield Dice per muscle on the real calf; the card says whether its label map was trained on."""
    scheme = read_label_scheme("qmritools-calf")
    codes = sorted({structure.code for structure in scheme.values()})
    image = read_nifti(DATA / "qmritools" / "calf_labels_image.nii.gz")
    labels = read_nifti(DATA / "qmritools" / "calf_labels.nii.gz")
    result = segment_muscles({"water": image}, region=Region.CALF, parameters=DETAILED, engine=engine)
    truth = codes_of(sitk.GetArrayFromImage(labels), scheme, codes)
    found = codes_of(result.muscles.array, result.muscles.structures, codes)
    yield row(dice(found, truth, codes), what="calf_labels_image", vote="water", slices="all")


def agreement(truth: np.ndarray, found: np.ndarray) -> float:
    """Return the Dice of all muscles of a slice taken together, each voxel counting."""
    both = ((found == truth) & (truth > 0)).sum()
    return float(2 * both / ((found > 0).sum() + (truth > 0).sum()))


def chosen_slices(truth: np.ndarray, found: np.ndarray, labelled: np.ndarray) -> dict[str, int]:
    """Return the best, the median and the worst labelled slice."""
    order = sorted(map(int, np.flatnonzero(labelled)), key=lambda index: agreement(truth[index], found[index]))
    return {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}


def show(
    path: Path, water: np.ndarray, fat: np.ndarray, truth: np.ndarray, found: np.ndarray, labelled: np.ndarray
) -> None:
    """Write the best, the median and the worst labelled slice: images, reference, result."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    chosen = chosen_slices(truth, found, labelled)
    figure, axes = plt.subplots(3, 4, figsize=(18, 11), squeeze=False)
    rows, columns = np.nonzero((water + fat).max(axis=0) > 0.15 * np.percentile(water + fat, 99))
    window = (slice(rows.min(), rows.max()), slice(columns.min(), columns.max()))
    for line, (name, index) in zip(axes, chosen.items(), strict=True):
        for axis, values, label in zip(
            line, (water, fat, truth, found), ("water", "fat", "reference", "network"), strict=True
        ):
            background = values if label in ("water", "fat") else water
            axis.imshow(background[index][window], cmap="gray", vmax=np.percentile(background, 99.7))
            if label in ("reference", "network"):
                muscle = np.ma.masked_equal(values[index][window], 0)
                axis.imshow(muscle, cmap="tab20", vmin=0, vmax=19, alpha=0.65, interpolation="nearest")
            axis.set_title(f"{name}: slice {index + 1}, {label}, {agreement(truth[index], found[index]):.2f}")
            axis.axis("off")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=60)
    plt.close(figure)


PARTS = {"patients": patients, "calf": calf}


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy of the muscle network.")
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--network", type=Path, help="Folder of the network; the shipped one by default.")
    parser.add_argument("--pictures", type=Path, help="Folder for pictures of the best, median and worst slice.")
    parser.add_argument("--json", type=Path, help="File for the figures, as the card keeps them.")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    engine = NetworkEngine(arguments.network)
    print(engine.name)
    rows = []
    for part in arguments.parts:
        for figures in PARTS[part](engine, arguments.pictures):
            rows.append(figures)
            print(" ".join(f"{key}={value}" for key, value in figures.items()), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
