"""Phase vocoder against the twin, on every SIMD target."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver import _core
from reference import vocoder as twin


def spectrogram(n_frames: int, n_bins: int) -> NDArray[np.complex128]:
    rng = np.random.default_rng(n_frames + n_bins)
    x = rng.standard_normal((n_frames, n_bins)) + 1j * rng.standard_normal((n_frames, n_bins))
    x *= 10.0 ** rng.integers(-20, 5, x.shape)
    x[n_frames // 2 :: 7] = 0
    x[:, 0] = x[:, 0].real
    x[:, -1] = 1j * x[:, -1].imag
    return np.asarray(x)


@pytest.mark.parametrize("rate", [0.3, 0.5, 0.9, 1.0, 1.7, 2.0, 5.0])
@pytest.mark.parametrize("n_bins", [1, 2, 3, 5, 8, 9, 16, 17, 65])
def test_float64(target: str, n_bins: int, rate: float) -> None:
    for n_frames in (1, 2, 3, 12, 40):
        x = spectrogram(n_frames, n_bins)
        advance = 64 * np.pi * np.arange(n_bins) / max(1, n_bins - 1)
        positions = np.arange(0, n_frames, rate)
        found = _core.phase_vocoder(x, advance, positions)
        expected = twin.phase_vocoder(x, advance, positions)
        # Phases near 1e4 rad are rounded by 2e-12, in each step.
        bound = 2e-11 * np.abs(expected) + 1e-300
        assert (np.abs(found - expected) <= bound * (1 + len(positions))).all()


def test_angles_and_phases_are_accurate(target: str) -> None:
    """One step from a frame of known angle: the output's angle is the input's."""
    angle = np.concatenate([np.linspace(-np.pi, np.pi, 20001), [0.0, -0.0, 1e-9, -1e-9]])
    x = np.exp(1j * angle)[None]
    found = _core.phase_vocoder(x, np.zeros(x.shape[1]), np.zeros(1))
    assert np.abs(found - x).max() <= 1e-15  # two units in the last place of pi
    single = _core.phase_vocoder(x.astype(np.complex64), np.zeros(x.shape[1]), np.zeros(1))
    assert single.dtype == np.complex64
    assert np.abs(single - x).max() <= 2e-7
    # A large phase: 1e9 rad ahead in one step, between equal frames.
    ahead = np.linspace(0, 1e9, x.shape[1])
    two = np.concatenate([x, x, x])
    found = _core.phase_vocoder(two, ahead, np.array([0.0, 1.0]))
    expected = np.exp(1j * (angle + 2 * np.pi * np.round(ahead / (2 * np.pi))))
    assert np.abs(found[1] - expected).max() <= 3e-7  # 1e9 rad in float64


def test_float32_follows_float64(target: str) -> None:
    x = spectrogram(30, 33).astype(np.complex64)
    advance = 16 * np.pi * np.arange(33) / 32
    positions = np.arange(0, 30, 0.8)
    found = _core.phase_vocoder(x, advance, positions)
    expected = twin.phase_vocoder(x, advance, positions)
    # Phases are summed in float64; only the result is rounded.
    assert (np.abs(found - expected) <= 2e-7 * np.abs(expected) + 1e-37).all()


def test_refusals() -> None:
    x = np.zeros((4, 3), np.complex64)
    with pytest.raises(ValueError, match="an advance for each bin"):
        _core.phase_vocoder(x, np.zeros(4), np.zeros(1))
    for position in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="positions must be frames"):
            _core.phase_vocoder(x, np.zeros(3), np.array([position]))
