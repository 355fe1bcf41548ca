"""Effects on signals, as librosa.effects."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quaver import _core
from quaver.compat.librosa import _release, decompose, forward
from quaver.compat.librosa.core.audio import resample
from quaver.compat.librosa.core.convert import frames_to_samples
from quaver.compat.librosa.core.spectrum import amplitude_to_db, istft, stft
from quaver.compat.librosa.core.vocoder import phase_vocoder
from quaver.compat.librosa.feature.waveform import rms
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    KERNEL_TYPES,
    contiguous,
    fix_length,
    is_positive_int,
)

Array = NDArray[Any]


def hpss(
    y: Array, *, kernel_size: Any = 31, power: float = 2.0, mask: bool = False, margin: Any = 1.0,
    n_fft: int = 2048, hop_length: int | None = None, win_length: int | None = None,
    window: Any = "hann", center: bool = True, pad_mode: Any = "constant",
) -> tuple[Array, Array]:  # fmt: skip
    """Separate a signal into harmonics and bursts.

    Arguments as librosa's; 0.11 accepts `window` but uses Hann's, here it is used. Returns two
    signals of the shape and type of `y`.

    Examples
    --------
    >>> tone = np.sin(np.arange(22050) * 0.1)
    >>> harmonic, percussive = hpss(tone)
    >>> bool(np.abs(harmonic).max() > 100 * np.abs(percussive[2048:-2048]).max())
    True
    """
    harm, perc = _parts([0, 1], **locals())
    return harm, perc


def harmonic(
    y: Array, *, kernel_size: Any = 31, power: float = 2.0, mask: bool = False, margin: Any = 1.0,
    n_fft: int = 2048, hop_length: int | None = None, win_length: int | None = None,
    window: Any = "hann", center: bool = True, pad_mode: Any = "constant",
) -> Array:  # fmt: skip
    """Keep the harmonics of a signal: the first part of `hpss`, whose arguments it takes.

    Examples
    --------
    >>> harmonic(np.sin(np.arange(22050) * 0.1)).shape
    (22050,)
    """
    return _parts([0], **locals())[0]


def percussive(
    y: Array, *, kernel_size: Any = 31, power: float = 2.0, mask: bool = False, margin: Any = 1.0,
    n_fft: int = 2048, hop_length: int | None = None, win_length: int | None = None,
    window: Any = "hann", center: bool = True, pad_mode: Any = "constant",
) -> Array:  # fmt: skip
    """Keep the bursts of a signal: the second part of `hpss`, whose arguments it takes.

    Examples
    --------
    >>> percussive(np.sin(np.arange(22050) * 0.1)).shape
    (22050,)
    """
    return _parts([1], **locals())[0]


def _parts(
    wanted: list[int],
    *,
    y: Array,
    kernel_size: Any,
    power: float,
    mask: bool,
    margin: Any,
    pad_mode: Any,
    **framing: Any,
) -> list[Array]:
    spectra = decompose.hpss(
        stft(y, pad_mode=pad_mode, **framing),
        kernel_size=kernel_size,
        power=power,
        mask=mask,
        margin=margin,
    )
    # 0.8 cut or padded what the inverse gives, which differs in the last frames.
    n_samples = y.shape[-1]
    length = None if _release.current() == "0.8" else n_samples
    parts = [istft(spectra[i], dtype=y.dtype, length=length, **framing) for i in wanted]
    return [fix_length(part, size=n_samples) for part in parts]


def time_stretch(y: Array, *, rate: float, **kwargs: Any) -> Array:
    """Change the speed of a signal without its pitch.

    Arguments as librosa's. Returns (..., round(n / rate)), of the type of `y`.

    Examples
    --------
    >>> time_stretch(np.sin(np.arange(22050) * 0.1), rate=2.0).shape
    (11025,)
    """
    if rate <= 0:
        raise ParameterError(f"rate must be positive, got {rate}")
    spectrum = stft(y, **{"pad_mode": _release.padding(), **kwargs})
    stretched = phase_vocoder(spectrum, rate=rate)
    length = round(y.shape[-1] / rate)
    return istft(stretched, dtype=y.dtype, length=length, **kwargs)


def pitch_shift(
    y: Array, *, sr: float, n_steps: float, bins_per_octave: int = 12, res_type: str = "soxr_hq",
    scale: bool = False, **kwargs: Any,
) -> Array:  # fmt: skip
    """Change the pitch of a signal without its speed.

    Arguments as librosa's. Returns the shape and type of `y`.

    Examples
    --------
    >>> pitch_shift(np.sin(np.arange(22050) * 0.1), sr=22050, n_steps=4).shape
    (22050,)
    """
    if not is_positive_int(bins_per_octave):
        raise ParameterError(f"bins_per_octave must be a positive int, got {bins_per_octave}")
    rate = 2.0 ** (-float(n_steps) / bins_per_octave)
    shifted = resample(
        time_stretch(y, rate=rate, **kwargs),
        orig_sr=float(sr) / rate,
        target_sr=sr,
        res_type=res_type,
        scale=scale,
    )
    return fix_length(shifted, size=y.shape[-1])


def _is_loud(
    y: Array,
    frame_length: int,
    hop_length: int,
    top_db: float,
    ref: float | Callable[..., Any],
    aggregate: Callable[..., Any],
) -> Array:
    """Return whether each frame lies above the threshold in any channel, (n_frames,)."""
    framing: Any = {"hop_length": hop_length, "pad_mode": _release.padding()}
    levels = rms(y=y, frame_length=frame_length, **framing)[..., 0, :]
    decibel = amplitude_to_db(levels, ref=ref, top_db=None)
    if decibel.ndim > 1:
        channels = tuple(range(decibel.ndim - 1))
        decibel = np.squeeze(np.apply_over_axes(aggregate, decibel, channels), axis=channels)
    return np.asarray(decibel > -top_db)


def trim(
    y: Array, *, top_db: float = 60, ref: float | Callable[..., Any] = np.max,
    frame_length: int = 2048, hop_length: int = 512, aggregate: Callable[..., Any] = np.max,
) -> tuple[Array, Array]:  # fmt: skip
    """Cut silence off both ends.

    Arguments as librosa's. Returns a view of the samples from the first to the last frame that is
    not silent, and where they start and end.

    Examples
    --------
    >>> tone = np.sin(np.arange(8192) * 0.1)
    >>> trim(np.concatenate([np.zeros(8192), tone, np.zeros(8192)]))[1].tolist()
    [7680, 17408]
    """
    loud = _is_loud(y, frame_length, hop_length, top_db, ref, aggregate)
    (frames,) = np.nonzero(loud)
    start = end = 0
    if frames.size:
        start = int(frames_to_samples(frames[0], hop_length=hop_length))
        end = int(frames_to_samples(frames[-1] + 1, hop_length=hop_length))
        end = min(y.shape[-1], end)
    return y[..., start:end], np.asarray([start, end])


def split(
    y: Array, *, top_db: float = 60, ref: float | Callable[..., Any] = np.max,
    frame_length: int = 2048, hop_length: int = 512, aggregate: Callable[..., Any] = np.max,
) -> Array:  # fmt: skip
    """Find the parts that are not silent.

    Arguments as librosa's. Returns the first sample of each part, and the first after it, (m, 2).

    Examples
    --------
    >>> tone = np.sin(np.arange(8192) * 0.1)
    >>> split(np.concatenate([tone, np.zeros(8192), tone])).tolist()
    [[0, 9216], [15872, 24576]]
    """
    loud = _is_loud(y, frame_length, hop_length, top_db, ref, aggregate)
    # Silence before the first frame and after the last one makes every part have two edges.
    edges = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=0, append=0))
    samples = np.minimum(frames_to_samples(edges, hop_length=hop_length), y.shape[-1])
    return np.asarray(samples.reshape(-1, 2))


def preemphasis(
    y: Array, *, coef: float = 0.97, zi: ArrayLike | None = None, return_zf: bool = False
) -> Any:
    """Emphasise high frequencies: ``out[n] = y[n] - coef * y[n - 1]``.

    Arguments as librosa's. Returns the shape and type of `y`; with `return_zf` also the `zi` of the
    signal's continuation.

    Examples
    --------
    >>> preemphasis(np.array([1.0, 2.0, 3.0]), coef=0.5).tolist()
    [1.0, 1.5, 2.0]
    """
    y = _filterable(y)
    if not y.shape[-1]:
        raise ParameterError(f"y must hold samples, got shape {y.shape}")
    weight = y.dtype.type(-coef)
    start = 2 * y[..., 0:1] - y[..., 1:2] if zi is None else np.atleast_1d(zi)
    state = _filter_state(start, y)
    out = y.copy()
    out[..., :1] += state
    out[..., 1:] += weight * y[..., :-1]
    if return_zf:
        return out, weight * y[..., -1:]
    return out


def deemphasis(
    y: Array, *, coef: float = 0.97, zi: ArrayLike | None = None, return_zf: bool = False
) -> Any:
    """Undo `preemphasis`: ``out[n] = y[n] + coef * out[n - 1]``.

    Arguments as librosa's. Returns the shape and type of `y`; with `return_zf` also the `zi` of the
    signal's continuation.

    Examples
    --------
    >>> deemphasis(preemphasis(np.array([1.0, 2.0, 4.0]))).round(6).tolist()
    [1.0, 2.0, 4.0]
    """
    y = _filterable(y)
    start = np.zeros((*y.shape[:-1], 1)) if zi is None else np.atleast_1d(zi)
    out = _decay(y, float(y.real.dtype.type(coef)), _filter_state(start, y))
    state = y.dtype.type(coef) * out[..., -1:]
    if zi is None:
        offset = ((2 - coef) * y[..., 0:1] - y[..., 1:2]) / (3 - coef)
        out[..., : _reach(coef, y)] -= offset * coef ** np.arange(_reach(coef, y))
    return (out, state) if return_zf else out


def _filterable(y: Array) -> Array:
    """Return samples in native order; refuse integers, which would round the coefficient."""
    if y.dtype.kind not in "fc":
        raise ParameterError(f"y must be floating-point, got {y.dtype}")
    return y.astype(y.dtype.newbyteorder("="), copy=False)


def _filter_state(zi: ArrayLike, y: Array) -> Array:
    """Return the state of a filter of order 1 in the type of `y`, or refuse its shape."""
    state = np.asarray(zi, y.dtype)
    wanted = (*y.shape[:-1], 1)
    if state.ndim != y.ndim or any(
        a not in (1, b) for a, b in zip(state.shape, wanted, strict=False)
    ):
        raise ValueError(f"zi must have shape {wanted}, got {state.shape}")
    return np.broadcast_to(state, wanted)


def _reach(coef: float, y: Array) -> int:
    """Return the number of samples before the powers of `coef` vanish."""
    n = int(y.shape[-1])
    return min(n, math.ceil(-750 / math.log(abs(coef)))) if 0 < abs(coef) < 1 else n


def _decay(y: Array, coef: float, state: Array) -> Array:
    """Return the recursion ``out[n] = y[n] + coef * out[n - 1]``, in float64."""
    finite = np.isfinite(y)
    if not finite.all():
        return _decay_up_to(~finite, y, coef, state)
    if y.dtype.kind == "c":
        out = np.empty_like(y)
        out.real, out.imag = _decay(y.real, coef, state.real), _decay(y.imag, coef, state.imag)
        return out
    x = contiguous(y, y.dtype if y.dtype in KERNEL_TYPES else np.float64)
    rows = x.reshape(math.prod(y.shape[:-1]), y.shape[-1])
    states = np.ravel(state).astype(np.float64)
    return np.asarray(_core.decay(rows, coef, states).reshape(y.shape), y.dtype)


def _decay_up_to(bad: Array, y: Array, coef: float, state: Array) -> Array:
    """Return the recursion up to the first infinity or NaN, behind which all is NaN as in SciPy."""
    out = _decay(np.where(bad, y.dtype.type(0), y), coef, state)
    reached = np.logical_or.accumulate(bad, axis=-1)
    is_first = reached.copy()
    is_first[..., 1:] &= ~reached[..., :-1]
    out[reached] = np.nan
    out[is_first] = y[is_first]
    return out


__getattr__, __dir__ = forward.attach("effects", {})
