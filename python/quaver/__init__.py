"""quaver: speech to emotion, fast.

C++ feature kernels under a NumPy-friendly package, and the models on top. Importing it pulls in
NumPy only; `quaver.models` needs scikit-learn, `quaver.plots` matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from quaver import _core
from quaver._info import show_config
from quaver.audio import load
from quaver.batch import Batch, Failure, extract_many
from quaver.config import LABELS, SHORT_TERM_FEATURES, STATISTICS, FeatureConfig
from quaver.features import (
    ShortTerm,
    delta,
    extract,
    feature_names,
    frame_names,
    functionals,
    mfcc,
    short_term,
)
from quaver.spectrogram import log_mel
from quaver.stream import Stream
from quaver.windowing import windows

if TYPE_CHECKING:
    from quaver.compat.install import install_as

__version__: str = _core.version

__all__ = [
    "LABELS",
    "SHORT_TERM_FEATURES",
    "STATISTICS",
    "Batch",
    "Failure",
    "FeatureConfig",
    "ShortTerm",
    "Stream",
    "__version__",
    "delta",
    "extract",
    "extract_many",
    "feature_names",
    "frame_names",
    "functionals",
    "install_as",
    "load",
    "log_mel",
    "mfcc",
    "short_term",
    "show_config",
    "windows",
]


def __getattr__(name: str) -> object:
    # On first use: most programs replace no library.
    if name == "install_as":
        return importlib.import_module("quaver.compat.install").install_as
    if name in ("compat", "recipes"):
        return importlib.import_module(f"quaver.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
