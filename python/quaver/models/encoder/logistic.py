"""Logistic regression on many long rows, in few passes over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("encoder", "sklearn", user="training on an encoder"):
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import minimize

from quaver.models.encoder.head import softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ITERATIONS = 200
_TOLERANCE = 1e-5


def logistic_regression(
    rows: NDArray[np.float32],
    labels: NDArray[np.intp],
    weights: NDArray[np.float64],
    penalty: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit what scikit-learn's `LogisticRegression(C=penalty)` fits, with a score for each label.

    Its solver takes hundreds of passes over correlated columns. Here L-BFGS starts from Boehning's
    bound of the curvature, (rows' weights rows / 2 + 1 / C), and takes some twenty.

    Parameters
    ----------
    rows : ndarray of shape (n, n_values), float32
        About standardised.
    labels : ndarray of shape (n,), intp
        From 0.
    weights : ndarray of shape (n,), float64
    penalty : float
        C: the weight of the data against half the squared norm of the matrix.

    Returns
    -------
    matrix : ndarray of shape (n_values, n_labels), float32
    bias : ndarray of shape (n_labels,), float32

    References
    ----------
    D. Boehning, "Multinomial logistic regression algorithm", Ann. Inst. Statist. Math. 44, 1992.
    """
    n_values, n_labels = rows.shape[1], int(labels.max()) + 1
    heavy = weights.astype(np.float32)[:, None]
    true = np.zeros((len(rows), n_labels), np.float32)
    true[np.arange(len(rows)), labels] = 1
    root = cholesky(_curvature(rows, heavy, penalty), lower=True, overwrite_a=True)
    total = float(weights.sum())

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = solve_triangular(root, flat.reshape(-1, n_labels), lower=True, trans=1)
        matrix, bias = values[:-1].astype(np.float32), values[-1].astype(np.float32)
        found = softmax(rows @ matrix + bias)
        likely = np.log(np.maximum(found[true > 0], 1e-30), dtype=np.float64)
        norm = float(np.square(values[:-1]).sum()) / 2 / penalty
        rest = (found - true) * heavy
        gradient = np.empty_like(values)
        gradient[:-1] = rows.T @ rest + values[:-1] / penalty
        gradient[-1] = rest.sum(axis=0, dtype=np.float64)
        down = solve_triangular(root, gradient, lower=True)
        return float(norm - (likely * weights).sum()) / total, down.ravel() / total

    found: Any = minimize(
        loss,
        np.zeros((n_values + 1) * n_labels),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _ITERATIONS, "gtol": _TOLERANCE, "ftol": 1e-9},
    )
    best = solve_triangular(root, found.x.reshape(-1, n_labels), lower=True, trans=1)
    best -= best.mean(axis=1, keepdims=True)  # which changes no probability
    return best[:-1].astype(np.float32), best[-1].astype(np.float32)


def _curvature(
    rows: NDArray[np.float32], weights: NDArray[np.float32], penalty: float
) -> NDArray[np.float64]:
    """Return the bound, of the values and of the bias, which is not penalised."""
    n_values = rows.shape[1]
    found = np.zeros((n_values + 1, n_values + 1))
    found[:-1, :-1] = (rows * weights).T @ rows
    found[-1, :-1] = found[:-1, -1] = (rows * weights).sum(axis=0, dtype=np.float64)
    found[-1, -1] = weights.sum(dtype=np.float64)
    found /= 2
    found[np.arange(n_values), np.arange(n_values)] += 1 / penalty
    return found
