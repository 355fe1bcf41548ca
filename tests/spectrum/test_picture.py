"""Kernels of pictures that are there already, against their twins, in both orders of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver import _core
from reference import contrast as contrast_twin
from reference import mel as mel_twin
from reference import picture as twin

Array = NDArray[Any]

TYPES = (np.float32, np.float64)
FRAMES = [0, 1, 3, 4, 7, 8, 15, 16, 17, 50]


def stack_of(n_bins: int, n_frames: int, dtype: type, *, lead: int = 2) -> Array:
    """Pictures of values over many magnitudes, silence and denormals among them."""
    rng = np.random.default_rng(n_bins * 100 + n_frames)
    S = rng.random((lead, n_bins, n_frames)) ** 8
    S[:, :1] = 0
    S[:, -1:] *= 1e-40
    return S.astype(dtype)


def in_both_orders(S: Array, call: Callable[[Array, bool], Any]) -> list[Any]:
    return [call(S, False), call(np.ascontiguousarray(S.swapaxes(-1, -2)), True)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n_bins", [1, 2, 3, 17, 129, 1025])
def test_bands(target: str, n_bins: int, dtype: type) -> None:
    rng = np.random.default_rng(n_bins)
    dense = rng.random((5, n_bins)).astype(np.float32)
    dense[1] = 0
    dense[2, : n_bins // 2] = 0
    bank = _core.FilterBank(dense)
    for n_frames in FRAMES:
        S = stack_of(n_bins, n_frames, dtype)
        for found in in_both_orders(S, bank.of):
            assert (found.shape, found.dtype) == ((2, 5, n_frames), dtype)
            rtol = 1e-5 if dtype == np.float32 else 1e-13
            for one, picture in zip(found, S, strict=True):
                expected = twin.bands(picture, dense)
                np.testing.assert_allclose(one, expected, rtol=rtol, atol=1e-37)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n_bins", [2, 3, 34, 65, 1025])
def test_energies(target: str, n_bins: int, dtype: type) -> None:
    for n_frames in FRAMES:
        for is_even in (True, False):
            S = stack_of(n_bins, n_frames, dtype)
            for found in in_both_orders(S, lambda x, f: _core.energies(x, f, is_even)):  # noqa: B023
                rtol = 1e-5 if dtype == np.float32 else 1e-13
                for one, picture in zip(found, S, strict=True):
                    expected = twin.energies(picture, is_even)
                    np.testing.assert_allclose(one, expected, rtol=rtol, atol=1e-37)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n_bins", [1, 2, 7, 8, 9, 1025, 9001])
def test_log_means(target: str, n_bins: int, dtype: type) -> None:
    """Nine thousand mantissas, of which a thousand fit into one product."""
    for n_frames in (0, 1, 9) if n_bins > 2000 else FRAMES:
        for squared, amin in ((False, 1e-10), (True, 1e-30)):
            S = stack_of(n_bins, n_frames, dtype)
            for found in in_both_orders(S, lambda x, f: _core.log_means(x, f, squared, amin)):  # noqa: B023
                for i, picture in enumerate(S):
                    expected = twin.log_means(picture, squared, amin)
                    for part, value in zip(found, expected, strict=True):
                        np.testing.assert_allclose(part[i], value, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_magphase(target: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    size = np.finfo(dtype).max
    rare = [0, 0j, 3 + 4j, size, size * 0.5j, 1e-30, 1e-40j, np.inf + 1j, complex(np.nan, np.inf)]
    for n in FRAMES:
        z = rng.standard_normal((2, n, 2)).astype(dtype(0).real.dtype).view(dtype)[..., 0]
        for x in (z, np.array(rare, dtype)):
            phase, magnitude = _core.magphase(x)
            with np.errstate(all="ignore"):
                expected_phase, expected = twin.magphase(x)
            eps = np.finfo(dtype).eps
            np.testing.assert_allclose(magnitude, expected, rtol=eps, atol=np.finfo(dtype).tiny)
            kept = np.isfinite(expected) & (expected > 1e-37)
            np.testing.assert_allclose(phase[kept], expected_phase[kept], rtol=0, atol=2 * eps)
            assert (phase[expected == 0] == 1).all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", FRAMES)
def test_lowest(target: str, n: int, dtype: type) -> None:
    x = np.random.default_rng(n).standard_normal(n).astype(dtype)
    assert _core.lowest(x) == x.min(initial=np.finfo(dtype).max)
    for bad in (np.nan, np.inf, -np.inf):
        for i in range(n):
            spoiled = x.copy()
            spoiled[i] = bad
            assert np.isnan(_core.lowest(spoiled))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [*FRAMES, 1000])
def test_decibel(target: str, n: int, dtype: type) -> None:
    """Each row has its own offset and its own largest value."""
    rng = np.random.default_rng(n)
    power = (10.0 ** rng.uniform(-12, 8, (2, n))).astype(dtype)
    amin = float(dtype(1e-10))
    for squared in (False, True):
        x = np.sqrt(power) * rng.choice([-1, 1], power.shape).astype(dtype) if squared else power
        found, largest = _core.decibel(x, squared, amin, np.array([3.0, -7.0]), np.inf)
        exact = np.square(x, dtype=float) if squared else x.astype(float)
        expected = mel_twin.decibel(exact, amin=amin) - np.array([[3.0], [-7.0]])
        bound = 2e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(found, expected, atol=bound, rtol=0)
        if n:
            np.testing.assert_array_equal(largest, found.max(axis=1))
        cut, same = _core.decibel(x, squared, amin, np.array([3.0, -7.0]), 20.0)
        np.testing.assert_array_equal(same, largest)
        np.testing.assert_array_equal(cut, np.maximum(found, largest[:, np.newaxis] - dtype(20)))
    for bad in (np.nan, np.inf):
        if n:
            power[1, n // 2] = bad
            assert np.isnan(_core.decibel(power, False, amin, np.zeros(2), 80.0)[1]).tolist() == [
                False,
                True,
            ]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n_frames", [1, 3, 15, 16, 17, 40])
def test_contrast(target: str, n_frames: int, dtype: type) -> None:
    magnitude = stack_of(100, n_frames, dtype)
    bands = [(0, 1, 1), (0, 50, 3), (50, 100, 50), (20, 90, 64)]
    bands += [(5, 70, count) for count in range(1, 10)]
    for found in in_both_orders(magnitude, lambda x, f: _core.contrast(x, f, bands)):
        for i, picture in enumerate(magnitude):
            expected = contrast_twin.extremes(picture.astype(float), bands)
            for part, value in zip(found, expected, strict=True):
                rtol = 5e-6 if dtype == np.float32 else 1e-13
                np.testing.assert_allclose(part[i], value, rtol=rtol, atol=1e-37)


def test_what_does_not_fit_is_refused() -> None:
    ones = np.ones((1, 10, 2), np.float32)
    with pytest.raises(ValueError, match=r"stack of matrices, got shape \(10, 2\)"):
        _core.energies(ones[0], False, True)
    with pytest.raises(ValueError, match=r"at least 2 bins, got shape \(1, 10, 1\)"):
        _core.energies(np.ones((1, 10, 1)), True, True)
    with pytest.raises(ValueError, match=r"hold bins, got shape \(1, 0, 3\)"):
        _core.log_means(np.ones((1, 0, 3)), False, True, 1e-10)
    with pytest.raises(ValueError, match=r"3 bins, got shape \(1, 10, 2\)"):
        _core.FilterBank(np.ones((2, 3), np.float32)).of(ones, False)
    with pytest.raises(ValueError, match="within the 10 bins, got 11"):
        _core.contrast(ones, False, [(0, 11, 1)])
    with pytest.raises(ValueError, match="got 4 for the bins 0 to 3"):
        _core.contrast(ones, False, [(0, 3, 4)])
    with pytest.raises(ValueError, match="amin must be a normal positive number"):
        _core.decibel(ones[0], False, 0.0, np.zeros(10), 80.0)
    with pytest.raises(ValueError, match=r"have an offset, got shapes \(10, 2\) and \(2,\)"):
        _core.decibel(ones[0], False, 1e-10, np.zeros(2), 80.0)
    with pytest.raises(ValueError, match="amin must be a normal positive number"):
        _core.log_means(ones, False, True, 1e-320)
