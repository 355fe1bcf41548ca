"""Thresholds and scores of probabilities, and weights of classes; private."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from quaver._extras import extra

with extra("text"):
    from sklearn.metrics import f1_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEPS = np.linspace(0.02, 0.9, 89)
# Chosen on training texts of GoEmotions, by what models say that did not see them: thresholds of
# 5,426 of them on the others have a macro-F1 that is 0.001 to 0.002 higher than without.
_WIDTH = 0.3


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

    The F1 of a threshold is a mean over those around it: the highest one alone is chance where few
    texts have the label.

    Parameters
    ----------
    true : array_like of shape (n_texts, n_classes), bool
    found : array_like of shape (n_texts, n_classes)
        Probabilities.

    Returns
    -------
    ndarray of shape (n_classes,), float64

    Examples
    --------
    >>> best_thresholds([[True], [False], [False]], [[0.405], [0.285], [0.1]]).round(2)
    array([0.3])
    """
    true, found = np.asarray(true, bool), np.asarray(found)
    chosen = []
    for column, values in zip(true.T, found.T, strict=True):
        predicted = values[:, None] >= _STEPS
        hits = (predicted & column[:, None]).sum(axis=0)
        scores = 2 * hits / np.maximum(1, predicted.sum(axis=0) + column.sum())
        chosen.append(_STEPS[np.argmax(_around() @ scores)])
    return np.array(chosen)


@cache
def _around() -> NDArray[np.float64]:
    """Return how much each threshold counts for each, by their distance in logits."""
    logits = np.log(_STEPS / (1 - _STEPS))
    weights = np.exp(-0.5 * ((logits[:, None] - logits) / _WIDTH) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def class_weights(
    given: Literal["balanced"] | Mapping[Any, float] | None,
    classes: NDArray[Any],
    targets: NDArray[np.float32],
    multi_label: bool,
) -> NDArray[np.float64]:
    """Return the weight of the positive examples of each class.

    Parameters
    ----------
    given : None, "balanced" or dict of label to float
        "balanced": negative over positive examples if `multi_label`, else the number of all over
        that of the class, 1 on average.
    classes : ndarray of shape (n_classes,)
    targets : ndarray of shape (n_texts, n_classes), float32
    multi_label : bool

    Raises
    ------
    ValueError
        For another value, or a label that is no class.
    """
    if given is None:
        return np.ones(len(classes))
    if isinstance(given, Mapping):
        unknown = set(given) - set(classes.tolist())
        if unknown:
            raise ValueError(f"class_weight has labels that y has not: {sorted(unknown)}")
        return np.array([given.get(label, 1.0) for label in classes.tolist()], np.float64)
    if given != "balanced":
        raise ValueError(f"class_weight must be None, 'balanced' or a dict, got {given!r}")
    n_texts = len(targets)
    positive = targets.sum(axis=0, dtype=np.float64).clip(1, max(1, n_texts - 1))
    if multi_label:
        return np.asarray((n_texts - positive) / positive)
    return np.asarray(n_texts / (len(classes) * positive))
