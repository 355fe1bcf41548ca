"""Log-mel spectrogram with the framing of a centred short-time Fourier transform.

Allen & Rabiner, A unified approach to short-time Fourier analysis and synthesis (Proc. IEEE 65,
1977); McFee et al., librosa: audio and music signal analysis in Python (SciPy 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import framing, mel, rfft

Array = NDArray[np.float64]


def stft_magnitude(
    samples: ArrayLike,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
) -> Array:
    """|STFT|, (T, n_bins): frame t is centred at t H; the window stands in the middle of n_fft."""
    x = framing.scale(samples)
    if center:
        x = np.pad(x, n_fft // 2, mode=pad_mode)  # type: ignore[call-overload]
    length = n_fft if win_length is None else win_length
    lead = (n_fft - length) // 2
    taps = np.zeros(n_fft)
    taps[lead : lead + length] = framing.window(window, length, periodic=True)
    return rfft.magnitude(framing.frames(x, n_fft, hop_length) * taps, n_fft)


def log_mel(
    samples: ArrayLike,
    sample_rate: float,
    *,
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: str | None = "slaney",
    ref: float | str = 1.0,
    amin: float = 1e-10,
    top_db: float | None = None,
    **stft: object,
) -> Array:
    """(T, n_mels) in decibel."""
    magnitude = stft_magnitude(samples, **stft)  # type: ignore[arg-type]
    n_fft = int(stft.get("n_fft", 2048))  # type: ignore[call-overload]
    bank = mel.filter_bank(
        n_fft, sample_rate, n_mels, fmin=fmin, fmax=fmax, htk=htk, slaney_norm=norm == "slaney"
    )
    picture = mel.decibel(magnitude**power @ bank.T, amin=amin)
    picture -= picture.max() if ref == "max" else 10 * np.log10(max(amin, float(ref)))
    return picture if top_db is None else np.maximum(picture, picture.max() - top_db)
