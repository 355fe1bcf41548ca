"""Choice of a head's parameters by a cross-validation that keeps each speaker's clips together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quaver._extras import extra

with extra("encoder", "sklearn", user="training on an encoder"):
    from sklearn.utils.extmath import randomized_svd

from quaver.models.encoder.discriminant import discriminant
from quaver.models.encoder.head import LIMIT, Head, left_over, softmax
from quaver.models.encoder.logistic import logistic_regression
from quaver.models.encoder.vectors import Vectors
from quaver.models.folds import speaker_folds
from quaver.models.scores import average_recall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.folds import Fold

    Novelty = Callable[[NDArray[np.float32]], NDArray[np.float64]]

#: Inverse strengths of the penalty that the search tries; without one the first is taken.
PENALTIES = (0.001, 0.003)

#: Main directions of training, outside of which a recording is new.
N_DIRECTIONS = 50
# Of the rows, that these directions are found from; a direction takes a few of them.
_EVERY, _ROWS_OF_ONE = 4, 4
#: A novelty that clips have at least: those of a tiny corpus leave nothing over.
LEAST = 1e-6

# Share of clean speech of unseen speakers that may be called something else, by each measure.
LOST = 0.01
_SPEECH_PENALTY = 1e-4


@dataclass(frozen=True, slots=True)
class Choice:
    """What `fit` chose.

    Attributes
    ----------
    penalty : float
        C of the logistic regression.
    score : float or None
        Unweighted average recall in the search, over corpora and copies.
    temperature : float
        That the scores are divided by.
    """

    penalty: float
    score: float | None
    temperature: float


def fit(
    vectors: Vectors,
    *,
    search: bool = True,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[Head, Choice]:
    """Choose parameters, and fit a head on all clips.

    Parameters
    ----------
    vectors : Vectors
    search : bool, default True
        Over `PENALTIES`.
    progress : callable, optional
        Called with (done, total) fits.

    Warns
    -----
    UserWarning
        As `quaver.models.folds.speaker_folds`.
    """
    folds, _ = speaker_folds(vectors.labels, vectors.speakers)
    parts = [Part(vectors, *fold) for fold in folds]
    penalties = PENALTIES if search else PENALTIES[:1]
    scores, recalls = {}, {}
    for i, penalty in enumerate(penalties):
        scores[penalty] = _scores_of(vectors, parts, penalty)
        recalls[penalty] = recall_of(vectors, scores[penalty])
        if progress is not None:
            progress(i + 1, len(penalties) + 1)
    best = max(penalties, key=recalls.__getitem__)
    temperature = temperature_of(vectors, scores[best])
    highest = highest_of(vectors, folds, _new)
    head = _head(vectors, parts, best, temperature, highest)
    if progress is not None:
        progress(len(penalties) + 1, len(penalties) + 1)
    return head, Choice(best, recalls[best] if search else None, temperature)


def _head(
    vectors: Vectors, parts: Sequence[Part], penalty: float, temperature: float, highest: float
) -> Head:
    """Fit a head on all clips, with limits from unseen speakers."""
    whole = Scaled(vectors)
    matrix, bias = _linear(whole.vectors, penalty)
    speech_matrix, speech_bias = speech_machine(whole.vectors)
    lowest = min(float(np.quantile(np.concatenate([p.odds for p in parts]), LOST)), 0.0)
    classes = np.unique(vectors.labels)
    return Head(
        tuple(map(str, classes)),
        whole.mean,
        whole.scale,
        (matrix / temperature).astype(np.float32),
        (bias / temperature).astype(np.float32),
        speech_matrix,
        (speech_bias - lowest).astype(np.float32),
        np.full(len(classes), 1 / len(classes), np.float32),
        _basis(whole.mean, whole.scale, vectors.copies),
        np.array([highest], np.float32),
    )


def highest_of(
    vectors: Vectors,
    folds: Sequence[Fold],
    measure: Callable[[Vectors, NDArray[np.float32], NDArray[np.float32]], Novelty],
) -> float:
    """Return the novelty of the strangest hundredth of clean clips of unseen speakers.

    Parameters
    ----------
    measure : callable
        From the vectors of a training part, their mean and deviation to the novelty of standard
        scores.
    """
    found = []
    for train, test in folds:
        own = vectors.part(train)
        mean, scale = moments(own.copies.reshape(-1, own.copies.shape[2]))
        found.append(measure(own, mean, scale)((vectors.copies[0][test] - mean) / scale))
    return max(float(np.quantile(np.concatenate(found), 1 - LOST)), LEAST)


def _new(own: Vectors, mean: NDArray[np.float32], scale: NDArray[np.float32]) -> Novelty:
    basis = _basis(mean, scale, own.copies)
    return lambda scores: left_over(scores, basis)


class Scaled:
    """Vectors as limited standard scores."""

    def __init__(self, vectors: Vectors) -> None:
        self.mean, self.scale = moments(vectors.copies.reshape(-1, vectors.copies.shape[2]))
        copies, noises = self(vectors.copies), self(vectors.noises)
        self.vectors = replace(vectors, copies=copies, noises=noises)

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return other vectors in the same way."""
        return limited(vectors, self.mean, self.scale)


