"""Kernels of where frames have their weight and their peaks, in both orders of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver import _core
from reference import shape as twin

Array = NDArray[Any]

TYPES = (np.float32, np.float64)
FRAMES = [0, 1, 3, 7, 8, 16, 17, 70]
BINS = [2, 3, 17, 64, 65, 129, 1025]


def stack_of(n_bins: int, n_frames: int, dtype: type) -> Array:
    """Pictures of values over many magnitudes, silence, plateaus and denormals among them."""
    rng = np.random.default_rng(n_bins * 100 + n_frames)
    S = rng.random((2, n_bins, n_frames)) ** 4
    S[0] = np.round(S[0], 1)
    S[..., ::5] = 0
    S[..., 1::6] *= 1e-40
    return S.astype(dtype)


def in_both_orders(S: Array, call: Callable[[Array, bool], Any]) -> list[Any]:
    """Results of both orders, pictures among them as (n, n_bins, n_frames)."""
    return [call(S, False), call(np.ascontiguousarray(S.swapaxes(-1, -2)), True)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n_bins", [1, *BINS])
def test_moments_and_deviations(target: str, n_bins: int, dtype: type) -> None:
    frequencies = np.linspace(0, 8000, n_bins) ** 1.1
    for n_frames in FRAMES:
        S = stack_of(n_bins, n_frames, dtype)
        centres = np.random.default_rng(0).random((2, n_frames)) * 4000
        found = in_both_orders(S, lambda x, f: _core.moments(x, f, frequencies))
        wider = in_both_orders(S, lambda x, f: _core.deviations(x, f, frequencies, centres))  # noqa: B023
        for (sums, weighted), deviations in zip(found, wider, strict=True):
            for i, picture in enumerate(S):
                expected = twin.moments(picture, frequencies)
                np.testing.assert_allclose(sums[i], expected[0], rtol=1e-13)
                np.testing.assert_allclose(weighted[i], expected[1], rtol=1e-13)
                spread = twin.deviations(picture, frequencies, centres[i])
                np.testing.assert_allclose(deviations[i], spread, rtol=1e-13)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n_bins", [1, *BINS])
def test_rolloff(target: str, n_bins: int, dtype: type) -> None:
    for n_frames in FRAMES:
        S = stack_of(n_bins, n_frames, dtype)
        for share in (0.01, 0.5, 0.85, 0.999999):
            for found in in_both_orders(S, lambda x, f: _core.rolloff(x, f, share)):  # noqa: B023
                assert found.dtype == np.int64
                for one, picture in zip(found, S, strict=True):
                    np.testing.assert_array_equal(one, twin.rolloff(picture, share))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n_bins", BINS)
def test_peaks(target: str, n_bins: int, dtype: type) -> None:
    eps = np.finfo(dtype).eps
    for n_frames in FRAMES:
        S = stack_of(n_bins, n_frames, dtype)
        for first, last, share in ((0, n_bins, 0.0), (1, n_bins - 1, 0.1), (2, n_bins + 9, 0.7)):
            flat, turned = in_both_orders(
                S,
                lambda x, f: _core.peaks(x, f, first, last, share, 7.8125),  # noqa: B023
            )
            for i, picture in enumerate(S):
                hertz, heights = twin.peaks(picture, first, last, share, 7.8125)
                np.testing.assert_allclose(flat[0][i], hertz, rtol=8 * eps, atol=1e-45)
                np.testing.assert_allclose(flat[1][i], heights, rtol=8 * eps, atol=1e-44)
                for one, other in zip(flat, turned, strict=True):
                    np.testing.assert_array_equal(one[i], other[i].T)


def test_what_does_not_fit_is_refused() -> None:
    S, freq = np.ones((1, 3, 4)), np.ones(3)
    with pytest.raises(ValueError, match="frequencies must be one of each bin"):
        _core.moments(S, False, np.ones(4))
    with pytest.raises(ValueError, match="centres must be one of each frame"):
        _core.deviations(S, False, freq, np.ones((1, 3)))
    with pytest.raises(ValueError, match="pictures must hold 1 to"):
        _core.rolloff(np.ones((1, 0, 4)), False, 0.5)
    with pytest.raises(ValueError, match="pictures must hold at least 2 bins"):
        _core.peaks(np.ones((1, 1, 4)), False, 0, 1, 0.5, 1.0)
