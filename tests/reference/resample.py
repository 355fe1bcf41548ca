"""Resampling by the sum that it is.

A sinc under Kaiser's window (Kaiser & Schafer, IEEE Trans. ASSP 28, 1980), as soxr's recipe HQ
chooses it.
"""

from __future__ import annotations

from math import ceil, gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CUT_OFF, BETA, REACH = 0.95687182, 13.04, 96.1231


def reach(rate_before: int, rate_after: int) -> float:
    """Half of the window, in samples of the lower rate."""
    steps = max(rate_before, rate_after) // gcd(rate_before, rate_after)
    return (4 * ceil(2 * REACH * steps / 4) + 1) / 2 / steps


def filter_at(t: Array, rate_before: int, rate_after: int) -> Array:
    """The filter at times in samples of the lower rate, whose sum over a sample is 1."""
    u = np.clip(t / reach(rate_before, rate_after), -1, 1)
    window = np.i0(BETA * np.sqrt(1 - u * u)) / np.i0(BETA) * (np.abs(u) < 1)
    return CUT_OFF * np.sinc(CUT_OFF * t) * window


def count(n: int, rate_before: int, rate_after: int) -> int:
    """Samples that n become."""
    return (2 * n * rate_after + rate_before) // (2 * rate_before)


def resample(x: Array, rate_before: int, rate_after: int) -> Array:
    """Samples (n,) at another rate, in float64."""
    scale = min(1.0, rate_after / rate_before)
    n = np.arange(len(x))
    places = np.arange(count(len(x), rate_before, rate_after)) * rate_before / rate_after
    return np.array(
        [scale * filter_at((p - n) * scale, rate_before, rate_after) @ x for p in places]
    )
