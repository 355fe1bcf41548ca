"""What makes any recording doubtful."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from quaver import augmentation
from quaver.models import trust
from quaver.models.trust import doubts, level_db

RATE = 16000
SPEECH = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) / 20


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 1000, (1 << 20) + 7])
def test_level(dtype: type, n: int) -> None:
    samples = np.random.default_rng(n).standard_normal(n).astype(dtype)
    wanted = 10 * math.log10(float(np.mean(samples.astype(np.float64) ** 2)))
    assert level_db(samples) == pytest.approx(wanted, abs=1e-9)


def test_speech_is_not_doubtful() -> None:
    assert doubts(SPEECH, RATE) == ()
    assert doubts(-SPEECH, RATE) == ()


def test_levels() -> None:
    """What is under -75 dB of full scale, by whichever scale."""
    for decibels, expected in ((-76, ("silence",)), (-74, ())):
        soft = (SPEECH / SPEECH.std() * 10 ** (decibels / 20)).astype(np.float32)
        assert doubts(soft, RATE) == expected
    assert doubts(SPEECH * 32768, RATE) == ("out_of_scale",)
    assert doubts(np.zeros(RATE), RATE) == ("silence",)
    assert doubts(SPEECH * trust.LARGEST_SAMPLE / np.abs(SPEECH).max(), RATE) == ()


def test_lengths() -> None:
    assert doubts(SPEECH[: RATE // 2], RATE) == ()
    assert doubts(SPEECH[: RATE // 2 - 1], RATE) == ("too_short",)
    assert "too_short" in doubts(SPEECH[:1], RATE)


@pytest.mark.parametrize("sign", [1, -1])
def test_clipping(sign: int) -> None:
    assert doubts(sign * augmentation.overdrive(SPEECH, 10), RATE) == ("clipped",)
    one_side = np.minimum(SPEECH, np.quantile(SPEECH, 0.995))
    assert doubts(sign * one_side, RATE) == ("clipped",)
    assert doubts(sign * augmentation.overdrive(SPEECH, 1), RATE) == ()


def test_an_hour_takes_no_more_than_a_minute() -> None:
    hour = np.zeros(20_000_000, np.float32)
    hour[::1000] = 0.1
    tracemalloc.start()
    doubts(hour, RATE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6
