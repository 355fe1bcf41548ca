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


def folds_of(
    corpus: Corpus, protocol: str, *, seed: int = 0, whole: bool = False
) -> Iterator[NDArray[np.intp]]:
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
            corpora whose speakers nobody knows, or to compare with. Parts of a file that overlap
            stay together.
    seed : int, default 0
        Of random folds.
    whole : bool, default False
        Whether random folds keep all rows of a file together, as its windows have to be.

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
        yield from _random(corpus, seed, whole)
        return
    # Lists: to sort a million words as an array takes longer than everything else.
    corpora, groups = corpus.column("corpus").tolist(), corpus.groups.tolist()
    if protocol == "leave-one-corpus-out":
        if len(set(corpora)) < 2:
            raise ValueError(f"{protocol} needs at least two corpora, got {corpora[0]}")
        yield from _each(corpora, {name: i for i, name in enumerate(sorted(set(corpora)))})
        return
    if not corpus.has_speakers:
        raise ValueError(
            f"{protocol} needs the speakers, which are not known: name a column or a pattern that"
            " finds them, or take the protocol random, whose scores are optimistic"
        )
    if len(set(groups)) < 2:
        raise ValueError(f"{protocol} needs at least two speakers, got {groups[0]}")
    if protocol == "leave-one-speaker-out":
        yield from _each(groups, {name: i for i, name in enumerate(sorted(set(groups)))})
        return
    numbers = {f"ravdess/{speaker}": i for i, fold in enumerate(RAVDESS_FOLDS) for speaker in fold}
    speakers: dict[str, list[str]] = {}
    for name, group in sorted(set(zip(corpora, groups, strict=True))):
        speakers.setdefault(name, []).append(group)
    for own in speakers.values():
        others = [group for group in own if group not in numbers]
        numbers.update({group: i % _N_FOLDS for i, group in enumerate(others)})
    yield from _each(groups, numbers)


def _each(words: list[str], numbers: dict[str, int]) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each fold that has any, by the number of their word."""
    folds = np.fromiter(map(numbers.__getitem__, words), np.intp, len(words))
    for i in range(max(numbers.values()) + 1):
        rows = np.flatnonzero(folds == i)
        if rows.size:
            yield rows


def _random(corpus: Corpus, seed: int, whole: bool) -> Iterator[NDArray[np.intp]]:
    known = " though speakers are known" if corpus.has_speakers else ""
    warnings.warn(
        f"random folds{known}: a voice may be on both sides, and scores are optimistic",
        UserWarning,
        stacklevel=4,
    )
    units = units_of(corpus, whole=whole)
    first = np.unique(units, return_index=True)[1]
    labels = corpus.labels[first]
    order = np.random.default_rng(seed).permutation(len(labels))
    # Clips of a label one after the other, dealt out as cards are.
    dealt = order[np.argsort(labels[order], kind="stable")]
    if len(dealt) < 2:
        what = "recordings" if whole else "clips"
        raise ValueError(f"random folds need at least two {what}, got {len(dealt)}")
    folds = np.empty(len(dealt), np.intp)
    folds[dealt] = np.arange(len(dealt)) % _N_FOLDS
    for i in range(min(_N_FOLDS, len(dealt))):
        yield np.flatnonzero(folds[units] == i)


def units_of(corpus: Corpus, *, whole: bool = False) -> NDArray[np.intp]:
    """Return numbers of what no fold may part: parts of a file that overlap, or `whole` files.

    Examples
    --------
    >>> from pathlib import Path
    >>> from quaver.corpus import Clip
    >>> spans = ((0, 2), (5, 6), (1, 3))
    >>> units_of(Corpus(Clip(Path("a"), "", "", "", start=s, end=e) for s, e in spans)).tolist()
    [0, 1, 0]
    """
    numbers: dict[str, int] = {}
    files = [numbers.setdefault(path, len(numbers)) for path in corpus.column("path").tolist()]
    is_text = list(numbers) == [""]  # which is of no file
    if is_text or len(numbers) == len(files):
        return np.arange(len(files))
    codes = np.array(files, np.intp)
    if whole:
        return codes
    starts, ends = corpus.column("start"), corpus.column("end")
    order = np.lexsort((starts, codes))
    units = np.empty(len(files), np.intp)
    file, until, first = -1, 0.0, -1
    for i in order.tolist():
        if files[i] != file or starts[i] >= until:
            file, until, first = files[i], 0.0, i
        until = max(until, np.inf if np.isnan(ends[i]) else ends[i])
        units[i] = first
    return np.unique(units, return_inverse=True)[1]
