"""The difference function of YIN as librosa 0.8 computed it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import frame

Array = NDArray[Any]


def window(frame_length: int, win_length: int | None) -> int:
    """Return the samples that are compared with as many later ones: half a frame by default.

    Examples
    --------
    >>> window(2048, None)
    1024
    """
    found = frame_length // 2 if win_length is None else int(win_length)
    if not 0 < found < frame_length:
        raise ParameterError(f"win_length must be below frame_length={frame_length}, got {found}")
    return found


def difference(
    samples: Array, frame_length: int, hop_length: int, win_length: int,
    periods: tuple[int, int], tiny: float,
) -> Array:  # fmt: skip
    """Return the normalised difference at the periods from the first to the last.

    The squared difference of ``win_length`` samples from the second on and those a period later,
    but for one product more, over its mean at all shorter periods; with what 0.8 took for 0.
    Returns (n_frames, n_periods), float64.

    Examples
    --------
    >>> tone = np.sin(np.arange(256) * 2 * np.pi / 16)
    >>> int(difference(tone, 256, 64, 128, (4, 40), 1e-300)[0].argmin()) + 4
    16
    """
    least, most = periods
    frames = frame(samples, frame_length=frame_length, hop_length=hop_length).T
    lagged = np.fft.rfft(frames) * np.fft.rfft(frames[:, win_length::-1], n=frame_length)
    products = np.fft.irfft(lagged, n=frame_length)[:, win_length:]
    products[np.abs(products) < 1e-6] = 0
    sums = np.cumsum(frames**2, axis=1)
    energy = sums[:, win_length:] - sums[:, :-win_length]
    energy[np.abs(energy) < 1e-6] = 0
    squares = (energy[:, :1] + energy - 2 * products)[:, : most + 1]
    means = np.cumsum(squares[:, 1:], axis=1) / np.arange(1, most + 1)
    return np.ascontiguousarray(squares[:, least:] / (means[:, least - 1 :] + tiny))
