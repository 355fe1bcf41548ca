"""The short-time Fourier transform and its scales, as librosa.core.spectrum."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa import _release, forward
from quaver.compat.librosa._names import CORE
from quaver.compat.librosa.core import transform
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    KERNEL_TYPES,
    check_index,
    check_length,
    in_memory_order,
)

Array = NDArray[Any]

_COMPLEX = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}
_REAL = {np.dtype(np.complex64): np.float32, np.dtype(np.complex128): np.float64}
# The kernel's logarithm takes normal numbers.
_NONE = np.zeros(1)
_SMALLEST = {np.dtype(kind): float(np.finfo(kind).tiny) for kind in KERNEL_TYPES}
# Axes that share a reference.
Axes = str | int | tuple[int, ...] | None
# Samples that no memory holds; sums of such lengths do not wrap around.
_LARGEST_SIGNAL = 1 << 48


def stft(
    y: Array, *, n_fft: int = 2048, hop_length: int | None = None, win_length: int | None = None,
    window: Any = "hann", center: bool = True, dtype: Any = None, pad_mode: Any = "constant",
    out: Array | None = None,
) -> Array:  # fmt: skip
    """Compute the short-time Fourier transform.

    Arguments as librosa's. float32 and float64 samples take quaver's kernel in double, whose result
    float32 rounds once. Returns (..., 1 + n_fft // 2, n_frames), complex64 for float32 and
    complex128 for float64.

    Examples
    --------
    >>> stft(np.zeros(22050, np.float32)).shape
    (1025, 44)
    """
    frames = transform.Framing.of(y, n_fft, hop_length, win_length, window, center, pad_mode)
    kind = _COMPLEX.get(y.dtype, np.complex64) if dtype is None else dtype
    spectrum = frames.spectrum()
    if out is None:
        return spectrum.astype(kind, copy=False)
    fits = out.ndim == spectrum.ndim and out.shape[:-1] == spectrum.shape[:-1]
    if not fits or out.shape[-1] < spectrum.shape[-1]:
        raise ParameterError(f"out must have shape {spectrum.shape}, got {out.shape}")
    if not np.iscomplexobj(out):
        raise ParameterError(f"out must be complex, got {out.dtype}")
    target = out if out.shape == spectrum.shape else out[..., : spectrum.shape[-1]]
    target[...] = spectrum
    return target


def istft(
    stft_matrix: Array, *, hop_length: int | None = None, win_length: int | None = None,
    n_fft: int | None = None, window: Any = "hann", center: bool = True, dtype: Any = None,
    length: int | None = None, out: Array | None = None,
) -> Array:  # fmt: skip
    """Invert the short-time Fourier transform by weighted overlap-add.

    Arguments as librosa's. Returns (..., n), float32 for complex64 and float64 for complex128.

    Examples
    --------
    >>> y = np.sin(np.arange(22050) * 0.1)
    >>> bool(np.allclose(istft(stft(y), length=22050), y))
    True
    """
    size = check_length("n_fft", 2 * (stft_matrix.shape[-2] - 1) if n_fft is None else n_fft)
    win = size if win_length is None else check_length("win_length", win_length)
    hop = check_index("hop_length", win // 4 if hop_length is None else hop_length)
    length = None if length is None else check_index("length", length)
    if hop < 1:
        raise ParameterError(f"hop_length must be a positive integer, got {hop}")
    hop = min(hop, _LARGEST_SIGNAL)
    if length is not None and length < 0:
        raise ParameterError(f"length must not be negative, got {length}")
    taps = transform.centred_window(window, win, size)
    total = stft_matrix.shape[-1]
    n_frames = total
    if length:
        padded = length + 2 * (size // 2) if center else length
        n_frames = min(total, int(np.ceil(padded / hop)))
    # The frames that reach into the padding ahead of the signal always count.
    used = max(n_frames, min(total, int(np.ceil((size // 2) / hop)))) if center else n_frames
    n_samples = size + hop * (n_frames - 1) - (2 * (size // 2) if center else 0)
    if not length and n_samples < 0:  # of no frames, silence of a length is left
        raise ParameterError(f"stft_matrix must hold frames, got shape {stft_matrix.shape}")
    if max(length or n_samples, n_frames * hop) > _LARGEST_SIGNAL:
        raise ParameterError(
            f"length must be at most {_LARGEST_SIGNAL} samples, got {length or n_samples}"
        )
    shape = (*stft_matrix.shape[:-2], length or n_samples)
    kind = np.dtype(_REAL.get(stft_matrix.dtype, np.float32) if dtype is None else dtype)
    if out is not None and out.shape != shape:
        raise ParameterError(f"out must have shape {shape}, got {out.shape}")
    y = np.zeros(shape, kind)
    if total:
        spectrum = stft_matrix[..., :used]
        y = transform.overlap_add(spectrum, taps, hop, n_frames, shape, bool(center))
    if out is None:
        return y.astype(kind, copy=False)
    out[...] = y
    return out


def magphase(D: Array, *, power: float = 1) -> tuple[Array, Array]:
    """Split a complex spectrogram into magnitude and phase.

    Arguments as librosa's. The phase is 1 where the magnitude is 0.

    Examples
    --------
    >>> magnitude, phase = magphase(np.array([3 + 4j, 0j]))
    >>> magnitude.tolist(), phase.tolist()
    ([5.0, 0.0], [(0.6+0.8j), (1+0j)])
    """
    if D.dtype in _REAL and D.ndim:
        flat, axes = in_memory_order(D)
        phase, magnitude = (part.transpose(axes) for part in _core.magphase(flat))
    else:
        magnitude = np.abs(D)
        zero = magnitude == 0
        divisor = magnitude + zero
        phase = np.empty_like(D, dtype=transform.complex_type(D.dtype))
        phase.real = D.real / divisor + zero
        phase.imag = D.imag / divisor
    if power != 1:
        magnitude **= power
    return magnitude, phase


def power_to_db(
    S: Any, *, ref: float | Callable[..., Any] = 1.0, amin: float = 1e-10,
    top_db: float | None = 80.0, axes: Axes = "auto",
) -> Any:  # fmt: skip
    """Convert power to decibel: ``10 log10(max(amin, S) / max(amin, ref))``.

    Arguments as librosa's. As 1.0, `axes` share a reference and a largest value, by default the
    last two, so that each channel has its own, and None for all; before, all channels share them.

    Examples
    --------
    >>> power_to_db(np.array([1.0, 0.1, 1e-12]))
    array([  0., -10., -80.])
    """
    S = np.asarray(S)
    _check_amin(amin)
    if S.dtype.kind == "c":
        _warn_of_phase("power_to_db", "np.abs(S) ** 2")
        S = np.abs(S)
    shared = _shared_axes("power_to_db", axes, S.ndim)
    S = _apart(S, shared)
    return _decibels(S, False, _reference(ref, S, shared), amin, top_db, shared)


def _check_amin(amin: float) -> None:
    if amin <= 0:
        raise ParameterError(f"amin must be positive, got {amin}")


def _apart(S: Array, axes: Any) -> Array:
    """Return S with channels in one piece each: NumPy is slow to reduce what lies side by side."""
    if axes is None or S.ndim < 3 or S.dtype not in KERNEL_TYPES:
        return S
    flat, order = in_memory_order(S, S.ndim - 2)
    return np.asarray(flat.transpose(order))


def _decibels(
    S: Array, squared: bool, reference: Any, amin: float, top_db: float | None, axes: Any
) -> Any:
    """Return the decibels of powers, or of amplitudes that are to be squared."""
    if top_db is not None and top_db < 0:
        raise ParameterError(f"top_db must be at least 0, got {top_db}")
    reference = np.maximum(amin, reference)
    decibel = _decibels_by_kernel(S, squared, reference, float(amin), top_db, axes)
    if decibel is not None:
        return decibel
    values = 10.0 * np.log10(np.maximum(amin, np.square(np.abs(S)) if squared else S))
    values -= 10.0 * np.log10(reference)
    if top_db is not None and (axes is not None or 0 not in S.shape[:-2]):
        values = np.maximum(values, values.max(axis=axes, keepdims=True) - top_db)
    return values[()]


def _shared_axes(name: str, axes: Axes, ndim: int) -> tuple[int, ...] | int | None:
    if axes != "auto":
        if _release.is_before_1():
            _release.refuse(name, axes=axes)
        return axes  # type: ignore[return-value]  # any other string fails where it is used
    if ndim > 2 and _release.is_before_1():
        return None
    return (-2, -1)[-ndim:] if ndim else None


def _reference(ref: float | Callable[..., Any], S: Array, axes: Any) -> Any:
    if not callable(ref):
        return np.abs(ref)
    if _release.is_before_1():
        return ref(S)
    try:
        return ref(S, axis=axes, keepdims=True)
    except TypeError as error:
        raise ParameterError(f"ref must take axis and keepdims, got {ref!r}: {error}") from error


def _decibels_by_kernel(
    S: Array, squared: bool, reference: Any, amin: float, top_db: float | None, axes: Any
) -> Array | None:
    """Decibels where all values of S share a reference, or each picture; else None.

    None too for what is not finite.
    """
    if S.dtype not in KERNEL_TYPES or not S.size or not S.ndim:
        return None
    if axes is not None and axes != (-2, -1)[-S.ndim :]:
        return None
    if not _SMALLEST[S.dtype] <= amin < np.inf:
        return None
    n_rows = 1 if axes is None or S.ndim <= 2 else math.prod(S.shape[:-2])
    shifts = _offsets(reference, amin, S.dtype)
    if shifts is None or shifts.size not in (1, n_rows):
        return None
    flat, order = in_memory_order(S, S.ndim - 2 if n_rows > 1 else 0)
    shifts = shifts if shifts.size == n_rows else np.repeat(shifts, n_rows)
    range_db = np.inf if top_db is None else top_db
    values, largest = _core.decibel(flat.reshape(n_rows, -1), squared, amin, shifts, range_db)
    if any(map(math.isnan, largest.tolist())):
        return None
    shaped: Array = values.reshape(flat.shape)
    return shaped if flat is S else shaped.transpose(order)


def _offsets(reference: Any, amin: float, dtype: Any) -> Array | None:
    """Decibel of references by the kernel too: what equals its reference becomes 0, not nearly.

    One for each, or None when one is not finite.
    """
    given = np.asarray(reference)
    if given.dtype == np.float32 and dtype == np.float64:  # one that librosa rounds
        reference = 10.0 * np.log10(given)
        return np.asarray(reference, np.float64).ravel() if np.isfinite(reference).all() else None
    exact = given.astype(np.float64).ravel()
    numbers = exact.tolist()
    if numbers == [1.0]:
        return _NONE
    narrow = exact.astype(dtype)
    if narrow.tolist() == numbers:
        decibel, largest = _core.decibel(narrow.reshape(1, -1), False, amin, _NONE, np.inf)
        if math.isfinite(largest.item()):
            return np.asarray(decibel, np.float64).ravel()
    decibel = 10.0 * np.log10(exact)
    return np.asarray(decibel) if np.isfinite(decibel).all() else None


def _warn_of_phase(name: str, instead: str) -> None:
    warnings.warn(
        f"{name} was called on complex input so phase information will be discarded; pass"
        f" {instead} to say so.",
        stacklevel=3,
    )


def amplitude_to_db(
    S: Any, *, ref: float | Callable[..., Any] = 1.0, amin: float = 1e-5,
    top_db: float | None = 80.0, axes: Axes = "auto",
) -> Any:  # fmt: skip
    """Convert amplitude to decibel: ``20 log10(max(amin, |S|) / max(amin, ref))``.

    Arguments as librosa's; `axes` as of `power_to_db`.

    Examples
    --------
    >>> amplitude_to_db(np.array([1.0, 0.1]))
    array([  0., -20.])
    """
    S = np.asarray(S)
    if S.dtype.kind == "c":
        _warn_of_phase("amplitude_to_db", "np.abs(S)")
        S = np.abs(S)
    shared = _shared_axes("amplitude_to_db", axes, S.ndim)
    S = _apart(S, shared)
    magnitude = np.abs(S) if callable(ref) else S  # which is squared
    reference = _reference(ref, magnitude, shared)
    if magnitude.dtype == np.float32 and magnitude.ndim and np.ndim(reference) == 0:
        narrow = np.float32(reference)
        # Its square is then rounded as that of a magnitude which equals it.
        reference = narrow if narrow == reference else reference
    _check_amin(amin**2)
    return _decibels(magnitude, True, reference**2, amin**2, top_db, shared)


def db_to_power(S_db: Any, *, ref: float = 1.0) -> Any:
    """Convert decibel to power: ``ref * 10 ** (S_db / 10)``.

    Examples
    --------
    >>> float(db_to_power(-10.0))
    0.1
    """
    return ref * np.power(10.0, S_db * 0.1)


def db_to_amplitude(S_db: Any, *, ref: float = 1.0) -> Any:
    """Convert decibel to amplitude: ``ref * 10 ** (S_db / 20)``.

    Examples
    --------
    >>> float(db_to_amplitude(-20.0))
    0.1
    """
    return db_to_power(S_db, ref=ref**2) ** 0.5


def spectrogram(
    y: Array | None, S: Array | None, n_fft: int | None, hop_length: int | None,
    win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", *, power: float = 1.0, rounded: bool = True,
) -> tuple[Array, int]:  # fmt: skip
    """Return S as it is, or ``|stft(y)| ** power``, and the length of the transform.

    rounded: after each step, as librosa's, for what compares neighbours; else once, and faster.
    """
    if S is not None:
        return S, length_of(S, n_fft)
    n_fft = check_signal(y, n_fft)
    frames = transform.Framing.of(y, n_fft, hop_length, win_length, window, center, pad_mode)
    picture = frames.rounded_picture(power) if rounded else frames.picture(power)
    return picture, n_fft


def length_of(S: Array, n_fft: int | None) -> int:
    """Return n_fft where it fits the spectrogram, else the even length that does."""
    if n_fft is None or n_fft // 2 + 1 != S.shape[-2]:
        return int(2 * (S.shape[-2] - 1))
    return n_fft


def check_signal(y: Array | None, n_fft: int | None) -> int:
    """Return n_fft, or refuse that there is nothing to transform."""
    if n_fft is None:
        raise ParameterError("n_fft must be a number, got None")
    if y is None:
        raise ParameterError("y or S must be given, got neither")
    return n_fft


# Names of librosa's that quaver keeps elsewhere, or lacks.
__getattr__ = forward.attach_module("core.spectrum", CORE)
