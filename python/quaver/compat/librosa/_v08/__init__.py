"""librosa as it was in 0.8: positional calls, names and defaults of that time on today's functions.

Each module of today has one here, made when `dressed` or pickle asks for it, whose functions take
what those of 0.8 took. What 0.8 itself had lost by then, and old code still calls, is here too.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

from quaver.compat.librosa._v08 import calls, names

_TODAY = "quaver.compat.librosa"


class _Module(ModuleType):
    """A module of 0.8, which takes its names from today's when they are first used."""

    def __init__(self, name: str, today: ModuleType) -> None:
        super().__init__(f"{__name__}.{name}" if name else __name__, today.__doc__)
        self._name, self._today = name, today
        self.__path__: list[str] = []
        self.__file__ = getattr(today, "__file__", None)

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return [*self._today.__all__, *names.NAMES.get(self._name, {})]
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"{self.__name__}.{name} does not exist")
        found = self._found(name)
        setattr(self, name, found)  # the next access is a plain look-up
        return found

    def _found(self, name: str) -> Any:
        old = names.NAMES.get(self._name, {}).get(name)
        if isinstance(old, str):
            return module(old, ModuleType(old))
        today = old or getattr(self._today, name)
        if isinstance(today, ModuleType):
            return module(f"{self._name}.{name}".lstrip("."), today)
        if isinstance(today, FunctionType):
            return calls.adapted(today, name, self.__name__)
        return today

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._today), *names.NAMES.get(self._name, {})})


_modules: dict[str, _Module] = {}


def module(name: str, today: ModuleType) -> ModuleType:
    """Return the module of 0.8 that answers to a name below librosa, e.g. ``"feature"``.

    Examples
    --------
    >>> import quaver.compat.librosa.feature as feature
    >>> module("feature", feature).rmse.__module__
    'quaver.compat.librosa._v08.feature'
    """
    if name not in _modules:
        _modules[name] = made = _Module(name, today)
        if name:  # where pickle looks for functions
            sys.modules[made.__name__] = made
    return _modules[name]


def dressed(modules: Mapping[str, ModuleType]) -> dict[str, ModuleType]:
    """Return modules of librosa by name, those of today given, as they were in 0.8.

    Examples
    --------
    >>> import quaver.compat.librosa as today
    >>> dressed({"librosa": today})["librosa"].__version__ == today.__version__
    True
    """
    old = {full: module(full.partition(".")[2], today) for full, today in modules.items()}
    if "librosa" in old:
        old |= {f"librosa.{name}": getattr(old["librosa"], name) for name in names.MODULES}
    return old


def __getattr__(name: str) -> Any:
    # Pickle imports a module of another process' by this name.
    if name.startswith("__"):
        raise AttributeError(f"{__name__}.{name} does not exist")
    return getattr(module("", importlib.import_module(_TODAY)), name)
