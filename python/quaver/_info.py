"""What is installed and how it was built."""

from __future__ import annotations

import platform

import numpy as np

from quaver import _core


def show_config() -> dict[str, str | list[str]]:
    """Return version, compiler, flags and SIMD targets of this installation.

    Returns
    -------
    dict
        ``version``, ``python``, ``numpy``, ``compiler``, ``flags``, ``targets`` (those of this
        processor, narrowest first) and ``target`` (the one in use; the environment variable
        ``QUAVER_TARGET`` forces one).

    Examples
    --------
    >>> config = show_config()
    >>> config["target"] in config["targets"]
    True
    """
    return {
        "version": _core.version,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "compiler": _core.compiler,
        "flags": " ".join(_core.flags.split()),
        "targets": _core.targets(),
        "target": _core.target(),
    }
