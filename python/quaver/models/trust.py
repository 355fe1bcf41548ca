"""What makes an answer about a recording doubtful, whatever model gives it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Level under which a recording holds no speech; the softest clip of RAVDESS has -64 dB.
SILENCE_DB = -75.0
#: Seconds that an emotion takes to be heard.
SHORTEST_SECONDS = 0.5
#: Largest sample of a recording whose full scale is 1; beyond are those of 16-bit integers.
LARGEST_SAMPLE = 16.0

# Samples this near to the largest are cut off, if more than this share of all are, and a few. Of
# the clips of RAVDESS and nEMO none has a sixth of that; 6 dB over full scale give more.
_NEAR, _CUT_SHARE, _FEW = 0.99, 0.002, 8
_INT16_DB = 20 * math.log10(32768)
# Samples that are looked at together, so that an hour takes no more memory than a minute.
_PIECE = 1 << 20


def level_db(samples: NDArray[Any]) -> float:
    """Return the root mean square of samples at full scale 1 in decibel.

    Examples
    --------
    >>> round(level_db(np.array([0.1, -0.1])), 6)
    -20.0
    """
    total = sum(float(np.square(part, dtype=np.float64).sum()) for part in _pieces(samples))
    return 10 * math.log10(total / samples.size) if total > 0 else -math.inf


def _pieces(samples: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (samples[first : first + _PIECE] for first in range(0, samples.size, _PIECE))


def doubts(samples: NDArray[Any], sample_rate: int) -> tuple[str, ...]:
    """Return what is wrong with a recording that any model must take as it is.

    Parameters
    ----------
    samples : ndarray of shape (n,), float32 or float64
        Mono, at least one.
    sample_rate : int
        In Hz.

    Returns
    -------
    tuple of str
        Of `quaver.models.predictions.WARNINGS`: "silence", a level under `SILENCE_DB` of full
        scale; "too_short", less than `SHORTEST_SECONDS`; "clipped", more than 2 samples in 1,000
        within a hundredth of the highest or the lowest; "out_of_scale", samples beyond
        `LARGEST_SAMPLE`, as of integers that nobody divided by 32,768.

    Examples
    --------
    >>> doubts(np.zeros(1600), 16000)
    ('silence', 'too_short')
    """
    high, low = float(samples.max()), -float(samples.min())
    is_integer = max(high, low) > LARGEST_SAMPLE
    found = []
    if level_db(samples) - (_INT16_DB if is_integer else 0.0) < SILENCE_DB:
        found.append("silence")
    if samples.size < SHORTEST_SECONDS * sample_rate:
        found.append("too_short")
    if _is_clipped(samples, high, low):
        found.append("clipped")
    if is_integer:
        found.append("out_of_scale")
    return tuple(found)


def _is_clipped(samples: NDArray[Any], high: float, low: float) -> bool:
    cut = 0
    for sign, end in ((1, high), (-1, low)):
        if end > max(high, low, 0) / 10:  # the other side of a wave, not silence
            near = (sign * part >= _NEAR * end for part in _pieces(samples))
            cut += sum(int(np.count_nonzero(each)) for each in near)
    return cut > max(_CUT_SHARE * samples.size, _FEW)
