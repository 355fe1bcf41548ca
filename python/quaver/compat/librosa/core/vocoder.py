"""The phase vocoder, as in librosa.core.spectrum."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa import _release
from quaver.compat.librosa._release import UNGIVEN
from quaver.compat.librosa.util.exceptions import ParameterError

Array = NDArray[Any]


def phase_vocoder(
    D: Array,
    *,
    rate: float | None = None,
    t_out: Any = UNGIVEN,
    kind: Any = UNGIVEN,
    hop_length: Any = UNGIVEN,
    n_fft: Any = UNGIVEN,
) -> Array:
    """Stretch a spectrogram in time without moving its frequencies.

    Arguments as librosa's. As 1.0, positions in frames, `t_out`, may stand in place of a rate;
    `kind`, as of `scipy.interpolate.interp1d`, needs SciPy unless it is "linear"; behind the last
    frame magnitudes go on as before it and phases stay; a single frame stays as it is, where
    librosa gives NaN. Before 1.0 the last frame fades out. Phases are summed in float64, also of
    complex64, where librosa rounds.

    Examples
    --------
    >>> phase_vocoder(np.ones((513, 100), np.complex64), rate=2.0).shape
    (513, 50)
    """
    if _release.is_before_1():
        _release.refuse("phase_vocoder", t_out=t_out, kind=kind)
        return _fading(D, rate)
    for name in _release.given(hop_length=hop_length, n_fft=n_fft):
        warnings.warn(
            f"{name} has no effect and will go with librosa 1.1", FutureWarning, stacklevel=2
        )
    return _going_on(D, rate, **_release.given(t_out=t_out, kind=kind))


def _fading(D: Array, rate: float | None) -> Array:
    """Stretch as before 1.0: behind the last frame there is silence."""
    if rate is None:
        raise TypeError("phase_vocoder() needs a rate")
    if not D.shape[-1]:
        raise ParameterError(f"D must hold frames, got shape {D.shape}")
    if rate == 0:
        raise ZeroDivisionError("rate must be positive, got 0")  # NumPy's choice of type
    return _stretched(D, np.arange(0, D.shape[-1], rate, dtype=np.float64), is_fading=True)


def _going_on(D: Array, rate: float | None, t_out: Any = None, kind: Any = "linear") -> Array:
    n_frames = D.shape[-1]
    if (rate is None) == (t_out is None):
        raise ParameterError(f"rate or t_out must be given, got {rate} and {t_out}")
    if rate is not None:
        if rate <= 0:
            raise ParameterError(f"rate must be positive, got {rate}")
        t_out = np.arange(0.0, n_frames, rate)
    positions = np.asarray(t_out, dtype=float)
    if (positions < 0).any() or (positions >= n_frames).any():
        raise ParameterError(f"t_out must lie between 0 and {n_frames} frames, got {positions}")
    if (np.diff(positions) < 0).any():
        warnings.warn("t_out goes back: phases may be unstable", stacklevel=2)
    if n_frames < 2 or kind != "linear":
        return _by_definition(D, positions, kind)
    return _stretched(D, positions, is_fading=False)


def _stretched(D: Array, positions: Array, is_fading: bool) -> Array:
    single = D.dtype == np.complex64
    shape = (*D.shape[:-2], len(positions), D.shape[-2])
    # Frames are rows in memory, as they are in what `stft` returns.
    out = np.swapaxes(np.empty(shape, D.dtype if single else np.complex128), -1, -2)
    for index in np.ndindex(D.shape[:-2]):
        out[index] = _picture(D[index], positions, out.dtype, is_fading)
    return out


def _picture(D: Array, positions: Array, dtype: Any, is_fading: bool) -> Array:
    # A last frame once more, for what lies behind it: its phase stays. The magnitude goes on.
    frames = np.empty((D.shape[1] + 1, D.shape[0]), dtype)
    frames[:-1] = D.T
    frames[-1] = 0 if is_fading else frames[-2]
    out: Array = _core.phase_vocoder(frames, np.zeros(D.shape[0]), positions).T
    if is_fading:
        return out
    last = D.shape[1] - 1
    behind = np.flatnonzero(positions > last)
    if behind.size:
        ends = np.abs(frames[last - 1 : last + 1])
        silent = ends[1] == 0
        if ends[0][silent].any():  # a magnitude without a phase
            return _by_definition(D, positions, "linear")
        slope = (ends[1] - ends[0]) / (ends[1] + silent)
        out[:, behind] *= 1 + slope[:, np.newaxis] * (positions[behind] - last).astype(ends.dtype)
    return out


def _by_definition(D: Array, positions: Array, kind: Any) -> Array:
    n_frames = D.shape[-1]
    before = np.floor(positions).astype(int)
    after = np.minimum(before + 1, n_frames - 1)
    angles = np.angle(D)
    phase = np.empty_like(angles, shape=(*D.shape[:-1], len(positions)))
    phase[..., 0] = angles[..., before[0]]
    phase[..., 1:] = (angles[..., after] - angles[..., before])[..., :-1]
    magnitude = np.abs(D)
    if n_frames > 1:
        from scipy.interpolate import interp1d

        interpolated = interp1d(
            np.arange(n_frames), magnitude, kind=kind, axis=-1, fill_value="extrapolate",
            assume_sorted=True, copy=False,
        )  # fmt: skip
        magnitude = interpolated(positions).astype(magnitude.dtype)
    turned = np.exp(1j * np.cumsum(phase, axis=-1)).astype(D.dtype)
    return np.asarray(turned * magnitude)
