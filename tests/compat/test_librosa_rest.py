"""What quaver takes from librosa: modules imported by name, and errors."""

from __future__ import annotations

import ast
import importlib
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import librosa
import numpy as np
import pytest

import quaver
import quaver.compat.librosa as stand_in
from quaver.compat.librosa import _names, forward

FOLDER = Path(librosa.__file__).parent
MODULES = sorted(
    ".".join(("librosa", *path.relative_to(FOLDER).with_suffix("").parts)).removesuffix(".__init__")
    for path in FOLDER.rglob("*.py")
)
NO_LIBROSA = """
import sys, quaver
from importlib.machinery import PathFinder
search = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name == "librosa" else search(name, *rest)
"""


def python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_imports_what_only_librosa_has(tmp_path: Path) -> None:
    script = tmp_path / "inv.py"
    script.write_text(
        "from librosa.feature.inverse import mel_to_audio\n"
        "import librosa._typing\n"
        "import librosa, librosa.core.constantq as c, librosa.util.files\n"
        "print(mel_to_audio.__module__, librosa.cqt is c.cqt, librosa.stft.__module__)\n"
        "print(librosa.feature.inverse.mel_to_audio is mel_to_audio)\n"
    )
    assert python("-m", "quaver.cli", "run", "-b", "librosa", str(script)).split() == [
        *("librosa.feature.inverse", "True", "quaver.compat.librosa.core.spectrum"),
        "True",
    ]


def test_every_module_of_librosa_imports() -> None:
    code = (
        f"import importlib, sys, quaver; names = {MODULES}\n"
        "quaver.install_as('librosa')\n"
        "early = [importlib.import_module(name) for name in names]\n"
        "assert not {'numba', 'scipy'} & sys.modules.keys()\n"
        "import librosa.util.files, librosa.core.notation as notation\n"
        "assert 'find_files' in dir(sys.modules['librosa.util.files'])\n"
        "for module in early: dir(module)\n"  # some are not imported with librosa
        "late = [importlib.import_module(name) for name in names]\n"
        "for name, module in zip(names, late):\n"
        "    kind = type(module).__name__\n"
        "    assert kind == 'module' and module.__name__.endswith(name), (name, module)\n"
        "assert notation.key_to_notes is librosa.key_to_notes\n"
        "assert librosa.core.notation is sys.modules['librosa.core.notation']\n"
    )
    python("-c", code)


def test_threads_that_import_at_once() -> None:
    """Loading librosa takes the locks of all its modules; none may be held while waiting."""
    code = (
        "import importlib, threading, quaver; quaver.install_as('librosa')\n"
        "names = ('feature.inverse', 'core.harmonic', 'util.matching', 'feature.rhythm')\n"
        "barrier = threading.Barrier(len(names)); found = []\n"
        "def work(name):\n"
        "    barrier.wait()\n"
        "    found.append(importlib.import_module(f'librosa.{name}').__all__)\n"
        "threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in names]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join(120)\n"
        "print(len(found))\n"
    )
    assert python("-c", code).strip() == "4"


def test_names_that_librosa_lacks_too() -> None:
    with quaver.install_as("librosa"):
        for name in ("librosa.nothing", "librosa.stft", "librosa.version.os"):
            with pytest.raises(ModuleNotFoundError, match=f"No module named '{name}'"):
                __import__(name)


def test_modules_go_with_the_last_installation() -> None:
    before = {name for name in sys.modules if name.startswith("librosa")}
    with quaver.install_as("librosa"):
        with quaver.install_as("librosa"):
            pass
        inverse = importlib.import_module("librosa.feature.inverse")
        assert inverse.__name__ == inverse.__spec__.name == "librosa.feature.inverse"
        assert find_spec("librosa.core.constantq") is not None
        assert not hasattr(inverse, "__wrapped__")
    assert {name for name in sys.modules if name.startswith("librosa")} == before


def test_without_librosa_the_module_is_told() -> None:
    code = (
        "finders = list(sys.meta_path)\n"
        "installed = quaver.install_as('librosa')\n"
        "import librosa.feature.spectral\n"
        "try: from librosa.feature.inverse import mel_to_audio\n"
        "except ModuleNotFoundError as error: print(error.name, error)\n"
        "installed.undo()\n"
        "assert sys.meta_path == finders\n"
    )
    assert python("-c", NO_LIBROSA + code).startswith(
        "librosa.feature.inverse librosa.feature.inverse is not part of quaver and needs librosa"
        " itself (librosa is missing): pip install librosa"
    )


