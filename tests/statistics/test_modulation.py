"""The modulation spectrum against its twin, on every SIMD target."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

import quaver
import tolerances
from quaver.config import MODULATIONS
from reference import modulation as twin


@pytest.mark.parametrize("n", [1, 2, 3, 17, 100, 255, 256, 257, 383, 384, 385, 700])
def test_lengths(target: str, n: int) -> None:
    values = 10 * np.random.default_rng(n).standard_normal((n, 3)).cumsum(axis=0)
    found = quaver.modulation(values, 100)
    assert found.dtype == np.float32
    expected = twin.modulation(values.astype(np.float32), 100)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerances.MODULATION_DB)


@pytest.mark.parametrize("n_rows", [1, 3, 4, 5, 8, 9, 17])
def test_any_number_of_rows(target: str, n_rows: int) -> None:
    values = np.random.default_rng(0).standard_normal((300, n_rows)).astype(np.float32)
    each = [quaver.modulation(values[:, i : i + 1], 100) for i in range(n_rows)]
    np.testing.assert_allclose(quaver.modulation(values, 100), np.concatenate(each), atol=1e-5)


@pytest.mark.parametrize("rate", [64, 86.1328125, 99, 200, 1000])
def test_rates(target: str, rate: float) -> None:
    values = np.random.default_rng(1).standard_normal((int(2 * rate), 2)).astype(np.float32)
    expected = twin.modulation(values, rate)
    found = quaver.modulation(values, rate)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerances.MODULATION_DB)


@pytest.mark.parametrize("hertz", [1.2, 3, 6, 12, 24])
def test_a_wave_is_in_its_band(target: str, hertz: float) -> None:
    """Its variance is half its height's square, whatever lies under it."""
    wave = 1000 + 6 * np.sin(2 * np.pi * hertz * np.arange(2000) / 100)
    found = quaver.modulation(wave[:, None], 100)
    bands = list(MODULATIONS.values())
    own = next(i for i, (low, high) in enumerate(bands) if low <= hertz < high)
    assert found.argmax() == own
    assert abs(found[own] - 10 * np.log10(18.1)) < 0.3


def test_noise_has_what_scipy_says() -> None:
    noise = np.random.default_rng(2).standard_normal(100_000) * 5
    f, density = scipy.signal.welch(noise, 100, "hann", 256)
    found = quaver.modulation(noise[:, None], 100)
    for value, (low, high) in zip(found, MODULATIONS.values(), strict=True):
        power = density[(f >= low) & (f < high)].sum() * 100 / 256
        assert abs(value - 10 * np.log10(0.1 + power)) < 0.1


@pytest.mark.parametrize("value", [0, -45, 1e30])
def test_what_does_not_change_has_the_floor(target: str, value: float) -> None:
    assert (quaver.modulation(np.full((300, 2), value), 100) == -10).all()


@pytest.mark.parametrize("rate", [63.9, 0, -1, 10001, 1e300])
def test_other_rates_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="64 to 10,000 frames a second, got"):
        quaver.modulation(np.zeros((10, 1)), rate)


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="nan at frame 1, feature 0"):
        quaver.modulation([[0.0], [np.nan]], 100)
    with pytest.raises(ValueError, match="must not be empty"):
        quaver.modulation(np.zeros((0, 1)), 100)
