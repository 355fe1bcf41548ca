"""Frames and their spectra, by quaver's kernels; NumPy's transform where these have no plan."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver.compat.librosa import _release, filters
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    KERNEL_TYPES,
    channels,
    check_length,
    contiguous,
    is_positive_int,
    pad_center,
    pad_ends,
    stacked,
    tiny,
    valid_audio,
)

Array = NDArray[Any]

_UNSUPPORTED_PADS = ("wrap", "maximum", "mean", "median", "minimum")
# The longest transform whose error the kernel in double states.
_LONGEST = 65536
# Frames that NumPy's transform takes at a time: a few megabytes of float64.
_BLOCK_VALUES = 1 << 18


def complex_type(dtype: Any) -> Any:
    """Return the complex type that belongs to a real one; complex64 for what is neither."""
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        return dtype
    return np.dtype(np.complex128 if dtype == np.float64 else np.complex64)


def centred_window(window: Any, win_length: int, n_fft: int) -> Array:
    """Return the samples of a periodic window, centred in n_fft."""
    if isinstance(window, (str, float, int)):
        return _named_window(window, win_length, n_fft)
    return pad_center(filters.get_window(window, win_length, fftbins=True), size=n_fft)


@kept
def _named_window(window: str | float, win_length: int, n_fft: int) -> tuple[Array, int]:
    taps = pad_center(filters.get_window(window, win_length, fftbins=True), size=n_fft)
    taps.flags.writeable = False
    return taps, taps.nbytes


@kept
def _inverse_plan(
    n_fft: int, hop_length: int, window: bytes, center: bool, wide: bool
) -> tuple[_core.Stft | _core.Stft64 | None, int]:
    """Return the kernel's plan in float32 or float64, or None for what it refuses."""
    taps = _without_margin(window)
    plan: _core.Stft | _core.Stft64
    try:
        if wide:
            plan = _core.Stft64(
                n_fft=n_fft, hop_length=hop_length, window=taps, center=center, invertible=True
            )
        else:
            plan = _core.Stft(n_fft=n_fft, hop_length=hop_length, window=taps, center=center)
    except ValueError:
        return None, 0
    return plan, 2 * PER_POINT * n_fft


@kept
def _plan(n_fft: int, hop_length: int, window: bytes, center: bool) -> tuple[_core.Stft64, int]:
    plan = _core.Stft64(
        n_fft=n_fft,
        hop_length=hop_length,
        window=_without_margin(window),
        center=center,
        invertible=False,
    )
    return plan, PER_POINT * n_fft


def _without_margin(window: bytes) -> NDArray[np.float64]:
    """Return a window without the zeros around it, as many at both ends: it stays centred."""
    taps = np.frombuffer(window, np.float64)
    used = np.flatnonzero(taps)
    margin = min(used[0], len(taps) - 1 - used[-1]) if used.size else 0
    return np.ascontiguousarray(taps[margin : len(taps) - margin])


def _has_kernel(taps: Array) -> bool:
    return taps.dtype.kind != "c" and len(taps) <= _LONGEST and bool(np.isfinite(taps).all())