CALLS = [
    lambda m: m.onset.onset_strength(y=np.full(4000, np.nan)),
    lambda m: m.util.peak_pick(
        np.ones(9), pre_max=-1, post_max=1, pre_avg=1, post_avg=1, delta=0.5, wait=1
    ),
    lambda m: m.vqt(np.full(4000, np.inf)),
]
CATCHERS = (
    "librosa.ParameterError",
    "librosa.LibrosaError",
    "librosa.util.exceptions.ParameterError",
    "librosa.util.exceptions.LibrosaError",
    "librosa.util.ParameterError",
    "ValueError",
)


@pytest.mark.parametrize("catcher", CATCHERS)
@pytest.mark.parametrize("call", CALLS)
def test_errors_of_librosa_are_caught(catcher: str, call: Callable[[ModuleType], object]) -> None:
    with pytest.raises(eval(catcher, {"librosa": stand_in})):
        call(stand_in)


def test_errors_stay_librosas_own() -> None:
    held = librosa.util.exceptions.ParameterError
    for call in CALLS:
        with pytest.raises(held) as caught:
            call(stand_in)
        assert type(caught.value) is held is librosa.ParameterError
        assert pickle.loads(pickle.dumps(held("told"))).args == ("told",)


CATCH = """
import numpy as np
def caught(error):
    try: librosa.onset.onset_strength(y=np.full(4000, np.nan))
    except error: return True
assert all(map(caught, (held, ParameterError, librosa.ParameterError, librosa.LibrosaError)))
assert issubclass(librosa.util.exceptions.ParameterError, librosa.util.exceptions.LibrosaError)
"""


@pytest.mark.parametrize(
    "imports",
    [
        "from quaver.compat import librosa",
        "import librosa; held = librosa.ParameterError\nfrom quaver.compat import librosa",
        "from quaver.compat import librosa; librosa.cqt\n"
        "import librosa as real; held = real.ParameterError",
        "import quaver; quaver.install_as('librosa'); import librosa",
        "import librosa, quaver; librosa.stft; quaver.install_as('librosa'); import librosa",
    ],
)
def test_errors_are_caught_in_any_order_of_imports(imports: str) -> None:
    names = "\nfrom quaver.compat.librosa.util.exceptions import ParameterError\n"
    python("-c", f"held = Exception\n{imports}{names}{CATCH}")


def test_a_script_catches_errors(tmp_path: Path) -> None:
    script = tmp_path / "catch.py"
    script.write_text(
        f"import librosa\nfrom librosa.util.exceptions import ParameterError as held\n"
        f"from librosa import ParameterError\n{CATCH}"
    )
    python("-m", "quaver.cli", "run", "-b", "librosa", str(script))


def test_names_below_the_packages(tmp_path: Path) -> None:
    script = tmp_path / "names.py"
    script.write_text(
        "from librosa.core.audio import lpc, tone\n"  # quaver's in another module, librosa's
        "from librosa.core.spectrum import griffinlim, phase_vocoder\n"
        "from librosa.feature.spectral import mfcc\n"
        "from librosa.util.utils import fix_frames\n"
        "for f in (lpc, tone, griffinlim, phase_vocoder, mfcc, fix_frames): print(f.__module__)\n"
    )
    assert python("-m", "quaver.cli", "run", "-b", "librosa", str(script)).split() == [
        "quaver.compat.librosa.core.prediction",
        "librosa.core.audio",
        "librosa.core.spectrum",
        "quaver.compat.librosa.core.vocoder",
        "quaver.compat.librosa.feature.melodic",
        "librosa.util.utils",
    ]


def test_a_module_that_librosa_cannot_load_says_why() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import quaver; quaver.install_as('librosa')\n"
        "import librosa\n"
        "try: librosa.display.specshow\n"
        "except ImportError as error: print(error)\n"
    )
    found = python("-c", code)
    assert "librosa.display.specshow is librosa's, which cannot load it" in found
    assert "matplotlib" in found


def test_probing_a_module_without_librosa_is_harmless() -> None:
    code = NO_LIBROSA + (
        "import pickle, scipy.special, quaver.compat.librosa.core.audio as audio\n"
        "print(hasattr(audio, 'tone'), getattr(audio, 'nonsense', None), audio.lpc.__name__)\n"
        "try: audio.tone\n"
        "except AttributeError as error: print(error)\n"
    )
    first, second = python("-c", code).splitlines()
    assert first == "False None lpc"
    assert "needs librosa itself" in second


