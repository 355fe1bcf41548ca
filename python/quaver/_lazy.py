"""Packages whose names are looked up in their modules on first use (PEP 562)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext

from quaver._extras import extra


def lazy(
    package: str, homes: Mapping[str, Iterable[str]], *, needs: str | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package.

    The package imports the same names under TYPE_CHECKING and lists them in `__all__`; a test
    compares the three.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    homes : mapping of str to names
        Public names by the module of the package, or with dots in it any module, that has them.
        The package's own modules are attributes, too.
    needs : str, optional
        The extra that an error names if a package is missing. Without it an error is raised as the
        module raised it; either way `hasattr` raises it, too.
    """
    modules = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> object:
        home = modules.get(name, name if name in homes else None)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        with extra(needs) if needs else nullcontext():
            found = importlib.import_module(home if "." in home else f"{package}.{home}")
        value: object = found if name not in modules else getattr(found, name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        public = sys.modules[package].__all__
        return sorted({*public, *modules, *(m for m in homes if "." not in m)})

    return find, names
