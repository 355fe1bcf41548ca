"""What teaches the text model beside the labels: probabilities of models that did not see a text.

Each function takes minutes, and keeps what it found in a folder if it is given one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from minilm import N_MEANS, WIDTH, MiniLM
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from quaver.models.text.evaluation import Texts, make_baseline
from quaver.record import replacing
from quaver.text import tokenize

DIMENSIONS = 200
FOLDS = KFold(5, shuffle=True, random_state=0)

Arrays = tuple[NDArray, ...]


def kept(state: Path | None, name: str, make: Callable[[], Arrays]) -> Arrays:
    """Return the arrays of a file in a folder, made and written if there is none."""
    if state is None:
        return make()
    file = state / f"{name}.npz"
    if not file.exists():
        state.mkdir(parents=True, exist_ok=True)
        made = make()
        with replacing(file) as temporary, temporary.open("wb") as stream:
            np.savez(stream, *made)
    with np.load(file) as arrays:
        return tuple(arrays[f"arr_{i}"] for i in range(len(arrays.files)))


def spliced(texts: list[str], n_made: int) -> list[str]:
    """Return texts of the beginning of one and the end of another."""
    words = [t.split() for t in texts]
    rng = np.random.default_rng(1)
    made = []
    for i, j in rng.integers(0, len(words), (n_made, 2)):
        first, last = words[i], words[j]
        begin = first[: rng.integers(1, len(first) + 1)]
        made.append(" ".join(begin + last[rng.integers(0, len(last)) :]))
    return made


def linear(train: Texts, more: list[str], state: Path | None) -> Arrays:
    """Return the probabilities of the texts and of more, by TF-IDF."""

    def make() -> Arrays:
        model, labels = make_baseline(), train.labels.astype(int)
        own = cross_val_predict(model, train.texts, labels, cv=FOLDS, method="predict_proba")
        return own, model.fit(train.texts, labels).predict_proba(more)

    return kept(state, "linear", make)


def sentences(train: Texts, vectors: NDArray, state: Path | None) -> Arrays:
    """Return the probabilities of the texts, by what MiniLM says of each."""

    def make() -> Arrays:
        regression = OneVsRestClassifier(LogisticRegression(C=0.01, max_iter=100))
        labels, scaled = train.labels.astype(int), StandardScaler().fit_transform(vectors)
        return (cross_val_predict(regression, scaled, labels, cv=FOLDS, method="predict_proba"),)

    return kept(state, "sentences", make)


def word_vectors(texts: list[str], folder: Path, state: Path | None) -> Arrays:
    """Return words, the principal components of what MiniLM says of them, and of each text."""

    def make() -> Arrays:
        network = MiniLM(folder)
        tokens = [tokenize(text)[:100] or ["."] for text in texts]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        means = np.zeros((len(texts), N_MEANS * WIDTH), np.float32)
        sums: dict[str, NDArray] = {}
        counts: dict[str, int] = {}
        said = network.run([tokens[i] for i in order])
        for i, (vectors, belongs, mean) in zip(order, said, strict=True):
            means[i] = mean
            for vector, position in zip(vectors, belongs, strict=True):
                if position is not None:
                    word = tokens[i][position]
                    sums[word] = sums.get(word, 0) + vector
                    counts[word] = counts.get(word, 0) + 1
        words = list(sums)
        within = np.array([sums[word] / counts[word] for word in words])
        alone = np.array([v.mean(axis=0) for v, _, _ in network.run([[word] for word in words])])
        both = np.hstack([within / within.std(), alone / alone.std()])
        reduced = PCA(DIMENSIONS, random_state=0).fit(both)
        found = reduced.transform(both) / reduced.explained_variance_**0.25
        return np.array(words), (0.25 * found / found.std()).astype(np.float32), means

    return kept(state, "words", make)
