"""Emotions over time: the windows of a long recording, and what a model says of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
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
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]

    @property
    def labels(self) -> NDArray[np.str_]:
        """The most probable emotion of each window."""
        labels: NDArray[np.str_] = np.array(self.classes)[self.probabilities.argmax(axis=1)]
        return labels

    def __len__(self) -> int:
        return len(self.starts)


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
    for name, value in (("window", window), ("hop", hop)):
        if not (math.isfinite(value) and round(value * sample_rate) >= 1):
            raise ValueError(
                f"{name} must be finite and at least one sample long, got {value} s"
                f" at {sample_rate} Hz"
            )
    if n_samples < 1:
        raise ValueError(f"a recording must hold samples, got {n_samples}")
    length, step = min(round(window * sample_rate), n_samples), round(hop * sample_rate)
    starts = np.arange(0, n_samples - length + 1, step)
    if step <= length and starts[-1] + length < n_samples:
        starts = np.append(starts, n_samples - length)
    return np.stack([starts, starts + length], axis=1)
