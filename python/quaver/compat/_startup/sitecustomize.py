"""Run by each Python process that a program under ``quaver run`` starts, ahead of anything else.

`quaver run` puts this folder on PYTHONPATH and the names of the libraries into QUAVER_BACKENDS.
quaver itself is imported when the first of them is, so that other processes lose no time.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType


class _OnDemand:
    """Finds the stand-ins for the libraries, the first time that one is imported."""

    def __init__(self, backends: Sequence[str]) -> None:
        self.backends = backends
        self.names = [backend.partition("==")[0] for backend in backends]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self.names:
            return None
        sys.meta_path.remove(self)
        try:
            from quaver.compat.install import install_as, parse
        except ImportError:  # a Python without quaver, e.g. of another environment
            return None
        for backend in self.backends:
            install_as(*parse(backend))
        loader = _Installed(sys.modules[name])
        return importlib.machinery.ModuleSpec(name, loader)  # type: ignore[arg-type]


class _Installed:
    """Loads what `install_as` has put in its place already."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


def _start() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    backends = [each for each in os.environ.get("QUAVER_BACKENDS", "").split(",") if each]
    if backends:
        sys.meta_path.insert(0, _OnDemand(backends))
    # The one that this one hides: the user's, or the system's.
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize")
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_start()
