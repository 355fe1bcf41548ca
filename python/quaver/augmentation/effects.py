"""What happens to speech between mouth and file, each with numbers that the caller chooses."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from quaver._validate import as_recording, check_real, check_sample_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

Codec = Literal["mu-law", "a-law", "gsm", "mp3", "vorbis", "opus"]

#: Container, encoding and options of each codec; rates that it takes are in `_CODEC_RATES`.
_CODECS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "mu-law": ("WAV", "ULAW", {}),
    "a-law": ("WAV", "ALAW", {}),
    "gsm": ("WAV", "GSM610", {}),
    "mp3": ("MP3", "MPEG_LAYER_III", {"bitrate_mode": "CONSTANT"}),
    "vorbis": ("OGG", "VORBIS", {}),
    "opus": ("OGG", "OPUS", {}),
}
_CODEC_RATES = {"gsm": (8000,), "opus": (8000, 12000, 16000, 24000, 48000)}

# Of MPEG 2 and 2.5, which rates below 32 kHz use, and of MPEG 1, in kbit/s.
_MP3_RATES = {False: (160.0, 8.0), True: (320.0, 32.0)}

# Octaves from the middle at which a tilt is what it is called, and its middle and lowest in Hz.
_TILT_OCTAVES, _TILT_MIDDLE, _TILT_LOWEST = 3.0, 1000.0, 60.0


def rms(samples: NDArray[Any]) -> float:
    """Return the root mean square."""
    return math.sqrt(float(np.mean(np.square(samples, dtype=np.float64))))


def amplify(samples: ArrayLike, decibels: float) -> NDArray[np.float32]:
    """Change the level, as a microphone's gain does; nothing is clipped.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
    decibels : float

    Returns
    -------
    ndarray of shape (n,), float32

    Examples
    --------
    >>> amplify(np.array([0.5, -0.5]), -20).tolist()
    [0.05000000074505806, -0.05000000074505806]
    """
    factor = 10 ** (check_real("decibels", decibels) / 20)
    return _float32(as_recording(samples) * factor)


def add_noise(samples: ArrayLike, noise: ArrayLike, snr: float) -> NDArray[np.float32]:
    """Add noise at a signal-to-noise ratio.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
    noise : array_like of shape (m,)
        Repeated or cut to the length of the samples.
    snr : float
        Ratio of the powers over the whole length, in decibel.

    Returns
    -------
    ndarray of shape (n,), float32
        The samples themselves where they or the noise are silent.

    Examples
    --------
    >>> loud = add_noise(np.ones(100), np.array([1.0, -1.0]), 20.0)
    >>> [round(float(value), 3) for value in loud[:2]]
    [1.1, 0.9]
    """
    mono = as_recording(samples)
    fitted = np.resize(as_recording(noise), mono.size)
    level, noise_level = rms(mono), rms(fitted)
    if level == 0 or noise_level == 0:
        return _float32(mono)
    factor = level / noise_level * 10 ** (-check_real("snr", snr) / 20)
    return _float32(mono + fitted * factor)


def tilt(samples: ArrayLike, sample_rate: float, decibels: float) -> NDArray[np.float32]:
    """Make a recording brighter or duller: a straight line in decibel over octaves.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
    sample_rate : int
        In Hz.
    decibels : float
        Gain three octaves above 1 kHz; the opposite three octaves below. Below 60 Hz it is that
        of 60 Hz.

    Returns
    -------
    ndarray of shape (n,), float32
        Filtered without delay.

    Examples
    --------
    >>> tone = np.cos(2 * np.pi * 1000 * np.arange(16000) / 16000)
    >>> round(float(np.abs(tilt(tone, 16000, 12)[4000:12000]).max()), 3)
    1.0
    """
    slope = check_real("decibels", decibels) / _TILT_OCTAVES / 20

    def gains(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = 10 ** (
            slope * np.log2(np.maximum(hertz, _TILT_LOWEST) / _TILT_MIDDLE)
        )
        return found

    return _filtered(samples, sample_rate, gains)


def limit_band(
    samples: ArrayLike,
    sample_rate: float,
    low: float | None = None,
    high: float | None = None,
    *,
    order: int = 4,
) -> NDArray[np.float32]:
    """Keep a band of frequencies, as a telephone or a small loudspeaker does.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
    sample_rate : int
        In Hz.
    low, high : float, optional
        Where the gain is -3 dB, in Hz; None for no such limit.
    order : int, default 4
        Of the Butterworth filter on each side, whose magnitudes are taken: 6 dB an octave each.

    Returns
    -------
    ndarray of shape (n,), float32
        Filtered without delay.

    Examples
    --------
    >>> hum = np.cos(2 * np.pi * 50 * np.arange(16000) / 16000)
    >>> bool(np.abs(limit_band(hum, 16000, 300, 3400)[4000:12000]).max() < 0.001)
    True
    """
    lower = None if low is None else check_real("low", low)
    upper = None if high is None else check_real("high", high)
    if not 0 <= (lower or 0) < (math.inf if upper is None else upper):
        raise ValueError(f"low must be under high and not negative, got {low} and {high}")

    def gains(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        power = np.ones_like(hertz)
        if upper is not None:
            power /= 1 + (hertz / upper) ** (2 * order)
        if lower:
            powers = (hertz / lower) ** (2 * order)
            power *= powers / (1 + powers)
        return np.sqrt(power)

    return _filtered(samples, sample_rate, gains)


def reverberate(samples: ArrayLike, response: ArrayLike) -> NDArray[np.float32]:
    """Convolve a recording with the impulse response of a room.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
    response : array_like of shape (m,)
        At the same rate, such as of `impulse_response`. Its largest value is the direct sound,
        which stays where it is in time and at the level that the response gives it.

    Returns
    -------
    ndarray of shape (n,), float32
        The tail after the last sample is cut off.

    Examples
    --------
    >>> reverberate(np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.5])).tolist()
    [1.0, 0.5, 0.0]
    """
    mono, room = as_recording(samples), as_recording(response)
    direct = int(np.abs(room).argmax())
    size = fast_length(mono.size + room.size - 1)
    spectrum = np.fft.rfft(mono, size) * np.fft.rfft(room, size)
    return _float32(np.fft.irfft(spectrum, size)[direct : direct + mono.size])


def overdrive(samples: ArrayLike, decibels: float) -> NDArray[np.float32]:
    """Clip a recording, as a microphone that is turned up too far does.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
    decibels : float
        How far the largest sample would be over full scale; the level is that of before, so that
        the largest is cut and the rest is as it was.

    Returns
    -------
    ndarray of shape (n,), float32

    Examples
    --------
    >>> overdrive(np.array([1.0, -0.25]), 6.0).round(3).tolist()
    [0.5009999871253967, -0.25]
    """
    mono = _float32(as_recording(samples))
    peak = float(np.abs(mono).max(initial=0.0)) * 10 ** (-check_real("decibels", decibels) / 20)
    return np.clip(mono, -peak, peak)


def change_speed(samples: ArrayLike, factor: float) -> NDArray[np.float32]:
    """Play a recording faster or slower: pitch and formants change with it, as of another speaker.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
    factor : float
        From 0.25 to 4; 1.1 is a tenth faster and higher.

    Returns
    -------
    ndarray of shape (about n / factor,), float32

    Raises
    ------
    ValueError
        For another factor.

    Examples
    --------
    >>> change_speed(np.ones(1000), 1.25).shape
    (800,)
    """
    import soxr

    ratio = check_real("factor", factor)
    if not 0.25 <= ratio <= 4:
        raise ValueError(f"factor must be from 0.25 to 4, got {factor}")
    return np.asarray(soxr.resample(_float32(as_recording(samples)), ratio, 1.0), np.float32)


def surround(
    samples: ArrayLike, before: ArrayLike | None = None, after: ArrayLike | None = None
) -> NDArray[np.float32]:
    """Put other sounds before and after a recording, such as the hiss of a room.

    Parameters
    ----------
    samples, before, after : array_like of shape (n,), (b,) and (a,)

    Returns
    -------
    ndarray of shape (b + n + a,), float32

    Examples
    --------
    >>> surround(np.ones(2), np.zeros(1), np.zeros(2)).tolist()
    [0.0, 1.0, 1.0, 0.0, 0.0]
    """
    parts = [part for part in (before, samples, after) if part is not None]
    return np.concatenate([_float32(as_recording(part)) for part in parts])


def encode(
    samples: ArrayLike, sample_rate: float, codec: Codec, *, kbps: float | None = None
) -> NDArray[np.float32]:
    """Pass a recording through a lossy codec and back, in memory.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
        Beyond full scale they are clipped, as by every codec.
    sample_rate : int
        In Hz; gsm takes 8,000 only, opus 8,000, 12,000, 16,000, 24,000 and 48,000.
    codec : {"mu-law", "a-law", "gsm", "mp3", "vorbis", "opus"}
        Those that libsndfile has.
    kbps : float, optional
        Constant rate of mp3 in kbit/s: 8 to 160 below 32 kHz, 32 to 320 above; 64 by default.
        The others have none.

    Returns
    -------
    ndarray of shape (n,), float32

    Raises
    ------
    ValueError
        For a codec that there is not, or a rate that it does not take.

    Examples
    --------
    >>> tone = np.sin(np.arange(8000) * 0.1)
    >>> bool(np.abs(encode(tone, 8000, "mu-law") - tone).max() < 0.05)
    True
    """
    import soundfile

    rate = check_sample_rate(sample_rate)
    if codec not in _CODECS:
        raise ValueError(f"codec must be one of {', '.join(_CODECS)}, got {codec!r}")
    if rate not in _CODEC_RATES.get(codec, (rate,)):
        raise ValueError(f"{codec} takes {_CODEC_RATES[codec]} Hz, got {rate}")
    container, encoding, options = _CODECS[codec]
    if codec == "mp3":
        options = {**options, "compression_level": _mp3_level(rate, kbps)}
    elif kbps is not None:
        raise ValueError(f"kbps goes with mp3, got {kbps} for {codec}")
    mono = np.clip(_float32(as_recording(samples)), -1, 1)
    stored = io.BytesIO()
    soundfile.write(stored, mono, rate, format=container, subtype=encoding, **options)
    stored.seek(0)
    found = soundfile.read(stored, dtype="float32")[0][: mono.size]
    return np.pad(found, (0, mono.size - found.size))


def _mp3_level(rate: int, kbps: float | None) -> float:
    highest, lowest = _MP3_RATES[rate >= 32000]
    wanted = 64.0 if kbps is None else check_real("kbps", kbps)
    if not lowest <= wanted <= highest:
        raise ValueError(f"kbps must be {lowest:g} to {highest:g} at {rate} Hz, got {wanted:g}")
    return (highest - wanted) / (highest - lowest)


def fast_length(size: int) -> int:
    """Return the next length whose largest prime factor is 5: transforms of it are fast."""
    best = 1 << max(size - 1, 0).bit_length()
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            twos = threes << max(-(-size // threes) - 1, 0).bit_length()
            best = min(best, twos)
            threes *= 3
        fives *= 5
    return best


def _filtered(
    samples: ArrayLike,
    sample_rate: float,
    gains: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float32]:
    """Apply magnitudes without phase; zeros behind the end keep it from the beginning."""
    mono, rate = as_recording(samples), check_sample_rate(sample_rate)
    size = fast_length(mono.size + rate // 8)
    hertz = np.fft.rfftfreq(size, 1 / rate).astype(np.float64)
    spectrum = np.fft.rfft(mono, size) * gains(hertz)
    return _float32(np.fft.irfft(spectrum, size)[: mono.size])


def _float32(samples: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(samples, np.float32)
