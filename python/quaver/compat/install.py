"""Put quaver's stand-ins in the place of the libraries whose names they answer to."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

#: What can be replaced, and by what.
BACKENDS = {
    "librosa": "quaver.compat.librosa",
    "opensmile": "quaver.compat.opensmile",
    "pyAudioAnalysis": "quaver.compat.pyaudioanalysis",
    "python_speech_features": "quaver.compat.python_speech_features",
}

_lock = threading.RLock()


class _Place:
    """One name in `sys.modules`: how many want it replaced, and what was there before."""

    def __init__(self) -> None:
        self.users = 0
        self.release: str | None = None
        self.originals: dict[str, ModuleType] = {}


_places = {name: _Place() for name in BACKENDS}


class Installed:
    """One installation: undone by `undo`, or at the end of a `with` block.

    Attributes
    ----------
    name : str
        The library that is replaced.
    module : module
        What replaces it.
    """

    def __init__(self, name: str, module: ModuleType) -> None:
        self.name = name
        self.module = module
        self._active = True

    def __enter__(self) -> ModuleType:
        """Return the module that stands in."""
        return self.module

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Undo the installation."""
        self.undo()

    def undo(self) -> None:
        """Give the name back; the last one to do so brings back what was there.

        Examples
        --------
        >>> installed = install_as("python_speech_features")
        >>> installed.undo()
        """
        with _lock:
            if not self._active:
                return
            self._active = False
            place = _places[self.name]
            place.users -= 1
            if place.users == 0:
                _take_out(self.name)
                _take_out_rest(self.name)
                sys.modules.update(place.originals)
                place.originals = {}
                _behave_as(place, None)


