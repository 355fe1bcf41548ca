"""Recursion and Burg's method against their twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver import _core
from reference import prediction as twin

Array = NDArray[Any]

TYPES = (np.float32, np.float64)
LENGTHS = [0, 1, 2, 3, 4, 5, 9, 16, 33, 100, 4097]


def rows(n: int, dtype: type) -> Array:
    x = np.random.default_rng(n).standard_normal((3, n))
    x[1] *= np.sin(0.1 * np.arange(n))
    x[2] *= 1e-30
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("coefficient", [0.97, -0.5, 0.0, 1.0, 1.5, -1e200])
def test_decay(coefficient: float, dtype: type) -> None:
    for n in LENGTHS if abs(coefficient) <= 1 else LENGTHS[:7]:
        x, state = rows(n, dtype), np.array([0.0, 0.5, -3.0])
        found = _core.decay(x, coefficient, state)
        assert (found.shape, found.dtype) == (x.shape, dtype)
        for i in range(3):
            with np.errstate(over="ignore", invalid="ignore"):
                expected = twin.decay(x[i], coefficient, state[i]).astype(dtype)
            scale = np.abs(expected[np.isfinite(expected)]).max(initial=0)
            np.testing.assert_allclose(
                found[i], expected, rtol=1e-6, atol=1e-7 * scale, equal_nan=True
            )
            if dtype == np.float64:
                np.testing.assert_allclose(found[i], expected, rtol=1e-12, atol=1e-14 * scale)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("order", [0, 1, 2, 3, 8, 12, 30])
def test_burg(target: str, order: int, dtype: type) -> None:
    for n in LENGTHS:
        x = rows(n, dtype)
        least = float(np.finfo(dtype).tiny)
        if order > max(n, 1):
            with pytest.raises(ValueError, match=f"order must be at most {max(n, 1)}, got"):
                _core.burg(x, order, least)
            continue
        found = _core.burg(x, order, least)
        assert found.shape == (3, order + 1)
        for one, signal in zip(found, x, strict=True):
            expected = twin.burg(signal, order, least)
            if order * 3 < n or order < 2:  # else all is predicted, and the rest is rounding
                np.testing.assert_allclose(one, expected, rtol=0, atol=1e-9 * abs(expected).max())


def test_silence_predicts_nothing(target: str) -> None:
    assert _core.burg(np.zeros((1, 50)), 3, 1e-300).tolist() == [[1, 0, 0, 0]]


def test_a_resonance_is_found(target: str) -> None:
    """Noise through a known all-pole filter."""
    noise = np.random.default_rng(0).standard_normal(20000)
    y = np.zeros(20000)
    for i in range(20000):
        y[i] = noise[i] + (1.2 * y[i - 1] - 0.8 * y[i - 2] if i > 1 else 0)
    np.testing.assert_allclose(_core.burg(y[None], 2, 0.0)[0], [1, -1.2, 0.8], atol=0.02)


@pytest.mark.parametrize("width", [0, 3, 9, 15])
@pytest.mark.parametrize("order", [1, 2])
def test_derivatives_of_double(target: str, width: int, order: int) -> None:
    from reference import delta

    x = np.random.default_rng(0).standard_normal((3, 40))
    expected = delta.delta(x.T, width=width or None, order=order).T
    np.testing.assert_allclose(_core.delta_rows(x, width, order), expected, atol=1e-12)
