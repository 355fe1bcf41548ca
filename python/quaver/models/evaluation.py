"""How good a model is: any kind on any corpus, protocols on RAVDESS, trained models.

Each protocol chooses features and parameters inside its training part, as `quaver.models.svm.train`
does, so that no test clip takes part in any choice.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.model_selection import train_test_split

from quaver.config import FeatureConfig
from quaver.corpus import RAVDESS_FOLDS, Calm, Corpus, ravdess
from quaver.models.results import Evaluation
from quaver.models.scores import Report, evaluate_model, score
from quaver.models.svm import selection
from quaver.models.transformers import AudioFeatures, SpeakerNormalizer
from quaver.models.validation import MODEL_KINDS, cross_validate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MODEL_KINDS",
    "ORIGINAL_SEEDS",
    "PROTOCOLS",
    "Evaluation",
    "Report",
    "cross_validate",
    "evaluate_model",
    "run_protocol",
    "score",
]

#: Names that `run_protocol` knows.
PROTOCOLS = ("original", "speaker-independent", "speaker-normalised")

#: Seeds of the random splits of the original protocol.
ORIGINAL_SEEDS = tuple(range(10))

_CLIPS = {"original": 1344, "neutral": 1440}

Progress = Callable[[int, int], object]
_Split = tuple["NDArray[np.intp]", "NDArray[np.intp]"]


def ravdess_for(directory: str | os.PathLike[str], protocol: str) -> Corpus:
    """Return the clips of a protocol on RAVDESS, or raise ValueError if some are not there."""
    calm: Calm = "original" if protocol == "original" else "neutral"
    corpus = ravdess(directory, calm=calm)
    if len(corpus) != _CLIPS[calm]:
        raise ValueError(
            f"the protocol takes all {_CLIPS[calm]} clips of RAVDESS, got {len(corpus)}"
            f" below {os.fsdecode(directory)}"
        )
    return corpus


def run_protocol(
    directory: str | os.PathLike[str],
    name: str,
    *,
    config: FeatureConfig | None = None,
    search: bool = True,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Run one protocol on RAVDESS.

    original
        1,344 clips (neutral, code 01, left out, calm called neutral); random splits of 80 % and
        20 % with seeds 0 to 9. Speakers are on both sides: only to compare with the figures of
        the original project.
    speaker-independent
        All 1,440 clips, calm joins neutral; the five folds by actor of `RAVDESS_FOLDS`; folds of
        the search by actor, too.
    speaker-normalised
        The same, each speaker's vectors scaled by that speaker's own mean and deviation, without
        labels: for users who have several clips of a speaker.

    Parameters
    ----------
    directory : path
        With the 1,440 clips.
    name : str
        One of `PROTOCOLS`.
    config : FeatureConfig, optional
        Features that are not to be searched for.
    search : bool, default True
        Choose features and parameters inside each training part; otherwise the features of
        ``FeatureConfig()`` and fixed parameters. `quaver.models.svm.selection.DEFAULT_CONFIG`,
        which was chosen while looking at scores on these clips, would be no fair choice.
    n_jobs : int, optional
        Processes of the search.
    progress : callable, optional
        Called with (done, total) steps.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        For an unknown protocol, or a directory that does not hold all clips of RAVDESS.
    """
    if name not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, got {name!r}")
    corpus = ravdess_for(directory, name)
    splits = _original_splits(corpus) if name == "original" else _speaker_splits(corpus)
    if config is None and not search:
        config = FeatureConfig()
    looks = 0 if not search else selection.N_LOOKS if config is None else 4
    total, done = len(splits) * (looks + 1), 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    @cache
    def vectors(candidate: FeatureConfig) -> NDArray[np.float32]:
        made = AudioFeatures(candidate).transform(corpus.paths)
        if name != "speaker-normalised":
            return made
        normalised: NDArray[np.float32] = SpeakerNormalizer().fit_transform(
            made, speakers=corpus.groups
        )
        return normalised

    folds, choices = [], []
    for train, test in splits:
        chosen = selection.fit(
            _rows_of(vectors, train),
            corpus.labels[train],
            None if name == "original" else corpus.groups[train],
            config=config,
            search=search,
            n_jobs=n_jobs,
            progress=step,
        )
        predicted = chosen.steps.predict(vectors(chosen.config)[test])
        folds.append((corpus.labels[test], predicted))
        choices.append(chosen.choice())
        step()
    return score(name, sorted(set(corpus.labels.tolist())), folds, choices)


def _rows_of(vectors: selection.Vectors, rows: NDArray[np.intp]) -> selection.Vectors:
    return lambda config: vectors(config)[rows]


def _original_splits(corpus: Corpus) -> list[_Split]:
    rows = np.arange(len(corpus))
    return [tuple(train_test_split(rows, test_size=0.2, random_state=s)) for s in ORIGINAL_SEEDS]


def _speaker_splits(corpus: Corpus) -> list[_Split]:
    speakers = corpus.speakers
    splits = []
    for fold in RAVDESS_FOLDS:
        test = np.isin(speakers, fold)
        if not test.any() or test.all():
            raise ValueError(f"no clips of the actors {', '.join(fold)}, or of no others")
        splits.append((np.flatnonzero(~test), np.flatnonzero(test)))
    return splits