def install_as(name: str, version: str | None = None) -> Installed:
    """Replace a library by quaver, so that unchanged code which imports it runs on quaver.

    From the call on, ``import librosa``, ``import librosa.feature as f`` and
    ``from librosa.feature import mfcc`` give quaver's modules, in every thread. Modules of librosa
    that quaver has none for, e.g. ``librosa.feature.inverse``, are librosa's if it is there, each
    loaded when it is first used. Code that imported the library before keeps what it has.
    Installations may be nested and end in any order:
    the name returns to what it was, loaded modules included, when the last of them is undone. Child
    processes that are spawned, not forked, begin without it, but for those under ``quaver run``.

    Parameters
    ----------
    name : {"librosa", "opensmile", "pyAudioAnalysis", "python_speech_features"}
        The library.
    version : {"0.8", "0.11", "1.0"}, optional
        The release of librosa whose behaviour, arguments and ``__version__`` the stand-in has; that
        of the installed librosa unless given, and 1.0 without one. It holds for all that use the
        stand-in until the installation is undone. "0.8" is for code of that time or before:
        arguments by position, its names (``rmse``, ``logamplitude``, ``output.write_wav``,
        ``display.waveplot``) and its defaults.

    Returns
    -------
    Installed
        For a ``with`` block, whose ``as`` is the module, or to call `undo` on; may be dropped.

    Raises
    ------
    ValueError
        For a library that quaver cannot replace, a version that it does not know, and a version
        other than that of an installation which is not undone.
    TypeError
        When the name or version is no string.

    Examples
    --------
    >>> import quaver
    >>> with quaver.install_as("python_speech_features"):
    ...     from python_speech_features import mfcc
    >>> mfcc.__module__
    'quaver.compat.python_speech_features.base'
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {type(name).__name__}")
    if name not in BACKENDS:
        raise ValueError(f"name must be one of {', '.join(BACKENDS)}, got {name!r}")
    release = None if version is None else _release(name, version)
    modules = _stand_ins(name)
    with _lock:
        place = _places[name]
        if place.users == 0:
            _behave_as(place, release)
            _put_in(name, place, modules)
        elif release not in (None, place.release):
            raise ValueError(
                f"version must be that of the {name} which quaver stands in for already"
                f" ({place.release or 'the installed one'}), got {version!r}"
            )
        place.users += 1
        return Installed(name, sys.modules[name])


def parse(backend: str) -> tuple[str, str | None]:
    """Return library and version of a requirement such as ``"librosa==0.11"``.

    Raises ValueError for what `install_as` would refuse.

    Examples
    --------
    >>> parse("librosa==0.11"), parse("pyAudioAnalysis")
    (('librosa', '0.11'), ('pyAudioAnalysis', None))
    """
    name, equals, version = backend.partition("==")
    if name not in BACKENDS:
        raise ValueError(f"expected one of {', '.join(BACKENDS)}, got {backend!r}")
    return name, _release(name, version) if equals else None


def _release(name: str, version: str) -> str:
    if not isinstance(version, str):
        raise TypeError(f"version must be a string, got {type(version).__name__}")
    if name != "librosa":
        raise ValueError(f"version can be chosen of librosa only, got {version!r} for {name}")
    from quaver.compat.librosa import _release

    return _release.named(version)


def _behave_as(place: _Place, release: str | None) -> None:
    """Let librosa's stand-in behave as a release; None for the installed one's."""
    if release != place.release:
        from quaver.compat.librosa import _release

        place.release = release
        _release.choose(release)


def original(name: str) -> ModuleType:
    """Import a module of the real library, also while quaver stands in its place.

    Parameters
    ----------
    name : str
        Full name, e.g. ``"librosa.display"``.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        When the library, or this module of it, is not there.

    Examples
    --------
    >>> original("json").__name__
    'json'
    """
    top = name.partition(".")[0]
    with _lock:
        place = _places.get(top)
        if place is None or place.users == 0:
            return importlib.import_module(name)
        ours = _take_out(top)
        sys.modules.update(place.originals)
        try:
            return importlib.import_module(name)
        finally:
            place.originals = _take_out(top)
            sys.modules.update(ours)


def original_names(
    module: str, names: Collection[str] = (), modules: Collection[str] = ()
) -> Callable[[str], Any]:
    """Return ``__getattr__`` of a module that stands in, for names that only the original has.

    `module` is the original's full name, `names` and `modules` those to take from it when they are
    first used; any other name, for which pickle may ask, loads nothing. Where the original is not
    there the name is an ImportError that says so. Modules see quaver's while it stands in.

    Examples
    --------
    >>> original_names("json", ["dumps"])("dumps").__name__
    'dumps'
    """

    def get(name: str) -> Any:
        if name not in names and name not in modules:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        try:
            if name in modules:
                return importlib.import_module(f"{module}.{name}")
            return getattr(original(module), name)
        except ModuleNotFoundError as error:
            if error.name != module.partition(".")[0]:
                raise  # what the original needs and does not find
            raise _absent(f"{module}.{name}") from None

    return get


def _absent(wanted: str) -> ModuleNotFoundError:
    library = wanted.partition(".")[0]
    return ModuleNotFoundError(
        f"{wanted} is not part of quaver and needs {library} itself: pip install {library}",
        name=library,
    )


class _Rest:
    """Finds the modules of a library that quaver has none for, where the library is installed."""

    def __init__(self, library: str) -> None:
        self._library = library

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.rpartition(".")[0] != self._library:
            return None
        from importlib.machinery import PathFinder

        there = PathFinder.find_spec(self._library)
        if there is None:
            raise _absent(name)
        return PathFinder.find_spec(name, there.submodule_search_locations)


_rest = {name: _Rest(name) for name in BACKENDS if name != "librosa"}


def _take_out(name: str) -> dict[str, ModuleType]:
    """Remove a package and its submodules from `sys.modules` and return them."""
    keys = [key for key in list(sys.modules) if key == name or key.startswith(f"{name}.")]
    return {key: sys.modules.pop(key) for key in keys}


def _put_in(name: str, place: _Place, modules: dict[str, ModuleType]) -> None:
    """Let modules answer to the names of a library."""
    if name == "librosa":
        importlib.import_module("quaver.compat.librosa.forward").share()
    place.originals = _take_out(name)
    modules = {**_put_in_rest(name, place.originals), **modules}
    if place.release == "0.8":
        from quaver.compat.librosa import _v08

        modules = _v08.dressed(modules)
    sys.modules.update(modules)


def _put_in_rest(name: str, originals: dict[str, ModuleType]) -> dict[str, ModuleType]:
    """Make modules that quaver lacks importable; return librosa's, which must not meet quaver's."""
    if name in _rest:
        sys.meta_path.append(_rest[name])
        return {}
    forward = importlib.import_module("quaver.compat.librosa.forward")
    modules: dict[str, ModuleType] = forward.rest(originals)
    if not modules:
        sys.meta_path.append(forward.ABSENT)
    return modules


def _take_out_rest(name: str) -> None:
    """End what `_put_in_rest` began, but for `sys.modules`."""
    if name in _rest:
        sys.meta_path.remove(_rest[name])
    else:
        absent = importlib.import_module("quaver.compat.librosa.forward").ABSENT
        if absent in sys.meta_path:
            sys.meta_path.remove(absent)


def _stand_ins(name: str) -> dict[str, ModuleType]:
    """Return quaver's package and all its public modules under the names of the library's."""
    package = importlib.import_module(BACKENDS[name])
    modules = {name: package}
    for found in pkgutil.walk_packages(package.__path__, f"{BACKENDS[name]}."):
        relative = found.name.removeprefix(f"{BACKENDS[name]}.")
        if not any(part.startswith("_") for part in relative.split(".")):
            modules[f"{name}.{relative}"] = importlib.import_module(found.name)
    return modules
