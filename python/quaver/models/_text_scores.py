"""Thresholds and scores of probabilities; private."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quaver.models import require

require("sklearn", extra="text")

from sklearn.metrics import f1_score  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEPS = np.linspace(0.02, 0.9, 89)


def macro_f1(true: ArrayLike, found: ArrayLike, *, multi_label: bool) -> float:
    """Return the F1 averaged over labels; multi-label with the best threshold of each.

    Parameters
    ----------
    true : array_like of shape (n_texts, n_classes), bool
    found : array_like of shape (n_texts, n_classes)
        Probabilities.
    multi_label : bool

    Examples
    --------
    >>> macro_f1([[True, False], [False, True]], [[0.6, 0.4], [0.3, 0.7]], multi_label=False)
    1.0
    """
    true, found = np.asarray(true, bool), np.asarray(found)
    if multi_label:
        predicted = found >= best_thresholds(true, found)
        return float(f1_score(true, predicted, average="macro", zero_division=0.0))
    labels = (true.argmax(axis=1), found.argmax(axis=1))
    return float(f1_score(*labels, average="macro", zero_division=0.0))


def best_thresholds(true: ArrayLike, found: ArrayLike) -> NDArray[np.float64]:
    """Return for each label the threshold with the highest F1, of steps of 0.01.

    Parameters
    ----------
    true : array_like of shape (n_texts, n_classes), bool
    found : array_like of shape (n_texts, n_classes)
        Probabilities.

    Returns
    -------
    ndarray of shape (n_classes,), float64
        The middle one of equally good thresholds.

    Examples
    --------
    >>> best_thresholds([[True], [False], [False]], [[0.405], [0.285], [0.1]]).round(2)
    array([0.34])
    """
    true, found = np.asarray(true, bool), np.asarray(found)
    chosen = []
    for column, values in zip(true.T, found.T, strict=True):
        predicted = values[:, None] >= _STEPS
        hits = (predicted & column[:, None]).sum(axis=0)
        scores = 2 * hits / np.maximum(1, predicted.sum(axis=0) + column.sum())
        best = np.flatnonzero(scores == scores.max())
        chosen.append(_STEPS[best[len(best) // 2]])
    return np.array(chosen)
