"""Names that load when first used, from quaver or, where it has none, from an installed librosa."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from quaver.compat.librosa._errors import ParameterError

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

_HERE = "quaver.compat.librosa"
_PACKAGES = ("core", "feature", "util")

_lock = threading.RLock()
_loaded: dict[str, ModuleType] = {}  # the real librosa's modules, once they were needed


def attach(
    module: str, where: Mapping[str, str], submodules: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names live in modules.

    `module` is the name below librosa, empty for librosa itself; `where` says which module below
    quaver's librosa defines each name; `submodules` are those of the package.

    Examples
    --------
    >>> getattr_, dir_ = attach("core", {"stft": "core.spectrum"})
    >>> getattr_("stft").__name__, dir_()
    ('stft', ['stft'])
    """
    own = f"{_HERE}.{module}" if module else _HERE

    def get(name: str) -> Any:
        if name in submodules:
            return importlib.import_module(f"{own}.{name}")
        if name == "__all__":  # what a star imports
            return _exported(module, own, names())
        found = attribute(module, name) if name not in where else _ours(where[name], name)
        # The next access is a plain look-up.
        setattr(sys.modules[own], name, found)
        return found

    def names() -> list[str]:
        return sorted({*where, *submodules})

    return get, names


def attach_module(module: str, where: Mapping[str, str]) -> Callable[[str], Any]:
    """Return ``__getattr__`` of a module below the packages, for names that are not in it.

    Tools probe such modules for names of all kinds, so that every failure is an AttributeError.
    Arguments as of `attach`.

    Examples
    --------
    >>> import quaver.compat.librosa.core.audio
    >>> attach_module("core.audio", {"lpc": "core.prediction"})("lpc").__name__
    'lpc'
    """
    search, _ = attach(module, where)

    def get(name: str) -> Any:
        try:
            return search(name)
        except ImportError as error:
            raise AttributeError(str(error)) from None

    return get


def _exported(module: str, own: str, names: list[str]) -> list[str]:
    """Return what librosa's module exports; without it, quaver's names and functions."""
    full = f"librosa.{module}" if module else "librosa"
    try:
        return list(_real(full, full).__all__)
    except (ImportError, AttributeError):
        here = vars(sys.modules[own])
        defined = {key for key, value in here.items() if getattr(value, "__module__", "") == own}
        return sorted({*names, *(key for key in defined if not key.startswith("_"))})


def _ours(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"{_HERE}.{module}"), name)


def attribute(module: str, name: str) -> Any:
    """Return a name of the real librosa.

    `module` is the name below librosa, e.g. ``"feature"``; empty for librosa itself. Raises
    AttributeError when librosa has no such name, or the name is private, and ImportError, which
    names the function and how to install it, without librosa.

    Examples
    --------
    >>> attribute("feature", "tempogram").__name__
    'tempogram'
    """
    full = f"librosa.{module}.{name}" if module else f"librosa.{name}"
    # Private names are asked for by import machinery, inspect and pickle, not by users.
    if name.startswith("_"):
        raise AttributeError(f"quaver.compat.{full} does not exist")
    found = _real(f"librosa.{module}" if module else "librosa", full)
    try:
        return getattr(found, name)
    except AttributeError:
        raise AttributeError(f"{full} does not exist, neither in quaver nor in librosa") from None


def _real(module: str, wanted: str) -> Any:
    try:
        _load("librosa")
    except ModuleNotFoundError as error:
        raise ImportError(_absent(wanted, error.name)) from None
    try:
        return _load(module)
    except ImportError as error:
        raise ImportError(f"{wanted} is librosa's, which cannot load it: {error}") from None


def _absent(wanted: str, missing: str | None) -> str:
    return (
        f"{wanted} is not part of quaver and needs librosa itself"
        f" ({missing} is missing): pip install librosa"
    )


def _load(module: str) -> ModuleType:
    """Return a module of the real librosa, also while quaver stands in for it in `sys.modules`."""
    with _lock:
        if not _loaded:
            packages = [f"librosa.{part}" for part in _PACKAGES]
            _import(["librosa", *packages])
            _adopt_errors(_loaded["librosa"])
        if module not in _loaded:
            _import([module])
        if _is_ours(sys.modules.get("librosa")):
            _show()
        return _loaded[module]


