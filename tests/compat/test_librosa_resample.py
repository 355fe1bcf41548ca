"""The Kaiser filters of resampy against their twin, and against resampy where it is installed."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

import quaver.compat.librosa as stand_in
from compat.parity import assert_same, signal
from quaver.compat.librosa.core import windowed_sinc
from reference import windowed_sinc as twin

RATES = [
    (48000, 16000), (48000, 22050), (44100, 16000), (22050, 16000), (16000, 22050), (16000, 8000),
    (8000, 16000), (11025, 48000), (16000, 48000), (7, 5),
]  # fmt: skip


@pytest.mark.parametrize("name", list(windowed_sinc.FILTERS))
@pytest.mark.parametrize("rates", RATES)
def test_filters_agree_with_their_twin(rates: tuple[int, int], name: str) -> None:
    for n in (3, 50, 2001):
        y = signal(n, dtype=np.float64)
        expected = twin.resample(y, *rates, name)
        for dtype, bound in ((np.float64, 1e-12), (np.float32, 1e-6)):
            found = windowed_sinc.resample(y.astype(dtype), *rates, name)
            assert found is not None
            assert (found.shape, found.dtype) == (expected.shape, dtype)
            np.testing.assert_allclose(found, expected, rtol=0, atol=bound * np.abs(y).max())


@pytest.mark.parametrize("name", list(windowed_sinc.FILTERS))
def test_any_ratio_without_resampy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As 0.8's pitch_shift asks for, which resamples from a rate that is no whole number."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for rates in (*RATES, (16000 * 2 ** (2 / 12), 16000), (44101, 16000), (8000.5, 44101)):
        y = np.stack([signal(2001, dtype=np.float64), np.ones(2001)])
        expected = np.stack([twin.resample(row, *rates, name) for row in y])
        found = windowed_sinc.resample_anywhere(y, *rates, name)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    longer = np.tile(y, 2)
    shifted = stand_in.effects.pitch_shift(longer, sr=16000, n_steps=2, res_type=name)
    assert shifted.shape == longer.shape
    with pytest.raises(ValueError, match="has no filter from 9000 to 1 Hz"):
        windowed_sinc.resample_anywhere(np.ones(90000), 9000, 1, name)
    with pytest.raises(ValueError, match="y is too short"):
        windowed_sinc.resample_anywhere(np.ones(1), 44101, 16000, name)


def test_long_signals_are_filtered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    y = signal(9000, dtype=np.float64)
    whole = windowed_sinc.resample(y, 48000, 22050, "kaiser_fast")
    monkeypatch.setattr(windowed_sinc, "_AT_ONCE", 1000)
    parts = windowed_sinc.resample(y, 48000, 22050, "kaiser_fast")
    assert whole is not None
    assert parts is not None
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-14)


@pytest.mark.parametrize("options", [{}, {"scale": True}, {"fix": False}, {"axis": 0}])
@pytest.mark.parametrize("name", list(windowed_sinc.FILTERS))
def test_numbers_of_resampy(name: str, options: dict[str, Any]) -> None:
    for y in (signal(4000), signal(4000, dtype=np.float64), signal(2000, channels=(2,))):
        x = y.T if options.get("axis") == 0 else y
        assert_same(
            lambda m, x=x: m.resample(x, orig_sr=48000, target_sr=22050, res_type=name, **options),
            rtol=0,
            atol=2e-6,
        )


def test_what_has_no_filter() -> None:
    y = signal(400)
    assert windowed_sinc.resample(y, 44100.5, 16000, "kaiser_fast") is None
    assert windowed_sinc.resample(y, 44101, 16000, "kaiser_fast") is None
    assert windowed_sinc.resample(y.astype(np.float16), 44100, 16000, "kaiser_fast") is None
    with pytest.raises(ValueError, match="too short to be resampled from 48000 to 16000, got 2"):
        stand_in.resample(y[:2], orig_sr=48000, target_sr=16000, res_type="kaiser_best")


def test_load_takes_them(tmp_path: Any) -> None:
    import soundfile

    path = tmp_path / "a.wav"
    y = signal(4800)
    soundfile.write(path, y, 48000, subtype="FLOAT")
    found, rate = stand_in.load(path, sr=16000, res_type="kaiser_fast")
    expected = stand_in.resample(y, orig_sr=48000, target_sr=16000, res_type="kaiser_fast")
    assert rate == 16000
    np.testing.assert_array_equal(found, expected)
