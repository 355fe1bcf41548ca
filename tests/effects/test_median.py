"""Running medians against the twin and SciPy, on every SIMD target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.ndimage

from quaver import _core
from reference import median as twin


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 17, 31, 32, 45])
def test_is_exact(target: str, size: int, dtype: Any) -> None:
    rng = np.random.default_rng(size)
    for n in (1, 2, 3, 5, 40):
        for m in (1, 3, 4, 8, 15, 16, 17, 33):
            x = np.asarray(rng.standard_normal((n, m)), dtype)
            x[rng.random((n, m)) < 0.3] = 0  # ties
            found = _core.running_median(x, size)
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, twin.running_median(x, size))
            if size // 2 <= n:
                expected = scipy.ndimage.median_filter(x, size=(size, 1), mode="reflect")
                np.testing.assert_array_equal(found, expected)


def test_infinities_are_values(target: str) -> None:
    x = np.random.default_rng(0).standard_normal((50, 20)).astype(np.float32)
    x[::3] = np.inf
    x[1::7] = -np.inf
    np.testing.assert_array_equal(_core.running_median(x, 5), twin.running_median(x, 5))


def test_refusals() -> None:
    with pytest.raises(ValueError, match="size of a median must be positive, got 0"):
        _core.running_median(np.zeros((3, 3), np.float32), 0)
    for size in (2**15 + 1, 2**24, 2**61, 2**64 - 1):  # would take days, or wrap around
        with pytest.raises(ValueError, match=f"at most 32768, got {size}"):
            _core.running_median(np.zeros((3, 3)), size)
    with pytest.raises(ValueError, match=r"two-dimensional, got shape \(3,\)"):
        _core.running_median(np.zeros(3), 3)
    assert _core.running_median(np.zeros((0, 3)), 3).shape == (0, 3)
