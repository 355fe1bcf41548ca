"""Valleys and peaks of spectral contrast.

Jiang, Lu, Zhang, Tao & Cai, Music type classification by spectral contrast feature (ICME 2002).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def extremes(magnitude: Array, bands: list[tuple[int, int, int]]) -> tuple[Array, Array]:
    """Means of the `count` smallest and largest values of bins [first, last) of each frame."""
    valleys, peaks = [], []
    for first, last, count in bands:
        ordered = np.sort(np.asarray(magnitude, float)[first:last], axis=0)
        valleys.append(ordered[:count].mean(axis=0))
        peaks.append(ordered[-count:].mean(axis=0))
    return np.array(valleys), np.array(peaks)
