"""Modulation spectrum of rows of frames.

Welch, The use of fast Fourier transform for the estimation of power spectra (IEEE Trans. Audio
Electroacoustics 15, 1967): overlapping segments, each windowed, their periodograms averaged.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EDGES = (0.5, 2.0, 4.0, 8.0, 16.0, 32.0)
SECONDS = 2.5
FLOOR = 0.1


def segments(n_frames: int, longest: int) -> list[slice]:
    """The least number of segments that reach from end to end and overlap by half or more."""
    if n_frames <= longest:
        return [slice(0, n_frames)]
    rest = n_frames - longest
    n_steps = math.ceil(rest / (longest // 2))
    starts = [step * rest // n_steps for step in range(n_steps + 1)]
    return [slice(start, start + longest) for start in starts]


def variances(row: Array, frame_rate: float) -> list[float]:
    """What of the variance of a row lies in each band, by the sum that defines the transform."""
    n = 2 ** math.ceil(math.log2(SECONDS * frame_rate))
    cut = segments(len(row), n)
    found = [0.0] * (len(EDGES) - 1)
    for segment in cut:
        part = row[segment] - row[segment].mean()
        t = np.arange(len(part))
        window = np.sin(np.pi * (t + 1) / (len(part) + 1)) ** 2
        for k in range(n // 2 + 1):
            hertz = k * frame_rate / n
            for band, (low, high) in enumerate(itertools.pairwise(EDGES)):
                if low <= hertz < high:
                    line = (part * window * np.exp(-2j * np.pi * k * t / n)).sum()
                    found[band] += 2 * abs(line) ** 2 / (n * (window**2).sum() * len(cut))
    return found


def modulation(values: Array, frame_rate: float) -> Array:
    """(T, F) to F times the bands, band fastest, in decibel."""
    rows = [variances(row, frame_rate) for row in np.asarray(values, float).T]
    return 10 * np.log10(FLOOR + np.ravel(rows))
