"""The shape of the spectrum and of the waveform, as librosa.feature.spectral."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver._caches import kept
from quaver.compat.librosa import forward
from quaver.compat.librosa._names import FEATURE
from quaver.compat.librosa.core.convert import fft_frequencies
from quaver.compat.librosa.core.spectrum import spectrogram
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    KERNEL_TYPES,
    contiguous,
    expand_to,
    lowest,
    stack_of,
    tiny,
)

Array = NDArray[Any]


def _check_weights(S: Array, name: str) -> bool:
    """Refuse what cannot weigh frequencies; tell whether it is finite, and of a kernel's type."""
    if not np.isrealobj(S):
        raise ParameterError(f"{name} takes a real spectrogram, got {S.dtype}")
    low = lowest(S)
    if low < 0 or (math.isnan(low) and (S < 0).any()):
        raise ParameterError(f"{name} takes a spectrogram without negative values")
    return not math.isnan(low)


@dataclass(frozen=True)
class _Weights:
    """A spectrogram without negative values, and the frequencies of its bins."""

    S: Array
    freq: Array
    has_kernel: bool  # finite, of a kernel's type, with a frequency for each bin

    @classmethod
    def of(
        cls, name: str, picture: tuple[Array, int], sr: float, freq: Array | None = None
    ) -> _Weights:
        """Check a spectrogram; without given frequencies they are the transform's."""
        S, n_fft = picture
        is_finite = _check_weights(S, name)
        freq = fft_frequencies(sr=sr, n_fft=n_fft) if freq is None else freq
        return cls(S, freq, is_finite and S.size > 0 and np.shape(freq) == S.shape[-2:-1])

    def moments(self) -> tuple[Array, Array]:
        """Return the sum of each frame, 1 where it vanishes, and its centroid, as float64."""
        S, freq = self.S, self.freq
        if self.has_kernel:
            total, moment = map(self._of_frames, _core.moments(*stack_of(S), self._kernel_freq()))
        else:
            if not np.isfinite(S).all():
                raise ParameterError("S must be finite everywhere, got NaN or infinity")
            total = np.asarray(np.sum(S, axis=-2, keepdims=True, dtype=np.float64))
            if freq.ndim == 1:
                moment = np.matmul(freq, S.astype(np.float64))[..., np.newaxis, :]
            else:
                moment = np.sum(freq * S, axis=-2, keepdims=True)
        total[total < tiny(S)] = 1.0
        return total, np.asarray(moment / total)

    def deviations(self, centroid: Array, p: float) -> Array:
        """Return the sums of ``S |freq - centroid| ** p``."""
        S, bins = self.S, self.freq
        if self.has_kernel and p == 2 and np.shape(centroid) == (*S.shape[:-2], 1, S.shape[-1]):
            centres = contiguous(centroid, np.float64).reshape(-1, S.shape[-1])
            sums = _core.deviations(*stack_of(S), self._kernel_freq(), centres)
            return self._of_frames(sums)
        if bins.ndim == 1:
            bins = expand_to(bins, ndim=S.ndim, axes=-2)
        distance = bins - centroid
        power = distance * distance if p == 2 else np.abs(distance) ** p
        power *= S
        return np.asarray(np.sum(power, axis=-2, keepdims=True))

    def _kernel_freq(self) -> Array:
        return contiguous(self.freq, np.float64)

    def _of_frames(self, values: Array) -> Array:
        return values.reshape(*self.S.shape[:-2], 1, self.S.shape[-1])


def spectral_centroid(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int = 2048,
    hop_length: int = 512, freq: Array | None = None, win_length: int | None = None,
    window: Any = "hann", center: bool = True, pad_mode: Any = "constant",
) -> Array:  # fmt: skip
    """Compute the mean frequency of each frame, weighted by magnitude.

    Arguments as librosa's. Returns Hz, 0 in silence, (..., 1, n_frames).

    Examples
    --------
    >>> S = np.array([[0.0], [1.0], [1.0]])
    >>> spectral_centroid(S=S, sr=8000)
    array([[3000.]])
    """
    picture = spectrogram(
        y, S, n_fft, hop_length, win_length, window, center, pad_mode, rounded=False
    )
    return _Weights.of("spectral_centroid", picture, sr, freq).moments()[1]


def spectral_bandwidth(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int = 2048,
    hop_length: int = 512, win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", freq: Array | None = None, centroid: Array | None = None,
    norm: bool = True, p: float = 2,
) -> Array:  # fmt: skip
    """Compute the p-th order deviation from the spectral centroid.

    Arguments as librosa's. Returns Hz, (..., 1, n_frames).

    Examples
    --------
    >>> S = np.array([[1.0], [0.0], [1.0]])
    >>> spectral_bandwidth(S=S, sr=8000)
    array([[2000.]])
    """
    picture = spectrogram(
        y, S, n_fft, hop_length, win_length, window, center, pad_mode, rounded=False
    )
    weights = _Weights.of("spectral_bandwidth", picture, sr, freq)
    sums = None
    if centroid is None or norm:
        sums, own = weights.moments()
        centroid = own if centroid is None else centroid
    total = weights.deviations(centroid, p)
    if norm:
        total /= sums
    return np.asarray(total ** (1.0 / p))


