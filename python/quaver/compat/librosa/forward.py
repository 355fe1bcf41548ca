"""Names that load when first used, from quaver or, where it has none, from an installed librosa."""

from __future__ import annotations

import builtins
import importlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from quaver.compat.librosa import _listing, _release
from quaver.compat.librosa._errors import ParameterError

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

_HERE = "quaver.compat.librosa"
# Modules whose classes are quaver's, too.
_SHARED = ("librosa.util.exceptions", "librosa.util.deprecation")

_lock = threading.RLock()
_loaded: dict[str, ModuleType] = {}  # the real librosa's modules, once they were needed


def attach(
    module: str, where: Mapping[str, str], submodules: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names live in modules.

    `module` is the name below librosa, empty for librosa itself; `where` says which module below
    quaver's librosa defines each name; `submodules` are those of the package. Names of an installed
    librosa are listed too.

    Examples
    --------
    >>> getattr_, dir_ = attach("core", {"stft": "core.spectrum"})
    >>> getattr_("stft").__name__, "stft" in dir_()
    ('stft', True)
    """
    own = f"{_HERE}.{module}" if module else _HERE

    def get(name: str) -> Any:
        if name in submodules:
            return importlib.import_module(f"{own}.{name}")
        if name == "__all__":  # what a star imports
            return _exported(module, own, [*where, *submodules])
        if name == "__version__" and not module:
            return _release.reported()
        found = attribute(module, name) if name not in where else _ours(where[name], name)
        # The next access is a plain look-up.
        setattr(sys.modules[own], name, found)
        return found

    def names() -> list[str]:
        return sorted({*where, *submodules, *_listing.installed(module)})

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
        theirs = _real(full, full)
        public = (name for name in vars(theirs) if not name.startswith("_"))
        return list(getattr(theirs, "__all__", public))
    except ImportError:
        here = vars(sys.modules[own])
        defined = {key for key, value in here.items() if getattr(value, "__module__", "") == own}
        return sorted({*names, *(key for key in defined if not key.startswith("_"))})


def _ours(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"{_HERE}.{module}"), name)


def attribute(module: str, name: str) -> Any:
    """Return a name of the real librosa.

    `module` is the name below librosa, e.g. ``"feature"``; empty for librosa itself. Only what
    librosa loads for that name is loaded. Raises AttributeError when librosa has no such name, and
    ImportError, which names the function and how to install it, without librosa; AttributeError for
    private names then, and always for those that end in an underscore as well.

    Examples
    --------
    >>> attribute("feature", "tempogram").__name__
    'tempogram'
    """
    owner = f"librosa.{module}" if module else "librosa"
    full = f"{owner}.{name}"
    # Which import machinery, inspect, pickle and notebooks ask for, not users.
    is_probe = name.startswith("_") and name.endswith("_")
    if is_probe or (name.startswith("_") and not _has_private(owner, name)):
        raise AttributeError(f"quaver.compat.{full} does not exist")
    found = _real(owner, full)
    try:
        try:
            return getattr(found, name)
        except AttributeError:  # may be a module that nothing has loaded yet
            return _load(full)
    except ImportError as error:
        if error.name == full:
            raise AttributeError(
                f"{full} does not exist, neither in quaver nor in librosa"
            ) from None
        raise ImportError(_unloadable(full, error)) from None


def _has_private(module: str, name: str) -> bool:
    try:
        return hasattr(_real(module, module), name)
    except ImportError:
        return False


def _real(module: str, wanted: str) -> Any:
    try:
        _load("librosa")
    except ModuleNotFoundError as error:
        raise ImportError(_absent(wanted, error.name)) from None
    try:
        return _load(module)
    except ImportError as error:
        raise ImportError(_unloadable(wanted, error)) from None


def _unloadable(wanted: str, error: ImportError) -> str:
    return f"{wanted} is librosa's, which cannot load it: {error}"


def _absent(wanted: str, missing: str | None) -> str:
    return (
        f"{wanted} is not part of quaver and needs librosa itself"
        f" ({missing} is missing): pip install librosa"
    )


def _load(name: str) -> ModuleType:
    """Return a module of the real librosa, also while quaver stands in for it in `sys.modules`."""
    found = _loaded.get(name)
    if found is not None and not _is_loading(found):
        return found
    if not _is_apart():
        # Without the lock: the import system has its own, and other threads that import hold them
        # while they look names up here.
        for shared in _SHARED:
            importlib.import_module(shared)
        importlib.import_module(name)
        with _lock:
            _adopt(list(sys.modules.items()))
            return _loaded[name]
    with _lock:
        for shared in _SHARED:
            _load_apart(shared)
        _adopt_classes()
        found = _load_apart(name)
        _show()
        return found


def _is_apart() -> bool:
    """Return whether what answers to librosa's name is not the librosa whose modules are kept."""
    there = sys.modules.get("librosa")
    return _is_ours(there) or (bool(_loaded) and there is not _loaded.get("librosa"))


def _adopt(modules: Iterable[tuple[str, object]]) -> None:
    """Keep those of librosa's modules that were imported as everyone imports them."""
    for name, module in modules:
        is_librosas = name == "librosa" or name.startswith("librosa.")
        if not is_librosas or name in _loaded or not isinstance(module, ModuleType):
            continue
        if module.__spec__ is not None and not _is_loading(module):
            _loaded[name] = module
            _settle(module)
    _adopt_classes()


def _load_apart(name: str) -> ModuleType:
    """Load a module of librosa's that only librosa's own modules see.

    Nothing is put in or taken from `sys.modules` meanwhile, where other threads look, and none of
    the import system's locks of these modules is held.
    """
    if name in _loaded:
        return _loaded[name]
    parent, _, child = name.rpartition(".")
    package = _load_apart(parent) if parent else None
    if name in _loaded:  # loaded by its package
        return _loaded[name]
    spec = _find(name, package)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = _loaded[name] = _new(spec)
    try:
        module.__loader__.exec_module(module)  # type: ignore[union-attr]
    except BaseException:
        del _loaded[name]
        raise
    _settle(module)
    spec._initializing = False  # type: ignore[attr-defined]
    if package is not None:
        setattr(package, child, module)
    return module


def _find(name: str, package: ModuleType | None) -> ModuleSpec | None:
    path = getattr(package, "__path__", None)
    if package is not None and path is None:
        return None
    found = (finder.find_spec(name, path) for finder in sys.meta_path if finder is not ABSENT)
    return next((spec for spec in found if spec is not None), None)


def _new(spec: ModuleSpec) -> ModuleType:
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    spec._initializing = True  # type: ignore[attr-defined]
    # Import statements call what they find here, those in functions too.
    vars(module)["__builtins__"] = vars(builtins) | {"__import__": _import}
    return module


def _import(
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """`__import__` for librosa's own modules: their names of librosa are librosa's."""
    full = name
    if globals and level:
        above = globals["__package__"].rsplit(".", level - 1)[0]
        full = f"{above}.{name}" if name else above
    if fromlist and full in ("importlib", "importlib.resources"):
        return _Resources(full)
    if full != "librosa" and not full.startswith("librosa."):
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    module = _load(full)
    if not fromlist:
        return _load("librosa")
    for item in fromlist if hasattr(module, "__path__") else ():
        if not hasattr(module, item):
            with suppress(ModuleNotFoundError):
                _load(f"{full}.{item}")
    return module


class _Resources(ModuleType):
    """importlib, or its `resources`, where files are found beside librosa's own modules."""

    def __getattr__(self, name: str) -> Any:
        full = f"{self.__name__}.{name}"
        if full == "importlib.resources":
            return _Resources(full)
        return getattr(importlib.import_module(self.__name__), name)

    @staticmethod
    def files(package: Any) -> Any:
        from importlib import resources

        is_name = isinstance(package, str) and package.startswith("librosa")
        return resources.files(_load(package) if is_name else package)


def _show() -> None:
    # Compiled functions are unpickled by the names of their modules: those that quaver has no
    # module for must be found.
    if not _is_ours(sys.modules.get("librosa")):
        return
    for name, module in list(_loaded.items()):
        if _is_loading(module):
            continue
        if isinstance(sys.modules.setdefault(name, module), _Later):
            sys.modules[name] = module


def _is_loading(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


def _is_ours(module: ModuleType | None) -> bool:
    return module is not None and module.__name__.startswith("quaver.")


def _settle(package: ModuleType) -> None:
    # librosa's packages look their names up in sys.modules when they are first used, and would find
    # quaver's there while it answers to that name. What they would look up is told by their stubs.
    stub = Path(package.__file__ or "").with_suffix(".pyi")
    search = vars(package).get("__getattr__")
    if search is None or not hasattr(package, "__path__") or not stub.is_file():
        return
    where = _listing.lazy_names(stub)

    def get(name: str) -> Any:
        if name not in where:
            return search(name)
        module, its_name = where[name]
        found: Any = _load(f"{package.__name__}.{module or its_name}")
        if module:
            found = getattr(found, its_name)
        vars(package)[name] = found
        return found

    vars(package)["__getattr__"] = get


def _adopt_classes() -> None:
    errors: Any
    marks: Any
    # Whoever catches quaver's ParameterError means librosa's too. The class stays what it is, since
    # code that imported librosa itself holds it: it gets quaver's for a base.
    errors, marks = (_loaded.get(shared) for shared in _SHARED)
    if errors is not None and not issubclass(errors.ParameterError, ParameterError):
        errors.ParameterError.__bases__ = (ParameterError, *errors.ParameterError.__bases__)
    # The mark of arguments that were not given is one for librosa's functions, too.
    if marks is not None and not issubclass(_release.Deprecated, marks.Deprecated):
        _release.Deprecated.__bases__ += (marks.Deprecated,)


def share() -> None:
    """Load what quaver shares with a librosa that is imported, ahead of taking it out.

    It loads its modules when they are first used; apart from the others they would be copies.

    Examples
    --------
    >>> share()
    """
    there = sys.modules.get("librosa")
    if there is not None and not _is_ours(there):
        with suppress(ImportError):
            for shared in _SHARED:
                importlib.import_module(shared)


def rest(there: Mapping[str, ModuleType]) -> dict[str, ModuleType]:
    """Return librosa's modules by name, each to be loaded when it is first used.

    `there` are those that were imported before, which need not be loaded again.

    Not found one by one when imported: the import system holds a module's lock meanwhile, and
    loading librosa takes those of all its modules. Two threads that import one each would wait for
    each other. Only to be called while nothing answers to the name librosa. Empty without librosa.

    Examples
    --------
    >>> isinstance(rest({}), dict)
    True
    """
    with _lock:
        if not _loaded:
            _adopt(there.items())
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
