"""YIN and probabilistic YIN against the twins, on every SIMD target."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa.core import tracking
from reference import yin as twin

TINY = float(np.finfo(float).tiny)


def voice(n: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(n)
    t = np.arange(n) / 8000
    phase = 2 * np.pi * np.cumsum(150 + 40 * np.sin(2 * np.pi * 2 * t)) / 8000
    y = np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.1 * rng.standard_normal(n)
    y[n // 3 : n // 2] = 0.3 * rng.standard_normal(n // 2 - n // 3)
    y[n // 2 : n // 2 + n // 6] = 0
    return np.asarray(y)


def plan(frame_length: int, hop_length: int, low: int, high: int) -> _core.Yin:
    return _core.Yin(
        frame_length=frame_length,
        hop_length=hop_length,
        min_period=low,
        max_period=high,
        tiny=TINY,
    )


@pytest.mark.parametrize(
    ("frame_length", "hop_length", "low", "high"),
    [(256, 64, 2, 100), (255, 77, 10, 11), (64, 100, 1, 63), (512, 128, 20, 300), (5, 1, 1, 3)],
)
def test_difference_and_period(
    target: str, frame_length: int, hop_length: int, low: int, high: int
) -> None:
    kernel = plan(frame_length, hop_length, low, high)
    for n_frames in (1, 2, 7, 8, 9, 17):
        y = voice(3000)[1000 : 1000 + frame_length + hop_length * (n_frames - 1)]
        found = kernel.difference(y)
        expected = twin.difference(y, frame_length, hop_length, low, high)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
        for threshold in (0.05, 0.3):
            periods = [twin.period(row, low, threshold) for row in found]
            np.testing.assert_array_equal(kernel.period(found, threshold), periods)


def test_silence_gives_zeros(target: str) -> None:
    assert (plan(256, 64, 4, 100).difference(np.zeros(1000)) == 0).all()


@pytest.mark.parametrize("switch_prob", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("width", [1, 2, 7, 24, 73])
def test_pyin(target: str, width: int, switch_prob: float) -> None:
    n_bins, fmin, rate, octave = 73, 80.0, 8000, 48
    kernel = plan(1024, 128, 20, 100)
    rows = kernel.difference(voice(12000))
    thresholds, prior = tracking.threshold_prior(50, 2, 18)
    stay, change, outside = tracking.transitions(n_bins, width, switch_prob)
    states, voiced = kernel.pyin(
        rows,
        sample_rate=rate,
        fmin=fmin,
        thresholds=thresholds,
        prior=prior,
        boltzmann=2.0,
        no_trough_prob=0.01,
        stay=stay,
        change=change,
        outside=outside,
        bins_per_octave=octave,
        single=False,
    )
    observed = np.zeros((len(rows), 2 * n_bins))
    for t, row in enumerate(rows):
        for i, p in twin.candidates(row, thresholds, prior, 2.0, 0.01).items():
            position = np.round(octave * np.log2(rate / (20 + i + twin.shift(row, i)) / fmin))
            if p > 0 and position < n_bins:
                observed[t, int(max(0, position))] = p
    expected = np.clip(observed.sum(axis=1), 0, 1)
    np.testing.assert_allclose(voiced, expected, rtol=0, atol=1e-12)
    assert voiced.min() == 0
    assert voiced.max() > 0.8
    observed[:, n_bins:] = (1 - voiced[:, None]) / n_bins
    dense = np.full((2 * n_bins, 2 * n_bins), outside)
    reach = width // 2
    for d in range(2 * reach + 1):
        for j in range(n_bins):
            i = j + d - reach
            if 0 <= i < n_bins:
                dense[i, j] = dense[n_bins + i, n_bins + j] = stay[d, j]
                dense[i, n_bins + j] = dense[n_bins + i, j] = change[d, j]
    path = twin.viterbi(np.log(observed + TINY), dense, np.log(1 / (2 * n_bins)))
    # A path is judged by its probability: of equals either may be taken.
    assert _score(states, observed, dense) == pytest.approx(_score(path, observed, dense), abs=1e-6)
    assert (states != path).mean() <= 0.02 or width in (1, 2)


def _score(
    states: NDArray[np.integer], observed: NDArray[np.float64], dense: NDArray[np.float64]
) -> float:
    steps = dense[states[:-1], states[1:]].sum()
    return float(steps + np.log(observed[np.arange(len(states)), states] + TINY).sum())


def test_refusals() -> None:
    for low, high in ((0, 10), (10, 10), (10, 256)):
        with pytest.raises(ValueError, match="periods must rise from 1"):
            plan(256, 64, low, high)
    with pytest.raises(ValueError, match="hop_length be positive"):
        plan(256, 0, 10, 20)
    with pytest.raises(ValueError, match=r"hold a frame, got shape \(255,\)"):
        plan(256, 64, 10, 20).difference(np.zeros(255))
    with pytest.raises(ValueError, match=r"difference must be \(n_frames, 11\)"):
        plan(256, 64, 10, 20).period(np.zeros((4, 10)), 0.1)
