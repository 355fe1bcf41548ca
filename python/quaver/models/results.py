"""What a cross-validation found out: scores, their intervals, and what was said of each clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._frames import frame
from quaver.models.scores import Report, average_recall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.batch import Failure
    from quaver.corpus import Corpus

    Interval = tuple[float, float]

_DRAWS, _SEED = 2000, 0
_LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Evaluation:
    """What `quaver.models.evaluation.cross_validate` found out.

    Attributes
    ----------
    report : Report
        Fold by fold.
    corpus : Corpus
        The clips that were tested, in the order of the rows of what follows.
    folds : ndarray of shape (n,), intp
        From 0.
    predicted : ndarray of shape (n,), str
    probabilities : ndarray of shape (n, n_classes), float64
        Columns as ``report.classes``; 0 of a label that is not in the training part, NaN of a model
        that has none.
    failures : tuple of Failure
        Clips that could not be used; no score counts them.
    """

    report: Report
    corpus: Corpus
    folds: NDArray[np.intp]
    predicted: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    failures: tuple[Failure, ...]

    def __repr__(self) -> str:
        return (
            f"<Evaluation {self.report.name!r} of {len(self.corpus)} clips:"
            f" accuracy {self.accuracy:.2%}, average recall {self.uar:.2%}>"
        )

    @property
    def accuracy(self) -> float:
        """Accuracy on all tested clips."""
        return float((self.predicted == self.corpus.labels).mean())

    @property
    def uar(self) -> float:
        """Unweighted average recall on all tested clips."""
        return average_recall(self.corpus.labels, self.predicted)

    @property
    def resampled(self) -> str:
        """What the intervals draw anew: speakers, or where these are not known recordings.

        These are called "clips" where each is a file of its own, or all are of one file.
        """
        if self.corpus.has_speakers:
            return "speakers"
        n_files = len(set(self.corpus.column("path").tolist()))
        return "recordings" if 1 < n_files < len(self.corpus) else "clips"

    def intervals(self) -> tuple[Interval, Interval]:
        """Return 95 % intervals of accuracy and average recall: bootstrap over speakers.

        Which speakers happened to be recorded is the largest chance of all; clips of one speaker
        are too alike to be drawn on their own. From 2,000 draws by a fixed seed.
        """
        units: NDArray[Any] = np.arange(len(self.corpus))
        if self.resampled != "clips":
            by_speaker = self.resampled == "speakers"
            units = self.corpus.groups if by_speaker else self.corpus.column("path")
        return bootstrap(_confusions(self, np.unique(units, return_inverse=True)[1]))

    def counts(self) -> dict[str, dict[str, float | int]]:
        """Return the number of clips and the recall of each label."""
        matrix = self.report.confusion
        return {
            label: {"clips": int(row.sum()), "recall": float(row[i] / max(row.sum(), 1))}
            for i, (label, row) in enumerate(zip(self.report.classes, matrix, strict=True))
        }

    def to_dict(self) -> dict[str, Any]:
        """Return scores, intervals and failures as JSON types.

        ``accuracy`` and ``uar`` are those of all clips; ``folds`` and what is called after them
        tells of the folds.
        """
        of_folds = self.report.to_dict()
        accuracy, uar = self.intervals()
        return {
            **of_folds,
            "accuracy": self.accuracy,
            "accuracy_interval": list(accuracy),
            "uar": self.uar,
            "uar_interval": list(uar),
            "accuracy_of_folds": of_folds["accuracy"],
            "uar_of_folds": of_folds["uar"],
            "resampled": self.resampled,
            "clips": len(self.corpus),
            "speakers": len(set(self.corpus.groups)) if self.corpus.has_speakers else None,
            "labels": self.counts(),
            "failures": [
                {"file": f.source, "error": f.error, "reason": f.reason} for f in self.failures
            ],
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return what was said of each clip: its columns, fold, answer and probabilities."""
        found = []
        for i, clip in enumerate(self.corpus):
            shares = {
                f"probability_{label}": float(share)
                for label, share in zip(self.report.classes, self.probabilities[i], strict=True)
            }
            found.append(
                {
                    "path": str(clip.path),
                    "start": clip.start,
                    "end": clip.end,
                    "speaker": clip.speaker,
                    "corpus": clip.corpus,
                    "label": clip.label,
                    "fold": int(self.folds[i]),
                    "predicted": str(self.predicted[i]),
                    "right": bool(self.predicted[i] == clip.label),
                    **shares,
                }
            )
        return found

    def to_frame(self) -> Any:
        """Return what was said of each clip as a `pandas.DataFrame`."""
        rows = self.rows()
        return frame({name: [row[name] for row in rows] for name in rows[0]})


def _confusions(evaluation: Evaluation, units: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return a confusion matrix for each unit, shape (n_units, n_classes, n_classes)."""
    number = {label: i for i, label in enumerate(evaluation.report.classes)}
    true = np.array([number[label] for label in evaluation.corpus.labels.tolist()])
    found = np.array([number[label] for label in evaluation.predicted.tolist()])
    counts = np.zeros((int(units.max()) + 1, len(number), len(number)), np.int64)
    np.add.at(counts, (units, true, found), 1)
    return counts


def bootstrap(
    confusions: NDArray[np.int64], *, draws: int = _DRAWS, seed: int = _SEED
) -> tuple[Interval, Interval]:
    """Return 95 % intervals of accuracy and average recall, drawing units with replacement.

    Parameters
    ----------
    confusions : ndarray of shape (n_units, n_classes, n_classes), int64
        Of each unit, such as a speaker; rows are true labels.
    draws : int, default 2000
    seed : int, default 0

    Returns
    -------
    accuracy, uar : tuple of float
        Between quantiles that lie further out the fewer units there are: those of 2.5 and 97.5 %
        are too narrow for a few speakers.

    References
    ----------
    Efron & Tibshirani 1993, An introduction to the bootstrap, ch. 13 (percentile interval);
    Hesterberg 2015, What teachers should know about the bootstrap, The American Statistician 69(4)
    (expanded percentile interval).

    Examples
    --------
    >>> always = np.array([[[3, 0], [0, 3]]] * 4)
    >>> bootstrap(always)
    ((1.0, 1.0), (1.0, 1.0))
    """
    n = len(confusions)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    sums = np.tensordot(weights, confusions, axes=1).astype(np.float64)
    right = np.diagonal(sums, axis1=1, axis2=2)
    totals = sums.sum(axis=2)
    accuracies = right.sum(axis=1) / totals.sum(axis=1)
    recalls = np.divide(right, totals, out=np.zeros_like(right), where=totals > 0)
    uars = recalls.sum(axis=1) / (totals > 0).sum(axis=1)
    tail = _tail(n)
    return _between(accuracies, tail), _between(uars, tail)


def _tail(n_units: int) -> float:
    """Return the share of draws outside each end of an expanded percentile interval."""
    tail = (1 - _LEVEL) / 2
    if n_units < 2:
        return tail
    from scipy.special import ndtr, stdtrit  # not for those who only read results

    return float(ndtr(np.sqrt(n_units / (n_units - 1)) * stdtrit(n_units - 1, tail)))


def _between(values: NDArray[np.float64], tail: float) -> Interval:
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def columns_of(
    probabilities: NDArray[Any], own: Sequence[str], classes: Sequence[str]
) -> NDArray[np.float64]:
    """Return probabilities of a model's own labels in the columns of others."""
    found = np.zeros((len(probabilities), len(classes)))
    found[:, [list(classes).index(label) for label in own]] = probabilities
    return found
