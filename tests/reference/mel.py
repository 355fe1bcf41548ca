"""Mel filter banks and decibels.

Slaney, Auditory Toolbox (Interval Research 1998-010); HTK: Young et al., The HTK Book, sec. 5.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

BREAK_HZ, STEP_HZ, LOG_STEP = 1000.0, 200.0 / 3, np.log(6.4) / 27


def hz_to_mel(hz: ArrayLike, *, htk: bool = False) -> Array:
    """Slaney's scale is linear below 1 kHz (15 mel) and logarithmic above."""
    hz = np.asarray(hz, float)
    if htk:
        return 2595 * np.log10(1 + hz / 700)
    above = BREAK_HZ / STEP_HZ + np.log(np.maximum(hz, BREAK_HZ) / BREAK_HZ) / LOG_STEP
    return np.where(hz < BREAK_HZ, hz / STEP_HZ, above)


def mel_to_hz(mel: ArrayLike, *, htk: bool = False) -> Array:
    mel = np.asarray(mel, float)
    if htk:
        return 700 * (10 ** (mel / 2595) - 1)
    break_mel = BREAK_HZ / STEP_HZ
    above = BREAK_HZ * np.exp(LOG_STEP * (np.maximum(mel, break_mel) - break_mel))
    return np.where(mel < break_mel, mel * STEP_HZ, above)


def filter_bank(
    n_fft: int,
    sample_rate: float,
    n_mels: int,
    *,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    slaney_norm: bool = True,
) -> Array:
    """Triangles between neighbouring edges, (n_mels, n_bins), of unit area or unit height."""
    top = sample_rate / 2 if fmax is None else fmax
    low, high = hz_to_mel(fmin, htk=htk), hz_to_mel(top, htk=htk)
    edges = mel_to_hz(np.linspace(low, high, n_mels + 2), htk=htk)
    f = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.maximum(
        0, np.minimum((f - left) / (middle - left), (right - f) / (right - middle))
    )
    return triangles * 2 / (right - left) if slaney_norm else triangles


def decibel(power: Array, *, amin: float = 1e-10) -> Array:
    return 10 * np.log10(np.maximum(amin, power))
