"""Linear prediction of many signals at once: by Burg's method and by autocorrelation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core

Array = NDArray[Any]


def burg(x: Array, order: int, least: float) -> Array:
    """Predict along the last axis with the least error forwards and backwards (Marple 1980).

    ``order`` is at most the number of samples; ``least`` is added to the energy that reflections
    are divided by. Returns (..., order + 1) of the type of x, the leading 1 included.
    """
    lead = x.shape[:-1]
    wide = x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)
    rows = np.require(wide, requirements=["C", "A"]).reshape(math.prod(lead), x.shape[-1])
    found = _core.burg(rows, order, least)
    return found.astype(x.dtype, copy=False).reshape(*lead, order + 1)


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
