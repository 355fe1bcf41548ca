"""Discrete Fourier transform of real frames.

Oppenheim & Schafer, Discrete-Time Signal Processing (2010), ch. 8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def magnitude(frames: Array, n_fft: int) -> Array:
    """X[k] = |sum_n s[n] exp(-2 pi i k n / n_fft)|, k = 0 .. n_fft / 2; zeros after the frame."""
    return np.abs(np.fft.rfft(frames, n_fft, axis=-1))


def magnitude_by_definition(frames: Array, n_fft: int) -> Array:
    """Return the same as the sum that defines it; checks `magnitude`, too slow for more."""
    n = np.arange(frames.shape[-1])
    k = np.arange(n_fft // 2 + 1)
    # k n is reduced modulo n_fft as an integer: exact for every length.
    angle = -2 * np.pi * (np.outer(n, k) % n_fft) / n_fft
    return np.abs(frames @ np.exp(1j * angle))
