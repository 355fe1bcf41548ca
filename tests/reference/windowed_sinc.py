"""Resampling by a table of a windowed sinc, sample by sample.

Smith, Digital audio resampling home page (2002); McFee, resampy 0.4, whose steps are rounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: beta of the Kaiser window, cut-off in half rates, zero crossings, table entries between two.
FILTERS = {
    "kaiser_best": (12.984585325158617, 0.9173473712608761, 50, 8192),
    "kaiser_fast": (9.903224458592966, 0.8682120388377784, 24, 512),
}


def table(name: str) -> Array:
    """Right half of the filter."""
    beta, roll_off, n_zeros, n_entries = FILTERS[name]
    size = n_zeros * n_entries
    window = np.kaiser(2 * size + 1, beta)[size:]
    return window * roll_off * np.sinc(roll_off * np.arange(size + 1) / n_entries)


def resample(x: Array, before: float, after: float, name: str) -> Array:
    """Return x at another rate."""
    ratio, n_entries = after / before, FILTERS[name][3]
    scale = min(1.0, ratio)
    half = table(name) * scale
    slopes = np.diff(half, append=half[-1])
    step = int(scale * n_entries)

    def weight(distance: float, count: int) -> Array:
        whole = int(distance * n_entries)
        count = min(count, (len(half) - whole) // step)
        at = whole + step * np.arange(count)
        return half[at] + (distance * n_entries - whole) * slopes[at]

    times = np.arange(int(len(x) * float(after) / float(before))) * (1.0 / ratio)
    y = np.zeros(len(times))
    for t, time in enumerate(times):
        n = int(time)
        share = scale * (time - n)
        left, right = weight(share, n + 1), weight(scale - share, len(x) - n - 1)
        y[t] = left @ x[n::-1][: len(left)] + right @ x[n + 1 : n + 1 + len(right)]
    return y