def spectral_rolloff(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int = 2048,
    hop_length: int = 512, win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", freq: Array | None = None, roll_percent: float = 0.85,
) -> Array:  # fmt: skip
    """Compute the lowest frequency below which a share of the magnitude lies.

    Arguments as librosa's. Returns Hz, (..., 1, n_frames).

    Examples
    --------
    >>> S = np.array([[1.0], [1.0], [0.0]])
    >>> spectral_rolloff(S=S, sr=8000)
    array([[2000.]])
    """
    if not 0.0 < roll_percent < 1.0:
        raise ParameterError(f"roll_percent must lie in (0, 1), got {roll_percent}")
    picture = spectrogram(y, S, n_fft, hop_length, win_length, window, center, pad_mode)
    weights = _Weights.of("spectral_rolloff", picture, sr, freq)
    S, bins = weights.S, weights.freq
    if freq is None and weights.has_kernel and type(roll_percent) is float:
        first = _core.rolloff(*stack_of(S), roll_percent)
        return bins[first].reshape(*S.shape[:-2], 1, S.shape[-1])
    if bins.ndim == 1:
        bins = expand_to(bins, ndim=S.ndim, axes=-2)
    total = np.cumsum(S, axis=-2)
    below = total < np.expand_dims(roll_percent * total[..., -1, :], axis=-2)
    if freq is None:
        # Frequencies rise, so that the first bin that reaches the share is the lowest.
        first = np.argmin(below, axis=-2)
        return np.asarray(bins.ravel()[first][..., np.newaxis, :])
    return np.asarray(np.nanmin(np.where(below, np.nan, bins), axis=-2, keepdims=True))


def spectral_flatness(
    *, y: Array | None = None, S: Array | None = None, n_fft: int = 2048, hop_length: int = 512,
    win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", amin: float = 1e-10, power: float = 2.0,
) -> Array:  # fmt: skip
    """Compute the geometric over the arithmetic mean of the power spectrum.

    Arguments as librosa's. Returns values from 0, a tone, to 1, white noise, (..., 1, n_frames).

    Examples
    --------
    >>> spectral_flatness(S=np.ones((3, 1)))
    array([[1.]])
    """
    if amin <= 0:
        raise ParameterError(f"amin must be positive, got {amin}")
    S, _ = spectrogram(y, S, n_fft, hop_length, win_length, window, center, pad_mode, rounded=False)
    is_finite = _check_weights(S, "spectral_flatness")
    smallest = float(S.dtype.type(amin)) if S.dtype in KERNEL_TYPES else 0.0
    if power in (1, 2) and smallest >= tiny(S) and is_finite and S.shape[-2]:
        logarithms, means = _core.log_means(*stack_of(S), power == 2, smallest)
        ratio = np.exp(logarithms) / means
        return ratio.astype(S.dtype).reshape(*S.shape[:-2], 1, S.shape[-1])
    values = np.maximum(amin, S**power)
    kind = values.dtype
    geometric = np.exp(np.mean(np.log(values), axis=-2, keepdims=True, dtype=np.float64))
    arithmetic = np.mean(values, axis=-2, keepdims=True, dtype=np.float64)
    return np.asarray((geometric / arithmetic).astype(kind))


def poly_features(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int = 2048,
    hop_length: int = 512, win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", order: int = 1, freq: Array | None = None,
) -> Array:  # fmt: skip
    """Fit a polynomial over frequency to each frame's magnitudes.

    Arguments as librosa's. Returns coefficients, highest power first, (..., order + 1, n_frames).

    Examples
    --------
    >>> poly_features(S=np.array([[1.0], [2.0], [3.0]]), sr=4, order=1).round(6)
    array([[1.],
           [1.]])
    """
    S, n_fft = spectrogram(y, S, n_fft, hop_length, win_length, window, center, pad_mode)
    weights = None
    if type(order) is int and 0 <= order < S.shape[-2] and not math.isnan(lowest(S)):
        weights = _polynomial(n_fft, float(sr), order) if freq is None else None
    if weights is not None:
        stack = stack_of(S)
        fitted = np.stack([_core.moments(*stack, row)[1] for row in weights], axis=-2)
        return fitted.reshape(*S.shape[:-2], order + 1, S.shape[-1])
    freq = fft_frequencies(sr=sr, n_fft=n_fft) if freq is None else freq
    # Frames of all channels side by side: one least-squares problem when they share frequencies.
    columns = np.moveaxis(S, -2, 0).reshape(S.shape[-2], -1)
    if freq.ndim == 1:
        # What is not finite spoils all of one problem: then each channel is one.
        parts = 1 if np.isfinite(columns).all() else math.prod(S.shape[:-2])
        fits = [np.polyfit(freq, part, order) for part in np.split(columns, parts, axis=1)]
        fitted = np.concatenate(fits, axis=1)
    else:
        bins = np.moveaxis(np.broadcast_to(freq, S.shape), -2, 0).reshape(columns.shape)
        fits = [np.polyfit(bins[:, i], columns[:, i], order) for i in range(columns.shape[1])]
        fitted = np.stack(fits, axis=-1)
    shape = (len(fitted), *S.shape[:-2], S.shape[-1])
    return np.moveaxis(fitted.reshape(shape), 0, -2)


@kept
def _polynomial(n_fft: int, sr: float, order: int) -> tuple[Array | None, int]:
    """Return what makes coefficients of magnitudes, or None where frequencies leave them open."""
    powers = np.vander(fft_frequencies(sr=sr, n_fft=n_fft), order + 1)
    scale = np.sqrt(np.square(powers).sum(axis=0))
    if not (scale > 0).all():
        return None, 0
    left, sizes, right = np.linalg.svd(powers / scale, full_matrices=False)
    if not sizes[-1] > len(powers) * np.finfo(float).eps * sizes[0]:  # as np.polyfit
        return None, 0
    weights = np.ascontiguousarray((right.T / sizes) @ left.T / scale[:, np.newaxis])
    return weights, weights.nbytes


# librosa keeps the features of pitch and cepstrum in this module as well.
__getattr__ = forward.attach_module("feature.spectral", FEATURE)
