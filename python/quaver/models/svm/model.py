"""Emotion of a recording by an RBF support vector machine on global statistics.

Features (`quaver.models.transformers.AudioFeatures`), standardisation, principal components, SVC
with calibrated probabilities. Everything here is scikit-learn's; what is ours is the search that
keeps speakers apart and the file without pickle.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra
from quaver.models import shipped

with extra("svm"):
    import sklearn
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

from quaver import _core
from quaver._validate import Downmix
from quaver.audio import is_recording
from quaver.batch import Batch, Progress, as_clips
from quaver.config import FeatureConfig
from quaver.models import persistence
from quaver.models.predictions import Predictions
from quaver.models.svm.selection import (
    DEFAULT_CONFIG,
    N_LOOKS,
    VARIANCE,
    Fitted,
    fit,
    make_steps,
)
from quaver.models.timeline import Timeline, sliding
from quaver.models.transformers import AudioFeatures

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from quaver.corpus import Corpus
    from quaver.models.evaluation import Report

__all__ = [
    "PRETRAINED",
    "Predictions",
    "SvmModel",
    "evaluate",
    "load",
    "load_pretrained",
    "make_pipeline",
    "predict",
    "predict_timeline",
    "save",
    "train",
]

PRETRAINED = "ravdess-svm"

_SEED = 0


@dataclass(frozen=True, slots=True)
class SvmModel:
    """A trained model.

    Attributes
    ----------
    steps : sklearn.pipeline.Pipeline
        From vectors to labels, fitted.
    config : FeatureConfig
        How the vectors are made.
    card : dict
        The model card: data, licence, protocol, scores, versions.
    """

    steps: Pipeline
    config: FeatureConfig
    card: dict[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels, in the order of the probabilities."""
        return tuple(str(label) for label in self.steps.classes_)

    @property
    def pipeline(self) -> Pipeline:
        """The whole pipeline, from recordings to labels."""
        return Pipeline([("features", AudioFeatures(self.config)), *self.steps.steps])


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
    corpus: Corpus,
    *,
    config: FeatureConfig | None = None,
    search: bool = True,
    n_jobs: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> SvmModel:
    """Train a model on all clips of a corpus.

    Parameters
    ----------
    corpus : Corpus
        At least two labels, with at least two clips each.
    config : FeatureConfig, optional
        By default searched for in `quaver.models.svm.selection.GRID`; without a search
        `quaver.models.svm.selection.DEFAULT_CONFIG`.
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
    labels = corpus.labels
    _check_labels(labels)
    total = 1 + (N_LOOKS if search and config is None else 4 if search else 0)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    @cache
    def vectors(candidate: FeatureConfig) -> NDArray[np.float32]:
        return AudioFeatures(candidate).transform(corpus.paths)

    chosen = fit(
        vectors,
        labels,
        corpus.groups,
        config=config,
        search=search,
        n_jobs=n_jobs,
        progress=step,
    )
    step()
    return SvmModel(chosen.steps, chosen.config, _card(corpus, chosen))


def _check_labels(labels: NDArray[np.str_]) -> None:
    names, counts = np.unique(labels, return_counts=True)
    if len(names) < 2 or counts.min() < 2:
        listed = ", ".join(f"{n}: {c}" for n, c in zip(names, counts, strict=True))
        raise ValueError(f"training needs at least two labels with two clips each, got {listed}")


def _card(corpus: Corpus, chosen: Fitted) -> dict[str, Any]:
    names, counts = np.unique(corpus.labels, return_counts=True)
    return {
        "name": "quaver SVM",
        "data": {
            "corpora": sorted({clip.corpus for clip in corpus}),
            "clips": len(corpus),
            "speakers": len(np.unique(corpus.groups)),
            "labels": {str(n): int(c) for n, c in zip(names, counts, strict=True)},
        },
        "chosen": {
            "C": chosen.penalty,
            "gamma": f"{chosen.kernel_width:g} / {_n_values(chosen.config)}",
            "uar_of_search": chosen.score,
            "folds_of_search": "by speaker" if chosen.by_speaker else "random",
        },
        "versions": {
            "quaver": _core.version,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def _n_values(config: FeatureConfig) -> int:
    return len(AudioFeatures(config).get_feature_names_out())


def save(model: SvmModel, file: str | os.PathLike[str]) -> None:
    """Write a model; an older file is replaced once the new one is complete.

    Parameters
    ----------
    model : SvmModel
    file : path
        By custom ending in ``.skops``.
    """
    if "scale" not in model.steps.named_steps:
        raise ValueError(f"steps must begin with 'scale', got {list(model.steps.named_steps)}")
    # Around the origin of the standardised space, where every feature matters.
    scale = model.steps["scale"]
    offsets = np.random.default_rng(_SEED).standard_normal((4, len(scale.mean_)))
    probe = (scale.mean_ + offsets * scale.scale_).astype(np.float32)
    persistence.save(
        file,
        kind="svm",
        steps=model.steps,
        config=model.config.to_dict(),
        classes=model.classes,
        card=model.card,
        probe=probe,
    )


def load(file: str | os.PathLike[str]) -> SvmModel:
    """Read a model that `save` wrote; no code of the file is run.

    Parameters
    ----------
    file : path

    Returns
    -------
    SvmModel

    Raises
    ------
    FileNotFoundError, ValueError
        As in `quaver.models.persistence.load`; the message names the file.
    """
    content = persistence.load(file, kind="svm")
    name, steps = os.fsdecode(file), content["steps"]
    if not isinstance(steps, Pipeline):
        raise ValueError(f"{name}: steps must be a Pipeline, got {type(steps).__name__}")
    try:
        config = FeatureConfig.from_dict(content["config"])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
    model = SvmModel(steps, config, content["card"])
    n_values, n_steps = _n_values(config), model.steps.n_features_in_
    if n_values != n_steps:
        raise ValueError(
            f"{name}: the model takes {n_steps} values, its configuration makes {n_values}:"
            f" {config}"
        )
    return model


def load_pretrained(name: str = PRETRAINED) -> SvmModel:
    """Read a model that comes with the package.

    Parameters
    ----------
    name : str, default "ravdess-svm"

    Returns
    -------
    SvmModel

    Raises
    ------
    ValueError
        For an unknown name.

    Examples
    --------
    >>> load_pretrained().classes
    ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise')
    """
    with shipped(name, PRETRAINED, ".skops") as file:
        return load(file)


def predict(
    model: SvmModel,
    clips: Iterable[Any] | Batch,
    sample_rate: int | None = None,
    *,
    downmix: Downmix = "mean",
    threads: int | None = None,
    progress: Progress = False,
) -> Predictions:
    """Predict the emotion of each clip.

    Parameters
    ----------
    model : SvmModel
    clips : sequence of paths, bytes, binary file objects or arrays, or Batch
        A batch of `quaver.extract_many` must have been made with the model's configuration.
    sample_rate : int, optional
        Rate in Hz of clips that are arrays, required when there are any; resampled to the model's.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.
    threads, progress
        As in `quaver.extract_many`.

    Returns
    -------
    Predictions
        Clips that cannot be used are listed in ``failures``; those shorter than a frame are
        padded with zeros. A model has an answer for anything, silence and noise included.

    Raises
    ------
    ValueError
        For no clips, arrays without a rate, or vectors of another configuration.

    Examples
    --------
    >>> import quaver.data
    >>> predict(load_pretrained(), [quaver.data.demo_clip()]).labels.shape
    (1,)
    """
    if isinstance(clips, Batch):
        batch = clips
        _check_config(model.config, batch.config)
    else:
        clips = as_clips(clips)
        if sample_rate is None and not all(map(is_recording, clips)):
            raise ValueError("sample_rate is required for arrays, got None")
        step = AudioFeatures(
            model.config, sample_rate=sample_rate, downmix=downmix, threads=threads
        )
        batch = step.extract(clips, progress=progress)
    return Predictions(*_classify(model, batch.values), model.classes, batch.index, batch.failures)


def _classify(
    model: SvmModel, vectors: NDArray[np.float32]
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    classes = np.array(model.classes, dtype=np.str_)
    if len(vectors) == 0:
        return classes[:0], np.empty((0, len(classes)))
    probabilities = model.steps.predict_proba(vectors)
    return classes[probabilities.argmax(axis=1)], probabilities


def evaluate(model: SvmModel, corpus: Corpus) -> Report:
    """Score a model on a corpus: `quaver.models.evaluation.evaluate_model`.

    Parameters
    ----------
    model : SvmModel
    corpus : Corpus
        Other clips than the model was trained on.

    Returns
    -------
    Report
    """
    from quaver.models import evaluation

    return evaluation.evaluate_model(model, corpus)


def _check_config(expected: FeatureConfig, found: FeatureConfig) -> None:
    if found == expected:
        return
    ours, theirs = expected.to_dict(), found.to_dict()
    differences = "; ".join(
        f"{name}: model {ours[name]!r}, vectors {theirs[name]!r}"
        for name in ours
        if ours[name] != theirs[name]
    )
    raise ValueError(f"the vectors are of another configuration than the model's ({differences})")


def predict_timeline(
    model: SvmModel,
    samples: ArrayLike,
    sample_rate: float,
    *,
    window: float = 3.0,
    hop: float = 1.0,
    downmix: Downmix = "mean",
) -> Timeline:
    """Predict the emotion of each window that slides over a long recording.

    Parameters
    ----------
    model : SvmModel
    samples : array_like of shape (n,) or (channels, n), int16, float32 or float64
    sample_rate : int
        In Hz; resampled to the model's.
    window, hop : float, default 3.0 and 1.0
        Length of a window and step from one to the next, in seconds. The last window ends with
        the recording; a recording shorter than a window is one window.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.

    Returns
    -------
    Timeline

    Raises
    ------
    ValueError, TypeError
        As in `quaver.short_term`, or for a window or hop shorter than a sample.

    Examples
    --------
    >>> timeline = predict_timeline(load_pretrained(), np.sin(np.arange(80000) * 0.1), 16000)
    >>> timeline.starts
    array([0., 1., 2.])
    """
    parts, (starts, ends), levels = sliding(
        samples, sample_rate, model.config.sample_rate, window=window, hop=hop, downmix=downmix
    )
    _, probabilities = _classify(model, AudioFeatures(model.config).transform(parts))
    return Timeline(starts, ends, probabilities, model.classes, levels)
