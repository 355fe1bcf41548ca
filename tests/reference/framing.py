"""Scaling, pre-emphasis, windows and frames.

Rabiner & Schafer, Theory and Applications of Digital Speech Processing (2011), ch. 6; windows:
Harris, On the use of windows for harmonic analysis (Proc. IEEE 66, 1978).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def scale(samples: ArrayLike) -> Array:
    """Full scale is 1; int16 counts in steps of 1/32768."""
    x = np.asarray(samples)
    return x / 32768.0 if x.dtype == np.int16 else x.astype(np.float64)


def pre_emphasis(x: Array, coefficient: float) -> Array:
    """y[n] = x[n] - c x[n-1], y[0] = x[0], over the whole signal."""
    y = x.copy()
    y[1:] -= coefficient * x[:-1]
    return y


def window(name: str, length: int, *, periodic: bool = False) -> Array:
    """Cosine windows; periodic ones are a symmetric window of length + 1 less its last value."""
    terms = {
        "hamming": (0.54, 0.46, 0.0),
        "hann": (0.5, 0.5, 0.0),
        "blackman": (0.42, 0.5, 0.08),
        "boxcar": (1.0, 0.0, 0.0),
    }
    if length == 1:
        return np.ones(1)
    a, b, c = terms[name]
    angle = 2 * np.pi * np.arange(length) / (length if periodic else length - 1)
    return a - b * np.cos(angle) + c * np.cos(2 * angle)


def frames(y: Array, frame_length: int, hop_length: int) -> Array:
    """Frames without padding, (T, L): T = 1 + floor((N - L) / H)."""
    count = 1 + (len(y) - frame_length) // hop_length
    starts = hop_length * np.arange(count)
    return y[starts[:, None] + np.arange(frame_length)]
