"""One answer from several: voice and words, each a row of probabilities over the same labels.

Late fusion only: each model says what it thinks, and the shares are combined. Any of them may be
missing for any clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.linear_model import LogisticRegression
    from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Sources = Mapping[str, ArrayLike | None]

Rule = Literal["mean", "product"]

_FLOOR = 1e-6
_SUM_TOLERANCE = 1e-3


def fuse(
    sources: Sources, *, rule: Rule = "mean", weights: Mapping[str, float] | None = None
) -> NDArray[np.float64]:
    """Combine probabilities of several models over the same labels.

    mean
        The weighted mean of the sources that are there.
    product
        The product of their powers by weight, normalised: sources that agree make each other
        surer, one that rules a label out nearly rules it out for all.

    Parameters
    ----------
    sources : mapping of str to array_like of shape (n, n_classes), or None
        Rows that sum to 1, such as `predict_proba` gives; a row of NaN, or None instead of all
        rows, says that a source is missing.
    rule : {"mean", "product"}, default "mean"
    weights : mapping of str to float, optional
        Not negative; 1 for each source by default. Only their ratio matters to the mean.

    Returns
    -------
    ndarray of shape (n, n_classes), float64
        Rows sum to 1. Where all sources are missing, or those there have no weight, all labels
        are equally probable.

    Raises
    ------
    ValueError
        For shapes that differ, rows that are no probabilities, unknown rules and weights.

    Examples
    --------
    >>> fuse({"voice": [[0.6, 0.4]], "words": [[0.2, 0.8]]}).round(2)
    array([[0.4, 0.6]])
    >>> fuse({"voice": [[0.6, 0.4]], "words": None})
    array([[0.6, 0.4]])
    >>> fuse({"voice": [[0.75, 0.25]], "words": [[0.75, 0.25]]}, rule="product")
    array([[0.9, 0.1]])
    """
    if rule not in ("mean", "product"):
        raise ValueError(f"rule must be 'mean' or 'product', got {rule!r}")
    stacked = _stack(sources)
    factors = _factors(weights, list(sources))
    present = np.asarray(~np.isnan(stacked).any(axis=2))
    shares = present * factors[:, None]  # (n_sources, n)
    if rule == "mean":
        sums = np.einsum("sn,snc->nc", shares, np.nan_to_num(stacked))
    else:
        logs = np.log(np.clip(np.where(present[:, :, None], stacked, 1.0), _FLOOR, None))
        total = np.einsum("sn,snc->nc", shares, logs)
        sums = np.exp(total - total.max(axis=1, keepdims=True))
    sums[shares.sum(axis=0) == 0] = 1.0
    return np.asarray(sums / sums.sum(axis=1, keepdims=True))


class LogisticFusion(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn has no types
    """A combiner that is fitted: a logistic regression on the logarithms of the probabilities.

    It learns how far each source is to be trusted for which label. A source that is missing has
    the mean of its logarithms in training, so that it speaks for no label.

    Parameters
    ----------
    C : float, default 1.0
        Inverse strength of the regularisation.
    drop : float, default 0.2
        Share of the training rows that are repeated with each source missing in turn, so that the
        combiner has seen such.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    sources_ : tuple of str
        Names of the sources, in the order of the features.

    Examples
    --------
    >>> voice = np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.2, 0.8]])
    >>> heard = {"voice": voice, "words": voice}
    >>> combiner = LogisticFusion().fit(heard, ["no", "no", "yes", "yes"])
    >>> combiner.predict({"voice": [[0.7, 0.3]], "words": None}).tolist()
    ['no']
    """

    def __init__(self, C: float = 1.0, drop: float = 0.2) -> None:
        self.C = C
        self.drop = drop

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.dict = True
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Sources, y: ArrayLike) -> LogisticFusion:
        """Learn from probabilities and the true labels.

        Parameters
        ----------
        X : mapping of str to array_like of shape (n, n_classes)
            As for `fuse`; of clips that none of the models was trained on.
        y : array_like of shape (n,)

        Returns
        -------
        LogisticFusion
            Itself.

        Raises
        ------
        ValueError
            As in `fuse`, for a `y` of another length, or a source missing everywhere.
        """
        if not 0 <= self.drop <= 1:
            raise ValueError(f"drop must be in [0, 1], got {self.drop}")
        logs, labels = _logs(_stack(X)), np.asarray(y)
        if labels.shape != (logs.shape[1],):
            raise ValueError(f"y must have shape ({logs.shape[1]},), got {labels.shape}")
        self.sources_ = tuple(X)
        gone = [n for n, rows in zip(X, logs, strict=True) if np.isnan(rows).any(axis=1).all()]
        if gone:
            raise ValueError(f"no rows of {', '.join(gone)} to learn from")
        self._means = np.nanmean(logs, axis=1)
        features, repeated = [self._features(logs)], [labels]
        n_dropped = round(self.drop * len(labels))
        if len(logs) > 1 and n_dropped:
            rows = np.linspace(0, len(labels) - 1, n_dropped).round().astype(int)
            for source in range(len(logs)):
                without = logs[:, rows].copy()
                without[source] = np.nan
                features.append(self._features(without))
                repeated.append(labels[rows])
        self.regression_ = LogisticRegression(C=self.C, max_iter=1000)
        self.regression_.fit(np.concatenate(features), np.concatenate(repeated))
        self.classes_ = self.regression_.classes_
        return self

    def predict_proba(self, X: Sources) -> NDArray[np.float64]:
        """Return the combined probabilities.

        Parameters
        ----------
        X : mapping of str to array_like of shape (n, n_classes), or None
            The sources of `fit`; missing ones as for `fuse`.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
        """
        check_is_fitted(self, "regression_")
        unknown = set(X) - set(self.sources_)
        if unknown:
            raise ValueError(f"unknown sources {sorted(unknown)}, expected {list(self.sources_)}")
        stacked = _stack({name: X.get(name) for name in self.sources_})
        if stacked.shape[2] != self._means.shape[1]:
            raise ValueError(
                f"expected {self._means.shape[1]} columns, got {stacked.shape[2]} in each source"
            )
        return np.asarray(self.regression_.predict_proba(self._features(_logs(stacked))))

    def predict(self, X: Sources) -> NDArray[Any]:
        """Return the most probable labels."""
        best = self.predict_proba(X).argmax(axis=1)  # first: it says if there was no `fit`
        return np.asarray(self.classes_[best])

    def _features(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        filled = np.where(np.isnan(logs), self._means[:, None], logs)
        return np.concatenate(list(filled), axis=1)


def _logs(stacked: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.clip(stacked, _FLOOR, None)))  # NaN stays


def _stack(sources: Sources) -> NDArray[np.float64]:
    """Return (n_sources, n, n_classes), missing rows NaN."""
    arrays = {n: np.asarray(v, np.float64) for n, v in sources.items() if v is not None}
    if not arrays:
        raise ValueError("at least one source must be there")
    first, expected = next((name, array.shape) for name, array in arrays.items())
    for name, array in arrays.items():
        if array.ndim != 2 or array.shape != expected or not array.shape[1]:
            raise ValueError(
                f"{name} must have the shape (n, n_classes) of all sources, got {array.shape},"
                f" {first} has {expected}"
            )
        rows = array[~np.isnan(array).all(axis=1)]
        wrong = ~((rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) <= _SUM_TOLERANCE))
        if wrong.any():
            raise ValueError(f"{name} must have rows of probabilities, got {rows[wrong][0]}")
    missing = np.full(expected, np.nan)
    return np.stack([arrays.get(name, missing) for name in sources])


def _factors(weights: Mapping[str, float] | None, names: list[str]) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(len(names))
    if set(weights) != set(names):
        raise ValueError(f"weights must be for {sorted(names)}, got {sorted(weights)}")
    factors = np.array([weights[name] for name in names], np.float64)
    if not (np.isfinite(factors).all() and (factors >= 0).all() and factors.sum() > 0):
        raise ValueError(f"weights must be finite, not negative, not all 0, got {dict(weights)}")
    return factors
