"""What `import quaver` gives, what it leaves for later, and what it says when it cannot."""

from __future__ import annotations

import ast
import ctypes
import shutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import quaver
from quaver import _compiled, _core, _lazy
from test_minimal import run_python

SUBMODULES = [
    *("augmentation", "compat", "corpus", "data", "dataset", "geneva"),
    *("models", "plots", "recipes", "record", "text", "voice"),
]
EXTRAS = [
    "keras", "librosa", "matplotlib", "nltk", "onnxruntime", "pyarrow", "rich", "sklearn", "skops",
    "sounddevice", "tensorflow", "typer",
]  # fmt: skip

# Without the finders of editable installations, which know where the modules really are.
PLAIN = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if isinstance(f, type)]; "

# Each compiled module, and what imports it.
COMPILED = [
    ("_core", "import quaver"),
    ("_text", "import quaver.text"),
    ("_text", "import quaver; quaver.text"),
]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package's folder with the core but without _text."""
    made = tmp_path / "python" / "quaver"  # a checkout is looked for two folders up
    made.mkdir(parents=True)
    home = Path(quaver.__file__).parent
    for file in home.glob("*.py"):
        shutil.copy(file, made)
    shutil.copytree(home / "recordings", made / "recordings")
    shutil.copy(_core.__file__, made)
    return made


def expected_file(package: Path, name: str) -> Path:
    """Remove a module's file and return its path."""
    file = package / f"{name}{EXTENSION_SUFFIXES[0]}"
    file.unlink(missing_ok=True)
    return file


def error_of(package: Path, statement: str) -> str:
    """Return the last line of what a program prints that imports a package."""
    done = run_python(PLAIN + statement, PYTHONPATH=str(package.parent))
    assert done.returncode == 1
    assert "During handling" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(("name", "statement"), COMPILED)
def test_a_compiled_module_that_is_missing(package: Path, name: str, statement: str) -> None:
    file = expected_file(package, name)
    assert error_of(package, statement) == (
        f"ImportError: quaver needs its compiled module {file.name}, which is not in {package}."
        " Install quaver again with this Python, from a checkout of it:"
        f" {sys.executable} -m pip install --force-reinstall --no-deps ."
    )


@pytest.mark.parametrize(("name", "statement"), COMPILED)
def test_a_compiled_module_of_another_python(package: Path, name: str, statement: str) -> None:
    file = expected_file(package, name)
    others = [f"{name}.cp311-win_amd64.pyd", f"{name}.cpython-27-x86_64-linux-gnu.so"]
    for other in others:
        (package / other).write_bytes(b"of another Python")
    (package / f"{name}.pyi").touch()
    error = error_of(package, statement)
    assert f"{file.name}, which is not in {package} (there: {', '.join(others)}, of" in error
    assert "-m pip install" in error


@pytest.mark.parametrize(("name", "statement"), COMPILED)
def test_a_compiled_module_that_is_broken(package: Path, name: str, statement: str) -> None:
    file = expected_file(package, name)
    file.write_bytes(b"no library" * 100)
    with pytest.raises(OSError, match=name) as loader:
        ctypes.CDLL(str(file))
    error = error_of(package, statement)
    assert f"compiled module {file} cannot be loaded: {loader.value}. Install" in error


def test_a_checkout_says_how_it_is_built(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compiled, "_FOLDER", package)
    checkout = package.parents[1]
    (checkout / "CMakeLists.txt").touch()
    missing = ImportError("cannot import name '_core'", name="quaver")
    error = str(_compiled.explained("_core", missing))
    assert error.endswith(f"for this Python: {sys.executable} -m pip install -e {checkout}")


def test_the_modules_own_errors_stay() -> None:
    error = ImportError("QUAVER_TARGET must be one")
    assert _compiled.explained("_core", error) is error


# Submodules on first use.


def test_models_are_attributes_of_their_package() -> None:
    code = "import quaver; m = quaver.models; print(m.transformers, m.svm, m.selection.GRID)"
    done = run_python(code)
    assert done.returncode == 0, done.stderr


def test_submodules_load_on_first_use() -> None:
    done = run_python(
        "import sys, quaver\n"
        f"for name in {SUBMODULES}:\n"
        "    assert 'quaver.' + name not in sys.modules, name\n"
        f"for name in {SUBMODULES}:\n"
        "    assert getattr(quaver, name) is sys.modules['quaver.' + name], name\n"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        *("compat.librosa", "compat.librosa.util", "compat.pyaudioanalysis", "compat.install"),
        *("compat.opensmile", "compat.opensmile.core", "geneva"),
        *("compat.python_speech_features", "compat.pyaudioanalysis.ShortTermFeatures"),
        *("models.tdcnn_onnx", "models.text_evaluation", "models.svm", "models.base", "recipes"),
    ],
)
def test_modules_of_modules_need_no_import_of_their_own(name: str) -> None:
    done = run_python(f"import quaver; print(quaver.{name}.__name__)")
    assert done.stdout.strip().startswith("quaver."), done.stderr


def test_no_submodule_needs_an_extra() -> None:
    done = run_python(
        f"import sys; sys.modules.update(dict.fromkeys({EXTRAS}))\n"
        "import quaver\n"
        f"print([name for name in {SUBMODULES} if not hasattr(quaver, name)])\n"
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    "call",
    ["plot_clip([0.0] * 9000, 16000)", "plot_training([])", "plot_confusion(None)"],
)
def test_plots_say_which_extra_they_need(call: str) -> None:
    done = run_python(
        f"import sys; sys.modules['matplotlib'] = None; import quaver; quaver.plots.{call}"
    )
    assert done.stderr.splitlines()[-1] == (
        'ModuleNotFoundError: a picture needs matplotlib: pip install "quaver[plot]"'
    )


def test_what_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(quaver, "plot")
    with pytest.raises(AttributeError, match="module 'quaver' has no attribute 'plot'"):
        quaver.plot  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'plot' from 'quaver'"):
        from quaver import plot  # type: ignore[attr-defined]  # noqa: F401


def test_dir_shows_what_is_public() -> None:
    expected = sorted({*quaver.__all__, *SUBMODULES})
    assert dir(quaver) == expected
    done = run_python(
        "import quaver; first = dir(quaver); [getattr(quaver, name) for name in first]\n"
        "import quaver.models.svm; assert dir(quaver) == first; print(first)"
    )
    assert done.stdout.strip() == str(expected), done.stderr


def test_type_checkers_see_what_loads_later() -> None:
    tree = ast.parse(Path(quaver.__file__).read_text(encoding="utf-8"))
    (branch,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in branch.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname for node in imports for alias in node.names}
    named = {"egemaps", "egemaps_names", "extract_corpus", "install_as", "read_corpus_features"}
    assert seen == {*SUBMODULES, *named}


def test_errors_of_a_module_that_loads_later_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "toy_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "fine.py").write_text("made = []")
    (folder / "needy.py").write_text("raise ModuleNotFoundError('needs: pip install x')")
    monkeypatch.syspath_prepend(tmp_path)
    import toy_package  # type: ignore[import-not-found]

    toy_package.__all__ = ["made", "gone"]
    toy_package.__getattr__, toy_package.__dir__ = _lazy.lazy(
        "toy_package", {"needy": (), "fine": ("made", "gone")}
    )
    assert dir(toy_package) == ["fine", "gone", "made", "needy"]
    made = toy_package.made
    assert vars(toy_package)["made"] is made
    with pytest.raises(AttributeError, match="gone"):
        toy_package.gone
    with pytest.raises(ModuleNotFoundError, match="pip install x"):
        hasattr(toy_package, "needy")
