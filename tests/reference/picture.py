"""Sums, logarithms and phases of pictures, in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def bands(picture: Array, bank: Array) -> Array:
    """Return (n_bands, n_frames) of (n_bins, n_frames)."""
    return np.asarray(bank, float) @ np.asarray(picture, float)


def energies(picture: Array, is_even: bool) -> Array:
    """Sum the squares over bins; the first, and of an even transform the last, count half."""
    squares = np.asarray(picture, float) ** 2
    squares[0] /= 2
    if is_even:
        squares[-1] /= 2
    total: Array = squares.sum(axis=0)
    return total


def log_means(picture: Array, squared: bool, amin: float) -> tuple[Array, Array]:
    """Means over bins of ln v and v, v = max(amin, x)."""
    x = np.asarray(picture, float)
    v = np.maximum(amin, x**2 if squared else x)
    return np.log(v).mean(axis=0), v.mean(axis=0)


def magphase(z: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], Array]:
    """Return z / |z|, 1 of 0, and |z|."""
    wide = np.asarray(z, np.clongdouble)
    length = np.hypot(wide.real, wide.imag)
    phase = np.where(length == 0, 1, wide / np.where(length == 0, 1, length))
    return phase.astype(np.complex128), length.astype(float)
