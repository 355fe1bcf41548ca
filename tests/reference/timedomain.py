"""Features of the waveform.

Giannakopoulos & Pikrakis, Introduction to Audio Analysis (2014), sec. 4.3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def zero_crossing_rate(frames: Array) -> Array:
    """Sign changes between neighbours of the unwindowed frame / (L - 1); sign(0) = +."""
    negative = frames < 0
    changes = (negative[:, 1:] != negative[:, :-1]).sum(axis=1)
    return changes / max(1, frames.shape[1] - 1)


def energy(windowed: Array) -> Array:
    return (windowed**2).mean(axis=1)


def entropy(parts: Array) -> Array:
    """Base-2 entropy of each row normalised by its sum; 0 log 0 = 0, and 0 for a silent row."""
    total = parts.sum(axis=1, keepdims=True)
    p = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
    logarithm = np.log2(p, out=np.zeros_like(p), where=p > 0)
    return 0.0 - (p * logarithm).sum(axis=1)


def sums_of_blocks(values: Array, n_blocks: int) -> Array:
    """Sums of n_blocks neighbouring blocks of equal length; what is left over is dropped."""
    length = values.shape[1] // n_blocks
    return values[:, : n_blocks * length].reshape(len(values), n_blocks, length).sum(axis=2)


def energy_entropy(windowed: Array, n_blocks: int) -> Array:
    return entropy(sums_of_blocks(windowed**2, n_blocks))
