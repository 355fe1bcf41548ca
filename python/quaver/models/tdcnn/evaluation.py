"""How good the time-distributed network is: protocols on RAVDESS with a validation part.

original
    1,344 clips (neutral, code 01, left out, calm called neutral), the random split of 80 % and 20 %
    of seed 0; a tenth of the 80 % is for validation. Speakers are on both sides: only to compare
    with the figure of the original project, whose best epoch was chosen on the test part itself.
speaker-independent
    All 1,440 clips, calm joins neutral; the actors of the first of `RAVDESS_FOLDS` are the test
    part, `VALIDATION_SPEAKERS` the validation part, the other 16 are trained on.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("tdcnn"):
    from sklearn.model_selection import train_test_split

from quaver.corpus import RAVDESS_FOLDS, Corpus
from quaver.models.base import VoiceModel
from quaver.models.evaluation import ravdess_for
from quaver.models.scores import Report, labels_of_all, score
from quaver.models.tdcnn.classifier import TDCNNClassifier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.batch import Progress

#: Names that `split` knows.
PROTOCOLS = ("original", "speaker-independent")

#: Actors on whom the epoch of the speaker-independent protocol is chosen.
VALIDATION_SPEAKERS = ("03", "06", "07")

_SEED = 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Split:
    """Rows of a corpus.

    Attributes
    ----------
    corpus : Corpus
    train, validation, test : ndarray of int
    """

    corpus: Corpus
    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]

    def __repr__(self) -> str:
        sizes = len(self.train), len(self.validation), len(self.test)
        return "<Split of {} clips for training, {} for validation, {} for tests>".format(*sizes)


def split(directory: str | os.PathLike[str], protocol: str) -> Split:
    """Return the parts of a protocol.

    Parameters
    ----------
    directory : path
        With the 1,440 clips of RAVDESS.
    protocol : {"original", "speaker-independent"}

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        For an unknown protocol, or a directory that does not hold all clips of RAVDESS.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, got {protocol!r}")
    corpus = ravdess_for(directory, protocol)
    rows = np.arange(len(corpus))
    if protocol == "original":
        rest, test = train_test_split(rows, test_size=0.2, random_state=_SEED)
        train, validation = train_test_split(
            rest, test_size=0.1, random_state=_SEED, stratify=corpus.labels[rest]
        )
        return Split(corpus, train, validation, test)
    tested = np.isin(corpus.speakers, RAVDESS_FOLDS[0])
    validated = np.isin(corpus.speakers, VALIDATION_SPEAKERS)
    return Split(corpus, rows[~tested & ~validated], rows[validated], rows[tested])


def train(
    directory: str | os.PathLike[str], protocol: str, model: TDCNNClassifier | None = None
) -> tuple[TDCNNClassifier, Report]:
    """Train on the training part of a protocol, choose the epoch on its validation part, and score.

    Parameters
    ----------
    directory : path
        With the 1,440 clips of RAVDESS.
    protocol : str
        One of `PROTOCOLS`.
    model : TDCNNClassifier, optional
        Unfitted; by default that of the shipped weights, seed 0.

    Returns
    -------
    TDCNNClassifier
        Fitted.
    Report
        Of the test part; the choice names the epoch.
    """
    parts = split(directory, protocol)
    model = TDCNNClassifier(random_state=_SEED) if model is None else model
    paths, labels = parts.corpus.paths, parts.corpus.labels
    held = (paths[parts.validation], labels[parts.validation])
    model.fit(paths[parts.train], labels[parts.train], validation_data=held)
    scores = [epoch["val_uar"] for epoch in model.history_]
    best = int(np.argmax(scores))
    model.card_ = {"protocol": protocol}
    choice = {"epoch": best + 1, "of": len(scores), "validation_uar": scores[best]}
    return model, evaluate(model, directory, protocol, choice=choice)


def evaluate(
    model: VoiceModel,
    directory: str | os.PathLike[str],
    protocol: str,
    *,
    choice: dict[str, Any] | None = None,
    progress: Progress = False,
) -> Report:
    """Score a trained model on the test part of a protocol.

    Parameters
    ----------
    model : VoiceModel
        Trained on the training part of that protocol, or on other data.
    directory : path
        With the 1,440 clips of RAVDESS.
    protocol : str
        One of `PROTOCOLS`.
    choice : dict, optional
        What was chosen in training, for the report.
    progress : bool or callable, default False
        As in `quaver.extract_many`.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        For a model that was trained on another part of RAVDESS, as its card says, or a clip that
        cannot be used.
    """
    card = model.card
    known = card.get("protocol", "all clips" if "ravdess" in _corpora(card) else protocol)
    if known != protocol:
        raise ValueError(
            f"the model was trained on RAVDESS ({known}): clips of the test part of {protocol} are"
            " among its own"
        )
    parts = split(directory, protocol)
    corpus = parts.corpus
    found = labels_of_all(model, corpus.paths[parts.test], progress=progress)
    classes = sorted(set(corpus.labels.tolist()))
    folds = [(corpus.labels[parts.test], found)]
    return score(protocol, classes, folds, [] if choice is None else [choice])


def _corpora(card: dict[str, Any]) -> list[str]:
    found: list[str] = card.get("data", {}).get("corpora", [])
    return found
