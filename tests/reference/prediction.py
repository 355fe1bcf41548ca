"""Recursion and linear prediction.

Marple, A new autoregressive spectrum analysis algorithm (IEEE Trans. ASSP 28, 1980).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def decay(x: Array, coefficient: float, state: float) -> Array:
    """Return ``out[i] = x[i] + coefficient * out[i - 1]``; `state` is added to the first."""
    out = np.asarray(x, float).copy()
    for i in range(len(out)):
        out[i] += coefficient * out[i - 1] if i else state
    return out


def burg(x: Array, order: int, least: float) -> Array:
    """Return the filter of the prediction error, order + 1 coefficients."""
    x = np.asarray(x, float)
    a = np.r_[1.0, np.zeros(order)]
    forward, backward = x[1:], x[:-1]
    energy = (forward**2).sum() + (backward**2).sum()
    for i in range(order):
        reflection = -2 * (backward * forward).sum() / (energy + least)
        a[: i + 2] += reflection * a[: i + 2][::-1]
        forward, backward = forward + reflection * backward, backward + reflection * forward
        if len(forward):
            energy = (1 - reflection**2) * energy - backward[-1] ** 2 - forward[0] ** 2
        forward, backward = forward[1:], backward[:-1]
    return a
