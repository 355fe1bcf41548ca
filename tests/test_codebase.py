"""Rules of the tree that no compiler checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import quaver
from conftest import REPOSITORY

CPP = [*REPOSITORY.glob("cpp/**/*.[ch]pp"), *REPOSITORY.glob("src/**/*.[ch]pp")]
PYTHON = [*REPOSITORY.glob("python/**/*.py"), *REPOSITORY.glob("tests/**/*.py")]
CYTHON = [*REPOSITORY.glob("src/**/*.pyx"), *REPOSITORY.glob("src/**/*.pxd")]


def relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def test_the_tree_is_there() -> None:
    assert len(CPP) > 30
    assert len(PYTHON) > 30
    assert len(CYTHON) > 2


@pytest.mark.parametrize("path", CPP, ids=relative)
def test_cpp_sources(path: Path) -> None:
    text = path.read_text(encoding="ascii")
    assert len(text.splitlines()) <= 400
    if "cpp" in path.relative_to(REPOSITORY).parts:
        # The core has never heard of Python, never prints and never ends the process.
        assert not re.search(r"Python\.h|pybind11|numpy", text)
        assert not re.search(r"\b(printf|cout|cerr|abort|exit)\b", text)
    assert not re.search(r"TODO(?!\(#)", text)


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_python_sources(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    if path.is_relative_to(REPOSITORY / "python"):
        assert not re.search(r"^\s*(import|from) (pickle|joblib|dill|cloudpickle)\b", text, re.M)
        assert not re.search(r"^\s*print\(", text, re.M)
    if path.is_relative_to(REPOSITORY / "tests" / "reference"):
        assert not re.search(r"^\s*(import|from) quaver\b", text, re.M)


@pytest.mark.parametrize("path", CYTHON, ids=relative)
def test_cython_sources(path: Path) -> None:
    lines = path.read_text(encoding="ascii").splitlines()
    assert len(lines) <= 500
    assert max(map(len, lines)) <= 100


def test_every_kernel_has_a_header() -> None:
    # Both are (group, stage): a kernel's header lies in the folder of the same name.
    kernels = {path.parts[-2:] for path in REPOSITORY.glob("cpp/kernels/*/*.cpp")}
    kernels = {(group, file.removesuffix(".cpp")) for group, file in kernels}
    headers = {path.parts[-2:] for path in REPOSITORY.glob("cpp/include/quaver/*/*.hpp")}
    headers = {(group, file.removesuffix(".hpp")) for group, file in headers}
    # A kernel may be split by size of transform and the like: rfft_columns belongs to rfft.
    without = {
        (group, stage)
        for group, stage in kernels
        if not any(g == group and stage.startswith(h) for g, h in headers)
    }
    assert without == set()
    assert headers - kernels == {("core", "dispatch"), ("core", "number_text")}
    assert not [*REPOSITORY.glob("cpp/kernels/*.cpp"), *REPOSITORY.glob("cpp/include/quaver/*.hpp")]


def test_versions_agree() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    cmake = (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', project, re.M)
    assert version is not None
    assert f"VERSION {version[1]})" in cmake
    assert quaver.__version__ == version[1]


def test_public_names_exist_and_are_documented() -> None:
    assert len(set(quaver.__all__)) == len(quaver.__all__)
    for name in quaver.__all__:
        thing = getattr(quaver, name)
        if callable(thing):
            assert thing.__doc__, f"{name} has no docstring"


def test_the_readme_map_names_what_is_there() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for folder in re.findall(r"^\| `([\w/.]+)` \|", readme, re.M):
        assert (REPOSITORY / folder).exists(), folder
    for marker in ("demo", "test"):
        assert f"<!-- command: {marker} -->" in readme
