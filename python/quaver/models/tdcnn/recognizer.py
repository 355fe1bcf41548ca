"""What a network of `quaver.models.tdcnn` says of recordings, whatever runs it; private."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio
from quaver._validate import (
    Downmix,
    as_recording,
    as_samples,
    check_sample_rate,
    refuse_without_rate,
)
from quaver.batch import (
    CLIP_ERRORS,
    Batch,
    Failure,
    Progress,
    as_clips,
    check_threads,
    failure_of,
    in_order,
    reporter,
)
from quaver.models.base import Learned, Voice, clips_at
from quaver.models.predictions import Predictions
from quaver.models.tdcnn.data import cut_all, mono_at, parts, prepare, stack
from quaver.models.trust import doubts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.tdcnn.config import TDCNNConfig

#: Windows that are looked at together, which bounds the memory that predicting takes.
_TOGETHER = 96


class Recognizer(Voice, Learned):
    """Recordings to probabilities; what runs the network is up to the subclass."""

    config_: TDCNNConfig
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
            For a recording that cannot be used; `predict_clips` goes on instead.
        """
        self._check_ready()
        return self._probabilities(map(self._recording, as_clips(X)))

    def predict_clips(
        self,
        clips: Iterable[Any] | Batch,
        sample_rate: int | None = None,
        *,
        downmix: Downmix = "mean",
        threads: int | None = None,
        progress: Progress = False,
    ) -> Predictions:
        """Predict each clip; see `quaver.models.base.predict`.

        The threads read and resample ahead of the network, which has threads of its own.
        """
        sample_rate = self.sample_rate if sample_rate is None else sample_rate
        clips = clips_at(clips, sample_rate)
        n_threads = min(check_threads(threads), len(clips))
        used = _with(self, sample_rate, downmix)
        index: list[int] = []
        failures: list[Failure] = []
        warnings: list[tuple[str, ...]] = []

        def read(i: int) -> tuple[NDArray[np.float32], tuple[str, ...]] | Failure:
            clip = clips[i]
            try:
                samples, rate = used._samples(clip)
                return used._prepared(clip, samples, rate), doubts(as_recording(samples), rate)
            except CLIP_ERRORS as error:
                return failure_of(i, clip, error)

        def usable(
            results: Iterable[tuple[NDArray[np.float32], tuple[str, ...]] | Failure],
        ) -> Iterator[NDArray[np.float32]]:
            for i, result in enumerate(results):
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    recording, told = result
                    index.append(i)
                    warnings.append(told)
                    yield recording
                report(i + 1, len(clips))

        with (
            reporter(progress, len(clips)) as report,
            in_order(read, len(clips), n_threads) as results,
        ):
            found = used._probabilities(usable(results))
        rows = np.array(index, np.intp)
        return Predictions.of(used.classes_, found, rows, tuple(failures), warnings)

    def _check_ready(self) -> None:
        """Raise if there is no network yet."""

    def _labels(self) -> NDArray[Any]:
        return self.classes_

    @property
    def rate(self) -> int:
        """Rate that the model takes, in Hz."""
        self._check_ready()
        return self.config_.sample_rate

    def _of_parts(self, parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        config = self.config_
        return self._probabilities(prepare(part, config.sample_rate, config) for part in parts)

    def _recording(self, clip: Any) -> NDArray[np.float32]:
        return self._prepared(clip, *self._samples(clip))

    def _heard(self, clip: Any) -> NDArray[np.float32]:
        """Return mono samples at the model's rate, not prepared yet."""
        samples, rate = self._samples(clip)
        with _naming(clip):
            return mono_at(samples, rate, self.config_)

    def _prepared(self, clip: Any, samples: NDArray[Any], rate: int) -> NDArray[np.float32]:
        with _naming(clip):
            return prepare(samples, rate, self.config_)

    def _samples(self, clip: Any) -> tuple[NDArray[Any], int]:
        if audio.is_recording(clip):
            return audio.load(clip, self.config_.sample_rate, downmix=self.downmix)
        if self.sample_rate is None:
            refuse_without_rate([clip])
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


@contextmanager
def _naming(clip: Any) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{audio.describe(clip)}: {error}") from error


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


def _with(model: Recognizer, sample_rate: int | None, downmix: Downmix) -> Recognizer:
    """Return a model that shares everything but how it reads recordings."""
    model._check_ready()
    used = copy(model)
    used.sample_rate, used.downmix = sample_rate, downmix
    return used
