"""How good a text model is: GoEmotions on the Ekman level, and a linear model to compare with.

Thresholds of multi-label predictions are chosen on the development part, never on the test part.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from quaver._extras import extra

with extra("text"):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import FeatureUnion, Pipeline

from quaver._frames import frame
from quaver._validate import check_path
from quaver.config import LABELS
from quaver.models.text.scores import best_thresholds

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What GoEmotions calls otherwise.
_RENAMED = {"joy": "happiness"}


class Probabilistic(Protocol):
    """What `evaluate` needs of a model."""

    def predict_proba(self, X: list[str], /) -> Any:
        """Return the probabilities of the labels, one row a text."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Texts:
    """Texts with any number of labels each.

    Attributes
    ----------
    texts : list of str
    labels : ndarray of shape (n_texts, 7), bool
        Columns as `quaver.LABELS`.
    """

    texts: list[str]
    labels: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"<Texts: {len(self)}, {self.labels.shape[1]} labels>"


@dataclass(frozen=True, slots=True, repr=False)
class TextReport:
    """Scores of a model.

    Attributes
    ----------
    name : str
    dev_macro_f1, test_macro_f1 : float
        F1 averaged over the labels, any number of labels a text, at thresholds chosen on the
        development part.
    single_accuracy, single_macro_f1 : float
        Of the most probable label, on the test texts that have exactly one.
    single_adjusted_macro_f1 : float
        Of the label with the highest probability over its threshold, on the same texts.
    f1 : dict of str to float
        On the test part, of each label.
    thresholds : dict of str to float
    n_test, n_single : int
        Texts of the test part, and those with one label.
    """

    name: str
    dev_macro_f1: float
    test_macro_f1: float
    single_accuracy: float
    single_macro_f1: float
    single_adjusted_macro_f1: float
    f1: dict[str, float]
    thresholds: dict[str, float]
    n_test: int
    n_single: int

    def __repr__(self) -> str:
        return (
            f"<TextReport {self.name!r}: macro-F1 {self.dev_macro_f1:.4f} on dev,"
            f" {self.test_macro_f1:.4f} on {self.n_test} test texts>"
        )

    def to_frame(self) -> Any:
        """Return F1 and threshold as a `pandas.DataFrame`, a row for each label."""
        columns = {"label": list(self.f1), "f1": list(self.f1.values())}
        return frame({**columns, "threshold": [self.thresholds[label] for label in self.f1]})


def read_goemotions(directory: str | os.PathLike[str], part: str) -> Texts:
    """Read a part of GoEmotions on the Ekman level.

    Parameters
    ----------
    directory : path
        With ``labels.txt`` and ``train.tsv``, ``dev.tsv``, ``test.tsv``: in each line a text, the
        numbers of its labels with commas between, and an id, separated by tabs.
    part : {"train", "dev", "test"}

    Returns
    -------
    Texts
        Joy is called happiness.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        For labels that are not the seven, or a line that is not of three fields; names file and
        line.
    """
    check_path(directory)
    folder = Path(directory)
    names = [_RENAMED.get(n, n) for n in (folder / "labels.txt").read_text("utf-8").split()]
    if sorted(names) != sorted(LABELS):
        raise ValueError(f"{folder / 'labels.txt'}: expected {', '.join(LABELS)}, got {names}")
    columns = [LABELS.index(name) for name in names]
    file = folder / f"{part}.tsv"
    texts, rows = [], []
    with file.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            row = np.zeros(len(LABELS), bool)
            try:
                text, ids, _ = line.rstrip("\n").split("\t")
                row[[columns[int(i)] for i in ids.split(",")]] = True
            except (ValueError, IndexError) as error:
                raise ValueError(
                    f"{file}, line {number}: expected text, label ids and id, got {line!r}"
                ) from error
            texts.append(text)
            rows.append(row)
    if not texts:
        raise ValueError(f"{file}: no texts")
    return Texts(texts, np.stack(rows))


