"""Filter banks and windows, as librosa.filters."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver._caches import kept
from quaver.compat.librosa import forward
from quaver.compat.librosa.core.convert import fft_frequencies, mel_frequencies
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import normalize, plain

Array = NDArray[Any]

# Coefficients of sums of cosines (Harris, On the use of windows for harmonic analysis, Proc. IEEE
# 66, 1978); the names are SciPy's.
_COSINES = {
    "hann": (0.5, 0.5),
    "han": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "hamm": (0.54, 0.46),
    "ham": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "black": (0.42, 0.5, 0.08),
    "blk": (0.42, 0.5, 0.08),
    "boxcar": (1.0,),
    "box": (1.0,),
    "ones": (1.0,),
    "rect": (1.0,),
    "rectangular": (1.0,),
}


# Weights of a mel bank that are made at once, with arrays of float64 beside them; of larger banks
# only the bins of each band, which are few.
_MOST_AT_ONCE = 1 << 20


def get_window(window: Any, Nx: int, *, fftbins: bool | None = True) -> Array:
    """Return the samples of a window.

    Arguments as librosa's: the names hann, hamming, blackman and boxcar need nothing, others SciPy.
    Returns (Nx,).

    Examples
    --------
    >>> get_window("hann", 4)
    array([0. , 0.5, 1. , 0.5])
    """
    if callable(window):
        return np.asarray(window(Nx))
    if isinstance(window, (str, tuple)) or np.isscalar(window):
        if isinstance(window, str) and window in _COSINES and Nx >= 1:
            return _cosine_window(window, Nx, bool(fftbins))
        return _scipy_window(window, Nx, bool(fftbins))
    if isinstance(window, (np.ndarray, list)):
        if len(window) != Nx:
            raise ParameterError(f"window must have {Nx} samples, got {len(window)}")
        return np.asarray(window)
    raise ParameterError(f"window must be a name, function or array, got {window!r}")


def _cosine_window(name: str, length: int, periodic: bool) -> Array:
    if length == 1:
        return np.ones(1)
    phase = 2 * np.pi * np.arange(length) / (length if periodic else length - 1)
    terms = [(-1) ** k * a * np.cos(k * phase) for k, a in enumerate(_COSINES[name])]
    return np.asarray(sum(terms[1:], terms[0]))


def _scipy_window(window: Any, length: int, periodic: bool) -> Array:
    try:
        from scipy.signal import get_window as scipy_window
    except ModuleNotFoundError:
        raise ImportError(f"the window {window!r} needs SciPy: pip install scipy") from None
    return np.asarray(scipy_window(window, length, fftbins=periodic))


def mel(
    *, sr: float, n_fft: int, n_mels: int = 128, fmin: float = 0.0, fmax: float | None = None,
    htk: bool = False, norm: Any = "slaney", dtype: Any = np.float32,
) -> Array:  # fmt: skip
    """Return a bank of triangular filters on a mel scale.

    Arguments as librosa's. Returns (n_mels, 1 + n_fft // 2); warns when no bin falls into a filter.

    Examples
    --------
    >>> mel(sr=22050, n_fft=2048).shape
    (128, 1025)
    """
    arguments = {
        "sr": sr, "n_fft": n_fft, "n_mels": n_mels, "fmin": fmin, "fmax": fmax, "htk": htk,
        "norm": norm, "dtype": dtype,
    }  # fmt: skip
    bank, has_empty = cached_mel(**plain(arguments))
    if has_empty:
        warn_of_empty_filters(stacklevel=3)
    found: Array = bank.copy()
    return found


def _mel(
    sr: float,
    n_fft: int,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Any = "slaney",
    dtype: Any = np.float32,
) -> tuple[Array, bool]:
    """Return the bank, and whether it has empty filters."""
    n_mels = int(n_mels)
    _check_table("n_mels", n_mels, n_fft)
    edges = mel_frequencies(
        n_mels + 2, fmin=fmin, fmax=float(sr) / 2 if fmax is None else fmax, htk=htk
    )
    bins = fft_frequencies(sr=sr, n_fft=n_fft)
    if n_mels * bins.size > _MOST_AT_ONCE and np.all(np.diff(edges) > 0):
        weights = np.zeros((n_mels, bins.size), dtype)
        for band in range(n_mels):
            of_it = slice(*np.searchsorted(bins, edges[band : band + 3 : 2]))
            weights[band, of_it] = _triangles(edges[band : band + 3], bins[of_it], dtype)[0]
    else:
        weights = _triangles(edges, bins, dtype)
    if isinstance(norm, str):
        if norm != "slaney":
            raise ParameterError(f"norm must be 'slaney', a number or None, got {norm!r}")
        weights *= (2.0 / (edges[2 : n_mels + 2] - edges[:n_mels]))[:, np.newaxis]
    else:
        weights = normalize(weights, norm=norm, axis=-1)
    return weights, not np.all((edges[:-2] == 0) | (weights.max(axis=1) > 0))


def _check_table(name: str, n_rows: int, n_fft: int) -> None:
    """Refuse rows that there cannot be, or so many that with them a bank fills the memory."""
    if n_rows < 0:
        raise ParameterError(f"{name} must not be negative, got {n_rows}")
    most = _core.largest_table // max(1, 1 + n_fft // 2)
    if n_rows > most:
        raise ParameterError(f"{name} must be at most {most:.0f} for n_fft {n_fft}, got {n_rows}")


def _triangles(edges: Array, bins: Array, dtype: Any) -> Array:
    """Return the weights of bins in each triangle, whose corners are three edges in a row."""
    width = np.diff(edges)[:, np.newaxis]
    distance = edges[:, np.newaxis] - bins
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = -distance[:-2] / width[:-1]
        fall = distance[2:] / width[1:]
    return np.asarray(np.maximum(0, np.minimum(rise, fall)).astype(dtype))


def warn_of_empty_filters(stacklevel: int) -> None:
    """Warn that filters hold no bin."""
    warnings.warn(
        "Empty filters in the mel bank: some bands hold no bin and stay 0. Use fewer bands, or a"
        " higher sampling rate (and fmax).",
        stacklevel=stacklevel,
    )


def chroma(
    *, sr: float, n_fft: int, n_chroma: int = 12, tuning: float = 0.0, ctroct: float = 5.0,
    octwidth: float | None = 2, norm: float | None = 2, base_c: bool = True,
    dtype: Any = np.float32,
) -> Array:  # fmt: skip
    """Return a bank that sums the bins of a spectrum by pitch class.

    Each bin has a Gaussian around its own pitch, as wide as a bin or a class, whichever is wider.
    Arguments as librosa's. Returns (n_chroma, 1 + n_fft // 2).

    Examples
    --------
    >>> chroma(sr=22050, n_fft=2048).shape
    (12, 1025)
    """
    _check_table("n_chroma", n_chroma, n_fft)
    hz = np.arange(1, n_fft) * (sr / n_fft)
    a440 = 440.0 * 2.0 ** (tuning / n_chroma)
    octaves = np.log2(hz / (a440 / 16))
    # The mean has no pitch: one and a half octaves below the first bin.
    pitch = n_chroma * np.concatenate(([octaves[0] - 1.5], octaves))
    width = np.concatenate((np.maximum(np.diff(pitch), 1.0), [1.0]))
    half = np.round(n_chroma / 2)
    distance = pitch - np.arange(n_chroma)[:, np.newaxis]
    distance = np.remainder(distance + half + 10 * n_chroma, n_chroma) - half
    weights = normalize(np.exp(-0.5 * (2 * distance / width) ** 2), norm=norm, axis=0)
    if octwidth is not None:
        weights = weights * np.exp(-0.5 * ((pitch / n_chroma - ctroct) / octwidth) ** 2)
    if base_c:
        weights = np.roll(weights, -3 * (n_chroma // 12), axis=0)
    return np.ascontiguousarray(weights[:, : 1 + n_fft // 2], dtype=dtype)


@kept
def cached_mel(**parameters: Any) -> tuple[tuple[Array, bool], int]:
    """Return a bank, read-only, and whether it has empty filters."""
    bank, has_empty = _mel(**parameters)
    bank.flags.writeable = False
    return (bank, has_empty), bank.nbytes


@kept
def cached_chroma(**parameters: Any) -> tuple[Array, int]:
    """Return a bank, read-only."""
    bank = chroma(**parameters)
    bank.flags.writeable = False
    return bank, bank.nbytes


__getattr__, _ = forward.attach("filters", {})
