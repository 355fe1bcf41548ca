"""The 34 features of pyAudioAnalysis, one frame at a time.

Giannakopoulos, pyAudioAnalysis: an open-source Python library for audio signal analysis (PLoS ONE
10(12), 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

EPSILON = 2.0**-52


def normalise(samples: ArrayLike) -> Array:
    """Mean 0, peak 1."""
    x = np.asarray(samples, np.float64) / 2**15
    x = x - x.mean()
    return x / (np.abs(x).max() + 1e-10)


def entropy_of_blocks(values: Array) -> float:
    """Base-2 entropy of the energies of ten blocks, as shares of the whole."""
    length = len(values) // 10
    blocks = (values[: 10 * length].reshape(10, length) ** 2).sum(axis=1)
    shares = blocks / ((values**2).sum() + EPSILON)
    return -float((shares * np.log2(shares + EPSILON)).sum())


def spectrum(frame: Array) -> Array:
    half = len(frame) // 2
    return np.abs(np.fft.fft(frame))[:half] / half


def centroid_spread(x: Array) -> tuple[float, float]:
    """In units of half the sampling rate."""
    place = np.arange(1, len(x) + 1) / len(x)
    weights = x / (x.max() or 1.0)
    total = weights.sum() + EPSILON
    centroid = (place * weights).sum() / total
    return centroid, np.sqrt(((place - centroid) ** 2 * weights).sum() / total)


def rolloff(x: Array) -> float:
    reached = np.cumsum(x**2) + EPSILON > 0.9 * (x**2).sum()
    return float(np.argmax(reached)) / len(x)


def flux(x: Array, before: Array) -> float:
    shares = [v / (v + EPSILON).sum() for v in (x, before)]
    return float(((shares[0] - shares[1]) ** 2).sum())


def cepstra(x: Array, bank: Array) -> Array:
    n = len(bank)
    logarithm = np.log10(bank @ x + EPSILON)
    k, m = np.arange(13)[:, None], np.arange(n)
    matrix = np.sqrt(np.where(k == 0, 1, 2) / n) * np.cos(np.pi * k * (m + 0.5) / n)
    return matrix @ logarithm


def chroma(x: Array, sample_rate: float) -> Array:
    """Energy of twelve pitch classes and the deviation of the twelve.

    One bin, the last, speaks for each semitone above 27.5 Hz; those below count from the end.
    """
    n = len(x)
    semitone = np.round(12 * np.log2((np.arange(n) + 1) * sample_rate / (2 * n) / 27.5)).astype(int)
    shared = np.array([(semitone == s).sum() for s in semitone])
    table = np.zeros(n)
    for k in range(n):
        table[semitone[k]] = x[k] ** 2
    table /= shared[semitone]
    classes = np.array([table[c::12].sum() for c in range(12)])
    classes = classes / ((x**2).sum() or EPSILON)
    return np.append(classes, classes.std())


def features(samples: ArrayLike, sample_rate: float, window: int, step: int, bank: Array) -> Array:
    """(34, T)."""
    x = normalise(samples)
    columns, before = [], None
    for start in range(0, len(x) - window + 1, step):
        frame = x[start : start + window]
        magnitude = spectrum(frame)
        crossings = np.abs(np.diff(np.sign(frame))).sum() / 2 / (window - 1)
        columns.append(
            [
                crossings,
                (frame**2).mean(),
                entropy_of_blocks(frame),
                *centroid_spread(magnitude),
                entropy_of_blocks(magnitude),
                flux(magnitude, magnitude if before is None else before),
                rolloff(magnitude),
                *cepstra(magnitude, bank),
                *chroma(magnitude, sample_rate),
            ]
        )
        before = magnitude
    return np.array(columns).T
