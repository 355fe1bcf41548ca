"""quaver: speech to emotion, fast.

C++ feature kernels under a NumPy-friendly package, and the models on top. Importing it pulls in
NumPy only; submodules load on first use and say which extra they need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._compiled import explained

try:
    from quaver import _core
except ImportError as error:
    raise explained("_core", error) from None

from quaver._info import show_config
from quaver._lazy import lazy
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
    modulation,
    short_term,
)
from quaver.spectrogram import log_mel
from quaver.stream import Stream
from quaver.windowing import windows

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
    "egemaps",
    "egemaps_names",
    "extract",
    "extract_corpus",
    "extract_many",
    "feature_names",
    "frame_names",
    "functionals",
    "modulation",
    "install_as",
    "load",
    "log_mel",
    "mfcc",
    "read_corpus_features",
    "short_term",
    "show_config",
    "windows",
]

if TYPE_CHECKING:
    from quaver import augmentation as augmentation
    from quaver import compat as compat
    from quaver import corpus as corpus
    from quaver import data as data
    from quaver import dataset as dataset
    from quaver import geneva as geneva
    from quaver import models as models
    from quaver import plots as plots
    from quaver import recipes as recipes
    from quaver import record as record
    from quaver import text as text
    from quaver import voice as voice
    from quaver.compat.install import install_as as install_as
    from quaver.dataset.extract import extract_corpus as extract_corpus
    from quaver.dataset.read import read_corpus_features as read_corpus_features
    from quaver.geneva import egemaps as egemaps
    from quaver.geneva import egemaps_names as egemaps_names
else:
    # On first use: most programs need few of them.
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "augmentation": (),
            "compat": (),
            "corpus": (),
            "data": (),
            "dataset": (),
            "geneva": (),
            "models": (),
            "plots": (),
            "recipes": (),
            "record": (),
            "text": (),
            "voice": (),
            "quaver.compat.install": ("install_as",),
            "quaver.dataset.extract": ("extract_corpus",),
            "quaver.dataset.read": ("read_corpus_features",),
            "quaver.geneva": ("egemaps", "egemaps_names"),
        },
    )
