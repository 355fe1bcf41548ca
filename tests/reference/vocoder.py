"""Phase vocoder.

Flanagan & Golden, Phase vocoder (Bell System Technical Journal 45, 1966); linear interpolation of
magnitudes as in Ellis, A phase vocoder in Matlab (2002).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def phase_vocoder(spectrogram: Array, advance: Array, positions: Array) -> Array:
    """Stretch (n_frames, n_bins) to (n_positions, n_bins), in float64 throughout."""
    frames = np.concatenate([spectrogram, np.zeros((2, spectrogram.shape[1]))]).astype(complex)
    out = np.empty((len(positions), spectrogram.shape[1]), complex)
    phase = np.angle(frames[0])
    for t, position in enumerate(positions):
        low, high = frames[int(position)], frames[int(position) + 1]
        part = position - int(position)
        out[t] = ((1 - part) * np.abs(low) + part * np.abs(high)) * np.exp(1j * phase)
        deviation = np.angle(high) - np.angle(low) - advance
        phase = phase + advance + deviation - 2 * np.pi * np.round(deviation / (2 * np.pi))
    return out
