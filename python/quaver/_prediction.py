"""Linear prediction of many signals at once: by Burg's method and by autocorrelation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def burg(x: Array, order: int, least: float) -> Array:
    """Predict along the last axis with the least error forwards and backwards (Marple 1980).

    ``order`` is at most the number of samples; ``least`` is added to the energy that reflections
    are divided by. Returns (..., order + 1) of the type of x, the leading 1 included.
    """
    n = x.shape[-1]
    a = np.zeros((*x.shape[:-1], order + 1), x.dtype)
    a[..., 0] = 1
    forward, backward = x[..., 1:], x[..., :-1]
    energy = np.sum(forward**2 + backward**2, axis=-1, keepdims=True)
    for i in range(min(order, n - 1)):  # then no errors are left, and reflection is 0
        both = np.sum(backward * forward, axis=-1, keepdims=True)
        reflection = -2 * both / (energy + least)
        a[..., 1 : i + 2] += reflection * a[..., i::-1].copy()
        forward, backward = forward + reflection * backward, backward + reflection * forward
        energy = (1 - reflection**2) * energy - backward[..., -1:] ** 2 - forward[..., :1] ** 2
        forward, backward = forward[..., 1:], backward[..., :-1]
    return a


def yule_walker(x: Array, order: int) -> Array:
    """Predict along the last axis by the autocorrelation of what lies between zeros (Levinson).

    Where nothing is left to predict but rounding, the remaining coefficients are 0.
    """
    n = x.shape[-1]
    r = np.stack(
        [np.sum(x[..., : n - lag] * x[..., lag:], axis=-1) for lag in range(order + 1)], axis=-1
    )
    a = np.zeros_like(r)
    a[..., 0] = 1
    error = r[..., 0].copy()
    for i in range(1, order + 1):
        top = np.sum(a[..., :i] * r[..., i:0:-1], axis=-1)
        is_left = error > np.finfo(x.dtype).eps * r[..., 0]
        reflection = np.where(is_left, -top / np.where(is_left, error, 1), 0)
        a[..., 1 : i + 1] += reflection[..., np.newaxis] * a[..., i - 1 :: -1].copy()
        error *= 1 - reflection**2
    return a
