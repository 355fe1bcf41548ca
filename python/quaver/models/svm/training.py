"""Training of the support vector machine, and the pipeline that it is part of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

from quaver.config import FeatureConfig
from quaver.dataset.read import CorpusFeatures
from quaver.features import feature_names
from quaver.models.base import check_trainable
from quaver.models.card import data_of, versions
from quaver.models.svm.model import SvmModel
from quaver.models.svm.selection import (
    DEFAULT_CONFIG,
    N_LOOKS,
    VARIANCE,
    Fitted,
    fit,
    make_steps,
)
from quaver.models.transformers import AudioFeatures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.corpus import Corpus


def make_pipeline(
    config: FeatureConfig | None = None,
    *,
    C: float = 10.0,
    gamma: float | None = None,
    variance: float | None = VARIANCE,
    cv: Any = 5,
) -> Pipeline:
    """Return the unfitted pipeline from recordings to labels.

    Parameters
    ----------
    config : FeatureConfig, optional
        Defaults to `quaver.models.svm.selection.DEFAULT_CONFIG`.
    C : float, default 10.0
        Penalty of the support vector machine.
    gamma : float, optional
        Kernel width; one over the number of features by default.
    variance : float, optional
        Share of the variance that the principal components keep, in (0, 1); None leaves them out.
    cv : int or splitter or list of splits, default 5
        Folds of the calibration of probabilities.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``features``, ``scale``, ``reduce``, ``classify``.

    Examples
    --------
    >>> [name for name, _ in make_pipeline().steps]
    ['features', 'scale', 'reduce', 'classify']
    """
    features = AudioFeatures(config or DEFAULT_CONFIG)
    n_values = len(features.get_feature_names_out())
    machine = SVC(C=C, gamma=1 / n_values if gamma is None else gamma)
    steps = make_steps(machine, variance)
    steps[-1] = ("classify", CalibratedClassifierCV(machine, cv=cv, ensemble=False))
    return Pipeline([("features", features), *steps])


def train(
    corpus: Corpus | CorpusFeatures,
    *,
    config: FeatureConfig | None = None,
    search: bool = True,
    n_jobs: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> SvmModel:
    """Train a model on all clips of a corpus.

    Parameters
    ----------
    corpus : Corpus or CorpusFeatures
        At least two labels, with at least two clips each. Of features that
        `quaver.read_corpus_features` read no recording is opened, and each row is a clip.
    config : FeatureConfig, optional
        By default searched for in `quaver.models.svm.selection.GRID`; without a search
        `quaver.models.svm.selection.DEFAULT_CONFIG`. Of features, that which they were made with.
    search : bool, default True
        Choose configuration, penalty and kernel width by the unweighted average recall of a
        cross-validation that keeps each speaker's clips together.
    n_jobs : int, optional
        Processes of the search, as in scikit-learn.
    progress : callable, optional
        Called with (done, total) steps.

    Returns
    -------
    SvmModel
        Its card holds what was trained on and chosen; scores come from `quaver.models.evaluation`.

    Raises
    ------
    ValueError
        If a clip cannot be used or there are too few clips.

    Examples
    --------
    >>> from pathlib import Path
    >>> from quaver.corpus import Clip, Corpus
    >>> train(Corpus((Clip(Path("a.wav"), "fear", "ann", "own"),)), search=False)
    Traceback (most recent call last):
    ...
    ValueError: training needs at least two labels with two clips each, got fear: 1
    """
    made: NDArray[np.float32] | None = None
    by_file = False
    if isinstance(corpus, CorpusFeatures):
        # Windows of a recording are all but the same, and stay together whoever speaks.
        by_file = corpus.window is not None and not corpus.corpus.has_speakers
        config, made, corpus = corpus.chosen(config), corpus.values, corpus.corpus
    labels, paths = corpus.labels, corpus.paths
    check_trainable(labels)
    total = 1 + (N_LOOKS if search and config is None else 4 if search else 0)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    @cache
    def vectors(candidate: FeatureConfig) -> NDArray[np.float32]:
        return AudioFeatures(candidate).transform(paths) if made is None else made

    chosen = fit(
        vectors,
        labels,
        corpus.column("path").astype(np.str_) if by_file else corpus.groups,
        config=config,
        search=search,
        n_jobs=n_jobs,
        progress=step,
    )
    step()
    return SvmModel(chosen.steps, chosen.config, _card(corpus, chosen, by_file))


def _card(corpus: Corpus, chosen: Fitted, by_file: bool) -> dict[str, Any]:
    kept = "by recording" if by_file else "by speaker"
    return {
        "name": "quaver SVM",
        "data": data_of(corpus),
        "chosen": {
            "C": chosen.penalty,
            "gamma": f"{chosen.kernel_width:g} / {len(feature_names(chosen.config))}",
            "uar_of_search": chosen.score,
            "folds_of_search": kept if chosen.by_speaker else "random",
        },
        "versions": versions(),
    }
