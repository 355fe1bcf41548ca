"""Cepstra and bands as python_speech_features defines them, one frame at a time.

Davis & Mermelstein, Comparison of parametric representations for monosyllabic word recognition
(IEEE ASSP 28, 1980); the lifter after Juang, Rabiner & Wilpon (IEEE ASSP 35, 1987).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

SMALLEST = 2.0**-52


def power_frames(
    samples: ArrayLike,
    frame_length: int,
    frame_step: int,
    n_fft: int,
    *,
    pre_emphasis: float = 0.97,
    window: ArrayLike = 1.0,
) -> Array:
    """|FFT|^2 / n_fft of frames that zeros behind the signal fill up, (T, n_fft // 2 + 1)."""
    x = np.asarray(samples, np.float64)
    y = x - pre_emphasis * np.concatenate([[0.0], x[:-1]])
    count = 1 + max(0, -(-(len(y) - frame_length) // frame_step))
    y = np.concatenate([y, np.zeros(frame_length + count * frame_step)])
    frames = [y[t * frame_step :][:frame_length] * window for t in range(count)]
    return np.stack([np.abs(np.fft.rfft(frame, n_fft)) ** 2 / n_fft for frame in frames])


def not_zero(values: Array) -> Array:
    return np.where(values == 0, SMALLEST, values)


def cepstra(power: Array, bank: Array, n_cepstra: int, *, lifter: float, energy: bool) -> Array:
    """Liftered orthonormal DCT-II of the log bands; the log energy first, if wanted."""
    n = len(bank)
    logarithm = np.log(not_zero(power @ bank.T))
    k, m = np.arange(n_cepstra)[:, None], np.arange(n)
    matrix = np.sqrt(np.where(k == 0, 1, 2) / n) * np.cos(np.pi * k * (m + 0.5) / n)
    lift = 1 + lifter / 2 * np.sin(np.pi * np.arange(n_cepstra) / lifter)
    values: Array = logarithm @ matrix.T * lift
    if energy:
        values[:, 0] = np.log(not_zero(power.sum(axis=1)))
    return values


def centroids(power: Array, bank: Array, sample_rate: float) -> Array:
    """Mean frequency within each band, on a scale from 1 to half the rate."""
    p = not_zero(power)
    frequency = np.linspace(1, sample_rate / 2, p.shape[1])
    return (p * frequency) @ bank.T / (p @ bank.T)
