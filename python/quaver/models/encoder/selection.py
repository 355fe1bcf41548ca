"""Choice of a head's parameters by a cross-validation that keeps each speaker's clips together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quaver.models.encoder.head import LIMIT, Head, softmax
from quaver.models.encoder.logistic import logistic_regression
from quaver.models.encoder.vectors import Vectors
from quaver.models.folds import speaker_folds
from quaver.models.scores import average_recall

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Inverse strengths of the penalty that the search tries, and numbers of directions in which
#: speakers differ that are taken out.
PENALTIES = (0.001, 0.0003, 0.003)
DIRECTIONS = (20, 0, 40)

# Share of clean speech of unseen speakers that may be called something else, by each measure.
_LOST = 0.01
_SPEECH_PENALTY = 1e-4


@dataclass(frozen=True, slots=True)
class Choice:
    """What `fit` chose.

    Attributes
    ----------
    penalty : float
        C of the logistic regression.
    n_directions : int
        In which speakers differ and that are taken out.
    score : float or None
        Unweighted average recall in the search, over corpora and copies.
    temperature : float
        That the scores are divided by.
    """

    penalty: float
    n_directions: int
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
        Over `DIRECTIONS`, then `PENALTIES`; otherwise the first of each.
    progress : callable, optional
        Called with (done, total) fits.

    Warns
    -----
    UserWarning
        As `quaver.models.folds.speaker_folds`.
    """
    folds, _ = speaker_folds(vectors.labels, vectors.speakers)
    parts = [_Part(vectors, *fold) for fold in folds]
    n_looks = len(PENALTIES) + len(DIRECTIONS) - 1 if search else 1
    total, done = n_looks + 1, 0
    known: dict[tuple[float, int], NDArray[np.float32]] = {}

    def look(penalty: float, n_directions: int) -> float:
        nonlocal done
        if (penalty, n_directions) not in known:
            known[penalty, n_directions] = _scores_of(vectors, parts, penalty, n_directions)
            done += 1
            if progress is not None:
                progress(done, total)
        return _recall(vectors, known[penalty, n_directions])

    penalty, n_directions = PENALTIES[0], DIRECTIONS[0]
    if search:
        n_directions = max(DIRECTIONS, key=lambda n: look(penalty, n))
        penalty = max(PENALTIES, key=lambda c: look(c, n_directions))
    score = look(penalty, n_directions)
    temperature = _temperature(vectors, known[penalty, n_directions])
    head = _head(vectors, parts, penalty, n_directions, temperature)
    if progress is not None:
        progress(total, total)
    return head, Choice(penalty, n_directions, score if search else None, temperature)


def _head(
    vectors: Vectors, parts: Sequence[_Part], penalty: float, n_directions: int, temperature: float
) -> Head:
    """Fit a head on all clips, with limits from unseen speakers."""
    whole = _Scaled(vectors)
    matrix, bias = _linear(whole.vectors, penalty, n_directions)
    speech_matrix, speech_bias = _speech(whole.vectors)
    lowest = min(float(np.quantile(np.concatenate([p.odds for p in parts]), _LOST)), 0.0)
    highest = np.quantile(np.concatenate([p.distances for p in parts]), 1 - _LOST)
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
        np.array([highest], np.float32),
    )


class _Scaled:
    """Vectors as limited standard scores."""

    def __init__(self, vectors: Vectors) -> None:
        self.mean, self.scale = _moments(vectors.copies.reshape(-1, vectors.copies.shape[2]))
        copies, noises = self(vectors.copies), self(vectors.noises)
        self.vectors = replace(vectors, copies=copies, noises=noises)

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return limited(vectors, self.mean, self.scale)


class _Part:
    """A fold: what is trained on and tested, as scores by the former."""

    def __init__(self, vectors: Vectors, train: NDArray[np.intp], test: NDArray[np.intp]) -> None:
        scaled = _Scaled(vectors.part(train))
        self.rows, self.train = test, scaled.vectors
        self.copies = scaled(vectors.copies[:, test])
        clean = (vectors.copies[0][test] - scaled.mean) / scaled.scale
        #: Of clean speech of unseen speakers: mean square of the scores, and odds of speech.
        self.distances = np.square(clean, dtype=np.float64).mean(axis=1)
        matrix, bias = _speech(self.train)
        self.odds = (self.copies[0] @ matrix + bias)[:, 0]


