"""Weight and peaks of pictures, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def moments(picture: Array, frequencies: Array) -> tuple[Array, Array]:
    """Sum the bins, and the bins times their frequencies."""
    x = np.asarray(picture, float)
    return x.sum(axis=0), np.asarray((x * frequencies[:, None]).sum(axis=0))


def deviations(picture: Array, frequencies: Array, centres: Array) -> Array:
    """Sum the bins times their squared distances to a centre of each frame."""
    distance = frequencies[:, None] - centres
    total: Array = (np.asarray(picture, float) * distance**2).sum(axis=0)
    return total


def rolloff(picture: NDArray[Any], share: float) -> NDArray[np.int64]:
    """Find the bin at which a share is reached, by sums in the picture's own type."""
    total = np.cumsum(picture, axis=0)
    return np.argmax(total >= picture.dtype.type(share) * total[-1], axis=0)


def peaks(
    picture: NDArray[Any], first: int, last: int, share: float, hz_per_bin: float
) -> tuple[Array, Array]:
    """Find the peaks of each frame one by one; parabolas in the picture's own type."""
    x = picture
    hertz, heights = np.zeros(x.shape), np.zeros(x.shape)
    end = len(x) - 1
    for t in range(x.shape[1]):
        level = picture.dtype.type(share) * picture[:, t].max()
        for k in range(max(first, 1), min(last, end + 1)):
            at, before = x[k, t], x[k - 1, t]
            following = at if k == end else x[k + 1, t]
            if not (at > level and at > before and at >= following):
                continue
            shift, slope = x.dtype.type(0), (following - before) / x.dtype.type(2)
            bend = following + before - x.dtype.type(2) * at
            if k < end and abs(slope) < abs(bend):
                shift = -slope / bend
            hertz[k, t], heights[k, t] = (k + float(shift)) * hz_per_bin, at + slope * shift / 2
    return hertz, heights