@dataclass(frozen=True)
class Framing:
    """Samples, padded as asked, and how to cut them into frames.

    `y` is (..., n), without the padding when the kernels supply zeros; `taps` is the window,
    (n_fft,). `plan` is the kernel, where it does this transform: in double, as librosa's, because
    the logarithm of a quiet band looks at what a transform in float32 fills with its rounding.
    """

    y: Array
    n_fft: int
    hop_length: int
    taps: Array
    plan: _core.Stft64 | None

    @classmethod
    def of(
        cls,
        y: Any,
        n_fft: int,
        hop_length: int | None,
        win_length: int | None,
        window: Any,
        center: bool,
        pad_mode: Any,
    ) -> Framing:
        """Check the arguments of `stft`, in librosa's order, and pad."""
        n_fft = check_length("n_fft", n_fft)
        win_length = n_fft if win_length is None else check_length("win_length", win_length)
        if hop_length is None:
            hop_length = win_length // 4
        if not is_positive_int(hop_length):
            raise ParameterError(f"hop_length must be a positive integer, got {hop_length}")
        valid_audio(y)
        hop_length = min(hop_length, y.shape[-1] + n_fft)  # further apart there is one frame, too
        taps = centred_window(window, win_length, n_fft)
        zeros = False
        if center:
            if _release.current() != "0.8" and str(pad_mode) in _UNSUPPORTED_PADS:
                raise ParameterError(f"pad_mode must not be {pad_mode!r} here")
            if n_fft > y.shape[-1]:
                warnings.warn(
                    f"n_fft={n_fft} is too large for input signal of length={y.shape[-1]}",
                    stacklevel=4,
                )
            if y.shape[-1] + 2 * (n_fft // 2) < n_fft:
                raise ParameterError(f"y must hold samples for a frame of {n_fft}, got none")
            zeros = isinstance(pad_mode, str) and pad_mode == "constant"
        elif n_fft > y.shape[-1]:
            raise ParameterError(
                f"n_fft must not exceed the signal without center, got {n_fft} for"
                f" {y.shape[-1]} samples"
            )
        plan = None
        if y.dtype in KERNEL_TYPES and _has_kernel(taps):
            plan = _plan(n_fft, hop_length, np.asarray(taps, np.float64).tobytes(), zeros)
        if center and not (zeros and plan is not None):
            y = _pad(y, n_fft, hop_length, pad_mode)
        return cls(y, n_fft, hop_length, taps, plan)

    def spectrum(self) -> Array:
        """Return (..., 1 + n_fft // 2, n_frames), complex, rounded once as librosa's is.

        Peaks are compared and counted: the rounding of a float32 transform could move a tuning.
        """
        if self.plan is not None:
            rows: list[Array] = [self.plan.run(channel) for channel in self._channels()]
            return np.swapaxes(self._joined(rows), -1, -2)
        view = np.lib.stride_tricks.sliding_window_view(self.y, self.n_fft, axis=-1)
        frames = view[..., :: self.hop_length, :]
        shape = (*frames.shape[:-1], 1 + self.n_fft // 2)
        out = np.empty(shape, np.complex128)
        step = max(1, _BLOCK_VALUES // self.n_fft)
        for t in range(0, shape[-2], step):
            out[..., t : t + step, :] = np.fft.rfft(frames[..., t : t + step, :] * self.taps)
        return np.swapaxes(out.astype(complex_type(self.y.dtype), copy=False), -1, -2)

    def picture(self, power: float) -> Array:
        """Return ``|spectrum| ** power``, rounded once."""
        plan = self.plan
        if plan is not None and power in (1, 2):
            return self._joined([plan.picture(y, power == 2) for y in self._channels()])
        return self.rounded_picture(power)

    def rounded_picture(self, power: float) -> Array:
        """Return ``|spectrum| ** power``, rounded after each step as librosa does."""
        magnitude: Array = np.abs(self.spectrum())
        return magnitude if power == 1 else np.asarray(magnitude**power)

    def bands(self, power: float, bank: _core.FilterBank) -> Array:
        """Return a picture under a filter bank; needs `plan`, and power 1 or 2."""
        assert self.plan is not None
        return self._joined([self.plan.bands(y, power == 2, bank) for y in self._channels()])

    def extremes(self, bands: list[tuple[int, int, int]]) -> tuple[Array, Array]:
        """Return valleys and peaks of a picture as float64; needs float32 and `plan`."""
        assert self.plan is not None
        pairs = [self.plan.contrast(y, bands) for y in self._channels()]
        low, high = (self._joined(list(part)) for part in zip(*pairs, strict=True))
        return low.astype(np.float64), high.astype(np.float64)

    def _channels(self) -> list[Array]:
        if self.y.ndim == 1:
            return [contiguous(self.y)]
        return list(channels(self.y, 1))

    def _joined(self, results: list[Array]) -> Array:
        if self.y.ndim == 1:
            return results[0]
        return stacked(results, self.y.shape[:-1])


def _pad(y: Array, n_fft: int, hop_length: int, mode: Any) -> Array:
    """Pad both ends by n_fft // 2, looking only at what librosa looks at.

    librosa pads the frames of either end by themselves, so that a mode which uses more than the
    neighbourhood sees a part of the signal. 0.8 looked at all of it.
    """
    pad = n_fft // 2
    if _release.current() == "0.8":
        return pad_ends(y, pad, pad, mode)
    first = int(np.ceil(pad / hop_length))
    last = (y.shape[-1] + pad - n_fft) // hop_length + 1
    if last <= first:
        return pad_ends(y, pad, pad, mode)
    head = y[..., : (first - 1) * hop_length - pad + n_fft + 1]
    head = pad_ends(head, pad, 0, mode)[..., :pad]
    tail = y[..., last * hop_length - pad :]
    if last * hop_length - pad + n_fft <= y.shape[-1] + pad:
        tail = pad_ends(tail, 0, pad, mode)[..., tail.shape[-1] :]
    else:
        tail = tail[..., :0]
    return np.concatenate([head, y, tail], axis=-1)


def overlap_add(
    spectrum: Array,
    taps: Array,
    hop_length: int,
    n_weighted: int,
    shape: tuple[int, ...],
    center: bool,
) -> Array:
    """Add up the windowed frames of a spectrum and divide by the sum of squared windows.

    Only the first `n_weighted` frames count in that sum.
    """
    n_fft = len(taps)
    plan: Any = None  # which takes the type of the spectrum
    fits = spectrum.dtype in (np.complex64, np.complex128) and spectrum.shape[-2] == n_fft // 2 + 1
    if fits and _has_kernel(taps):
        window = np.asarray(taps, np.float64).tobytes()
        plan = _inverse_plan(n_fft, hop_length, window, center, spectrum.dtype == np.complex128)
    if plan is not None and shape[-1] > 0:
        rows = channels(spectrum.swapaxes(-1, -2), 2)
        y = [plan.inverse(channel, n_weighted, shape[-1]) for channel in rows]
        return stacked(y, shape[:-1])
    frames = np.fft.irfft(spectrum, n=n_fft, axis=-2).swapaxes(-1, -2) * taps
    n_frames = max(frames.shape[-2], n_weighted)
    start = n_fft // 2 if center else 0
    total = max(n_fft + hop_length * (n_frames - 1), start + shape[-1])
    y_sum, weight = np.zeros((*shape[:-1], total)), np.zeros(total)
    for t in range(frames.shape[-2]):
        y_sum[..., t * hop_length : t * hop_length + n_fft] += frames[..., t, :]
    for t in range(n_weighted):
        weight[t * hop_length : t * hop_length + n_fft] += taps**2
    y_sum, weight = y_sum[..., start : start + shape[-1]], weight[start : start + shape[-1]]
    real = np.float64 if spectrum.dtype == np.complex128 else np.float32
    reached = weight > tiny(np.empty(0, real))
    y_sum[..., reached] /= weight[reached]
    return y_sum.astype(real)
