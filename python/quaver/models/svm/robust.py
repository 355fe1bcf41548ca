"""Training of a support vector machine for the world outside the studio: `train`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

from quaver._validate import check_size
from quaver.augmentation import CONDITIONS, Augmentation
from quaver.config import FeatureConfig
from quaver.features import extract
from quaver.models.base import check_trainable
from quaver.models.card import data_of, versions
from quaver.models.clips import each
from quaver.models.encoder import selection as heads
from quaver.models.encoder.evaluation import check_asked, scored
from quaver.models.encoder.vectors import Vectors, vectors_of
from quaver.models.folds import speaker_folds
from quaver.models.svm.landmarks import LandmarkClassifier, LandmarkScores
from quaver.models.svm.model import SvmModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.corpus import Corpus

#: Penalties that the search tries; without one the first is taken.
PENALTIES = (3e-5, 1e-4, 1e-5)
#: Rows of training that others are compared with.
N_LANDMARKS = 2000
#: Changed copies of each clip in training.
N_COPIES = 3
#: By what these are made, one after the other.
POLICIES = (Augmentation(), Augmentation(), Augmentation.light())


class Ear:
    """What `quaver.models.encoder.vectors.vectors_of` asks of an encoder, by features.

    Parameters
    ----------
    config : FeatureConfig
        At 16 kHz.
    """

    def __init__(self, config: FeatureConfig) -> None:
        self.config = config

    def each(
        self, function: Callable[..., Any], clips: Any, sample_rate: int | None, **options: Any
    ) -> Any:
        """Call a function with position and samples of each clip."""
        return each(function, clips, sample_rate, self.config.sample_rate, **options)

    def vector(self, mono: NDArray[Any], normalize: bool, trim: bool) -> NDArray[np.float32]:
        """Return the vector of mono samples; the configuration says what counts of them."""
        return extract(mono, self.config.sample_rate, config=self.config, pad=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """What `fit` chose.

    Attributes
    ----------
    penalty : float
    score : float or None
        Unweighted average recall in the search, over corpora and copies.
    temperature : float
        That the scores are divided by.
    """

    penalty: float
    score: float | None
    temperature: float


def fit(
    vectors: Vectors, *, search: bool = True, n_landmarks: int = N_LANDMARKS
) -> tuple[Pipeline, Choice]:
    """Choose the penalty, and fit the steps on all clips and copies.

    Penalty, temperature and limits are those of clips whose speakers a fold has not heard.

    Parameters
    ----------
    vectors : Vectors
    search : bool, default True
        Over `PENALTIES`.
    n_landmarks : int, default 2000

    Warns
    -----
    UserWarning
        As `quaver.models.folds.speaker_folds`.
    """
    folds, _ = speaker_folds(vectors.labels, vectors.speakers)
    parts = [heads.Part(vectors, *fold) for fold in folds]
    scores, recalls = {}, {}
    for penalty in PENALTIES if search else PENALTIES[:1]:
        scores[penalty] = _scores_of(vectors, parts, penalty, n_landmarks)
        recalls[penalty] = heads.recall_of(vectors, scores[penalty])
    best = max(recalls, key=recalls.__getitem__)
    temperature = heads.temperature_of(vectors, scores[best])
    highest = heads.highest_of(vectors, folds, _distance)
    steps = _steps(vectors, parts, best, temperature, n_landmarks, highest)
    return steps, Choice(best, recalls[best] if search else None, temperature)


def _distance(*_: Any) -> heads.Novelty:
    return lambda scores: np.asarray(np.square(scores, dtype=np.float64).mean(axis=1))


def _fitted(vectors: Vectors, penalty: float, n_landmarks: int) -> LandmarkScores:
    n_copies, _, n_values = vectors.copies.shape
    _, labels = np.unique(vectors.labels, return_inverse=True)
    return LandmarkScores(
        vectors.copies.reshape(-1, n_values),
        np.tile(labels, n_copies),
        np.tile(heads.weights_of(vectors), n_copies),
        n_landmarks=n_landmarks,
        penalty=penalty,
    )


def _scores_of(
    vectors: Vectors, parts: Sequence[heads.Part], penalty: float, n_landmarks: int
) -> NDArray[np.float32]:
    """Return the scores of all copies, each by a machine that has not heard their speaker."""
    n_labels = len(np.unique(vectors.labels))
    scores = np.empty((*vectors.copies.shape[:2], n_labels), np.float32)
    for part in parts:
        scores[:, part.rows] = _fitted(part.train, penalty, n_landmarks)(part.copies)
    return scores


def _steps(
    vectors: Vectors,
    parts: Sequence[heads.Part],
    penalty: float,
    temperature: float,
    n_landmarks: int,
    highest: float,
) -> Pipeline:
    """Fit on all clips, with limits from unseen speakers."""
    whole = heads.Scaled(vectors)
    found = _fitted(whole.vectors, penalty, n_landmarks)
    speech_matrix, speech_bias = heads.speech_machine(whole.vectors)
    odds = np.concatenate([part.odds for part in parts])
    lowest = min(float(np.quantile(odds, heads.LOST)), 0.0)
    scale, machine = StandardScaler(), LandmarkClassifier()
    scale.mean_, scale.scale_ = whole.mean.astype(np.float64), whole.scale.astype(np.float64)
    scale.var_, scale.n_samples_seen_ = scale.scale_**2, vectors.copies[..., 0].size
    scale.n_features_in_ = machine.n_features_in_ = vectors.copies.shape[2]
    machine.classes_ = np.unique(vectors.labels)
    machine.landmarks_, machine.gamma_ = found.landmarks, float(found.gamma)
    machine.matrix_ = np.asarray(found.matrix / temperature, np.float32)
    machine.bias_ = np.asarray(found.bias / temperature, np.float32)
    machine.speech_matrix_ = speech_matrix
    machine.speech_bias_ = np.asarray(speech_bias - lowest, np.float32)
    n_labels = len(machine.classes_)
    machine.priors_ = np.full(n_labels, 1 / n_labels, np.float32)
    machine.highest_ = highest
    return Pipeline([("scale", scale), ("classify", machine)])


def train(
    corpus: Corpus,
    *,
    n_copies: int = N_COPIES,
    search: bool = True,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> SvmModel:
    """Train a model on all clips of a corpus, or of several as one table, and on changed copies.

    Parameters
    ----------
    corpus : Corpus
        At least two labels, with at least two clips each. Corpora count the same, whatever their
        sizes, and so do the labels of each.
    n_copies : int, default 3
        Of each clip, beside the clip itself; by `POLICIES`.
    search : bool, default True
        Choose the penalty by a cross-validation that keeps each speaker's clips together.
    seed : int, default 0
        Of the copies.
    threads : int, optional
        Workers that compute vectors; by default one for each processor.
    progress : callable, optional
        Called with (done, total) clips.

    Returns
    -------
    SvmModel
        On `FeatureConfig.robust`; it says when it should not be believed, and its card holds what
        was trained on and chosen.

    Raises
    ------
    ValueError
        If a clip cannot be used or there are too few clips.

    Examples
    --------
    >>> from pathlib import Path
    >>> from quaver.corpus import Clip, Corpus
    >>> train(Corpus((Clip(Path("a.wav"), "fear", "ann", "own"),)))
    Traceback (most recent call last):
    ...
    ValueError: training needs at least two labels with two clips each, got fear: 1
    """
    check_trainable(corpus.labels)
    check_size("n_copies", n_copies)
    vectors = heard(corpus, n_copies=n_copies, seed=seed, threads=threads, progress=progress)
    return model_of(corpus, vectors, search=search, seed=seed)


def heard(
    corpus: Corpus,
    *,
    n_copies: int = N_COPIES,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Vectors:
    """Return the vectors of all clips and changed copies, and of sounds that are no speech.

    Parameters and errors as of `train`.
    """
    ear: Any = Ear(FeatureConfig.robust())
    return vectors_of(
        ear,
        corpus,
        policies=POLICIES,
        n_copies=n_copies,
        seed=seed,
        threads=threads,
        progress=progress,
    )


def model_of(corpus: Corpus, vectors: Vectors, *, search: bool = True, seed: int = 0) -> SvmModel:
    """Return what `train` does, of the vectors that `heard` made of the corpus."""
    steps, chosen = fit(vectors, search=search)
    card = _card(corpus, chosen, len(vectors.copies) - 1, seed)
    return SvmModel(steps, FeatureConfig.robust(), card)


def _card(corpus: Corpus, chosen: Choice, n_copies: int, seed: int) -> dict[str, Any]:
    return {
        "name": "quaver SVM",
        "data": data_of(corpus),
        "chosen": {
            "penalty": chosen.penalty,
            "landmarks": N_LANDMARKS,
            "uar_of_search": chosen.score,
            "temperature": chosen.temperature,
        },
        "augmentation": {
            "copies": n_copies,
            "seed": seed,
            "policies": [policy.to_dict() for policy in POLICIES],
        },
        "versions": versions(),
    }


def run_protocol(
    corpus: Corpus,
    protocol: str = "speaker-independent",
    *,
    conditions: Sequence[str] = tuple(CONDITIONS),
    n_copies: int = N_COPIES,
    search: bool = True,
    vectors: Vectors | None = None,
    progress: Callable[[str], object] | None = None,
) -> list[dict[str, Any]]:
    """Train in each fold and score on the rest of the clips, clean and changed.

    Parameters
    ----------
    corpus : Corpus
        Of one or several corpora.
    protocol, conditions, progress
        As of `quaver.models.encoder.evaluation.run_protocol`.
    n_copies, search
        As of `train`.
    vectors : Vectors, optional
        Those of all clips, if they are at hand.

    Returns
    -------
    list of dict
        As of `quaver.models.encoder.evaluation.run_protocol`.
    """
    config = FeatureConfig.robust()
    check_asked(corpus, protocol, conditions)
    if vectors is None:
        vectors = heard(corpus, n_copies=n_copies)

    def fitted(part: Vectors) -> tuple[SvmModel, dict[str, Any]]:
        steps, chosen = fit(part, search=search)
        return SvmModel(steps, config, {}), {"penalty": chosen.penalty}

    return scored(corpus, protocol, vectors, fitted, conditions, progress)
