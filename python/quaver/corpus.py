"""Corpora of emotional speech as one table: path, label, speaker, corpus, sex, times, split.

Labels are any strings; readers of published corpora map to `quaver.LABELS` what means one of these.
Nothing is downloaded: readers parse the published names.

The names are kept here, the code is in `quaver.corpora`.
"""

from quaver.config import LABELS
from quaver.corpora.manifests import manifest
from quaver.corpora.readers import (
    KINDS,
    RAVDESS_FOLDS,
    Calm,
    cremad,
    emodb,
    emovo,
    esd,
    folders,
    iemocap,
    meld,
    nemo,
    ravdess,
    read_corpus,
    savee,
    subesco,
    tess,
    urdu,
)
from quaver.corpora.table import COLUMNS, Clip, Corpus

__all__ = [
    "COLUMNS",
    "KINDS",
    "LABELS",
    "RAVDESS_FOLDS",
    "Calm",
    "Clip",
    "Corpus",
    "cremad",
    "emodb",
    "emovo",
    "esd",
    "folders",
    "iemocap",
    "manifest",
    "meld",
    "nemo",
    "ravdess",
    "read_corpus",
    "savee",
    "subesco",
    "tess",
    "urdu",
]
