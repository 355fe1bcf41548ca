"""Derivatives over time.

Savitzky & Golay, Smoothing and differentiation of data by simplified least squares procedures
(Anal. Chem. 36, 1964).
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def delta(values: Array, *, width: int | None = None, order: int = 1) -> Array:
    """Derivative of each column of (T, F): differences, or Savitzky-Golay of an odd width."""
    values = np.asarray(values, float)
    if width is not None:
        return savitzky_golay(values, width, order)
    for _ in range(order):
        values = np.diff(values, axis=0, prepend=values[:1])
    return values


def savitzky_golay(values: Array, width: int, order: int) -> Array:
    """Fit a polynomial of degree `order` to the frames around t and differentiate it at t.

    The first and last frames take the polynomial of the first or last `width` frames.
    """
    count = len(values)
    out = np.empty_like(values)
    for t in range(count):
        first = min(max(t - width // 2, 0), count - width)
        x = np.arange(first, first + width) - t
        coefficients = np.polynomial.polynomial.polyfit(x, values[first : first + width], order)
        out[t] = factorial(order) * coefficients[order]
    return out
