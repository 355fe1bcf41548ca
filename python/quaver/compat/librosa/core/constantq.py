"""The constant-Q transform, as librosa.core.constantq: octaves by halving the rate.

Schoerkhuber & Klapuri, Constant-Q transform toolbox for music processing (SMC 2010).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver._caches import kept
from quaver.compat.librosa import forward
from quaver.compat.librosa._names import CORE
from quaver.compat.librosa.core import transform
from quaver.compat.librosa.core.audio import resample
from quaver.compat.librosa.core.convert import note_to_hz
from quaver.compat.librosa.core.pitch import estimate_tuning
from quaver.compat.librosa.core.prediction import transforms
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import KERNEL_TYPES, normalize, plain

Array = NDArray[Any]

# Equivalent noise bandwidth of the Hann window, in bins, as librosa has it.
_HANN_BANDWIDTH = 1.50018310546875
# Filters that share a range of bins.
_TOGETHER = 6


def cqt(
    y: Array, *, sr: float = 22050, hop_length: int = 512, fmin: float | None = None,
    n_bins: int = 84, bins_per_octave: int = 12, tuning: float | None = 0.0,
    filter_scale: float = 1, norm: float | None = 1, sparsity: float = 0.01, window: Any = "hann",
    scale: bool = True, pad_mode: Any = "constant", res_type: str | None = "soxr_hq",
    dtype: Any = None,
) -> Array:  # fmt: skip
    """Compute the constant-Q transform.

    Arguments as librosa's; other windows than "hann", types of samples than float32 and float64,
    and unusual options are left to an installed librosa. Returns (..., n_bins, n_frames),
    complex64 for float32 and complex128 for float64, within 1e-5 of the largest of librosa's.

    Examples
    --------
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> int(np.abs(cqt(y)).mean(axis=1).argmax())  # semitones above C1
    45
    """
    given = dict(locals())
    options = plain({name: value for name, value in given.items() if name != "y"})
    hop, bins = options["hop_length"], options["n_bins"]
    known = y.dtype in KERNEL_TYPES and y.ndim > 0 and y.shape[-1] > 0
    known = known and window == "hann" and dtype is None
    known = known and all(type(x) is int and x > 0 for x in (hop, bins, bins_per_octave))
    known = known and norm in (None, 1, 2, np.inf) and 0 <= sparsity < 1 and filter_scale > 0
    if not known or bins < 2 or res_type is None:
        return np.asarray(forward.attribute("", "cqt")(**given))
    if fmin is None:
        fmin = float(note_to_hz("C1"))
    if tuning is None:
        tuning = estimate_tuning(y=y, sr=sr, bins_per_octave=bins_per_octave)
    fmin = float(fmin * 2.0 ** (tuning / bins_per_octave))
    shape = _Shape(float(sr), fmin, bins, bins_per_octave, float(filter_scale))
    n_octaves = math.ceil(bins / bins_per_octave)
    y, rate, hop = _halve_early(y, shape, hop, n_octaves, res_type, scale)
    octaves = []
    own_rate, own_hop = rate, hop
    for i in range(n_octaves):
        # An octave lower at half the rate, filters are the same.
        is_first = own_rate == rate / 2.0**i and bins >= (i + 1) * bins_per_octave
        which = (0, rate) if is_first else (i, own_rate)
        bank = _octave(shape, *which, norm, float(sparsity), y.dtype.str)
        gain = y.dtype.type(math.sqrt(rate / own_rate))
        octaves.append(_response(y, bank, own_hop, pad_mode, gain))
        if own_hop % 2 == 0 and i + 1 < n_octaves:
            own_hop, own_rate = own_hop // 2, own_rate / 2.0
            y = resample(y, orig_sr=2, target_sr=1, res_type=res_type, scale=True)
    n_frames = min(octave.shape[-1] for octave in octaves)
    stack = np.concatenate([octave[..., :n_frames] for octave in reversed(octaves)], axis=-2)
    stack = stack[..., -bins:, :]
    if scale:
        lengths = shape.lengths(rate)
        stack /= np.sqrt(lengths)[:, np.newaxis].astype(stack.real.dtype)
    return stack


class _Shape(tuple[float, float, int, int, float]):
    """Centre frequencies in Hz and bandwidths of all filters, from what says them."""

    freqs: Array
    alpha: Array

    def __new__(
        cls, sr: float, fmin: float, n_bins: int, bins_per_octave: int, filter_scale: float
    ) -> _Shape:
        self = super().__new__(cls, (sr, fmin, n_bins, bins_per_octave, filter_scale))
        steps = 2.0 ** (np.arange(bins_per_octave, dtype=float) / bins_per_octave)
        octaves = 2.0 ** np.arange(math.ceil(n_bins / bins_per_octave))
        self.freqs = np.sort(np.multiply.outer(octaves, steps).ravel()[:n_bins]) * fmin
        log = np.log2(self.freqs)
        width = np.empty_like(log)  # bins an octave
        width[0], width[-1] = 1 / (log[1] - log[0]), 1 / (log[-1] - log[-2])
        width[1:-1] = 2 / (log[2:] - log[:-2])
        ratio = 2.0 ** (2 / width)
        self.alpha = (ratio - 1) / (ratio + 1)
        return self

    def lengths(self, rate: float) -> Array:
        """Return the samples of each filter."""
        return np.asarray(self[4] / self.alpha * rate / self.freqs)

    def cut_off(self) -> float:
        """Highest frequency that a filter reaches."""
        return float((self.freqs * (1 + 0.5 * _HANN_BANDWIDTH * self.alpha / self[4])).max())


def _halve_early(
    y: Array, shape: _Shape, hop: int, n_octaves: int, res_type: str, scale: bool
) -> tuple[Array, float, int]:
    """Halve the rate as often as all filters and the hop allow."""
    sr = shape[0]
    nyquist, cut_off = sr / 2.0, shape.cut_off()
    if cut_off > nyquist:
        raise ParameterError(
            f"the filters must end below half the sampling rate ({nyquist} Hz), got {cut_off} Hz;"
            " use fewer bins"
        )
    twos = (hop & -hop).bit_length() - 1
    spare = max(0, math.ceil(math.log2(nyquist / cut_off)) - 2)
    count = min(spare, max(0, twos - n_octaves + 1))
    if not count:
        return y, sr, hop
    factor = 1 << count
    if y.shape[-1] < factor:
        raise ParameterError(f"y must hold at least {factor} samples, got {y.shape[-1]}")
    y = resample(y, orig_sr=factor, target_sr=1, res_type=res_type, scale=True)
    if not scale:
        y = y * y.dtype.type(math.sqrt(factor))
    return y, sr / float(factor), hop // factor


@kept
def _octave(
    shape: _Shape, i: int, rate: float, norm: float | None, sparsity: float, dtype: str
) -> tuple[tuple[int, list[tuple[int, Array]]], int]:
    """Return n_fft and the spectra of the filters of an octave from above, by ranges of bins."""
    n_filters = min(shape[3], shape[2])
    which = slice(-n_filters * (i + 1), -n_filters * i or None)
    freqs, lengths = shape.freqs[which], shape.lengths(rate)[which]
    n_fft = int(2.0 ** np.ceil(np.log2(lengths.max())))
    before, behind = np.floor(-lengths / 2)[:, np.newaxis], np.floor(lengths / 2)[:, np.newaxis]
    count = behind - before
    k = np.arange(n_fft) - (n_fft - count) // 2  # of the filter's samples, the rest is zero
    hann = np.where((k >= 0) & (k < count), 0.5 - 0.5 * np.cos(2 * np.pi * k / count), 0)
    wave = np.exp(1j * ((before + k) * 2 * np.pi * freqs[:, np.newaxis] / rate)) * hann
    basis = normalize(wave, norm=norm, axis=-1).astype(np.complex64)
    basis *= (lengths / float(n_fft))[:, np.newaxis]
    spectra = transforms().fft(basis, axis=1)[:, : n_fft // 2 + 1]
    spectra = _without_least(spectra, sparsity)
    ranges = []
    for first in range(0, len(spectra), _TOGETHER):
        part = spectra[first : first + _TOGETHER]
        used = np.flatnonzero((part != 0).any(axis=0))
        low, high = (int(used[0]), int(used[-1]) + 1) if used.size else (0, 1)
        own = np.ascontiguousarray(part[:, low:high], transform.complex_type(dtype))
        ranges.append((low, own))
    return (n_fft, ranges), sum(part.nbytes for _, part in ranges)


def _without_least(x: Array, quantile: float) -> Array:
    """Set to zero the least values of each row, which make up that share of its sum."""
    size = np.abs(x)
    ordered = np.sort(size, axis=1)
    share = np.cumsum(ordered / size.sum(axis=1, keepdims=True), axis=1)
    least = np.take_along_axis(ordered, np.argmin(share < quantile, axis=1)[:, np.newaxis], axis=1)
    return np.where(size >= least, x, 0)


def _response(
    y: Array, bank: tuple[int, list[tuple[int, Array]]], hop: int, pad_mode: Any, gain: Any
) -> Array:
    """Frames under the filters, (..., n_filters, n_frames)."""
    n_fft, ranges = bank
    frames = transform.Framing.of(y, n_fft, hop, None, "boxcar", True, pad_mode)
    spectrum = frames.spectrum()
    parts = [
        np.matmul(spectra, spectrum[..., low : low + spectra.shape[1], :])
        for low, spectra in ranges
    ]
    response = np.concatenate(parts, axis=-2)
    response *= gain
    return response


# Names of librosa's that quaver keeps elsewhere, or lacks.
__getattr__ = forward.attach_module("core.constantq", CORE)
