"""Bounds of memory and durations, and pairs in the place of samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
from recorded import RATE, encoded, without_info


def silence(seconds: float, channels: int, rate: int = 48000) -> bytes:
    return encoded(np.zeros((round(seconds * rate), channels), np.int16), "FLAC", rate=rate)


def test_silence_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quaver.recordings.parts._FREE_BYTES", 1 << 20)
    data = silence(20, 8)
    assert 1000 * len(data) < 20 * 48000 * 8 * 4
    for options in ({}, {"downmix": "mean"}, {"sample_rate": 16000}, {"dtype": "float64"}):
        with pytest.raises(ValueError, match=r"holds 20\.0 s of 8 channel.*pass max_duration"):
            quaver.load(data, **options)
    assert quaver.load(data, max_duration=20)[0].shape == (8, 960000)
    assert quaver.load(data, duration=20, downmix="mean")[0].shape == (960000,)
    batch = quaver.extract_many([data, data[: len(data) // 2]], downmix="mean")
    assert [failure.error for failure in batch.failures] == ["ValueError"] * 2


def test_a_forged_flac_claims_no_memory(noise: NDArray[np.float32]) -> None:
    data = bytearray(encoded(noise, "FLAC"))
    data[21] |= 0x0F  # the upper bits of the length
    with pytest.raises(ValueError, match=r"holds \d+\.\d s of 1 channel.*pass max_duration"):
        quaver.load(bytes(data))
    with pytest.raises(ValueError, match=r"truncated, the header promises \d+ samples and 16000"):
        quaver.load(bytes(data), max_duration=1e9)


@pytest.mark.parametrize("options", [{}, {"sample_rate": 8000}, {"downmix": 0}], ids=str)
@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_max_duration(noise: NDArray[np.float32], kind: str, options: dict[str, Any]) -> None:
    data = encoded(np.tile(noise, 3), kind)
    limit = r"holds .* 1 channel\(s\) at 16000 Hz, max_duration is 2\.5 s"
    with pytest.raises(ValueError, match=rf"<\d+ bytes>: {limit}"):
        quaver.load(data, max_duration=2.5, **options)
    whole, rate = quaver.load(data, max_duration=3.2, **options)
    assert len(whole) >= 3 * rate
    assert len(quaver.load(data, offset=1, max_duration=2.5, **options)[0]) >= 2 * rate
    assert len(quaver.load(data, duration=2, max_duration=2.5, **options)[0]) == 2 * rate
    batch = quaver.extract_many([data, encoded(noise, kind)], max_duration=2.5)
    assert batch.index.tolist() == [1]
    assert "max_duration is 2.5 s" in batch.failures[0].reason


def test_max_duration_of_a_length_that_is_not_known(noise: NDArray[np.float32]) -> None:
    data, _ = without_info(encoded(np.tile(noise, 3), "MP3"))
    with pytest.raises(ValueError, match=r"holds more than .*, max_duration is 2\.5 s"):
        quaver.load(data, max_duration=2.5)


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_max_duration_that_is_none(value: float) -> None:
    for call in (quaver.load, quaver.extract_many):
        with pytest.raises(ValueError, match="max_duration must be positive"):
            call([b""], max_duration=value)  # type: ignore[operator]


def test_a_pair_in_the_place_of_samples(noise: NDArray[np.float32]) -> None:
    pair = quaver.load(encoded(noise, "WAV"))
    message = "got a pair .*take it apart"
    for call in (quaver.extract, quaver.short_term, quaver.mfcc, quaver.log_mel):
        with pytest.raises(TypeError, match=message):
            call(pair, RATE)  # type: ignore[operator]
    with pytest.raises(TypeError, match=message):
        quaver.Stream(RATE).feed(pair)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=message):
        quaver.extract_many(pair, RATE)
    batch = quaver.extract_many([pair, noise], RATE)
    assert batch.index.tolist() == [1]
    assert "take it apart" in batch.failures[0].reason
    assert len(quaver.extract((0.1,) * 16000, RATE)) == 420  # numbers in a tuple are samples


@pytest.mark.parametrize("path", ["a.wav", b"RIFF", Path("a.wav")])
def test_a_file_in_the_place_of_samples(path: Any) -> None:
    for call in (quaver.extract, quaver.short_term, quaver.mfcc, quaver.log_mel):
        with pytest.raises(TypeError, match=r"read a file first .*quaver\.load"):
            call(path, RATE)  # type: ignore[operator]
