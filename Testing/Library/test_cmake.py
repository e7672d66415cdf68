"""Every shipped file is named in CMake, or covered by what CMake installs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "MuscleMyopathy"
LIBRARY = ROOT / "MuscleMyopathyLib"

BUNDLED_WITH_SLICER = {"numpy", "pydicom", "scipy", "simpleitk"}


def cmake(folder: Path) -> str:
    """Return a folder's CMakeLists.txt without its comments."""
    return re.sub(r"#.*", "", (folder / "CMakeLists.txt").read_text(encoding="utf-8"))


def named_files(variable: str) -> set[str]:
    """Return the files in a list of the module's CMakeLists.txt."""
    match = re.search(
        rf"set\({variable}\s(.*?)\)", cmake(MODULE).replace("${MODULE_NAME}", MODULE.name), re.DOTALL
    )
    assert match is not None
    return set(match[1].split())


def shipped(folder: Path, pattern: str = "*") -> set[str]:
    """Return the files below a folder, relative to it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_script_of_the_module_is_named() -> None:
    assert named_files("MODULE_PYTHON_SCRIPTS") == shipped(MODULE, "*.py")


def test_every_resource_of_the_module_is_named() -> None:
    others = {name for name in shipped(MODULE) if not name.endswith(".py") and name != "CMakeLists.txt"}
    assert named_files("MODULE_PYTHON_RESOURCES") == others


def test_every_file_of_the_library_is_covered() -> None:
    patterns = re.findall(r"file\(GLOB_RECURSE LIBRARY_\w+[^)]*?/(\*\.\w+)\)", cmake(LIBRARY))
    covered = set().union(*(shipped(LIBRARY, pattern) for pattern in patterns))
    assert shipped(LIBRARY) - covered == {"CMakeLists.txt"}


def test_every_shipped_resource_is_covered() -> None:
    text = cmake(LIBRARY)
    assert "${RESOURCES_SOURCE_DIR}/*)" in text
    excluded = re.findall(r'EXCLUDE REGEX "\^(\w+)/"', text)
    assert excluded == ["Screenshots"]


@pytest.mark.parametrize("folder", ["MuscleMyopathy", "MuscleMyopathyLib", "Testing"])
def test_every_folder_with_a_cmake_file_is_added(folder: str) -> None:
    assert (ROOT / folder / "CMakeLists.txt").is_file()
    assert f"add_subdirectory({folder})" in cmake(ROOT)


def test_the_packages_asked_for_in_slicer_are_those_that_it_does_not_bring() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {
        requirement
        for requirement in project["dependencies"]
        if re.split(r"[<>=~]", requirement)[0].lower() not in BUNDLED_WITH_SLICER
    }
    lines = (MODULE / "Resources" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if line and not line.startswith("#")} == needed
