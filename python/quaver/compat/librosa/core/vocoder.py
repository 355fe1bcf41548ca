"""The phase vocoder, as in librosa.core.spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa.core.convert import fft_frequencies

Array = NDArray[Any]


def phase_vocoder(
    D: Array, *, rate: float, hop_length: int | None = None, n_fft: int | None = None
) -> Array:
    """Stretch a spectrogram in time without moving its frequencies.

    Magnitudes are interpolated linearly; each bin's phase advances as between the two frames that
    enclose the position. Phases of a complex64 spectrogram are summed in float32, as librosa does:
    the numbers are the same but for rare roundings of the last bit.

    Parameters
    ----------
    D : ndarray of shape (..., n_bins, n_frames), complex
        Spectrogram as of `stft`.
    rate : float
        Speed: 2 halves the duration, 0.5 doubles it.
    hop_length : int, optional
        Samples from frame to frame; a quarter of `n_fft` by default.
    n_fft : int, optional
        Length of the transform; ``2 * (n_bins - 1)`` by default.

    Returns
    -------
    ndarray of shape (..., n_bins, ceil(n_frames / rate)), complex

    Raises
    ------
    ValueError
        If `n_fft` does not fit the number of bins.

    Examples
    --------
    >>> phase_vocoder(np.ones((513, 100), np.complex64), rate=2.0).shape
    (513, 50)
    """
    if n_fft is None:
        n_fft = 2 * (D.shape[-2] - 1)
    if hop_length is None:
        hop_length = int(n_fft // 4)
    positions = np.arange(0, D.shape[-1], rate, dtype=np.float64)
    advance = hop_length * fft_frequencies(sr=2 * np.pi, n_fft=n_fft)
    if advance.shape != (D.shape[-2],):
        raise ValueError(f"n_fft={n_fft} does not fit a spectrogram of {D.shape[-2]} bins")
    kind = D.dtype if D.dtype == np.complex64 else np.dtype(np.complex128)
    shape = (*D.shape[:-2], len(positions), D.shape[-2])
    # Frames are rows in memory, as they are in what `stft` returns.
    out = np.swapaxes(np.empty(shape, D.dtype), -1, -2)
    for index in np.ndindex(D.shape[:-2]):
        frames = np.ascontiguousarray(D[index].T, kind)
        out[index] = _core.phase_vocoder(frames, advance, positions).T
    return out
