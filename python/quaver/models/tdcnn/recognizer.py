"""What a network of `quaver.models.tdcnn` says of recordings, whatever runs it; private."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio
from quaver._validate import Downmix, as_samples, check_sample_rate
from quaver.batch import (
    CLIP_ERRORS,
    Failure,
    Progress,
    as_clips,
    check_threads,
    in_order,
    reporter,
)
from quaver.models.predictions import Predictions
from quaver.models.tdcnn.data import cut_all, parts, prepare, stack
from quaver.models.timeline import Timeline, sliding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from quaver.models.tdcnn.config import TDCNNConfig

#: Windows that are looked at together, which bounds the memory that predicting takes.
_TOGETHER = 96


class Recognizer:
    """Recordings to probabilities; what runs the network is up to the subclass."""

    card_: dict[str, Any]
    config_: TDCNNConfig
    classes_: NDArray[np.str_]
    sample_rate: int | None
    downmix: Downmix

    def _answer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the network says of (n, windows, mel bands, frames, 1)."""
        raise NotImplementedError

    def predict_proba(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """Return the probability of each label.

        Parameters
        ----------
        X : iterable of paths, bytes, binary file objects or arrays
            Arrays at `sample_rate`. One longer than `LONGEST` seconds is looked at in equal parts.

        Returns
        -------
        ndarray of shape (n_clips, n_classes), float64
            Rows sum to 1. There is an answer for anything, silence included.

        Raises
        ------
        ValueError
            For a recording that cannot be used; `quaver.models.tdcnn.predict` goes on instead.
        """
        self._check_ready()
        return self._probabilities(map(self._recording, as_clips(X)))

    def predict(self, X: Iterable[Any]) -> NDArray[np.str_]:
        """Return the most probable label of each recording, shape (n_clips,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def _check_ready(self) -> None:
        """Raise if there is no network yet."""

    def _recording(self, clip: Any) -> NDArray[np.float32]:
        samples, rate = self._samples(clip)
        try:
            return prepare(samples, rate, self.config_)
        except ValueError as error:
            raise ValueError(f"{audio.describe(clip)}: {error}") from error

    def _samples(self, clip: Any) -> tuple[NDArray[Any], int]:
        if audio.is_recording(clip):
            return audio.load(clip, self.config_.sample_rate, downmix=self.downmix)
        if self.sample_rate is None:
            raise ValueError("sample_rate is required for arrays, got None")
        return as_samples(clip, self.downmix), check_sample_rate(self.sample_rate)

    def _probabilities(self, recordings: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Return what the network says of prepared recordings, a few at a time."""
        owners: list[int] = []

        def pictures() -> Iterator[NDArray[np.float32]]:
            for i, recording in enumerate(recordings):
                for part in parts(recording, self.config_):
                    owners.append(i)
                    yield cut_all(part, self.config_)

        answers = [self._answer(stack(group)) for group in _groups(pictures())]
        if not answers:
            return np.empty((0, len(self.classes_)))
        rows = np.concatenate(answers).astype(np.float64)
        found = np.zeros((owners[-1] + 1, len(self.classes_)))
        np.add.at(found, owners, rows / rows.sum(axis=1, keepdims=True))
        return np.asarray(found / np.bincount(owners)[:, None])


def _groups(pictures: Iterable[NDArray[np.float32]]) -> Iterator[list[NDArray[np.float32]]]:
    """Yield lists of recordings that together, the longest times their number, are not too much."""
    group: list[NDArray[np.float32]] = []
    for picture in pictures:
        longest = max(len(part) for part in [*group, picture])
        if group and longest * (len(group) + 1) > _TOGETHER:
            yield group
            group = []
        group.append(picture)
    if group:
        yield group


def predict(
    model: Recognizer,
    clips: Iterable[Any],
    sample_rate: int | None = None,
    *,
    downmix: Downmix = "mean",
    threads: int | None = None,
    progress: Progress = False,
) -> Predictions:
    """Predict the emotion of each clip; one that cannot be used does not stop the others.

    Parameters
    ----------
    model : TDCNNClassifier or OnnxClassifier
        Fitted.
    clips : sequence of paths, bytes, binary file objects or arrays
    sample_rate : int, optional
        Rate in Hz of clips that are arrays, by default the model's attribute of that name; required
        when there are any. They are resampled to what the network takes.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.
    threads : int, optional
        Number of workers that read and resample ahead of the network, which has threads of its own;
        by default one for each processor this process may use.
    progress
        As in `quaver.extract_many`.

    Returns
    -------
    Predictions
        Clips that cannot be used are listed in ``failures``.

    Raises
    ------
    ValueError
        For no clips, arrays without a rate, or a wrong `threads`.

    Examples
    --------
    >>> import quaver.data
    >>> from quaver.models.tdcnn import load_pretrained
    >>> predict(load_pretrained(), [quaver.data.demo_clip()]).labels.shape
    (1,)
    """
    clips = as_clips(clips)
    sample_rate = model.sample_rate if sample_rate is None else sample_rate
    if sample_rate is None and not all(map(audio.is_recording, clips)):
        raise ValueError("sample_rate is required for arrays, got None")
    n_threads = min(check_threads(threads), len(clips))
    used = _with(model, sample_rate, downmix)
    index: list[int] = []
    failures: list[Failure] = []

    def read(i: int) -> NDArray[np.float32] | Failure:
        clip = clips[i]
        try:
            return used._recording(clip)
        except CLIP_ERRORS as error:
            return Failure(i, audio.describe(clip), type(error).__name__, str(error))

    def usable(
        results: Iterable[NDArray[np.float32] | Failure],
    ) -> Iterator[NDArray[np.float32]]:
        for i, result in enumerate(results):
            if isinstance(result, Failure):
                failures.append(result)
            else:
                index.append(i)
                yield result
            report(i + 1, len(clips))

    with (
        reporter(progress, len(clips)) as report,
        in_order(read, len(clips), n_threads) as results,
    ):
        found = used._probabilities(usable(results))
    classes = used.classes_
    return Predictions(
        classes[found.argmax(axis=1)],
        found,
        tuple(map(str, classes)),
        np.array(index, np.intp),
        tuple(failures),
    )


def _with(model: Recognizer, sample_rate: int | None, downmix: Downmix) -> Recognizer:
    """Return a model that shares everything but how it reads recordings."""
    model._check_ready()
    used = copy(model)
    used.sample_rate, used.downmix = sample_rate, downmix
    return used


def predict_timeline(
    model: Recognizer,
    samples: ArrayLike,
    sample_rate: int,
    *,
    window: float = 3.0,
    hop: float = 1.0,
    downmix: Downmix = "mean",
) -> Timeline:
    """Predict the emotion of each window that slides over a long recording.

    Each window is looked at as if it were a recording of its own, as in training; the memory does
    not grow with the recording but by its samples.

    Parameters
    ----------
    model : TDCNNClassifier or OnnxClassifier
        Fitted.
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
        As in `quaver.log_mel`, or for a window or hop shorter than a sample.

    Examples
    --------
    >>> from quaver.models.tdcnn import load_pretrained
    >>> timeline = predict_timeline(load_pretrained(), np.sin(np.arange(80000) * 0.1), 16000)
    >>> timeline.starts
    array([0., 1., 2.])
    """
    model._check_ready()
    config = model.config_
    spans, (starts, ends), levels = sliding(
        samples, sample_rate, config.sample_rate, window=window, hop=hop, downmix=downmix
    )
    prepared = (prepare(part, config.sample_rate, config) for part in spans)
    probabilities = model._probabilities(prepared)
    return Timeline(starts, ends, probabilities, tuple(map(str, model.classes_)), levels)
