"""Sizes of the network of `quaver.models.text`, its rows, and what its files say; private."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._unicode import is_word
from quaver.models.archive import check_labels
from quaver.text import PADDING_ID, Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRETRAINED = "goemotions-text"

FILTERS = (128, 256, 512)
KERNEL = 8
POOL = 2
UNITS = (180, 180, 180)
HIDDEN = 128

#: Lengths of rows are multiples of this: three poolings halve them without a rest.
GRID: int = POOL ** len(FILTERS)

#: What files say beside the weights, and of which kind it is.
KEYS = {
    "classes": list,
    "multi_label": bool,
    "thresholds": list,
    "length": int,
    "truncating": str,
    "dimensions": int,
    "vocabulary": str,
    "card": dict,
}
_LONGEST, _MOST_DIMENSIONS = 1 << 16, 1 << 12


def weight_shapes(n_ids: int, n_classes: int, dimensions: int) -> list[tuple[int, ...]]:
    """Return the shapes of the weights of `build_network`, which need not be built for that."""
    found: list[tuple[int, ...]] = [(n_ids, dimensions)]
    for before, filters in pairwise((dimensions, *FILTERS)):
        found += [(KERNEL, before, filters), (filters,), *[(filters,)] * 4]
    for before, units in pairwise((FILTERS[-1], *UNITS)):
        found += [(before, 4 * units), (units, 4 * units), (4 * units,)]
    for before, units in pairwise((UNITS[-1], HIDDEN, n_classes)):
        found += [(before, units), (units,)]
    return found


def check_about(about: dict[str, Any]) -> None:
    """Raise ValueError for labels, thresholds or sizes that no classifier has."""
    n_classes = len(check_labels(about["classes"], at_least=1, numbers=True))
    thresholds = np.array(about["thresholds"], np.float64)
    if thresholds.shape != (n_classes,) or not np.isfinite(thresholds).all():
        raise ValueError(f"{len(thresholds)} thresholds for {n_classes} classes")
    for name, largest in (("length", _LONGEST), ("dimensions", _MOST_DIMENSIONS)):
        if not 1 <= about[name] <= largest:
            raise ValueError(f"{name} must be at most {largest}, got {about[name]}")
    if about["truncating"] not in ("pre", "post"):
        raise ValueError("truncating must be 'pre' or 'post'")


def round_up(length: int) -> int:
    """Return the next multiple of `GRID`, at least one."""
    return max(1, -(-length // GRID)) * GRID


def buckets(ids: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return for each row the number of columns that it needs."""
    columns = np.arange(1, ids.shape[1] + 1)
    needed: NDArray[np.intp] = ((ids != PADDING_ID) * columns).max(axis=1, initial=1)
    return np.asarray(-(-needed // GRID) * GRID)


def in_buckets(
    ids: NDArray[np.int32],
    n_classes: int,
    answer: Callable[[NDArray[np.int32]], Any],
    batch_size: int = 512,
) -> NDArray[np.float32]:
    """Return the answers to rows padded behind, shorter ones in shorter batches."""
    found = np.zeros((len(ids), n_classes), np.float32)
    lengths = buckets(ids)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        for start in range(0, len(rows), batch_size):
            part = rows[start : start + batch_size]
            found[part] = answer(ids[part, :length])
    return found


def has_words(ids: NDArray[np.int32], vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """Return for each row whether an id in it is that of a word, a picture or an emoticon."""
    return np.asarray(_says_something(vocabulary)[ids].any(axis=1))


@lru_cache(maxsize=8)
def _says_something(vocabulary: Vocabulary) -> NDArray[np.bool_]:
    return np.array([False, False, *map(is_word, vocabulary.words)])