def test_a_patched_function_is_librosas() -> None:
    code = (
        "import quaver, unittest.mock as mock; quaver.install_as('librosa')\n"
        "import librosa, librosa.util.files as files\n"
        "with mock.patch('librosa.util.files.find_files', lambda _: 'patched'):\n"
        "    print(files.find_files('x'), librosa.util.files.find_files('x'))\n"
        "print(files.find_files is librosa.util.find_files)\n"
    )
    assert python("-c", code).split() == ["patched", "patched", "True"]


@pytest.mark.parametrize(
    "module", ["", ".feature", ".util", ".beat", ".filters", ".util.deprecation"]
)
def test_star_imports(module: str) -> None:
    code = f"from librosa{module} import *"
    theirs: dict[str, object] = {}
    exec(code, theirs)
    with quaver.install_as("librosa"):
        names: dict[str, object] = {}
        exec(code, names)
    assert names.keys() == theirs.keys()


def test_star_imports_without_librosa() -> None:
    code = "from quaver.compat.librosa import *; print(stft.__name__, ParameterError.__name__)"
    assert python("-c", NO_LIBROSA + code).split() == ["stft", "ParameterError"]


def test_a_name_of_librosa_loads_what_it_needs() -> None:
    code = (
        "import sys, quaver; quaver.install_as('librosa')\n"
        "import librosa\n"
        "assert librosa.midi_to_note(60) == 'C4'\n"
        "loaded = {'sklearn', 'matplotlib', 'scipy.signal'} & sys.modules.keys()\n"
        "assert not loaded, loaded\n"
        "librosa.util.list_examples()\n"  # its own files are found beside it
        "assert sys.modules['librosa'].__name__ == 'quaver.compat.librosa'\n"
    )
    python("-c", code)


def test_librosa_that_was_imported_before_is_not_loaded_again() -> None:
    code = (
        "import librosa, quaver; real = librosa\n"
        "quaver.install_as('librosa')\n"
        "import librosa\n"
        "assert librosa.midi_to_note is real.midi_to_note and librosa is not real\n"
        "assert real.stft.__module__ == 'librosa.core.spectrum' != librosa.stft.__module__\n"
        "import librosa.core.notation as notation\n"
        "assert notation.key_to_notes is real.key_to_notes\n"
    )
    python("-c", code)


def test_names_are_known_to_type_checkers() -> None:
    """What is looked up when it is used is imported as well, where only type checkers see it."""
    tables = {"": _names.CORE, ".core": _names.CORE, ".feature": _names.FEATURE}
    for package, table in {**tables, ".util": _names.UTIL}.items():
        path = importlib.import_module(f"quaver.compat.librosa{package}").__file__
        assert path is not None
        blocks = [n for n in ast.parse(Path(path).read_text()).body if isinstance(n, ast.If)]
        imports = [n for n in ast.walk(blocks[0]) if isinstance(n, ast.ImportFrom)]
        seen = {
            alias.name: str(node.module).removeprefix("quaver.compat.librosa.")
            for node in imports
            for alias in node.names
        }
        assert {name: seen.get(name) for name in table} == table


@pytest.mark.parametrize("norm", ["slaney", None, 1])
@pytest.mark.parametrize("n_fft", [1 << 16, 50001])
def test_a_large_mel_bank_takes_no_arrays_beside_it(n_fft: int, norm: object) -> None:
    options = {"sr": 16000, "n_fft": n_fft, "n_mels": 256, "fmin": 50.0, "norm": norm}
    tracemalloc.start()
    found = stand_in.filters.mel(**options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < (2.2 if norm in ("slaney", None) else 5) * found.nbytes
    np.testing.assert_allclose(found, librosa.filters.mel(**options), rtol=1e-6, atol=1e-9)


def test_private_names_forward() -> None:
    assert stand_in.core.spectrum._spectrogram is librosa.core.spectrum._spectrogram
    assert stand_in.effects._signal_to_frame_nonsilent is librosa.effects._signal_to_frame_nonsilent
    loader = "__audioread_load"  # not by its name, which a class would mangle
    assert getattr(stand_in.core.audio, loader) is getattr(librosa.core.audio, loader)


def test_probes_of_tools_load_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "_real", lambda *names: pytest.fail(f"{names} was loaded"))
    for name in ("_repr_html_", "_ipython_display_", "__wrapped__", "__bases__"):
        assert not hasattr(stand_in, name)
        assert not hasattr(stand_in.core.spectrum, name)


def test_private_names_without_librosa(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*names: str) -> None:
        raise ImportError("librosa is missing")

    monkeypatch.setattr(forward, "_real", absent)
    with pytest.raises(AttributeError, match="_signal_to_mono does not exist"):
        stand_in.effects._signal_to_mono
