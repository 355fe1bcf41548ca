"""Emotions over time: the windows of a long recording, and what a model says of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._frames import frame
from quaver._validate import Downmix, check_sample_rate
from quaver.audio import recording_at
from quaver.batch import by
from quaver.models.predictions import check_warnings
from quaver.models.trust import SILENCE_DB, level_db

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Timeline:
    """Probabilities of the emotions, one row a window.

    Attributes
    ----------
    starts, ends : ndarray of shape (n_windows,), float64
        Borders of the windows in seconds.
    probabilities : ndarray of shape (n_windows, n_classes), float64
        Rows sum to 1.
    classes : tuple of str
        Labels of the columns.
    levels_db : ndarray of shape (n_windows,), float64
        Root mean square of each window in decibel of full scale, minus infinity for digital
        silence. A model has an answer for silence, too; below `SILENCE_DB` it means nothing.
    warnings : tuple of tuple of str, optional
        Why an answer cannot be trusted, of `quaver.models.predictions.WARNINGS`, for each window;
        by default "silence" of the silent ones.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    levels_db: NDArray[np.float64]
    warnings: tuple[tuple[str, ...], ...] = None  # type: ignore[assignment]  # made in __post_init__

    def __post_init__(self) -> None:
        told: Any = self.warnings
        if told is None:
            told = [("silence",) if silent else () for silent in self.is_silent]
        object.__setattr__(self, "warnings", check_warnings(told, len(self)))

    @property
    def reliable(self) -> NDArray[np.bool_]:
        """Windows whose answer can be trusted: those without a warning."""
        return np.array([not row for row in self.warnings], bool)

    @property
    def is_silent(self) -> NDArray[np.bool_]:
        """Windows whose level is below `SILENCE_DB`."""
        return self.levels_db < SILENCE_DB

    @property
    def labels(self) -> NDArray[np.str_]:
        """The most probable emotion of each window."""
        labels: NDArray[np.str_] = np.array(self.classes)[self.probabilities.argmax(axis=1)]
        return labels

    def __len__(self) -> int:
        return len(self.starts)

    def to_frame(self) -> Any:
        """Return the windows as a `pandas.DataFrame`.

        Columns are start, end, label, level_db, reliable, warnings (with commas between) and
        ``probability_LABEL``.
        """
        columns = {
            "start": self.starts,
            "end": self.ends,
            "label": self.labels.tolist(),
            "level_db": self.levels_db,
            "reliable": self.reliable,
            "warnings": [",".join(row) for row in self.warnings],
        }
        names = (f"probability_{label}" for label in self.classes)
        columns.update(zip(names, self.probabilities.T, strict=True))
        return frame(columns)

    def __repr__(self) -> str:
        end = f"{self.ends[-1]:.2f}" if len(self) else "0"
        silent = int(self.is_silent.sum())
        return f"<Timeline of {by(self.probabilities)} probabilities over {end} s, {silent} silent>"


def windows(n_samples: int, sample_rate: int, *, window: float, hop: float) -> NDArray[np.intp]:
    """Return first and last sample + 1 of each window over a recording.

    Parameters
    ----------
    n_samples : int
        Length of the recording.
    sample_rate : int
        In Hz.
    window : float
        Length of a window in seconds.
    hop : float
        From the start of a window to that of the next, in seconds.

    Returns
    -------
    ndarray of shape (n_windows, 2), intp
        Every sample lies in some window: the last one ends with the recording, and a recording
        shorter than a window is one window. With a hop longer than a window, gaps are meant.

    Raises
    ------
    ValueError
        For lengths that are not positive and finite, or shorter than a sample.

    Examples
    --------
    >>> windows(80000, 16000, window=3, hop=1.5).tolist()
    [[0, 48000], [24000, 72000], [32000, 80000]]
    """
    length, step = in_samples(sample_rate, window=window, hop=hop)
    if n_samples < 1:
        raise ValueError(f"a recording must hold samples, got {n_samples}")
    length = min(length, n_samples)
    starts = np.arange(0, n_samples - length + 1, step)
    if step <= length and starts[-1] + length < n_samples:
        starts = np.append(starts, n_samples - length)
    return np.stack([starts, starts + length], axis=1)


def in_samples(sample_rate: int, *, window: float, hop: float) -> tuple[int, int]:
    """Return a window and a hop, both in seconds, in samples; as `windows`."""
    for name, value in (("window", window), ("hop", hop)):
        if not (math.isfinite(value) and round(value * sample_rate) >= 1):
            raise ValueError(
                f"{name} must be finite and at least one sample long, got {value} s"
                f" at {sample_rate} Hz"
            )
    return round(window * sample_rate), round(hop * sample_rate)


def sliding(
    samples: ArrayLike,
    sample_rate: float,
    wanted: int,
    *,
    window: float,
    hop: float,
    downmix: Downmix,
) -> tuple[list[NDArray[Any]], NDArray[np.float64], NDArray[np.float64]]:
    """Return the windows of a recording at another rate, their borders and their levels.

    Parameters
    ----------
    samples, sample_rate, window, hop, downmix
        As in `quaver.models.svm.predict_timeline`.
    wanted : int
        Rate of the windows in Hz.

    Returns
    -------
    parts : list of ndarray
        Mono float samples, views of one recording.
    borders : ndarray of shape (2, n_windows), float64
        Starts and ends in seconds.
    levels_db : ndarray of shape (n_windows,), float64
    """
    mono = recording_at(samples, check_sample_rate(sample_rate), wanted, downmix)
    spans = windows(mono.size, wanted, window=window, hop=hop)
    parts = [mono[start:stop] for start, stop in spans]
    return parts, spans.T / wanted, np.array([level_db(part) for part in parts])
