"""Framing and spectra, as `python_speech_features.sigproc`."""

from __future__ import annotations

import decimal
import logging
import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Window = Callable[[int], Any]
# The longest transform whose error the kernel in double states.
_LONGEST = 65536


def ones(length: int) -> NDArray[np.float64]:
    """Return the default window.

    Examples
    --------
    >>> ones(3)
    array([1., 1., 1.])
    """
    return np.ones(length)


def round_half_up(number: float) -> int:
    """Round to the nearest whole number, halves away from zero.

    Examples
    --------
    >>> round_half_up(2.5), round_half_up(2.4)
    (3, 2)
    """
    return _rounded(number)


@lru_cache(maxsize=64)
def _rounded(number: float) -> int:
    exact = decimal.Decimal(number)
    return int(exact.quantize(decimal.Decimal("1"), rounding=decimal.ROUND_HALF_UP))


def count_frames(n_samples: int, frame_len: int, frame_step: int) -> int:
    """Return how many frames `framesig` cuts: at least one, the last one padded.

    Examples
    --------
    >>> count_frames(1000, 400, 160)
    5
    """
    if n_samples <= frame_len:
        return 1
    return 1 + math.ceil((1.0 * n_samples - frame_len) / frame_step)


def _frame_indices(n_frames: int, frame_len: int, frame_step: int) -> NDArray[np.intp]:
    return np.arange(n_frames)[:, None] * frame_step + np.arange(frame_len)


def framesig(
    sig: ArrayLike, frame_len: float, frame_step: float, winfunc: Window = ones
) -> NDArray[np.float64]:
    """Cut a signal into overlapping frames.

    Arguments as python_speech_features'; zeros fill the last frame. Returns (n_frames, frame_len),
    float64.

    Examples
    --------
    >>> framesig([1, 2, 3, 4, 5], 3, 2)
    array([[1., 2., 3.],
           [3., 4., 5.]])
    """
    signal = np.asarray(sig)
    length, step = round_half_up(frame_len), round_half_up(frame_step)
    n_frames = count_frames(len(signal), length, step)
    padding = np.zeros((n_frames - 1) * step + length - len(signal))
    padded = np.concatenate((signal, padding))
    frames: NDArray[np.float64] = padded[_frame_indices(n_frames, length, step)]
    windowed: NDArray[np.float64] = frames * np.asarray(winfunc(length))
    return windowed


def deframesig(
    frames: ArrayLike,
    siglen: int,
    frame_len: float,
    frame_step: float,
    winfunc: Window = ones,
) -> NDArray[np.float64]:
    """Undo `framesig` by overlap and add.

    Arguments as python_speech_features'; a `siglen` of 0 returns all samples.

    Examples
    --------
    >>> deframesig(framesig([1, 2, 3, 4, 5], 3, 2), 5, 3, 2).round(6)
    array([1., 2., 3., 4., 5.])
    """
    matrix = np.asarray(frames)
    length, step = round_half_up(frame_len), round_half_up(frame_step)
    if matrix.shape[1] != length:
        raise AssertionError(
            f"frames must have {length} columns (frame_len), got {matrix.shape[1]}"
        )
    padded = (len(matrix) - 1) * step + length
    total, weight = np.zeros(padded), np.zeros(padded)
    window = np.asarray(winfunc(length)) + 1e-15  # never zero
    for i, frame in enumerate(matrix):
        here = slice(i * step, i * step + length)
        total[here] += frame
        weight[here] += window
    return (total / weight)[: siglen if siglen > 0 else padded]


def warn_if_truncated(frame_len: int, n_fft: int) -> None:
    """Log that frames are longer than the transform.

    Examples
    --------
    >>> warn_if_truncated(400, 512)
    """
    if frame_len > n_fft:
        logging.getLogger().warning(
            "frame length (%d) is greater than FFT size (%d), frame will be truncated."
            " Increase NFFT to avoid.",
            frame_len,
            n_fft,
        )


def magspec(frames: ArrayLike, NFFT: int) -> NDArray[np.float64]:
    """Return the magnitude spectrum of each frame.

    Longer frames are cut, shorter ones padded with zeros. Returns (n_frames, NFFT // 2 + 1),
    float64.

    Examples
    --------
    >>> magspec([[1.0, 0.0, 0.0, 0.0]], 4)
    array([[1., 1., 1.]])
    """
    warn_if_truncated(np.shape(frames)[1], NFFT)
    return _spectra(frames, NFFT, power=False)


@kept
def _plan(n_fft: int, length: int) -> tuple[_core.Stft64, int]:
    window = np.ones(min(length, n_fft))
    plan = _core.Stft64(
        n_fft=n_fft, hop_length=length, window=window, center=False, invertible=False
    )
    return plan, PER_POINT * n_fft


def _spectra(frames: ArrayLike, n_fft: int, power: bool) -> NDArray[np.float64]:
    """Magnitudes or powers of frames, by the kernel where it has a plan."""
    x = np.asarray(frames)
    known = (
        x.ndim == 2
        and x.size > 0
        and (x.dtype.kind in "iu" or x.dtype == float)
        and type(n_fft) is int
    )
    if not known or not 0 < n_fft <= _LONGEST:
        magnitude: NDArray[np.float64] = np.abs(np.fft.rfft(frames, n_fft))
        return np.square(magnitude) if power else magnitude
    # One signal of the frames, with what the window's place in a transform leaves at both ends.
    length = x.shape[1]
    lead = max(0, n_fft - length) // 2
    signal = np.zeros(x.size + max(0, n_fft - length))
    signal[lead : lead + x.size] = x.ravel()
    spectra: NDArray[np.float64] = _plan(n_fft, length).picture(signal, power).T
    return spectra


def powspec(frames: ArrayLike, NFFT: int) -> NDArray[np.float64]:
    """Return the power spectrum of each frame, over the transform length.

    Returns (n_frames, NFFT // 2 + 1), float64.

    Examples
    --------
    >>> powspec([[1.0, 0.0, 0.0, 0.0]], 4)
    array([[0.25, 0.25, 0.25]])
    """
    warn_if_truncated(np.shape(frames)[1], NFFT)
    return 1.0 / NFFT * _spectra(frames, NFFT, power=True)


def logpowspec(frames: ArrayLike, NFFT: int, norm: bool = True) -> NDArray[np.float64]:
    """Return the power spectrum of each frame in decibel, at least -300.

    With `norm` the largest becomes 0. Returns (n_frames, NFFT // 2 + 1), float64.

    Examples
    --------
    >>> logpowspec([[1.0, 0.0, 0.0, 0.0]], 4)
    array([[0., 0., 0.]])
    """
    power = powspec(frames, NFFT)
    rows = np.ravel(power, order="A")[np.newaxis]
    decibel, (largest,) = _core.decibel(rows, False, 1e-30, np.zeros(1), np.inf)
    if np.isnan(largest):
        decibel = 10 * np.log10(np.maximum(power, 1e-30))
        return decibel - decibel.max() if norm else decibel
    if norm:
        decibel -= largest
    return decibel.reshape(power.shape, order="F" if power.flags.f_contiguous else "C")


def preemphasis(signal: ArrayLike, coeff: float = 0.95) -> NDArray[Any]:
    """Return ``y[n] = x[n] - coeff * x[n - 1]``, with ``y[0] = x[0]``.

    Returns float32 for float32 samples, else float64.

    Examples
    --------
    >>> preemphasis([1.0, 2.0, 3.0], 0.5)
    array([1. , 1.5, 2. ])
    """
    x = np.asarray(signal)
    return np.append(x[0], x[1:] - coeff * x[:-1])
