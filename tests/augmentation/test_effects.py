"""Effects with numbers that the caller chooses, against SciPy where it defines the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import fft, signal

from quaver import augmentation
from quaver.augmentation import effects

RATE = 16000
SPEECH = np.random.default_rng(0).standard_normal(4000) * np.hanning(4000)


def test_gain_of_any_samples() -> None:
    half = augmentation.amplify(np.array([16384, -16384], np.int16), 20 * np.log10(2))
    np.testing.assert_allclose(half, [1.0, -1.0], rtol=1e-6)


@pytest.mark.parametrize("snr", [-5.0, 0.0, 20.0])
def test_noise_is_at_its_ratio(snr: float) -> None:
    noise = np.random.default_rng(1).standard_normal(1000)
    added = augmentation.add_noise(SPEECH, noise, snr) - SPEECH
    found = 10 * np.log10(np.mean(SPEECH**2) / np.mean(added**2))
    assert found == pytest.approx(snr, abs=1e-3)
    # Repeated to the length of the samples.
    np.testing.assert_allclose(added[:1000], added[3000:], atol=1e-6)


def test_nothing_is_added_to_silence() -> None:
    zeros, noise = np.zeros(10), np.ones(10)
    assert not augmentation.add_noise(zeros, noise, 0.0).any()
    np.testing.assert_array_equal(augmentation.add_noise(noise, zeros, 0.0), noise)


@pytest.mark.parametrize(("low", "high"), [(300.0, 3400.0), (None, 1000.0), (2000.0, None)])
@pytest.mark.parametrize("order", [2, 4])
def test_band_has_the_magnitudes_of_butterworth(
    low: float | None, high: float | None, order: int
) -> None:
    impulse = np.zeros(RATE)
    impulse[RATE // 2] = 1
    found = np.abs(np.fft.rfft(augmentation.limit_band(impulse, RATE, low, high, order=order)))
    hertz = np.fft.rfftfreq(RATE, 1 / RATE)
    wanted = np.ones_like(hertz)
    for edge, kind in ((low, "high"), (high, "low")):
        if edge is not None:
            b, a = signal.butter(order, edge, kind, analog=True)
            wanted *= np.abs(signal.freqs(b, a, worN=hertz)[1])
    np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_tilt_is_a_line_over_octaves() -> None:
    impulse = np.zeros(RATE)
    impulse[RATE // 2] = 1
    found = 20 * np.log10(np.abs(np.fft.rfft(augmentation.tilt(impulse, RATE, 9.0))))
    for hertz, decibels in ((125, -9), (500, -3), (1000, 0), (4000, 6), (8000, 9)):
        assert found[hertz] == pytest.approx(decibels, abs=0.1)


def test_reverberation_is_a_convolution() -> None:
    room = augmentation.impulse_response(RATE, np.random.default_rng(2), rt60=0.2)
    wanted = signal.fftconvolve(SPEECH, room)[:4000]
    np.testing.assert_allclose(augmentation.reverberate(SPEECH, room), wanted, atol=1e-5)
    # The direct sound stays where it is.
    late = np.concatenate([np.zeros(100, np.float32), room])
    np.testing.assert_allclose(augmentation.reverberate(SPEECH, late), wanted, atol=1e-5)


def test_overdrive_cuts_what_is_over() -> None:
    cut = augmentation.overdrive(SPEECH, 6.0)
    peak = np.abs(SPEECH).max() * 10 ** (-6 / 20)
    np.testing.assert_allclose(cut, np.clip(SPEECH, -peak, peak), atol=1e-6)
    assert not augmentation.overdrive(np.zeros(3), 6.0).any()


def test_speed_moves_the_pitch() -> None:
    tone = np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)
    faster = augmentation.change_speed(tone, 1.25)
    assert faster.size == pytest.approx(RATE / 1.25, abs=1)
    assert np.abs(np.fft.rfft(faster)).argmax() * RATE / faster.size == pytest.approx(625, abs=1)


def test_ends() -> None:
    assert augmentation.surround(np.ones(2)).tolist() == [1, 1]
    assert augmentation.surround(np.ones(2), after=np.zeros(1)).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("codec", "rate", "least"),
    [("mu-law", RATE, 30), ("a-law", 8000, 30), ("gsm", 8000, 3), ("vorbis", RATE, 5)],
)
def test_codecs_give_the_sound_back(codec: augmentation.Codec, rate: int, least: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    found = augmentation.encode(tone, rate, codec)
    assert found.shape == tone.shape
    assert found.dtype == np.float32
    assert 10 * np.log10(np.mean(tone**2) / np.mean((found - tone) ** 2)) > least


@pytest.mark.parametrize("size", [1, 2, 7, 31, 97, 1009, 61929])
def test_length_of_transforms(size: int) -> None:
    assert effects.fast_length(size) == fft.next_fast_len(size, real=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: augmentation.limit_band(SPEECH, RATE, 500, 300), "low must be under high"),
        (lambda: augmentation.limit_band(SPEECH, RATE, -1), "low must be under high"),
        (lambda: augmentation.change_speed(SPEECH, 9), "factor must be from 0.25 to 4, got 9"),
        (lambda: augmentation.encode(SPEECH, RATE, "flac"), "codec must be one of mu-law"),
        (lambda: augmentation.encode(SPEECH, RATE, "gsm"), r"gsm takes \(8000,\) Hz, got 16000"),
        (lambda: augmentation.encode(SPEECH, RATE, "mp3", kbps=500), "8 to 160 at 16000 Hz"),
        (lambda: augmentation.encode(SPEECH, RATE, "mu-law", kbps=8), "kbps goes with mp3"),
        (lambda: augmentation.add_noise(SPEECH, np.ones((3, 4)), 0), "channels"),
    ],
)
def test_wrong_values(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