def _scores_of(
    vectors: Vectors, parts: Sequence[_Part], penalty: float, n_directions: int
) -> NDArray[np.float32]:
    """Return the scores of all copies, each by a head that has not heard their speaker."""
    n_labels = len(np.unique(vectors.labels))
    scores = np.empty((*vectors.copies.shape[:2], n_labels), np.float32)
    for part in parts:
        matrix, bias = _linear(part.train, penalty, n_directions)
        scores[:, part.rows] = part.copies @ matrix + bias
    return scores


def _linear(
    vectors: Vectors, penalty: float, n_directions: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return matrix and bias of a logistic regression without the directions of speakers."""
    n_copies, _, n_values = vectors.copies.shape
    rows = vectors.copies.reshape(-1, n_values)
    if n_directions:
        basis = _speaker_directions(vectors, n_directions)
        rows = rows - (rows @ basis.T) @ basis
    _, labels = np.unique(vectors.labels, return_inverse=True)
    matrix, bias = logistic_regression(
        rows, np.tile(labels, n_copies), np.tile(_weights(vectors), n_copies), penalty
    )
    if n_directions:  # then the vectors need not lose them
        matrix = matrix - basis.T @ (basis @ matrix)
    return matrix, bias


def limited(
    vectors: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return standard scores, limited as the head limits them."""
    scores = (vectors - mean) / scale
    return np.clip(scores, -LIMIT, LIMIT, out=scores)


def _moments(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean, deviation = rows.mean(0, np.float64), rows.std(0, dtype=np.float64)
    return mean.astype(np.float32), np.maximum(deviation, 1e-6).astype(np.float32)


def _weights(vectors: Vectors) -> NDArray[np.float64]:
    """Return weights by which corpora count the same, and labels within a corpus."""
    weights = np.empty(len(vectors.labels))
    for corpus in np.unique(vectors.corpora):
        rows = np.flatnonzero(vectors.corpora == corpus)
        _, inverse, counts = np.unique(
            vectors.labels[rows], return_inverse=True, return_counts=True
        )
        weights[rows] = 1 / (counts[inverse] * len(counts))
    return np.asarray(weights / weights.mean())


def _speaker_directions(vectors: Vectors, n_directions: int) -> NDArray[np.float32]:
    """Return directions in which speakers of one corpus differ, whatever they feel.

    The mean of a speaker is the mean of those of his or her emotions; orthonormal, (n, n_values).
    """
    clips = vectors.copies.mean(axis=0)
    deviations = []
    for corpus in np.unique(vectors.corpora):
        means = []
        for speaker in np.unique(vectors.speakers[vectors.corpora == corpus]):
            own = vectors.speakers == speaker
            labels = np.unique(vectors.labels[own])
            of_labels = [clips[own & (vectors.labels == label)].mean(0) for label in labels]
            means.append(np.mean(of_labels, axis=0))
        deviations.append(np.array(means) - np.mean(means, axis=0))
    found = np.linalg.svd(np.concatenate(deviations), full_matrices=False)
    kept = min(n_directions, int((found[1] > 1e-4 * found[1].max(initial=0)).sum()))
    return np.asarray(found[2][:kept], np.float32)


def _recall(vectors: Vectors, scores: NDArray[np.float32]) -> float:
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


def _temperature(vectors: Vectors, scores: NDArray[np.float32]) -> float:
    """Return what scores of unseen speakers are to be divided by to be the best calibrated."""
    _, true = np.unique(vectors.labels, return_inverse=True)
    weights = _weights(vectors)

    def loss(temperature: float) -> float:
        found = softmax(scores / temperature)[:, np.arange(len(true)), true]
        return float(-(np.log(np.maximum(found, 1e-12)) * weights).mean())

    return float(min(np.geomspace(0.2, 5, 65), key=loss))


def _speech(vectors: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return matrix and bias of the odds that there is speech, clean or changed."""
    speech = vectors.copies.reshape(-1, vectors.copies.shape[2])
    rows = np.concatenate([speech, vectors.noises])
    is_speech = np.arange(len(rows)) < len(speech)
    shares = np.where(is_speech, 0.5 / len(speech), 0.5 / len(vectors.noises)) * len(rows)
    matrix, bias = logistic_regression(rows, is_speech.astype(np.intp), shares, _SPEECH_PENALTY)
    return matrix[:, 1:] - matrix[:, :1], bias[1:] - bias[:1]
