"""Linear prediction against SciPy's solution of the same equations, and of known filters."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
from numpy.typing import NDArray

from quaver import voice
from reference import formants as twin

Method = Literal["burg", "autocorrelation"]
METHODS: tuple[Method, ...] = ("burg", "autocorrelation")


def filter_of(*resonances: tuple[float, float]) -> NDArray[np.float64]:
    """Of frequency and bandwidth, as shares of the sampling rate."""
    half = [np.exp(-np.pi * width + 2j * np.pi * f) for f, width in resonances]
    return np.asarray(np.poly([*half, *np.conj(half)]).real)


def test_autocorrelation_solves_the_normal_equations(speech: NDArray[np.float32]) -> None:
    frames = np.stack([speech[i : i + 400] for i in (2000, 5000, 9000)]) * np.hamming(400)
    found = voice.lpc(frames, 11, method="autocorrelation")
    for frame, a in zip(frames, found, strict=True):
        r = np.correlate(frame, frame, "full")[399 : 399 + 12]
        expected = scipy.linalg.solve_toeplitz(r[:-1], -r[1:])
        np.testing.assert_allclose(a, [1, *expected], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(a[1:], twin.levinson(r[np.newaxis])[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_known_filter_is_found(method: Method) -> None:
    expected = filter_of((0.05, 0.01), (0.14, 0.02), (0.23, 0.03))
    noise = np.random.default_rng(2).standard_normal((3, 20000))
    x = scipy.signal.lfilter([1], expected, noise)
    if method == "autocorrelation":
        x *= np.hanning(x.shape[1])
    found = voice.lpc(x, 6, method=method)
    assert found.shape == (3, 7)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.tile(expected, (3, 1)), atol=0.1)
    angles = np.sort(np.angle(np.roots(found[0])))[3:] / (2 * np.pi)
    np.testing.assert_allclose(angles, [0.05, 0.14, 0.23], atol=2e-3)


def test_burg_is_sharp_in_short_frames() -> None:
    tone = np.sin(2 * np.pi * 0.11 * np.arange(40) + 0.3)
    root = np.roots(voice.lpc(tone, 2))[0]
    assert abs(np.angle(root)) / (2 * np.pi) == pytest.approx(0.11, rel=0.05)
    assert abs(root) == pytest.approx(1, abs=1e-3)
    assert abs(np.roots(voice.lpc(tone, 2, method="autocorrelation"))[0]) < 0.99


@pytest.mark.parametrize("method", METHODS)
def test_any_level_and_type(method: Method, speech: NDArray[np.float32]) -> None:
    x = (speech[3000:3500] * 20000).astype(np.int16)
    expected = voice.lpc(x, 8, method=method)
    assert (abs(np.roots(expected)) < 1).all()
    for scale in (1 / 32768, 1e-180, 1e150):
        np.testing.assert_allclose(voice.lpc(x * scale, 8, method=method), expected, rtol=1e-9)
    np.testing.assert_array_equal(voice.lpc(x.tolist(), 8, method=method), expected)
    both = voice.lpc(np.stack([x, x * 0]).reshape(1, 2, 500), 8, method=method)
    np.testing.assert_array_equal(both, [[expected, [1, *[0] * 8]]])
    assert voice.lpc(np.ones(5), 4, method=method).shape == (5,)
    assert voice.lpc(np.zeros((0, 9)), 4, method=method).shape == (0, 5)


def test_what_is_refused() -> None:
    x = np.ones(10)
    for order in (0, -1, 10):
        with pytest.raises(ValueError, match=f"less than the 10 samples, got {order}"):
            voice.lpc(x, order)
    with pytest.raises(TypeError, match="order must be an int"):
        voice.lpc(x, 2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="method must be 'burg' or 'autocorrelation', got 'x'"):
        voice.lpc(x, 2, method="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="samples must be finite"):
        voice.lpc([*x, np.nan], 2)
    with pytest.raises(ValueError, match="at least one axis"):
        voice.lpc(1.0, 2)
    for wrong in ("clip.wav", x + 1j, x > 0):
        with pytest.raises(TypeError, match="samples must be real numbers"):
            voice.lpc(wrong, 2)
