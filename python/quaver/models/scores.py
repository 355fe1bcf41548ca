"""Scores over the folds of a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra
from quaver._frames import frame
from quaver.dataset.read import CorpusFeatures

with extra("svm"):
    from sklearn.metrics import confusion_matrix, recall_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from quaver.batch import Batch, Progress
    from quaver.corpus import Corpus
    from quaver.models.base import VoiceModel


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Report:
    """Scores over the folds of a protocol.

    Attributes
    ----------
    name : str
        The protocol.
    accuracies, uars : ndarray of shape (n_folds,), float64
        Accuracy and unweighted average recall of each fold.
    confusion : ndarray of shape (n_classes, n_classes), int64
        Summed over the folds; rows are true labels.
    classes : tuple of str
    choices : tuple of dict
        What the search chose in each fold.
    """

    name: str
    accuracies: NDArray[np.float64]
    uars: NDArray[np.float64]
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]
    choices: tuple[dict[str, Any], ...] = field(default=())

    def __repr__(self) -> str:
        n = len(self.accuracies)
        return (
            f"<Report {self.name!r}: accuracy {self.accuracy:.2%}, average recall {self.uar:.2%},"
            f" {n} fold{'' if n == 1 else 's'}>"
        )

    @property
    def accuracy(self) -> float:
        """Mean accuracy over the folds."""
        return float(self.accuracies.mean())

    @property
    def accuracy_std(self) -> float:
        """Standard deviation of the accuracy over the folds."""
        return float(self.accuracies.std())

    @property
    def uar(self) -> float:
        """Mean unweighted average recall over the folds."""
        return float(self.uars.mean())

    @property
    def uar_std(self) -> float:
        """Standard deviation of the unweighted average recall over the folds."""
        return float(self.uars.std())

    def to_frame(self) -> Any:
        """Return accuracy and average recall as a `pandas.DataFrame`, a row for each fold."""
        return frame({"accuracy": self.accuracies, "uar": self.uars})

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON types; one fold has no deviations (None).

        Examples
        --------
        >>> score("mine", ["a", "b"], [(["a", "b"], ["a", "a"])]).to_dict()["accuracy"]
        0.5
        """
        several = len(self.accuracies) > 1
        return {
            "name": self.name,
            "folds": len(self.accuracies),
            "accuracy": self.accuracy,
            "accuracy_std": self.accuracy_std if several else None,
            "uar": self.uar,
            "uar_std": self.uar_std if several else None,
            "accuracies": self.accuracies.tolist(),
            "uars": self.uars.tolist(),
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
            "choices": list(self.choices),
        }


def average_recall(true: ArrayLike, predicted: ArrayLike) -> float:
    """Return the unweighted average recall over the labels that occur.

    Examples
    --------
    >>> average_recall(["a", "a", "b"], ["a", "b", "b"])
    0.75
    """
    present = np.unique(np.asarray(true))
    return float(recall_score(true, predicted, labels=present, average="macro", zero_division=0))


def calibration_error(confidences: ArrayLike, right: ArrayLike, *, n_bins: int = 10) -> float:
    """Return the expected calibration error: how far confidence is from accuracy.

    Parameters
    ----------
    confidences : array_like of shape (n,)
        Probabilities of the answers that were given.
    right : array_like of shape (n,), bool
        Whether they were right.
    n_bins : int, default 10
        Bins of equal width; each counts by how many answers are in it.

    Returns
    -------
    float
        0 for answers that are right as often as their probabilities say.

    References
    ----------
    Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599.

    Examples
    --------
    >>> calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, True, False])
    0.0
    """
    sure, hits = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    bins = np.minimum((sure * n_bins).astype(np.intp), n_bins - 1)
    counts = np.bincount(bins, minlength=n_bins)
    gaps = np.abs(np.bincount(bins, sure, n_bins) - np.bincount(bins, hits, n_bins))
    return float(gaps.sum() / counts.sum())


def score(
    name: str,
    classes: Sequence[str],
    folds: Sequence[tuple[Any, Any]],
    choices: Sequence[dict[str, Any]] = (),
) -> Report:
    """Return the report of predictions.

    Parameters
    ----------
    name : str
    classes : sequence of str
        Labels, in the order of the confusion matrix.
    folds : sequence of (true, predicted)
        Labels of the test clips of each fold. The average recall is over the labels that occur.
    choices : sequence of dict, optional

    Returns
    -------
    Report

    Examples
    --------
    >>> score("mine", ["a", "b"], [(["a", "a", "b"], ["a", "b", "b"])]).uar
    0.75
    """
    accuracies, uars = [], []
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    for true, predicted in folds:
        true, predicted = np.asarray(true), np.asarray(predicted)
        accuracies.append(float((true == predicted).mean()))
        uars.append(average_recall(true, predicted))
        confusion += confusion_matrix(true, predicted, labels=list(classes))
    return Report(
        name, np.array(accuracies), np.array(uars), confusion, tuple(classes), tuple(choices)
    )


def evaluate_model(
    model: VoiceModel, corpus: Corpus | CorpusFeatures, *, progress: Progress = False
) -> Report:
    """Score a trained model on a corpus that it was not trained on.

    Parameters
    ----------
    model : VoiceModel
    corpus : Corpus or CorpusFeatures
        Features that `quaver.read_corpus_features` read are for an SVM; no recording is opened.
    progress : bool or callable, default False
        As in `quaver.extract_many`.

    Returns
    -------
    Report
        Of one fold; labels that the model does not know count as errors.

    Raises
    ------
    ValueError
        If a clip cannot be used: a score of the others would be that of another corpus.
    """
    given = corpus.batch if isinstance(corpus, CorpusFeatures) else corpus.paths
    found = labels_of_all(model, given, progress=progress)
    classes = sorted({*model.classes, *corpus.labels.tolist()})
    return score("model", classes, [(corpus.labels, found)])


def labels_of_all(
    model: VoiceModel, clips: Sequence[Any] | NDArray[Any] | Batch, *, progress: Progress = False
) -> NDArray[np.str_]:
    """Return what a model says of each clip, or raise ValueError if one cannot be used."""
    found = model.predict_clips(clips, progress=progress)
    if found.failures:
        first = found.failures[0]
        raise ValueError(
            f"{len(found.failures)} of {len(clips)} clips cannot be used, among them"
            f" {first.source}: {first.reason}"
        )
    return found.labels
