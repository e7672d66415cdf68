"""The rules of the house that imports must keep: downwards only, no Slicer or Qt below, a light start."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "MuscleMyopathyLib"

LAYERS = [
    {"anatomy", "errors", "progress", "resources", "parameters", "label_schemes", "output", "terminology"},
    {"imaging", "phantom"},
    {"segmentation", "qmri", "radiomics", "scoring"},
    {"modeling", "reproducibility"},
    {"study", "report"},
    {"scene"},
    {"commands", "cli", "__main__"},
]
MUTUALLY_UNAWARE = LAYERS[2]
HEIGHT = {part: height for height, layer in enumerate(LAYERS) for part in layer}


def imported_modules(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names.add(node.module or "")
    return names


def part_of(file: Path) -> str:
    return file.relative_to(LIBRARY).parts[0].removesuffix(".py")


LIBRARY_FILES = sorted(LIBRARY.rglob("*.py"))


@pytest.mark.parametrize("file", LIBRARY_FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_a_library_file_imports_only_from_its_own_layer_or_below(file: Path) -> None:
    own = part_of(file)
    if own == "__init__":
        assert not imported_modules(file)
        return
    for module in imported_modules(file):
        if not module.startswith("MuscleMyopathyLib."):
            continue
        other = module.split(".")[1]
        assert HEIGHT[other] <= HEIGHT[own], f"{own} must not import {other}, which lies above it"
        if own in MUTUALLY_UNAWARE and other in MUTUALLY_UNAWARE:
            assert own == other, f"{own} and {other} must not know each other"


@pytest.mark.parametrize("file", LIBRARY_FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_only_the_scene_imports_slicer_and_nothing_imports_qt(file: Path) -> None:
    roots = {module.split(".")[0] for module in imported_modules(file)}
    assert not roots & {"qt", "ctk", "PySide6"}
    if part_of(file) != "scene":
        assert not roots & {"slicer", "vtk", "vtkmodules"}


def test_every_part_of_the_library_has_its_layer() -> None:
    parts = {part_of(file) for file in LIBRARY_FILES} - {"__init__"}
    assert parts <= set(HEIGHT)


HEAVY = ("torch", "sklearn", "radiomics", "matplotlib", "monai", "SimpleITK", "pandas", "slicer")


@pytest.mark.parametrize("module", ["MuscleMyopathyLib", "MuscleMyopathyLib.cli"])
def test_importing_the_library_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
