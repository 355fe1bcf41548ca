"""The log-mel picture that Whisper's encoder was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._validate import as_recording
from quaver.spectrogram import log_mel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

#: Of the samples, in Hz.
SAMPLE_RATE = 16000
#: Samples of a frame and from one to the next, and bands.
N_FFT, HOP, N_MELS = 400, 160, 80

# (log10 of the power + 4) / 4 is decibel over this power, divided by 40.
_REFERENCE, _SCALE = 1e-4, np.float32(1 / 40)
# Eight powers of ten below the largest everything is the same.
_RANGE_DB = 80.0

#: Largest value of a picture that is normalised: that of loud speech.
LOUDEST = 1.5


def picture(samples: ArrayLike) -> NDArray[np.float32]:
    """Return Whisper's log-mel picture, in Whisper's units.

    80 Slaney bands from 0 to 8000 Hz of the power spectrum under a periodic Hann window of 400
    samples, every 160; frame t is centred at 160 t, both ends are reflected, and the last frame of
    such a transform is dropped. Of the power p, at least 1e-10, the value is (log10 p + 4) / 4,
    raised to 2 below the largest. The samples are not padded to half a minute.

    Parameters
    ----------
    samples : array_like of shape (n,), int16, float32 or float64
        Mono at 16 kHz, at least 400.

    Returns
    -------
    ndarray of shape (n // 160, 80), float32
        Time first, unlike Whisper.

    Raises
    ------
    ValueError, TypeError
        As `quaver.log_mel`, or for fewer samples.

    Examples
    --------
    >>> picture(np.sin(np.arange(16000) * 0.1)).shape
    (100, 80)
    """
    mono = as_recording(samples)
    if mono.size < N_FFT:
        raise ValueError(f"samples must hold at least {N_FFT} samples, got {mono.size}")
    _core.require_finite(mono)  # before reflection moves the index that its message names
    n_frames = mono.size // HOP
    # Without the dropped frame, whose power must not raise the floor either.
    reflected = np.pad(mono, N_FFT // 2, mode="reflect")[: N_FFT + HOP * (n_frames - 1)]
    found = log_mel(
        reflected,
        SAMPLE_RATE,
        n_fft=N_FFT,
        hop_length=HOP,
        center=False,
        n_mels=N_MELS,
        ref=_REFERENCE,
        top_db=_RANGE_DB,
    )
    found *= _SCALE
    return found


def pictures(parts: Sequence[NDArray[Any]], *, normalize: bool) -> Iterator[NDArray[np.float32]]:
    """Yield the picture of each part of a recording.

    Parameters
    ----------
    parts : sequence of ndarray
        Each as `picture` takes it.
    normalize : bool
        Lift all so that the largest value of the recording is `LOUDEST`, and raise what is then
        more than 80 dB below it: whatever the recording is amplified by, the pictures are the same.
    """
    if not normalize:
        yield from map(picture, parts)
        return
    peak = max(float(max(part.max(), -part.min())) for part in parts)
    level = peak if peak > 0 else 1.0  # of samples, since the floor of their power is absolute
    # A second time rather than to keep the pictures of an hour.
    once = len(parts) == 1
    highest = None if once else max(float(picture(part / level).max()) for part in parts)
    for part in parts:
        found = picture(part / level)
        found += np.float32(LOUDEST - (found.max() if highest is None else highest))
        yield np.maximum(found, np.float32(LOUDEST - _RANGE_DB * _SCALE), out=found)