class Part:
    """A fold: what is trained on and tested, as scores by the former."""

    def __init__(self, vectors: Vectors, train: NDArray[np.intp], test: NDArray[np.intp]) -> None:
        scaled = Scaled(vectors.part(train))
        self.rows, self.train = test, scaled.vectors
        self.copies = scaled(vectors.copies[:, test])
        #: Of clean speech of unseen speakers: the odds of speech.
        matrix, bias = speech_machine(self.train)
        self.odds = (self.copies[0] @ matrix + bias)[:, 0]


def _scores_of(vectors: Vectors, parts: Sequence[Part], penalty: float) -> NDArray[np.float32]:
    """Return the scores of all copies, each by a head that has not heard their speaker."""
    n_labels = len(np.unique(vectors.labels))
    scores = np.empty((*vectors.copies.shape[:2], n_labels), np.float32)
    for part in parts:
        matrix, bias = _linear(part.train, penalty)
        scores[:, part.rows] = part.copies @ matrix + bias
    return scores


def _linear(vectors: Vectors, penalty: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return matrix and bias of the mean of two linear machines on all copies."""
    n_copies, _, n_values = vectors.copies.shape
    _, labels = np.unique(vectors.labels, return_inverse=True)
    rows = vectors.copies.reshape(-1, n_values)
    weights = np.tile(weights_of(vectors), n_copies)
    every = np.tile(labels, n_copies)
    fits = (
        logistic_regression(rows, every, weights, penalty),
        discriminant(rows, every, weights),
    )
    # The mean of two machines is right more often than either; both are linear, and so is it.
    spreads = [max(float((rows[::_EVERY] @ each).std()), LEAST) for each, _ in fits]
    mean = fits[0][0] / spreads[0] + fits[1][0] / spreads[1]
    bias = fits[0][1] / spreads[0] + fits[1][1] / spreads[1]
    return mean * np.float32(spreads[0] / 2), bias * np.float32(spreads[0] / 2)


def _basis(
    mean: NDArray[np.float32], scale: NDArray[np.float32], copies: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the main directions of standard scores, as `Head` has them."""
    rows = (copies.reshape(-1, copies.shape[2])[::_EVERY] - mean) / scale
    n_directions = max(1, min(N_DIRECTIONS, len(rows) // _ROWS_OF_ONE, rows.shape[1]))
    _, _, found = randomized_svd(rows, n_directions, random_state=0)
    length = np.sqrt(n_directions / rows.shape[1])
    return np.ascontiguousarray(found.T * length, np.float32)


def limited(
    vectors: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return standard scores, limited as the head limits them."""
    scores = (vectors - mean) / scale
    return np.clip(scores, -LIMIT, LIMIT, out=scores)


def moments(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and deviation of each value, the latter never zero."""
    mean, deviation = rows.mean(0, np.float64), rows.std(0, dtype=np.float64)
    return mean.astype(np.float32), np.maximum(deviation, 1e-6).astype(np.float32)


def weights_of(vectors: Vectors) -> NDArray[np.float64]:
    """Return weights by which corpora count the same, and labels within a corpus."""
    weights = np.empty(len(vectors.labels))
    for corpus in np.unique(vectors.corpora):
        rows = np.flatnonzero(vectors.corpora == corpus)
        _, inverse, counts = np.unique(
            vectors.labels[rows], return_inverse=True, return_counts=True
        )
        weights[rows] = 1 / (counts[inverse] * len(counts))
    return np.asarray(weights / weights.mean())


def recall_of(vectors: Vectors, scores: NDArray[np.float32]) -> float:
    """Return the average recall over clean and changed clips of each corpus."""
    labels = np.unique(vectors.labels)[scores.argmax(axis=-1)]
    return float(
        np.mean(
            [
                average_recall(vectors.labels[own], labels[copy][own])
                for own in (vectors.corpora == corpus for corpus in np.unique(vectors.corpora))
                for copy in range(len(scores))
            ]
        )
    )


def temperature_of(vectors: Vectors, scores: NDArray[np.float32]) -> float:
    """Return what scores of unseen speakers are to be divided by to be the best calibrated."""
    _, true = np.unique(vectors.labels, return_inverse=True)
    weights = weights_of(vectors)

    def loss(temperature: float) -> float:
        found = softmax(scores / temperature)[:, np.arange(len(true)), true]
        return float(-(np.log(np.maximum(found, 1e-12)) * weights).mean())

    return float(min(np.geomspace(0.2, 5, 65), key=loss))


def speech_machine(vectors: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return matrix and bias of the odds that there is speech, clean or changed."""
    speech = vectors.copies.reshape(-1, vectors.copies.shape[2])
    rows = np.concatenate([speech, vectors.noises])
    is_speech = np.arange(len(rows)) < len(speech)
    shares = np.where(is_speech, 0.5 / len(speech), 0.5 / len(vectors.noises)) * len(rows)
    matrix, bias = logistic_regression(rows, is_speech.astype(np.intp), shares, _SPEECH_PENALTY)
    return matrix[:, 1:] - matrix[:, :1], bias[1:] - bias[:1]
