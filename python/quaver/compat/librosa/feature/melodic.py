"""Features of mel bands and pitch classes: mel spectrogram, MFCC, chroma, tonnetz."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver._caches import kept
from quaver.compat.librosa import filters, forward
from quaver.compat.librosa.core import transform
from quaver.compat.librosa.core.constantq import cqt
from quaver.compat.librosa.core.convert import hz_to_midi, note_to_hz
from quaver.compat.librosa.core.pitch import estimate_tuning
from quaver.compat.librosa.core.spectrum import check_signal, power_to_db, spectrogram
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    KERNEL_TYPES,
    expand_to,
    lowest,
    normalize,
    plain,
    stack_of,
)

Array = NDArray[Any]


def melspectrogram(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int = 2048,
    hop_length: int = 512, win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", power: float = 2.0, **kwargs: Any,
) -> Array:  # fmt: skip
    """Compute a mel spectrogram.

    Arguments as librosa's, of `filters.mel` as well. Returns (..., n_mels, n_frames).

    Examples
    --------
    >>> melspectrogram(y=np.zeros(22050, np.float32)).shape
    (128, 44)
    """
    if S is None and power in (1, 2):
        check_signal(y, n_fft)
        frames = transform.Framing.of(y, n_fft, hop_length, win_length, window, center, pad_mode)
        basis, plan = _mel_bank(sr=sr, n_fft=n_fft, **kwargs)
        if frames.plan is not None and plan is not None:
            return frames.bands(power, plan)
        S = frames.picture(power)
    else:
        S, n_fft = spectrogram(
            y, S, n_fft, hop_length, win_length, window, center, pad_mode, power=power
        )
        basis, plan = _mel_bank(sr=sr, n_fft=n_fft, **kwargs)
        fits = S.ndim > 1 and S.dtype in KERNEL_TYPES and S.shape[-2] == basis.shape[1]
        # Dense sums spread a NaN or infinity over all bands of a frame.
        if plan is not None and fits and not math.isnan(lowest(S)):
            bands = plan.of(*stack_of(S))
            return bands.reshape(*S.shape[:-2], *bands.shape[-2:])
    return np.asarray(np.matmul(basis, S))


def _mel_bank(**parameters: Any) -> tuple[Array, _core.FilterBank | None]:
    """Return the bank, and the same for the kernel when it is of float32."""
    try:
        bank, plan, has_empty = _cached_mel_bank(**plain(parameters))
    except TypeError:
        # An argument that cannot be hashed, or one too many: `filters.mel` has the say.
        bank = filters.mel(**parameters)
        return bank, None
    if has_empty:
        filters.warn_of_empty_filters(stacklevel=4)
    return bank, plan


@kept
def _cached_mel_bank(
    **parameters: Any,
) -> tuple[tuple[Array, _core.FilterBank | None, bool], int]:
    bank, has_empty = filters.cached_mel(**parameters)
    fits = bank.dtype == np.float32 and bank.size > 0
    plan = _core.FilterBank(np.ascontiguousarray(bank)) if fits else None
    # The plan keeps the weights that are not 0, and their places.
    return (bank, plan, has_empty), bank.nbytes + 16 * int(np.count_nonzero(bank))


def mfcc(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_mfcc: int = 20,
    dct_type: int = 2, norm: str | None = "ortho", lifter: float = 0, mel_norm: Any = "slaney",
    **kwargs: Any,
) -> Array:  # fmt: skip
    """Compute mel-frequency cepstral coefficients.

    Arguments as librosa's, of `melspectrogram` as well. Returns (..., n_mfcc, n_frames).

    Examples
    --------
    >>> mfcc(y=np.zeros(22050, np.float32), n_mfcc=13).shape
    (13, 44)
    """
    if S is None:
        S = power_to_db(melspectrogram(y=y, sr=sr, norm=mel_norm, **kwargs))
    single = S.dtype in (np.float32, np.float16)
    count = len(range(S.shape[-2])[:n_mfcc])
    # In float64: sums in float32 of bands at -100 dB err by ten times what SciPy's transform does.
    coefficients = np.matmul(_cosines(S.shape[-2], count, dct_type, norm), S)
    if single:
        coefficients = coefficients.astype(np.float32)
    if lifter == 0:
        return np.asarray(coefficients)
    if not lifter > 0:
        raise ParameterError(f"lifter must be at least 0, got {lifter}")
    order = np.arange(1, 1 + n_mfcc, dtype=coefficients.dtype)
    weights = 1 + (lifter / 2) * np.sin(np.pi * order / lifter)
    coefficients *= expand_to(weights, ndim=S.ndim, axes=-2)
    return np.asarray(coefficients)


@kept
def _cosines(n: int, n_rows: int, dct_type: int, norm: str | None) -> tuple[Array, int]:
    """Return the first rows of a cosine transform (Ahmed, Natarajan & Rao 1974), (n_rows, n)."""
    if dct_type not in (1, 2, 3, 4):
        raise ValueError(f"dct_type must be 1, 2, 3 or 4, got {dct_type}")
    if norm not in (None, "ortho", "backward", "forward"):
        raise ValueError(f"norm must be ortho, backward, forward or None, got {norm!r}")
    if dct_type == 1 and n < 2:
        raise RuntimeError("dct_type 1 takes at least 2 bands, got 1")  # SciPy's choice of type
    if n_rows > _core.largest_table // n:
        raise ParameterError(
            f"n_mfcc must be at most {_core.largest_table // n} for {n} bands, got {n_rows}"
        )
    k, i = np.arange(n_rows)[:, np.newaxis], np.arange(n)
    period = n - 1 if dct_type == 1 else n
    phase = (k + 0.5 * (dct_type in (3, 4))) * (i + 0.5 * (dct_type in (2, 4)))
    matrix = 2 * np.cos(np.pi * phase / period)
    # Types 1 and 3 count the ends of the input once, the orthonormal forms by a root of two.
    ends = {1: [0, n - 1], 3: [0]}.get(dct_type, [])
    matrix[:, ends] *= np.sqrt(0.5) if norm == "ortho" else 0.5
    if norm == "ortho":
        outer = {1: [0, n - 1], 2: [0]}.get(dct_type, [])
        matrix[[row for row in outer if row < n_rows]] *= np.sqrt(0.5)
        matrix *= np.sqrt(0.5 / period)
    elif norm == "forward":
        matrix /= 2 * period
    return matrix, matrix.nbytes


def chroma_stft(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None,
    norm: float | None = np.inf, n_fft: int = 2048, hop_length: int = 512,
    win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", tuning: float | None = None, n_chroma: int = 12, **kwargs: Any,
) -> Array:  # fmt: skip
    """Compute a chromagram from the power spectrum.

    Arguments as librosa's, of `filters.chroma` as well. Returns (..., n_chroma, n_frames).

    Examples
    --------
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050).astype(np.float32)
    >>> int(chroma_stft(y=y, tuning=0.0).mean(axis=1).argmax())  # C, C#, ... A
    9
    """
    S, n_fft = spectrogram(y, S, n_fft, hop_length, win_length, window, center, pad_mode, power=2)
    if tuning is None:
        tuning = estimate_tuning(S=S, sr=sr, bins_per_octave=n_chroma)
    parameters: dict[str, Any] = {
        "sr": sr,
        "n_fft": n_fft,
        "tuning": float(tuning),
        "n_chroma": n_chroma,
    }
    bank = filters.cached_chroma(**plain({**parameters, **kwargs}))
    # As `stft` leaves its frames, the product is the same and half as long.
    chroma = np.swapaxes(np.matmul(np.swapaxes(S, -1, -2), bank.T), -1, -2)
    return normalize(chroma, norm=norm, axis=-2)


def chroma_cqt(
    *, y: Array | None = None, sr: float = 22050, C: Array | None = None, hop_length: int = 512,
    fmin: float | None = None, norm: float | None = np.inf, threshold: float | None = 0.0,
    tuning: float | None = None, n_chroma: int = 12, n_octaves: int = 7, window: Any = None,
    bins_per_octave: int | None = 36, cqt_mode: str = "full",
) -> Array:  # fmt: skip
    """Compute a chromagram from the constant-Q transform.

    Arguments as librosa's; a `window`, and the mode "hybrid", are left to an installed librosa.
    Returns (..., n_chroma, n_frames).

    Examples
    --------
    >>> y = np.sin(2 * np.pi * 440 * np.arange(66150) / 22050).astype(np.float32)
    >>> int(chroma_cqt(y=y, tuning=0.0).mean(axis=1).argmax())  # C, C#, ... A
    9
    """
    given = dict(locals())
    if window is not None or (C is None and cqt_mode != "full"):
        return np.asarray(forward.attribute("feature", "chroma_cqt")(**given))
    if bins_per_octave is None:
        bins_per_octave = n_chroma
    elif bins_per_octave % n_chroma != 0:
        raise ParameterError(
            f"bins_per_octave must be a multiple of n_chroma={n_chroma}, got {bins_per_octave}"
        )
    if C is None:
        if y is None:
            raise ParameterError("y or C must be given, got neither")
        options: dict[str, Any] = {"n_bins": n_octaves * bins_per_octave, "tuning": tuning}
        options |= {"fmin": fmin, "bins_per_octave": bins_per_octave}
        C = np.abs(cqt(y, sr=sr, hop_length=hop_length, **options))
    lowest_midi = hz_to_midi(note_to_hz("C1") if fmin is None else fmin)
    merged = np.repeat(np.eye(n_chroma), bins_per_octave // n_chroma, axis=1)
    merged = np.roll(merged, -(bins_per_octave // n_chroma // 2), axis=1)
    bank = np.tile(merged, math.ceil(C.shape[-2] / bins_per_octave))[:, : C.shape[-2]]
    steps = int(np.round(np.mod(lowest_midi, 12) * (n_chroma / 12.0)))
    bank = np.roll(bank, steps, axis=0).astype(np.float32)
    chroma = np.matmul(bank, C)
    if threshold is not None:
        chroma[chroma < threshold] = 0.0
    return normalize(chroma, norm=norm, axis=-2)


def tonnetz(
    *, y: Array | None = None, sr: float = 22050, chroma: Array | None = None, **kwargs: Any
) -> Array:
    """Project chroma onto the circles of fifths, minor and major thirds (Harte et al. 2006).

    Arguments as librosa's; without `chroma`, `chroma_cqt` computes it from `y`. Returns
    (..., 6, n_frames).

    Examples
    --------
    >>> tonnetz(chroma=np.eye(12)[:, :1]).round(3).ravel().tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0, 0.5]
    """
    if chroma is None:
        if y is None:
            raise ParameterError("y or chroma must be given, got neither")
        chroma = chroma_cqt(y=y, sr=sr, **kwargs)
    classes = np.linspace(0, 12, num=chroma.shape[-2], endpoint=False)
    steps = np.multiply.outer([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], classes)
    # Sine and cosine of each circle.
    steps[::2] -= 0.5
    radius = np.array([1, 1, 1, 1, 0.5, 0.5])[:, np.newaxis]
    return np.asarray(np.matmul(radius * np.cos(np.pi * steps), normalize(chroma, norm=1, axis=-2)))
