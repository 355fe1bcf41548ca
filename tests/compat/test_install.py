"""quaver.install_as and `quaver run`: what is replaced, and that it all comes back."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import quaver
from quaver.cli.run import run_command
from quaver.compat import install

#: Library, a submodule of it, and a function that both it and quaver have.
LIBRARIES = [
    ("python_speech_features", "base", "mfcc"),
    ("pyAudioAnalysis", "ShortTermFeatures", "feature_extraction"),
    ("librosa", "feature", "mfcc"),
]


def loaded(name: str) -> dict[str, ModuleType]:
    return {k: m for k, m in sys.modules.items() if k == name or k.startswith(f"{name}.")}


@pytest.fixture(autouse=True)
def _nothing_stays_installed() -> Iterator[None]:
    yield
    assert all(place.users == 0 for place in install._places.values())


@pytest.mark.parametrize(("name", "submodule", "function"), LIBRARIES)
def test_every_way_to_import(name: str, submodule: str, function: str) -> None:
    before = loaded(name)
    code = (
        f"import {name}\n"
        f"import {name}.{submodule}\n"
        f"import {name}.{submodule} as alias\n"
        f"from {name} import {submodule} as other\n"
        f"from {name}.{submodule} import {function}\n"
        f"nested = {name}.{submodule}.{function}\n"
    )
    with quaver.install_as(name) as module:
        names: dict[str, object] = {}
        exec(code, names)
        assert names[name] is module is importlib.import_module(name)
        assert names["alias"] is names["other"] is getattr(module, submodule)
        assert names[function] is names["nested"]
        assert names[function].__module__.startswith(install.BACKENDS[name])
    assert loaded(name) == before


def fake(name: str) -> dict[str, ModuleType]:
    """Put something in the library's place, as if it were loaded."""
    modules = {key: ModuleType(key) for key in (name, f"{name}.part", f"{name}.part.deep")}
    sys.modules.update(modules)
    return modules


@pytest.fixture
def nothing_loaded() -> Iterator[None]:
    saved = {k: m for name, _, _ in LIBRARIES for k, m in loaded(name).items()}
    for key in saved:
        del sys.modules[key]
    yield
    for name, _, _ in LIBRARIES:
        for key in loaded(name):
            del sys.modules[key]
    sys.modules.update(saved)


@pytest.mark.usefixtures("nothing_loaded")
@pytest.mark.parametrize(("name", "submodule", "function"), LIBRARIES)
def test_what_was_loaded_comes_back(name: str, submodule: str, function: str) -> None:
    other = f"{name}_extra"  # shares the beginning of the name, and nothing else
    sys.modules[other] = ModuleType(other)
    before = fake(name)
    with quaver.install_as(name):
        assert f"{name}.part" not in sys.modules
        assert sys.modules[name] is not before[name]
        assert other in sys.modules
    found = loaded(name)
    assert found.keys() == before.keys()
    assert all(found[key] is before[key] for key in before)
    del sys.modules[other]


@pytest.mark.usefixtures("nothing_loaded")
def test_nothing_loaded_comes_back_as_nothing() -> None:
    with quaver.install_as("python_speech_features"):
        assert loaded("python_speech_features")
    assert not loaded("python_speech_features")


def test_nested_and_undone_in_any_order() -> None:
    before = loaded("python_speech_features")
    first = quaver.install_as("python_speech_features")
    second = quaver.install_as("python_speech_features")
    other = quaver.install_as("pyAudioAnalysis")
    first.undo()
    first.undo()  # counts once
    assert sys.modules["python_speech_features"] is second.module
    second.undo()
    assert loaded("python_speech_features") == before
    assert sys.modules["pyAudioAnalysis"] is other.module
    other.undo()


def test_an_error_in_the_block_undoes_it() -> None:
    before = loaded("python_speech_features")
    with pytest.raises(RuntimeError), quaver.install_as("python_speech_features"):
        raise RuntimeError
    assert loaded("python_speech_features") == before


def test_threads() -> None:
    before = loaded("python_speech_features")
    errors: list[BaseException] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        try:
            barrier.wait()
            for _ in range(200):
                with quaver.install_as("python_speech_features") as module:
                    from python_speech_features.base import mfcc

                    assert sys.modules["python_speech_features"] is module
                    assert mfcc.__module__.startswith("quaver.")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert loaded("python_speech_features") == before


def test_threads_see_it() -> None:
    found: list[ModuleType] = []
    with quaver.install_as("python_speech_features") as module:
        thread = threading.Thread(
            target=lambda: found.append(importlib.import_module("python_speech_features.base"))
        )
        thread.start()
        thread.join()
    assert found == [module.base]


def test_the_original_behind_it() -> None:
    original = install.original("python_speech_features.base")
    assert original.__file__ is not None
    assert "quaver" not in Path(original.__file__).parts
    with quaver.install_as("python_speech_features") as module:
        assert install.original("python_speech_features.base") is original
        assert sys.modules["python_speech_features"] is module
        with pytest.raises(ModuleNotFoundError, match=r"python_speech_features\.nothing"):
            install.original("python_speech_features.nothing")
        assert sys.modules["python_speech_features"] is module


def test_modules_that_quaver_lacks_are_not_found() -> None:
    with (
        quaver.install_as("pyAudioAnalysis"),
        pytest.raises(ModuleNotFoundError, match=r"No module named 'pyAudioAnalysis\.nothing'"),
    ):
        importlib.import_module("pyAudioAnalysis.nothing")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the original's
