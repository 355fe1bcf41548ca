"""Names that load when first used, from quaver or, where it has none, from an installed librosa."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

_HERE = "quaver.compat.librosa"


def attach(
    module: str, where: Mapping[str, str], submodules: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names live in modules.

    Parameters
    ----------
    module : str
        Name below librosa, empty for librosa itself.
    where : mapping of str to str
        Module below quaver's librosa that defines each name.
    submodules : tuple of str
        Modules of the package.

    Returns
    -------
    tuple of two functions

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
        found = attribute(module, name) if name not in where else _ours(where[name], name)
        # The next access is a plain look-up.
        setattr(sys.modules[own], name, found)
        return found

    def names() -> list[str]:
        return sorted({*where, *submodules})

    return get, names


def _ours(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"{_HERE}.{module}"), name)


def attribute(module: str, name: str) -> Any:
    """Return a name of the real librosa.

    Parameters
    ----------
    module : str
        Module below librosa, e.g. ``"feature"``; empty for librosa itself.
    name : str
        Name in that module.

    Returns
    -------
    object

    Raises
    ------
    AttributeError
        When librosa has no such name, or the name is private.
    ImportError
        When librosa is not installed; names the function and how to install it.

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


def _real(module: str, wanted: str) -> ModuleType:
    # librosa looks its modules up by name when first used. Loaded at once, it never does so while
    # quaver answers to that name.
    before = os.environ.get("EAGER_IMPORT")
    os.environ["EAGER_IMPORT"] = "1"
    try:
        return _import(module)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{wanted} is not part of quaver and needs librosa itself"
            f" ({error.name} is missing): pip install librosa"
        ) from None
    finally:
        if before is None:
            del os.environ["EAGER_IMPORT"]
        else:
            os.environ["EAGER_IMPORT"] = before


def _import(module: str) -> ModuleType:
    try:
        install = importlib.import_module("quaver.compat.install")
    except ModuleNotFoundError:
        return importlib.import_module(module)
    found: ModuleType = install.original(module)
    return found