def _import(names: Sequence[str]) -> None:
    """Add modules, and what comes with them, to those loaded."""
    ours = _take_out() if _is_ours(sys.modules.get("librosa")) else {}
    if ours:
        sys.modules.update(_loaded)
    try:
        for name in names:
            module = importlib.import_module(name)
            if hasattr(module, "__path__"):
                _settle(module)
        _loaded.update(_entries())
    finally:
        sys.modules.update(ours)


def _show() -> None:
    # Compiled functions are unpickled by the names of their modules: those that quaver has no
    # module for must be found.
    for name, module in _loaded.items():
        if isinstance(sys.modules.setdefault(name, module), _Later):
            sys.modules[name] = module


def _is_ours(module: ModuleType | None) -> bool:
    return module is not None and module.__name__.startswith("quaver.")


def _entries() -> dict[str, ModuleType]:
    modules: list[tuple[str, object]] = list(sys.modules.items())
    return {
        n: m
        for n, m in modules
        if isinstance(m, ModuleType) and (n == "librosa" or n.startswith("librosa."))
    }


def _take_out() -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in _entries()}


def _settle(package: ModuleType) -> None:
    # librosa's packages look their names up in sys.modules at each use, and would find quaver's
    # there while it answers to that name. A plain attribute needs no look-up.
    for name in sorted(package.__all__):
        try:
            setattr(package, name, getattr(package, name))
        except ImportError:  # what an optional dependency is missing for stays as it is
            continue


def _adopt_errors(librosa: Any) -> None:
    # Whoever catches quaver's ParameterError means librosa's too. The class stays what it is, since
    # code that imported librosa itself holds it: it gets quaver's for a base.
    if not issubclass(librosa.ParameterError, ParameterError):
        bases = librosa.ParameterError.__bases__
        librosa.ParameterError.__bases__ = (ParameterError, *bases)


def rest() -> dict[str, ModuleType]:
    """Return librosa's modules by name, each to be loaded when it is first used.

    Not found one by one when imported: the import system holds a module's lock meanwhile, and
    loading librosa takes those of all its modules. Two threads that import one each would wait for
    each other. Only to be called while nothing answers to the name librosa. Empty without librosa.

    Examples
    --------
    >>> isinstance(rest(), dict)
    True
    """
    from importlib.util import find_spec  # as pkgutil below: 9 ms that only an installation needs

    try:
        found = find_spec("librosa")
    except ImportError:  # some say so instead of finding nothing
        found = None
    return {} if found is None else {spec.name: _Later(spec) for spec in _below(found)}


def _below(package: ModuleSpec) -> Iterator[ModuleSpec]:
    import pkgutil
    from importlib.machinery import PathFinder

    path = package.submodule_search_locations
    for module in pkgutil.iter_modules(path):
        spec = PathFinder.find_spec(f"{package.name}.{module.name}", path)
        if spec is not None:
            yield spec
            if module.ispkg:
                yield from _below(spec)


class _Later(ModuleType):
    """A module of librosa's own that is loaded when first used, not when imported."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__package__ = spec.parent
        self.__file__ = spec.origin
        if spec.submodule_search_locations is not None:
            self.__path__ = spec.submodule_search_locations

    def __getattr__(self, name: str) -> Any:
        # inspect and the import machinery ask for such names of modules that nobody uses.
        if name.startswith("__") and name.endswith("__") and name != "__all__":
            raise AttributeError(f"{self.__name__}.{name} is not taken from librosa")
        return getattr(_real(self.__name__, f"{self.__name__}.{name}"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            super().__setattr__(name, value)
        else:  # whoever patches a function means librosa's
            setattr(_real(self.__name__, f"{self.__name__}.{name}"), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_real(self.__name__, f"{self.__name__}.{name}"), name)

    def __dir__(self) -> list[str]:
        return dir(_real(self.__name__, self.__name__))


class _Absent:
    """Says what a module is missing for where there is no librosa to take it from."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.startswith("librosa."):
            raise ModuleNotFoundError(_absent(name, "librosa"), name=name)
        return None


#: For the end of `sys.meta_path`, while quaver stands in for a librosa that is not there.
ABSENT = _Absent()
