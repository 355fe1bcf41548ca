"""Folds for choices inside a training part: each speaker's clips stay together."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Fold = tuple[NDArray[np.intp], NDArray[np.intp]]  # rows to train on, rows to test on

_INNER_FOLDS = 4
_TRIES = 20
_SEED = 0


def speaker_folds(
    labels: NDArray[np.str_], groups: NDArray[np.str_] | None
) -> tuple[list[Fold], bool]:
    """Return folds, and whether they keep each speaker's clips together.

    Parameters
    ----------
    labels : ndarray of shape (n_clips,)
        At least two clips of each.
    groups : ndarray of shape (n_clips,), optional
        Speakers; None: random folds, for protocols whose test speakers are known from training.

    Returns
    -------
    folds : list of (train, test)
        At most four; every training part has all labels.
    by_speaker : bool

    Warns
    -----
    UserWarning
        If speakers cannot be kept together because some label would then be missing in training.

    Examples
    --------
    >>> labels, speakers = np.array(list("abab")), np.array(list("ppqq"))
    >>> folds, by_speaker = speaker_folds(labels, speakers)
    >>> [test.tolist() for _, test in folds], by_speaker
    ([[2, 3], [0, 1]], True)
    """
    rows = np.zeros((len(labels), 1))
    if groups is not None:
        n_folds = min(_INNER_FOLDS, len(np.unique(groups)))
        splitters = [GroupKFold(n_folds)] if n_folds >= 2 else []
        splitters += [
            StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
            for seed in range(_TRIES if n_folds >= 2 else 0)
        ]
        with warnings.catch_warnings():
            # Of a label with fewer clips than folds: whether the folds will do is looked at below.
            warnings.simplefilter("ignore", UserWarning)
            for splitter in splitters:
                folds = list(splitter.split(rows, labels, groups))
                if all(len(np.unique(labels[p])) == len(np.unique(labels)) for p, _ in folds):
                    return folds, True
        reason = "some label would be missing in training" if splitters else "one is known, or none"
        warnings.warn(
            f"speakers cannot be kept together: {reason}; the folds of search and calibration are"
            " random, their scores too good for a new voice",
            UserWarning,
            stacklevel=3,
        )
    n_folds = min(_INNER_FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=_SEED)
    return list(splitter.split(rows, labels)), False
