"""A support vector machine of fixed size that says what it does not know.

Least squares in the place of the hinge, and a sample of the training rows, the landmarks, in the
place of all support vectors: a model of many clips and copies stays small, and is fitted in a
solve.

References
----------
J. Suykens et al., Least Squares Support Vector Machines, World Scientific 2002, ch. 6 (fixed size).
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from scipy.linalg import solve
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_array

from quaver.models.encoder.head import LIMIT, Answers, softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Rows = NDArray[np.float32]

_SEED = 0
# Of the targets, so that a temperature of about 1 calibrates the scores.
_HEIGHT = 10
# Keeps the equations well conditioned where landmarks are alike.
_RIDGE = 1e-6
# Times the number of values is gamma: chosen by recall inside the training speakers of a fold.
_GAMMA = 0.35


class LandmarkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Emotions of standard scores by their likeness to landmarks, as `robust.train` fits them.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), str
    n_features_in_ : int
    landmarks_ : ndarray of shape (n_landmarks, n_values), float32
        Standard scores, within three deviations, of recordings of training.
    gamma_ : float
        Of the kernel ``exp(-gamma |x - landmark|^2)``.
    matrix_, bias_ : ndarray of shape (n_landmarks, n_classes) and (n_classes,), float32
        To the logarithms of the emotions' probabilities, calibrated on unseen speakers.
    speech_matrix_, speech_bias_ : ndarray of shape (n_values, 1) and (1,), float32
        To the logarithm of the odds that there is speech.
    priors_ : ndarray of shape (n_classes,), float32
        Of the emotions where nothing is known.
    highest_ : float
        Mean square of the standard scores of the strangest hundredth of clean speech.
    """

    classes_: NDArray[np.str_]
    n_features_in_: int
    landmarks_: Rows
    gamma_: float
    matrix_: Rows
    bias_: Rows
    speech_matrix_: Rows
    speech_bias_: Rows
    priors_: Rows
    highest_: float

    def fit(self, X: ArrayLike, y: object = None) -> LandmarkClassifier:
        """Refuse: copies, noises and speakers are needed, which `quaver.models.svm.robust` has."""
        raise NotImplementedError("fitted by quaver.models.svm.robust.train, not by itself")

    def answers(self, X: ArrayLike) -> Answers:
        """Return probabilities, odds of speech and novelty of standard scores.

        Parameters
        ----------
        X : array_like of shape (n, n_values)
            Not limited yet.

        Raises
        ------
        ValueError
            For NaN or infinity, or another shape.
        """
        scores = check_array(X, dtype=np.float32)
        if scores.shape[1] != self.n_features_in_:
            raise ValueError(f"expected {self.n_features_in_} values in a row, got {scores.shape}")
        novelty = np.square(scores, dtype=np.float64).mean(axis=1) / self.highest_
        limited = np.clip(scores, -LIMIT, LIMIT)
        likeness = kernel(limited, self.landmarks_, self.gamma_, _squares_of(self.landmarks_))
        emotions = softmax((likeness @ self.matrix_ + self.bias_).astype(np.float64))
        odds = (limited @ self.speech_matrix_ + self.speech_bias_)[:, 0].astype(np.float64)
        speech = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        known = (np.minimum(2 * speech, 1) / np.maximum(novelty, 1))[:, None]
        probabilities = known * emotions + (1 - known) * self.priors_
        return Answers(probabilities / probabilities.sum(axis=1, keepdims=True), speech, novelty)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each label, shape (n, n_classes)."""
        return self.answers(X).probabilities

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable labels."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


def kernel(rows: Rows, landmarks: Rows, gamma: float, squares: Rows | None = None) -> Rows:
    """Return ``exp(-gamma |row - landmark|^2)``, shape (n_rows, n_landmarks).

    Parameters
    ----------
    rows, landmarks : ndarray of shape (n, n_values), float32
    gamma : float
    squares : ndarray of shape (n_landmarks,), float32, optional
        ``|landmark|^2``, if they are at hand.
    """
    if squares is None:
        squares = _squares(landmarks)
    sums = np.square(rows).sum(axis=1)[:, None] + squares
    distances = np.maximum(sums - 2 * (rows @ landmarks.T), 0)
    return np.asarray(np.exp(-np.float32(gamma) * distances), np.float32)


def _squares(landmarks: Rows) -> Rows:
    return np.asarray(np.square(landmarks).sum(axis=1))


# Of the landmarks asked for last: for one clip these took as long as all the rest.
_latest: tuple[weakref.ref[Any], Any] | None = None


def _squares_of(landmarks: Rows) -> Rows:
    global _latest
    known = _latest
    if known is None or known[0]() is not landmarks:
        known = _latest = (weakref.ref(landmarks), _squares(landmarks))
    return np.asarray(known[1])


class LandmarkScores:
    """Scores of labels, fitted by least squares on what rows have in common with landmarks.

    Parameters
    ----------
    rows : ndarray of shape (n, n_values), float32
        Limited standard scores.
    labels : ndarray of shape (n,), intp
        From 0.
    weights : ndarray of shape (n,), float64
    n_landmarks : int
        Of the rows, drawn by a fixed seed.
    penalty : float
        Weight of the squared norm of the function against the mean squared error.
    """

    def __init__(
        self,
        rows: Rows,
        labels: NDArray[np.intp],
        weights: NDArray[np.float64],
        *,
        n_landmarks: int,
        penalty: float,
    ) -> None:
        drawn = np.random.default_rng(_SEED).permutation(len(rows))[:n_landmarks]
        self.landmarks, self.gamma = rows[drawn], _GAMMA / rows.shape[1]
        shares = (weights / weights.sum()).astype(np.float32)[:, None]
        targets = _HEIGHT * np.eye(int(labels.max()) + 1, dtype=np.float32)[labels]
        likeness = kernel(rows, self.landmarks, self.gamma)
        mean, centre = (shares * likeness).sum(axis=0), (shares * targets).sum(axis=0)
        likeness -= mean
        moments = ((shares * likeness).T @ likeness).astype(np.float64)
        norm = kernel(self.landmarks, self.landmarks, self.gamma).astype(np.float64)
        moments += penalty * norm
        moments[np.diag_indices_from(moments)] += _RIDGE
        wanted = (shares * likeness).T @ (targets - centre)
        self.matrix = solve(moments, wanted, assume_a="pos").astype(np.float32)
        self.bias = centre - mean @ self.matrix

    def __call__(self, rows: Rows) -> Rows:
        """Return a score of each label, about 0 to 10."""
        flat = rows.reshape(-1, rows.shape[-1])
        found = kernel(flat, self.landmarks, self.gamma) @ self.matrix + self.bias
        return np.asarray(found.reshape(*rows.shape[:-1], -1), np.float32)
