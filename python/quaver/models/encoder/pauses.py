"""Where in a recording the speech begins and ends, so that nobody listens to the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import as_samples
from quaver.models.encoder.mel import HOP

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Speech is what lies less than this under the loudest twentieth, in decibel,
DEPTH_DB = 35.0
#: or in noise what lies more than this over the quietest tenth,
OVER_NOISE_DB = 6.0
#: but whatever comes this near to the loudest is kept.
NEAR_DB = 12.0
#: Frames of 10 ms that are kept before and after, and that are left at least.
MARGIN, SHORTEST_FRAMES = 10, 50

_LOUD, _QUIET = 0.95, 0.1
# Under the loudest, in decibel: digital silence.
_LOWEST_DB = 120.0
# Frames that are looked at together, so that an hour takes no more memory than a minute.
_TOGETHER = 8192


def spoken(samples: ArrayLike) -> NDArray[Any]:
    """Return a recording without the pauses before and after the speech; those within it stay.

    Levels are of frames of 10 ms, each together with its neighbours. What is more than 35 dB under
    the loudest twentieth of them is no speech, nor is what is within 6 dB of the quietest tenth.
    Whatever a recording is amplified by, the same part is returned. Where nothing stands out, as in
    steady noise or in silence, that is the whole.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
        Mono at 16 kHz.

    Returns
    -------
    ndarray of shape (m,)
        A view, at least half a second if the recording has as much.

    Raises
    ------
    ValueError
        For several channels, NaN or infinity.
    TypeError
        For samples of another type.

    Examples
    --------
    >>> word = np.sin(np.arange(16000) * 0.3)
    >>> spoken(np.concatenate([np.zeros(16000), word, np.zeros(32000)])).size / 16000
    1.22
    """
    mono = as_samples(samples)
    levels = _levels(mono)
    if levels.size <= SHORTEST_FRAMES:
        return mono
    loud, quiet = np.quantile(levels, (_LOUD, _QUIET))
    threshold = min(max(loud - DEPTH_DB, quiet + OVER_NOISE_DB), loud - NEAR_DB)
    above = np.flatnonzero(levels > threshold)
    first, last = int(above[0]) - MARGIN, int(above[-1]) + 1 + MARGIN
    lacking = SHORTEST_FRAMES - (min(last, levels.size) - max(first, 0))
    if lacking > 0:
        first = min(max(first - lacking // 2, 0), levels.size - SHORTEST_FRAMES)
        last = max(last, first + SHORTEST_FRAMES)
    end = mono.size if last >= levels.size else last * HOP
    return mono[max(first, 0) * HOP : end]


def _levels(mono: NDArray[Any]) -> NDArray[np.float64]:
    """Return the level of each frame with its neighbours in decibel."""
    n_frames = mono.size // HOP
    peak = max(float(mono.max(initial=0)), -float(mono.min(initial=0)))
    if not math.isfinite(peak):
        raise ValueError(f"samples must be finite, got {peak}")
    if peak == 0:
        return np.zeros(n_frames)
    powers = np.empty(n_frames)
    for start in range(0, n_frames, _TOGETHER):
        stop = min(start + _TOGETHER, n_frames)
        rows = mono[start * HOP : stop * HOP].reshape(-1, HOP) / np.float64(peak)
        powers[start:stop] = np.einsum("ij,ij->i", rows, rows)
    padded = np.concatenate([powers[:1], powers, powers[-1:]])  # each with its neighbours
    powers = padded[:-2] + padded[1:-1] + padded[2:]
    floor = float(powers.max(initial=0.0)) * 10 ** (-_LOWEST_DB / 10)
    return np.asarray(10 * np.log10(np.maximum(powers, max(floor, np.finfo(float).tiny))))
