"""Linear discriminant analysis with a shrunken covariance, in one pass over the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quaver._extras import extra

with extra("encoder", "sklearn", user="training on an encoder"):
    from scipy.linalg import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Share of the covariance that is taken for equal and without correlations.
SHRINKAGE = 0.2


def discriminant(
    rows: NDArray[np.float32],
    labels: NDArray[np.intp],
    weights: NDArray[np.float64],
    shrinkage: float = SHRINKAGE,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit scikit-learn's `LinearDiscriminantAnalysis(solver="lsqr")` with weights and equal priors.

    Parameters
    ----------
    rows : ndarray of shape (n, n_values), float32
    labels : ndarray of shape (n,), intp
        From 0.
    weights : ndarray of shape (n,), float64
    shrinkage : float, default 0.2
        Towards a multiple of the identity of the same trace.

    Returns
    -------
    matrix : ndarray of shape (n_values, n_labels), float32
    bias : ndarray of shape (n_labels,), float32

    References
    ----------
    J. H. Friedman, "Regularized discriminant analysis", J. Am. Stat. Assoc. 84, 1989.
    """
    n_values, n_labels = rows.shape[1], int(labels.max()) + 1
    means = np.empty((n_labels, n_values))
    for label in range(n_labels):
        own = labels == label
        means[label] = np.average(rows[own], axis=0, weights=weights[own])
    heavy = np.sqrt(weights / weights.sum()).astype(np.float32)[:, None]
    rest = (rows - means.astype(np.float32)[labels]) * heavy
    covariance = (rest.T @ rest).astype(np.float64)
    mean_variance = float(np.trace(covariance)) / n_values
    covariance *= 1 - shrinkage
    diagonal = np.arange(n_values)
    covariance[diagonal, diagonal] += max(shrinkage * mean_variance, 1e-9)
    matrix = solve(covariance, means.T, assume_a="pos", overwrite_a=True)
    bias = -(means.T * matrix).sum(axis=0) / 2
    return matrix.astype(np.float32), bias.astype(np.float32)
