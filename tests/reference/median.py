"""Running medians: an order statistic of a mirrored window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def running_median(x: Array, size: int) -> Array:
    """Element of rank size // 2 of the `size` rows around each row of (n, m)."""
    n = len(x)
    rows = (np.arange(n)[:, None] - size // 2 + np.arange(size)) % (2 * n)
    windows = x[np.where(rows < n, rows, 2 * n - 1 - rows)]
    return np.sort(windows, axis=1)[:, size // 2]
