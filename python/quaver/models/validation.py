"""Honest scores of any model on any corpus: `cross_validate`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.base import clone

from quaver.config import FeatureConfig
from quaver.corpora.check import usable
from quaver.dataset.read import CorpusFeatures
from quaver.models.base import VoiceModel, check_trainable
from quaver.models.protocols import folds_of, units_of
from quaver.models.results import Evaluation, columns_of
from quaver.models.scores import score
from quaver.models.svm import selection
from quaver.models.transformers import AudioFeatures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.corpus import Corpus

    Rows = NDArray[np.intp]
    #: Labels of test rows, and probabilities with the labels of their columns, if there are any.
    Answers = tuple[NDArray[Any], "NDArray[Any] | None", Sequence[str]]
    #: From training rows to what the model is asked about test rows, and what was chosen.
    Fitter = Callable[[Rows], "tuple[Callable[[Rows], Answers], dict[str, Any]]"]

#: Kinds of models that `cross_validate` trains.
MODEL_KINDS = ("svm", "robust", "encoder", "tdcnn", "text")
# Those that part what they are trained on once more.
_OF_FOLDS = ("svm", "robust", "encoder")


def cross_validate(
    corpus: Corpus | CorpusFeatures,
    model: Any = "svm",
    *,
    protocol: str = "speaker-independent",
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
    **options: Any,
) -> Evaluation:
    """Train a model in each fold of a protocol, and score it on the clips that it has not heard.

    Whatever is chosen (features, penalties, epochs) is chosen inside the training part.

    Parameters
    ----------
    corpus : Corpus or CorpusFeatures
        Any labels, two clips of each at least. Of features that `quaver.read_corpus_features` read
        no recording is opened; they are for "svm", and each row is a clip.
    model : str, estimator or callable, default "svm"
        One of `MODEL_KINDS`; an estimator of scikit-learn that is fitted to recordings (paths or
        `quaver.audio.Segment`), such as a pipeline that begins with `AudioFeatures`; or a function
        from the clips of a training part to a model of `quaver.models`. "text" reads the column
        ``text`` in the place of recordings.
    protocol : str, default "speaker-independent"
        As of `quaver.models.protocols.folds_of`.
    seed : int, default 0
        Of random folds, and of the networks.
    threads : int, optional
        Number of workers that read; by default one for each processor.
    progress : callable, optional
        Called with (done, total) folds.
    **options
        "svm": ``config`` (features that are not to be searched for; those of ``FeatureConfig()``
        without a search), ``search``, ``n_jobs``, as of `quaver.models.svm.train`. "robust" and
        "encoder": ``n_copies``, ``search``. "tdcnn" and "text": parameters of the classifier.

    Returns
    -------
    Evaluation
        Of the clips that can be used; the others are its failures.

    Raises
    ------
    ValueError
        For an unknown model or protocol, or a corpus that cannot be parted.
    TypeError
        For a model of another kind, or options that it does not take.

    Warns
    -----
    UserWarning
        For random folds; for labels of a test part that its training part lacks, which count as
        errors; as `quaver.models.folds.speaker_folds`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from quaver.corpus import Clip, Corpus
    >>> cross_validate(Corpus([Clip(Path("a.wav"), "calm", "ann", "own")]), "oracle")
    Traceback (most recent call last):
    ...
    ValueError: model must be one of svm, robust, encoder, tdcnn, text, got 'oracle'
    """
    if isinstance(model, str) and model not in MODEL_KINDS:
        raise ValueError(f"model must be one of {', '.join(MODEL_KINDS)}, got {model!r}")
    is_made = isinstance(corpus, CorpusFeatures)
    # Windows of a recording are all but the same.
    whole = isinstance(corpus, CorpusFeatures) and corpus.window is not None
    if isinstance(corpus, CorpusFeatures):
        if not (isinstance(model, str) and model == "svm"):
            raise ValueError(f"features of a corpus are for the model 'svm', got {model!r}")
        config = corpus.chosen(options.get("config"))
        options = {**options, "config": config, "made": corpus.values, "whole": whole}
        corpus = corpus.corpus
    with warnings.catch_warnings():  # what cannot be is said before anything is read
        warnings.simplefilter("ignore", UserWarning)
        parts = list(folds_of(corpus, protocol, seed=seed, whole=whole))
        _check_parts(model, corpus.labels, parts)
    is_heard = is_made or model == "text"
    clips, failures = (corpus, ()) if is_heard else usable(corpus, threads=threads)
    check_trainable(clips.labels)
    by_speaker = protocol != "random" and clips.has_speakers
    fitter = _fitter(model, clips, by_speaker, seed, threads, options)
    tests = list(folds_of(clips, protocol, seed=seed, whole=whole))
    _check_parts(model, clips.labels, tests)
    answers, choices = [], []
    for i, test in enumerate(tests):
        train = np.setdiff1d(np.arange(len(clips)), test)
        _warn_of_missing(clips.labels[train], clips.labels[test], i)
        answer, chosen = fitter(train)
        answers.append(answer(test))
        choices.append(chosen)
        if progress is not None:
            progress(i + 1, len(tests))
    return _evaluation(protocol, clips, tests, answers, choices, failures)


def _evaluation(
    protocol: str,
    clips: Corpus,
    tests: Sequence[Rows],
    answers: Sequence[Answers],
    choices: Sequence[dict[str, Any]],
    failures: Any,
) -> Evaluation:
    classes = sorted({*clips.labels.tolist(), *(c for _, _, own in answers for c in own)})
    folds, probabilities = [], []
    for test, (labels, shares, own) in zip(tests, answers, strict=True):
        folds.append((clips.labels[test], np.asarray(labels, np.str_)))
        nothing = np.full((len(test), len(classes)), np.nan)
        probabilities.append(nothing if shares is None else columns_of(shares, own, classes))
    rows = np.concatenate(tests)
    back = np.argsort(rows)
    numbers = np.repeat(np.arange(len(tests)), [len(test) for test in tests])
    return Evaluation(
        score(protocol, classes, folds, choices),
        clips.part(rows[back]),
        numbers[back],
        np.concatenate([found for _, found in folds])[back],
        np.concatenate(probabilities)[back],
        failures,
    )


def _check_parts(model: Any, labels: NDArray[np.str_], tests: Sequence[Rows]) -> None:
    """Refuse a training part with one clip of a label, which has no folds, before it is reached."""
    if not (isinstance(model, str) and model in _OF_FOLDS):
        return
    names, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    for i, test in enumerate(tests):
        left = counts - np.bincount(codes[test], minlength=len(names))
        if (left == 1).any():
            raise ValueError(
                f"fold {i + 1} has one clip of {', '.join(names[left == 1])} to train on, expected"
                " two at least: leave the label out, or take another protocol"
            )


def _warn_of_missing(train: NDArray[np.str_], test: NDArray[np.str_], fold: int) -> None:
    missing = sorted(set(test.tolist()) - set(train.tolist()))
    if missing:
        warnings.warn(
            f"fold {fold + 1}: no clip of {', '.join(missing)} is left to train on; those tested"
            " count as errors",
            UserWarning,
            stacklevel=3,
        )


def _fitter(
    model: Any, clips: Corpus, by_speaker: bool, seed: int, threads: int | None, options: Any
) -> Fitter:
    if model == "svm":
        return _svm(clips, by_speaker, threads, **options)
    if model in ("robust", "encoder"):
        return _of_vectors(model, clips, seed, threads, **options)
    if model in ("tdcnn", "text"):
        return _network(model, clips, by_speaker, seed, threads, options)
    if options:
        raise TypeError(f"a model of one's own takes no options, got {', '.join(options)}")
    if hasattr(model, "fit") and hasattr(model, "predict"):
        return _estimator(model, clips)
    if callable(model):
        return _trained(lambda train: model(clips.part(train)), clips, threads)
    kind = type(model).__name__
    raise TypeError(f"model must be a name, an estimator or a function, got {kind}")


def _svm(
    clips: Corpus,
    by_speaker: bool,
    threads: int | None,
    *,
    config: FeatureConfig | None = None,
    search: bool = True,
    n_jobs: int | None = None,
    made: NDArray[np.float32] | None = None,
    whole: bool = False,
) -> Fitter:
    # Features that were chosen while looking at a corpus' speakers would be no fair choice there.
    config = FeatureConfig() if config is None and not search else config
    paths, labels, groups = clips.paths, clips.labels, clips.groups if by_speaker else None
    units = units_of(clips, whole=whole)
    if groups is None and units.max() + 1 < len(units):
        groups = units.astype(np.str_)

    @cache
    def vectors(candidate: FeatureConfig) -> NDArray[np.float32]:
        if made is not None:  # with the configuration that is not searched for
            return made
        return AudioFeatures(candidate, threads=threads).transform(paths)

    def fitted(train: Rows) -> tuple[Callable[[Rows], Answers], dict[str, Any]]:
        found = selection.fit(
            lambda candidate: vectors(candidate)[train],
            labels[train],
            None if groups is None else groups[train],
            config=config,
            search=search,
            n_jobs=n_jobs,
        )
        classes = [str(label) for label in found.steps.classes_]

        def answer(test: Rows) -> Answers:
            rows = vectors(found.config)[test]
            return found.steps.predict(rows), found.steps.predict_proba(rows), classes

        return answer, found.choice()

    return fitted


def _of_vectors(
    kind: str,
    clips: Corpus,
    seed: int,
    threads: int | None,
    *,
    n_copies: int | None = None,
    search: bool = True,
) -> Fitter:
    """Return what trains on vectors of clips and copies, which are computed once for all folds."""
    copies: dict[str, Any] = {} if n_copies is None else {"n_copies": n_copies}
    make: Callable[..., VoiceModel]
    if kind == "robust":
        from quaver.models.svm import robust

        vectors = robust.heard(clips, seed=seed, threads=threads, **copies)
        make = robust.model_of
    else:
        from quaver.models.encoder import classifier, model, training
        from quaver.models.encoder import selection as heads
        from quaver.models.encoder.vectors import vectors_of

        used = model.Encoder.load_pretrained(blocks=training.BLOCKS)
        vectors = vectors_of(used, clips, seed=seed, threads=threads, **copies)

        def make(part: Corpus, heard: Any, *, search: bool) -> VoiceModel:
            head, chosen = heads.fit(heard, search=search)
            return classifier.EncoderClassifier(used, head, {"chosen": {"C": chosen.penalty}})

    return _trained(
        lambda train: make(clips.part(train), vectors.part(train), search=search), clips, threads
    )


def _network(
    kind: str,
    clips: Corpus,
    by_speaker: bool,
    seed: int,
    threads: int | None,
    options: dict[str, Any],
) -> Fitter:
    if kind == "text":
        if "text" not in clips.names or not all(clips.column("text")):
            raise ValueError("a model of texts needs a column text without empty cells")
        from quaver.models.text.classifier import TextClassifier

        return _estimator(TextClassifier(**{"random_state": seed, **options}), clips, "text")
    from quaver.models.tdcnn.classifier import TDCNNClassifier

    network = TDCNNClassifier(**{"random_state": seed, **options})

    def train_one(train: Rows) -> VoiceModel:
        part = clips.part(train)
        # A tenth of the speakers chooses the epoch, or of the clips where a tenth is none.
        groups = part.groups if by_speaker and len(set(part.groups)) >= 10 else None
        fitted: VoiceModel = clone(network).fit(part.paths, part.labels, groups)
        return fitted

    return _trained(train_one, clips, threads)


def _trained(train_one: Callable[[Rows], VoiceModel], clips: Corpus, threads: int | None) -> Fitter:
    """Return what asks a model of `quaver.models` about the recordings of a test part."""
    paths = clips.paths

    def fitted(train: Rows) -> tuple[Callable[[Rows], Answers], dict[str, Any]]:
        model = train_one(train)

        def answer(test: Rows) -> Answers:
            found = model.predict_clips(list(paths[test]), threads=threads)
            if found.failures:
                first = found.failures[0]
                raise ValueError(f"{first.source}: cannot be predicted: {first.reason}")
            return found.labels, found.probabilities, found.classes

        return answer, dict(model.card.get("chosen", {}))

    return fitted


def _estimator(model: Any, clips: Corpus, column: str | None = None) -> Fitter:
    """Return what fits an estimator of scikit-learn to recordings, or to a column of words."""
    given: Any = clips.paths if column is None else clips.column(column).astype(object)
    labels = clips.labels

    def fitted(train: Rows) -> tuple[Callable[[Rows], Answers], dict[str, Any]]:
        machine = clone(model).fit(given[train], labels[train])

        def answer(test: Rows) -> Answers:
            shares = None
            if hasattr(machine, "predict_proba"):
                shares = machine.predict_proba(given[test])
            classes = [str(label) for label in getattr(machine, "classes_", ())]
            return machine.predict(given[test]), shares, classes

        return answer, dict(getattr(machine, "best_params_", {}))

    return fitted
