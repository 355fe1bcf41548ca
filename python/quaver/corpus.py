"""Corpora of emotional speech as one table: path, label, speaker, corpus, sex.

Labels are those of `quaver.LABELS`; what a corpus calls otherwise is mapped, what has no
counterpart (boredom) is left out. Nothing is downloaded: readers parse the published names.

The names are kept here, the code is in `quaver.corpora`.
"""

from quaver.config import LABELS
from quaver.corpora.readers import (
    KINDS,
    RAVDESS_FOLDS,
    Calm,
    cremad,
    emodb,
    nemo,
    ravdess,
    read_corpus,
    savee,
    tess,
)
from quaver.corpora.table import Clip, Corpus, manifest

__all__ = [
    "KINDS",
    "LABELS",
    "RAVDESS_FOLDS",
    "Calm",
    "Clip",
    "Corpus",
    "cremad",
    "emodb",
    "manifest",
    "nemo",
    "ravdess",
    "read_corpus",
    "savee",
    "tess",
]
