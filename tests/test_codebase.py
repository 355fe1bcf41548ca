"""Rules of the tree that no compiler checks."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
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


def region_of(path: Path) -> str:
    """The part of a C++ file that is compiled once per target, without comments; or nothing."""
    text = re.sub(r"//[^\n]*", "", path.read_text(encoding="ascii"))
    if path.is_relative_to(REPOSITORY / "cpp" / "simd"):
        return text if path.suffix == ".hpp" else ""
    before, found, region = text.partition("\n#else\n")
    return region if found and "#ifndef QV_TARGET" in before else ""


# A bracket behind a name, a number or a bracket indexes; one behind anything else begins a lambda,
# but for [[attributes]] and the names of a structured binding.
LAMBDA = re.compile(r"(?<![\w)\]\s\[])\s*(?<!auto )(?<!auto& )\[(?!\[)[^\[\]]*\]\s*[({]")


def test_the_pattern_of_a_lambda() -> None:
    for text in (
        "run(8, [&](auto r) { go(r); });",
        "x = [] { return 1; };",
        "f([this, &y](int) {})",
    ):
        assert LAMBDA.search(text), text
    for text in ("float x[4] = {};", "a[i](b);", "auto [a, b](c);", "[[nodiscard]] (", "y[0][1] {"):
        assert not LAMBDA.search(text), text


def test_target_regions_have_no_lambdas() -> None:
    # A lambda's body may be compiled for another target than the region's: foreach_target.hpp.
    regions = {path: region_of(path) for path in CPP}
    assert sum(bool(region) for region in regions.values()) > 30
    assert [relative(path) for path, region in regions.items() if LAMBDA.search(region)] == []


def test_every_kernel_has_a_header() -> None:
    # Both are (group, stage): a kernel's header lies in the folder of the same name.
    kernels = {path.parts[-2:] for path in REPOSITORY.glob("cpp/kernels/*/*.cpp")}
    kernels = {(group, file.removesuffix(".cpp")) for group, file in kernels}
    headers = {path.parts[-2:] for path in REPOSITORY.glob("cpp/include/quaver/*/*.hpp")}
    headers = {(group, file.removesuffix(".hpp")) for group, file in headers}
    # A kernel may be split by size of transform and the like: fft_columns belongs to fft.
    without = {
        (group, stage)
        for group, stage in kernels
        if not any(g == group and stage.startswith(h) for g, h in headers)
    }
    assert without == set()
    without_file = {"dispatch", "number_text", "scratch"}
    assert headers - kernels == {("core", name) for name in without_file}
    assert not [*REPOSITORY.glob("cpp/kernels/*.cpp"), *REPOSITORY.glob("cpp/include/quaver/*.hpp")]


def imported(module: str, path: Path, known: set[str]) -> set[str]:
    """Return the modules of ours that one names, anywhere in it.

    Imports inside functions count. Those under TYPE_CHECKING do not, except in a package: there
    they are the names that it looks up on first use. A package that merely contains what is
    imported does not count either, or each would be in a circle with its modules.
    """

    def walk(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert not node.level, f"{module} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module
        typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not typing_only or path.name == "__init__.py":
            for child in ast.iter_child_nodes(node):
                yield from walk(child)

    return set(walk(ast.parse(path.read_text(encoding="utf-8")))) & known - {module}


def test_no_imports_go_in_circles() -> None:
    root = REPOSITORY / "python"
    paths = {}
    for path in [*root.glob("quaver/**/*.pyi"), *root.glob("quaver/**/*.py")]:
        parts = path.relative_to(root).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    assert {"quaver", "quaver._core", "quaver.models.svm", "quaver.models.base"} <= set(paths)
    graph = {name: imported(name, path, set(paths)) for name, path in paths.items()}
    assert "quaver.models.evaluation" in graph["quaver.models.tdcnn.evaluation"]
    # A CycleError names the circle.
    list(graphlib.TopologicalSorter(graph).static_order())


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
    for folder in re.findall(r"^\| `([\w/.-]+)` \|", readme, re.M):
        assert (REPOSITORY / folder).exists(), folder
    for marker in ("demo", "test"):
        assert f"<!-- command: {marker} -->" in readme
