"""Emotions of a voice while it speaks: windows that slide over a signal that arrives in chunks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from inspect import getattr_static
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._validate import Downmix, as_samples, check_downmix, check_real, check_sample_rate
from quaver.audio import resampler
from quaver.batch import CLIP_ERRORS
from quaver.models.timeline import in_samples
from quaver.models.trust import SILENCE_DB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from quaver.models.base import VoiceModel
    from quaver.models.timeline import Timeline

# Samples that are resampled at a time, whichever of the two rates has more.
_PIECE = 1 << 15
# Seconds of the noise that a model is tried with.
_TRIAL = 3.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Moment:
    """What a model says of one window.

    Attributes
    ----------
    start, end : float
        Borders of the window in seconds from the beginning of the signal.
    label : str
        The most probable emotion.
    probabilities : ndarray of shape (n_classes,), float64
    classes : tuple of str
        Labels of the probabilities.
    level_db : float
        Root mean square of the window in decibel of full scale, minus infinity for digital silence.
    warnings : tuple of str
        Why the answer cannot be trusted, of `quaver.models.predictions.WARNINGS`.
    latency : float
        Seconds from the end of the window to the answer: the samples after it that had to come
        first (the rest of their chunk, and what resampling needs, 40 ms at 44.1 or 48 kHz), and
        the time that the answer took since they were passed to `LiveEmotion.feed`.
    """

    start: float
    end: float
    label: str
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    level_db: float
    warnings: tuple[str, ...]
    latency: float

    @property
    def reliable(self) -> bool:
        """Whether the answer can be trusted: there is no warning."""
        return not self.warnings

    @property
    def is_silent(self) -> bool:
        """Whether the level is below `quaver.models.trust.SILENCE_DB`."""
        return self.level_db < SILENCE_DB

    def __repr__(self) -> str:
        doubtful = f", doubtful: {', '.join(self.warnings)}" if self.warnings else ""
        share = self.probabilities.max()
        return (
            f"<Moment {self.start:.2f} s to {self.end:.2f} s: {self.label} {share:.0%}{doubtful}>"
        )


class LiveEmotion:
    """Emotions of the windows of a signal as its chunks come.

    The moments of all chunks and of `flush`, one after the other, are the windows of
    `predict_timeline` on the whole signal: their borders, levels and warnings are the same, and so
    are the samples, resampled ones too, bit for bit. Probabilities may differ by less than 1e-4
    where a model adds up the windows of a timeline together, in another order. Each window is a
    recording of its own for the model, there as here: what a configuration does with a recording,
    such as leaving out its soft ends (``trim_db``), it does with each window.

    Between chunks no more is kept than two windows of samples. Calls from several threads wait for
    one another; who feeds from more than one has to see to the order.

    Parameters
    ----------
    model : VoiceModel
        Fitted; `quaver.models.base.open_model` opens one.
    sample_rate : int
        Of the chunks, in Hz. Those of another rate than the model's are resampled as they come.
    window, hop : float, default 3.0 and 0.5
        Length of a window and step from one to the next, in seconds.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.

    Attributes
    ----------
    classes : tuple of str
        Labels of the probabilities.
    seconds : float
        Length of the signal so far.

    Raises
    ------
    TypeError
        For what is no model of recordings.
    ValueError
        For a rate that cannot be resampled, a window or hop shorter than a sample, and a model that
        is not fitted or cannot answer windows of this length: it is tried with one of noise, so
        that the first answer waits for nothing that is made only once.

    Examples
    --------
    >>> from quaver.models.base import open_model
    >>> live = LiveEmotion(open_model("svm", "recordings"), 16000, window=1.0, hop=0.5)
    >>> chunk = np.sin(np.arange(4000) * 0.1)
    >>> for _ in range(7):
    ...     for moment in live.feed(chunk):
    ...         print(moment.start, moment.end)
    0.0 1.0
    0.5 1.5
    >>> [(moment.start, moment.end) for moment in live.flush()]
    [(0.75, 1.75)]
    """

    def __init__(
        self,
        model: VoiceModel,
        sample_rate: float,
        window: float = 3.0,
        hop: float = 0.5,
        *,
        downmix: Downmix = "mean",
    ) -> None:
        # Statically: the rate of a model that is not fitted is an error of its own.
        known = (getattr_static(model, name, None) for name in ("rate", "predict_timeline"))
        if isinstance(model, type) or None in known:
            kind = repr(model) if isinstance(model, (str, type)) else type(model).__name__
            raise TypeError(f"model must be an opened model of recordings, got {kind}")
        self._model, self._rate = model, model.rate
        self._input_rate = check_sample_rate(sample_rate)
        check_downmix(downmix)
        self._downmix = downmix
        self._window, self._hop = check_real("window", window), check_real("hop", hop)
        self._length, self._step = in_samples(self._rate, window=self._window, hop=self._hop)
        if self._input_rate != self._rate:
            resampler(self._input_rate, self._rate, np.float32)  # which knows what it can
        self._lock = threading.Lock()
        self._ready: list[Moment] = []
        self._begin()
        self.classes = self._tried()

    def __repr__(self) -> str:
        windows = f"{self._window:g} s every {self._hop:g} s"
        return f"<LiveEmotion of {windows} at {self._input_rate} Hz>"

    @property
    def seconds(self) -> float:
        """Length of the signal so far."""
        return self._n_fed / self._input_rate

    def feed(self, chunk: ArrayLike) -> list[Moment]:
        """Take a chunk in and return what can be said of the windows that it completes.

        Parameters
        ----------
        chunk : array_like of shape (n,) or (channels, n), int16, float32 or float64
            The samples that follow those fed before; may be empty. Later chunks have the channels
            of the first; its type is that of the arithmetic, as of the samples of a timeline.

        Returns
        -------
        list of Moment
            In order; empty where no window is complete.

        Raises
        ------
        ValueError
            For NaN or infinity, whose place in the signal is named, and for other channels; the
            signal is then as it was before. If the model refuses a window, that one is left out,
            and what was said of others comes with the next call of `feed` or `flush`.
        TypeError
            For another type.
        """
        begun = time.perf_counter()
        with self._lock:
            mono = self._checked(chunk)
            self._n_fed += mono.size
            return self._answered(self._at_rate(mono), begun)

    def flush(self) -> list[Moment]:
        """End the signal and return what is left; the next chunk begins a new one.

        Returns
        -------
        list of Moment
            What resampling held back may complete windows. The last window ends with the signal;
            a signal shorter than a window is one window.

        Raises
        ------
        ValueError
            If the model refuses a window, such as one that is too short; if nothing remains of a
            signal after resampling.
        """
        begun = time.perf_counter()
        with self._lock:
            try:
                return self._answered(self._rest(), begun, last=True)
            finally:
                self._begin()

    def reset(self) -> None:
        """Forget what was fed; the next chunk begins a new signal."""
        with self._lock:
            self._ready = []
            self._begin()

    def _begin(self) -> None:
        self._n_fed = self._n_taken = self._n_windows = 0
        self._channels: int | None = None
        self._stream: Any = None
        self._tail: _Tail | None = None

    def _tried(self) -> tuple[str, ...]:
        n = min(self._length, round(_TRIAL * self._rate))
        noise = np.random.default_rng(0).uniform(-0.1, 0.1, max(1, n)).astype(np.float32)
        try:
            return self._looked_at(noise).classes
        except CLIP_ERRORS as error:
            raise ValueError(
                f"{type(self._model).__name__} cannot answer windows of {self._window:g} s: {error}"
            ) from error

    def _looked_at(self, samples: NDArray[Any]) -> Timeline:
        """Return the timeline of one window, or of less."""
        return self._model.predict_timeline(samples, self._rate, window=self._window, hop=self._hop)

    def _checked(self, chunk: ArrayLike) -> NDArray[Any]:
        """Return a chunk as mono floats of the signal's type, or raise before anything changes."""
        mono = as_samples(chunk, self._downmix)
        if mono.size == 0:
            return np.empty(0, np.float32)
        shape = np.shape(chunk)
        channels = 1 if len(shape) == 1 else shape[0]
        if self._channels not in (None, channels):
            raise ValueError(
                f"chunk must have as many channels as those before, {self._channels}, got shape"
                f" {shape}: reset() begins a new signal"
            )
        if mono.dtype == np.int16:
            mono = mono * np.float32(1 / 32768)
        try:
            _core.require_finite(mono)
        except ValueError as error:
            said, _, index = str(error).rpartition(" at index ")
            place = self._n_fed + int(index)
            raise ValueError(
                f"{said} at sample {place} of the signal ({place / self._input_rate:.3f} s)"
            ) from None
        if self._tail is None:
            self._tail = _Tail(self._length, mono.dtype)
            if self._input_rate != self._rate:
                self._stream = resampler(self._input_rate, self._rate, mono.dtype)
        self._channels = channels
        return mono.astype(self._tail.dtype, copy=False)

    def _at_rate(self, mono: NDArray[Any]) -> Iterator[NDArray[Any]]:
        if self._stream is None:
            yield mono
            return
        piece = max(1, int(_PIECE * min(1.0, self._input_rate / self._rate)))
        for first in range(0, mono.size, piece):
            yield self._stream.resample_chunk(mono[first : first + piece])

    def _rest(self) -> Iterator[NDArray[Any]]:
        if self._stream is not None and self._tail is not None:
            yield self._stream.resample_chunk(np.empty(0, self._tail.dtype), last=True)

    def _answered(
        self, pieces: Iterator[NDArray[Any]], begun: float, *, last: bool = False
    ) -> list[Moment]:
        """Return the moments of the windows that samples complete; the first error comes after."""
        failed: BaseException | None = None
        for window, end in self._windows(pieces, last=last):
            try:
                self._ready.append(self._moment(window, end, begun))
            except CLIP_ERRORS as error:
                failed = failed or error
        if failed is not None:
            raise failed
        ready, self._ready = self._ready, []
        return ready

    def _windows(
        self, pieces: Iterator[NDArray[Any]], *, last: bool
    ) -> Iterator[tuple[NDArray[Any], int]]:
        """Take samples in, and yield each window when it is complete, and where it ends."""
        tail = self._tail
        for piece in pieces:
            while tail is not None and piece.size:
                start = self._n_windows * self._step
                end = start + self._length
                gap = start - self._n_taken  # of a hop longer than a window
                taken = piece[: gap if gap > 0 else end - self._n_taken]
                if gap <= 0:
                    tail.add(taken)
                piece = piece[taken.size :]
                self._n_taken += taken.size
                if self._n_taken == end:
                    self._n_windows += 1
                    yield tail.last(self._length), end
        if not last or tail is None:
            return
        if self._n_taken == 0:
            raise ValueError(
                f"{self._n_fed} samples at {self._input_rate} Hz are too few to resample to"
                f" {self._rate} Hz"
            )
        done = (self._n_windows - 1) * self._step + self._length
        if self._n_windows == 0 or (self._step <= self._length and done < self._n_taken):
            yield tail.last(min(self._length, self._n_taken)), self._n_taken

    def _moment(self, window: NDArray[Any], end: int, begun: float) -> Moment:
        found = self._looked_at(window)
        until = end / self._rate
        late = time.perf_counter() - begun + max(0.0, self.seconds - until)
        return Moment(
            (end - window.size) / self._rate,
            until,
            str(found.labels[0]),
            found.probabilities[0],
            found.classes,
            float(found.levels_db[0]),
            found.warnings[0],
            late,
        )


class _Tail:
    """The last samples of a signal, `length` at the most, always in one piece.

    They lie in memory of twice the length: once in a window all are moved to its beginning.
    """

    def __init__(self, length: int, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._length, self._end = length, 0
        self._memory: NDArray[Any] = np.empty(0, dtype)

    def add(self, samples: NDArray[Any]) -> None:
        """Take samples in, `length` at the most."""
        if self._end + samples.size > self._memory.size:
            kept = self.last(min(self._end, self._length))
            # Grown as samples come: a window of a year is only a number until then.
            wanted = min(2 * self._length, 2 * (kept.size + samples.size))
            if wanted > self._memory.size:
                self._memory = np.empty(wanted, self.dtype)
            self._memory[: kept.size] = kept
            self._end = kept.size
        self._memory[self._end : self._end + samples.size] = samples
        self._end += samples.size

    def last(self, n: int) -> NDArray[Any]:
        """Return the last samples, as they lie here until more are added."""
        return self._memory[self._end - n : self._end]