def test_what_only_pyaudioanalysis_has() -> None:
    with quaver.install_as("pyAudioAnalysis") as module:
        from pyAudioAnalysis import utilities

        assert utilities.__file__ == install.original("pyAudioAnalysis.utilities").__file__
        theirs = install.original("pyAudioAnalysis.ShortTermFeatures")
        assert module.ShortTermFeatures.spectrogram is theirs.spectrogram
        assert module.ShortTermFeatures.feature_extraction is not theirs.feature_extraction
        assert not hasattr(module.ShortTermFeatures, "nonsense")
    assert not any(isinstance(finder, install._Rest) for finder in sys.meta_path)


def test_without_pyaudioanalysis_the_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in loaded("pyAudioAnalysis"):
        monkeypatch.delitem(sys.modules, name)
    search = PathFinder.find_spec
    monkeypatch.setattr(
        PathFinder,
        "find_spec",
        lambda name, *rest: None if name == "pyAudioAnalysis" else search(name, *rest),
    )
    told = r"pyAudioAnalysis\.{} is not part of quaver and needs pyAudioAnalysis itself"
    with quaver.install_as("pyAudioAnalysis"):
        for code, name in (
            ("from pyAudioAnalysis import audioTrainTest", "audioTrainTest"),
            ("import pyAudioAnalysis.utilities", "utilities"),
            (
                "from pyAudioAnalysis.ShortTermFeatures import spectrogram",
                r"ShortTermFeatures\.spectrogram",
            ),
        ):
            with pytest.raises(ModuleNotFoundError, match=told.format(name)):
                exec(code, {})


def test_bad_names() -> None:
    with pytest.raises(ValueError, match=r"must be one of librosa, .*, got 'torchaudio'"):
        quaver.install_as("torchaudio")
    with pytest.raises(TypeError, match="must be a string, got int"):
        quaver.install_as(3)  # type: ignore[arg-type]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "quaver.cli", "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


SCRIPT = """
import sys
from python_speech_features import mfcc
from pathlib import Path
import neighbour
assert Path(sys.path[0]) == Path(__file__).parent.resolve()
print(mfcc.__module__, sys.argv[1:], __name__, neighbour.value)
if "--fail" in sys.argv:
    raise ValueError("of the script")
sys.exit(7)
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "neighbour.py").write_text("value = 5\n")
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def test_run(script: str) -> None:
    done = run("--backend", "python_speech_features", script, "a", "--backend", "b")
    assert done.stdout.split(" ", 1)[0] == "quaver.compat.python_speech_features.base"
    assert done.stdout.strip().endswith("['a', '--backend', 'b'] __main__ 5")
    assert (done.returncode, done.stderr) == (7, "")


def test_errors_of_the_script_are_its_own(script: str) -> None:
    done = run("-b", "python_speech_features", script, "--fail")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert done.stderr.strip().endswith("ValueError: of the script")
    assert "quaver" not in done.stderr


def test_wrong_use_of_run(script: str) -> None:
    assert run(script).returncode == 2
    for backend in ("torch", "librosa==0.9", "python_speech_features==0.6"):
        done = run("-b", backend, script)
        assert done.returncode == 2
        assert repr(backend.partition("==")[2] or backend) in done.stderr
    done = run("-b", "python_speech_features", "none.py")
    assert done.returncode == 2
    assert "no such script: none.py" in done.stderr


PARENT = """
import multiprocessing, subprocess, sys

def where(_):
    import librosa.feature
    return f"{librosa.feature.__name__} {librosa.__version__}"

if __name__ == "__main__":
    for method in ("spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(*pool.map(where, [0]))
    code = "import librosa.feature as f, librosa as l, sitecustomize as s\\n"
    code += "print(f.__name__, l.__version__, s.mine)"
    subprocess.run([sys.executable, "-c", code], check=True)
"""


def test_processes_that_a_program_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("mine = 'and its own'")
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    done = run("-b", "librosa==0.11", str(script))
    found = "quaver.compat.librosa.feature 0.11.0"
    assert done.stdout.splitlines() == [found, found, f"{found} and its own"], done.stderr


def test_modules_folders_and_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    main = "import sys, python_speech_features as p\nresult = [p.__name__, *sys.argv[1:]]\n"
    (package / "__main__.py").write_text(main + "sys.exit(repr(result))")
    archive = tmp_path / "archive.pyz"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(package / "__main__.py", "__main__.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["quaver"])
    before = dict(os.environ)
    for program in (["-m", "package"], [str(package)], [str(archive)]):
        script, *rest = [*program, "-b", "x"]
        context = SimpleNamespace(args=rest)
        with pytest.raises(SystemExit) as ended:
            run_command(context, Path(script), ["python_speech_features"])  # type: ignore[arg-type]
        assert ended.value.code == repr(["quaver.compat.python_speech_features", "-b", "x"])
    assert dict(os.environ) == before
    for wrong, told in ((["-m"], "must follow"), (["-m", "no.such"], "no such module: no.such")):
        assert told in run("-b", "librosa", *wrong).stderr


def test_importing_quaver_imports_no_stand_in() -> None:
    code = (
        "import sys, quaver\n"
        "def found(): return [m for m in sys.modules if m.startswith('quaver.compat')]\n"
        "assert found() == [], found()\n"
        "quaver.install_as('librosa')\n"
        "assert 'quaver.compat.librosa' in found()\n"
        "heavy = [m for m in ('scipy', 'numba', 'sklearn', 'matplotlib') if m in sys.modules]\n"
        "assert heavy == [], heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
