"""Which clips are trained on and which are tested: the folds of each protocol."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from quaver.corpus import RAVDESS_FOLDS, Corpus

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Names that `folds_of` knows.
PROTOCOLS = ("speaker-independent", "leave-one-speaker-out", "leave-one-corpus-out", "random")

_N_FOLDS = 5


def folds_of(corpus: Corpus, protocol: str, *, seed: int = 0) -> Iterator[NDArray[np.intp]]:
    """Yield the test rows of each fold.

    Parameters
    ----------
    corpus : Corpus
    protocol : str
        speaker-independent
            Five folds; of RAVDESS the published ones by actor, of every other corpus its speakers
            in alphabetical order, dealt out one by one.
        leave-one-speaker-out
            A fold for each speaker.
        leave-one-corpus-out
            A fold for each corpus.
        random
            Five folds, each label shared out evenly by a seed. Voices are on both sides: only for
            corpora whose speakers nobody knows, or to compare with.
    seed : int, default 0
        Of random folds.

    Raises
    ------
    ValueError
        For an unknown protocol, or a corpus that it cannot part.

    Warns
    -----
    UserWarning
        For random folds, whose scores are too good.

    Examples
    --------
    >>> from pathlib import Path
    >>> from quaver.corpus import Clip
    >>> corpus = Corpus(Clip(Path(f"{s}.wav"), "calm", s, "mine") for s in "aab")
    >>> [rows.tolist() for rows in folds_of(corpus, "leave-one-speaker-out")]
    [[0, 1], [2]]
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, got {protocol!r}")
    if protocol == "random":
        yield from _random(corpus, seed)
        return
    corpora, groups = corpus.column("corpus"), corpus.groups
    if protocol == "leave-one-corpus-out":
        if len(np.unique(corpora)) < 2:
            raise ValueError(f"{protocol} needs at least two corpora, got {corpora[0]}")
        yield from (np.flatnonzero(corpora == name) for name in np.unique(corpora))
        return
    if not corpus.has_speakers:
        raise ValueError(
            f"{protocol} needs the speakers, which are not known: name a column or a pattern that"
            " finds them, or take the protocol random, whose scores are optimistic"
        )
    if len(np.unique(groups)) < 2:
        raise ValueError(f"{protocol} needs at least two speakers, got {groups[0]}")
    if protocol == "leave-one-speaker-out":
        yield from (np.flatnonzero(groups == group) for group in np.unique(groups))
        return
    numbers = {f"ravdess/{speaker}": i for i, fold in enumerate(RAVDESS_FOLDS) for speaker in fold}
    for name in set(np.unique(corpora)) - {"ravdess"}:
        for i, group in enumerate(np.unique(groups[corpora == name])):
            numbers[str(group)] = i % _N_FOLDS
    folds = np.array([numbers[group] for group in groups])
    yield from (np.flatnonzero(folds == i) for i in range(_N_FOLDS) if (folds == i).any())


def _random(corpus: Corpus, seed: int) -> Iterator[NDArray[np.intp]]:
    known = " though speakers are known" if corpus.has_speakers else ""
    warnings.warn(
        f"random folds{known}: a voice may be on both sides, and scores are optimistic",
        UserWarning,
        stacklevel=4,
    )
    labels = corpus.labels
    order = np.random.default_rng(seed).permutation(len(labels))
    # Clips of a label one after the other, dealt out as cards are.
    dealt = order[np.argsort(labels[order], kind="stable")]
    if len(dealt) < 2:
        raise ValueError(f"random folds need at least two clips, got {len(dealt)}")
    for i in range(min(_N_FOLDS, len(dealt))):
        yield np.sort(dealt[i::_N_FOLDS])
