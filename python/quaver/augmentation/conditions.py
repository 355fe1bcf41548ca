"""Conditions that models are tried under, each the same for everyone: `CONDITIONS`."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quaver.augmentation import effects, sources

if TYPE_CHECKING:
    from numpy.typing import NDArray

Condition = Callable[["NDArray[np.float32]", int, np.random.Generator], "NDArray[np.float32]"]


def _noise(snr: float) -> Condition:
    def condition(
        samples: NDArray[np.float32], rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        return effects.add_noise(samples, sources.coloured_noise(samples.size, rng), snr)

    return condition


def _gain(factor: float) -> Condition:
    def condition(
        samples: NDArray[np.float32], rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        return np.asarray(samples * np.float32(factor), np.float32)

    return condition


def _clean(
    samples: NDArray[np.float32], rate: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    return samples


def _telephone(
    samples: NDArray[np.float32], rate: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    return effects.limit_band(samples, rate, 300.0, 3400.0, order=8)


def _mp3(samples: NDArray[np.float32], rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    return effects.encode(samples, rate, "mp3", kbps=64)


def _room(samples: NDArray[np.float32], rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    response = sources.impulse_response(rate, rng, rt60=0.5, direct_to_reverberant=0.0)
    return effects.reverberate(samples, response)


def _hiss(samples: NDArray[np.float32], rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    before, after = (1e-4 * sources.coloured_noise(rate, rng) for _ in range(2))
    return effects.surround(samples, before, after)


def seed_of(recording: str | os.PathLike[str]) -> int:
    """Return the seed of a recording, from its file's name: the same wherever the file lies.

    Examples
    --------
    >>> seed_of("here/a.wav") == seed_of("there/a.wav") != seed_of("b.wav")
    True
    """
    return zlib.crc32(os.fsencode(Path(recording).name))


#: By name, functions of mono float32 samples, their rate and a generator: white noise at a
#: signal-to-noise ratio, a gain, the band of a telephone (300 to 3,400 Hz), MP3 at 64 kbit/s, a
#: room with half a second of reverberation as strong as the direct sound, and a second of noise at
#: -80 dB of full scale at both ends.
CONDITIONS: dict[str, Condition] = {
    "clean": _clean,
    "30 dB": _noise(30.0),
    "20 dB": _noise(20.0),
    "10 dB": _noise(10.0),
    "0 dB": _noise(0.0),
    "gain x0.1": _gain(0.1),
    "gain x3": _gain(3.0),
    "telephone": _telephone,
    "mp3": _mp3,
    "room": _room,
    "hiss": _hiss,
}


def apply(
    name: str, samples: NDArray[np.float32], sample_rate: int, seed: int
) -> NDArray[np.float32]:
    """Return a recording under a condition.

    Parameters
    ----------
    name : str
        Of `CONDITIONS`.
    samples : ndarray of shape (n,), float32
        Mono, at full scale 1.
    sample_rate : int
        In Hz.
    seed : int
        The same for the same recording, so that every model hears the same.

    Returns
    -------
    ndarray of shape (m,), float32

    Raises
    ------
    ValueError
        For an unknown name.

    Examples
    --------
    >>> apply("gain x3", np.full(4, 0.1, np.float32), 16000, 0).round(3).tolist()
    [0.30000001192092896, 0.30000001192092896, 0.30000001192092896, 0.30000001192092896]
    """
    if name not in CONDITIONS:
        raise ValueError(f"name must be one of {', '.join(CONDITIONS)}, got {name!r}")
    rng = np.random.default_rng([seed, *name.encode()])
    return CONDITIONS[name](samples, sample_rate, rng)
