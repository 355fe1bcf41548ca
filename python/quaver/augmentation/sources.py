"""Sounds that speech is mixed with and rooms that it is in, drawn with the caller's generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import as_recording, check_real, check_sample_rate, check_size
from quaver.augmentation.effects import fast_length, rms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

#: Exponent of 1/f of each colour.
COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}


def coloured_noise(
    n_samples: int, rng: np.random.Generator, *, exponent: float = 0.0
) -> NDArray[np.float32]:
    """Return noise whose power falls with the frequency.

    Parameters
    ----------
    n_samples : int
    rng : numpy.random.Generator
    exponent : float, default 0.0
        The power is proportional to 1 / f ** exponent: 0 is white noise, 1 pink, 2 brown.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        Of a root mean square of 1.

    Examples
    --------
    >>> coloured_noise(4, np.random.default_rng(0)).shape
    (4,)
    """
    n, slope = check_size("n_samples", n_samples), check_real("exponent", exponent)
    size = fast_length(n)
    noise: NDArray[Any] = rng.standard_normal(size, np.float32)
    if slope != 0:
        hertz = np.fft.rfftfreq(size)
        hertz[0] = hertz[1] if len(hertz) > 1 else 1.0
        noise = np.fft.irfft(np.fft.rfft(noise) * hertz ** (-slope / 2), size)
    return _of_unit_level(noise[:n])


def babble(
    voices: Sequence[ArrayLike], n_samples: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return a murmur of several recordings at once, each at the same level and from anywhere.

    Parameters
    ----------
    voices : sequence of array_like of shape (m,)
        At one rate; repeated where they are too short.
    n_samples : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_samples,), float32
        Of a root mean square of 1, or zeros where all voices are silent.

    Raises
    ------
    ValueError
        Without voices.

    Examples
    --------
    >>> babble([np.ones(3), np.array([1.0, -1.0])], 4, np.random.default_rng(0)).shape
    (4,)
    """
    if not voices:
        raise ValueError("voices must hold at least one recording, got none")
    n = check_size("n_samples", n_samples)
    mixed = np.zeros(n)
    for voice in voices:
        mono = _of_unit_level(as_recording(voice))
        mixed += np.resize(np.roll(mono, -int(rng.integers(mono.size))), n)
    return _of_unit_level(mixed)


def impulse_response(
    sample_rate: float,
    rng: np.random.Generator,
    *,
    rt60: float = 0.5,
    direct_to_reverberant: float = 0.0,
) -> NDArray[np.float32]:
    """Return the impulse response of a synthetic room: a click and a tail of decaying noise.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    rng : numpy.random.Generator
    rt60 : float, default 0.5
        Seconds until the tail has lost 60 dB, which is also its length.
    direct_to_reverberant : float, default 0.0
        Energy of the click over that of the tail, in decibel; less is farther away.

    Returns
    -------
    ndarray of shape (1 + round(rt60 * sample_rate),), float32
        The click, of height 1, comes first; the tail begins with the next sample.

    Raises
    ------
    ValueError
        For a time that is not above 0 or is over 60 s.

    References
    ----------
    J. A. Moorer, "About this reverberation business", Computer Music Journal 3(2), 1979: noise
    under an exponential is what a diffuse room answers.

    Examples
    --------
    >>> impulse_response(16000, np.random.default_rng(0), rt60=0.3).shape
    (4801,)
    """
    rate, seconds = check_sample_rate(sample_rate), check_real("rt60", rt60)
    if not 0 < seconds <= 60:
        raise ValueError(f"rt60 must be above 0 and at most 60 s, got {seconds:g}")
    n = max(1, round(seconds * rate))
    tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    energy = 10 ** (-check_real("direct_to_reverberant", direct_to_reverberant) / 10)
    tail *= np.sqrt(energy / np.square(tail).sum())
    return np.concatenate([[1.0], tail]).astype(np.float32)


def _of_unit_level(samples: NDArray[Any]) -> NDArray[np.float32]:
    level = rms(samples)
    return np.asarray(samples / level if level > 0 else samples, np.float32)