def make_baseline() -> Pipeline:
    """Return the linear model that a network has to be compared with, unfitted.

    TF-IDF of one and two words and of two to four characters, a logistic regression for each label.

    Examples
    --------
    >>> [name for name, _ in make_baseline().steps]
    ['features', 'classify']
    """
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), min_df=3, sublinear_tf=True
    )
    regression = LogisticRegression(C=3.0, solver="liblinear")
    return Pipeline(
        [
            ("features", FeatureUnion([("words", words), ("characters", characters)])),
            ("classify", OneVsRestClassifier(regression)),
        ]
    )


def evaluate(name: str, model: Probabilistic, dev: Texts, test: Texts) -> TextReport:
    """Score a model; thresholds are chosen on the development part.

    Parameters
    ----------
    name : str
    model : estimator
        With `predict_proba`, columns as `quaver.LABELS`.
    dev, test : Texts

    Returns
    -------
    TextReport

    Raises
    ------
    ValueError
        If the model has other columns.
    """
    return score(name, model.predict_proba(dev.texts), model.predict_proba(test.texts), dev, test)


def score(name: str, on_dev: Any, on_test: Any, dev: Texts, test: Texts) -> TextReport:
    """Score probabilities; as `evaluate`.

    Parameters
    ----------
    name : str
    on_dev, on_test : array_like of shape (n_texts, 7)
    dev, test : Texts

    Returns
    -------
    TextReport
    """
    on_dev, on_test = np.asarray(on_dev, np.float64), np.asarray(on_test, np.float64)
    for found, part in ((on_dev, dev), (on_test, test)):
        if found.shape != part.labels.shape:
            raise ValueError(f"expected probabilities {part.labels.shape}, got {found.shape}")
    thresholds = best_thresholds(dev.labels, on_dev)
    each = f1_score(test.labels, on_test >= thresholds, average=None, zero_division=0.0)
    single = test.labels.sum(axis=1) == 1
    true, found = test.labels[single].argmax(axis=1), on_test[single]
    likely = found.argmax(axis=1)
    return TextReport(
        name=name,
        dev_macro_f1=_macro(dev.labels, on_dev >= thresholds),
        test_macro_f1=float(np.mean(each)),
        single_accuracy=float((likely == true).mean()),
        single_macro_f1=_macro(true, likely),
        single_adjusted_macro_f1=_macro(true, (found / thresholds).argmax(axis=1)),
        f1=dict(zip(LABELS, map(float, each), strict=True)),
        thresholds=dict(zip(LABELS, map(float, thresholds), strict=True)),
        n_test=len(test),
        n_single=int(single.sum()),
    )


def _macro(true: Any, predicted: Any) -> float:
    return float(f1_score(true, predicted, average="macro", zero_division=0.0))


def compare(
    directory: str | os.PathLike[str],
    model: Probabilistic,
    *,
    baseline: bool = True,
    progress: Callable[[int, int], object] | None = None,
) -> list[TextReport]:
    """Score a model, the linear model trained on the training part, and the mean of both.

    Parameters
    ----------
    directory : path
        As for `read_goemotions`.
    model : estimator
        With `predict_proba`, columns as `quaver.LABELS`.
    baseline : bool, default True
        Whether the linear model is trained, which takes a minute.
    progress : callable, optional
        Called with (done, total) steps.

    Returns
    -------
    list of TextReport
        Of "network", "TF-IDF", "network and TF-IDF".
    """
    dev, test = read_goemotions(directory, "dev"), read_goemotions(directory, "test")
    report = progress or (lambda done, total: None)
    steps = 3 if baseline else 1
    report(0, steps)
    on_dev, on_test = model.predict_proba(dev.texts), model.predict_proba(test.texts)
    reports = [score("network", on_dev, on_test, dev, test)]
    report(1, steps)
    if baseline:
        train = read_goemotions(directory, "train")
        linear = make_baseline().fit(train.texts, train.labels.astype(int))
        report(2, steps)
        linear_dev, linear_test = linear.predict_proba(dev.texts), linear.predict_proba(test.texts)
        reports += [
            score("TF-IDF", linear_dev, linear_test, dev, test),
            score(
                "network and TF-IDF",
                (on_dev + linear_dev) / 2,
                (on_test + linear_test) / 2,
                dev,
                test,
            ),
        ]
        report(3, steps)
    return reports
