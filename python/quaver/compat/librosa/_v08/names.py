"""Names of librosa 0.8 and before that it has no more, or whose results have another type."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver.compat.librosa import forward
from quaver.compat.librosa.core.audio import to_mono
from quaver.compat.librosa.core.prediction import autocorrelate as todays_autocorrelate
from quaver.compat.librosa.core.spectrum import power_to_db
from quaver.compat.librosa.effects import deemphasis as todays_deemphasis
from quaver.compat.librosa.feature.waveform import rms as todays_rms
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import normalize, valid_audio
from quaver.record import replacing

Array = NDArray[Any]


def rms(
    y: Array | None = None, S: Array | None = None, frame_length: int = 2048,
    hop_length: int = 512, center: bool = True, pad_mode: Any = "reflect",
) -> Array:  # fmt: skip
    """Compute the root mean square of each frame, in the type of the samples; of channels' mean.

    Examples
    --------
    >>> rms(np.ones(4096), frame_length=1024, hop_length=1024, center=False)
    array([[1., 1., 1., 1.]])
    """
    if y is not None:
        y = to_mono(y) if y.ndim > 1 else y
    framing: Any = {"frame_length": frame_length, "hop_length": hop_length, "center": center}
    kind: Any = np.float64
    if y is not None:
        kind = y.dtype
    elif S is not None:  # as NumPy of then divided by the square of the length
        kind = np.result_type(S.real.dtype, np.min_scalar_type(frame_length**2), np.float16)
    return todays_rms(y=y, S=S, **framing, pad_mode=pad_mode, dtype=kind)


def rmse(
    y: Array | None = None, S: Array | None = None, frame_length: int = 2048,
    hop_length: int = 512, center: bool = True, pad_mode: Any = "reflect",
) -> Array:  # fmt: skip
    """Compute the root mean square of each frame: `rms`, under the name that it had until 0.7.

    Examples
    --------
    >>> rmse(np.ones(4096), frame_length=1024, hop_length=1024, center=False)
    array([[1., 1., 1., 1.]])
    """
    return rms(y, S, frame_length, hop_length, center, pad_mode)


def autocorrelate(y: Array, max_size: int | None = None, axis: int = -1) -> Array:
    """Correlate a signal with itself, in float64.

    Examples
    --------
    >>> autocorrelate(np.float32([1, 2, 3]), 2).round(9).tolist()
    [14.0, 8.0]
    """
    wide = y if np.iscomplexobj(y) else y.astype(np.float64)
    return todays_autocorrelate(wide, max_size=max_size, axis=axis)


def deemphasis(y: Array, coef: float = 0.95, zi: Any = None) -> Array:
    """Undo `preemphasis`; `zi` is taken from the first sample, to which it is added today.

    Examples
    --------
    >>> deemphasis(np.array([1.0, 0.0]), coef=0.5, zi=[0.25]).tolist()
    [0.75, 0.375]
    """
    start = None if zi is None else -np.asarray(zi)
    return np.asarray(todays_deemphasis(y, coef=coef, zi=start))


def logamplitude(S: Any, ref: Any = 1.0, amin: float = 1e-10, top_db: float | None = 80.0) -> Any:
    """Convert power to decibel: `power_to_db`, under the name that it had until 0.6.

    Examples
    --------
    >>> logamplitude(np.array([1.0, 0.1]))
    array([  0., -10.])
    """
    return power_to_db(S, ref=ref, amin=amin, top_db=top_db)


def write_wav(path: Any, y: Array, sr: int, norm: bool = False) -> None:
    """Write a WAV file of the type of the samples, as librosa 0.7 did.

    Parameters
    ----------
    path : path or open file
        Where to; a file that is there is replaced when all is written.
    y : array of float, (n,) or (2, n)
        Samples.
    sr : int
        Sampling rate in Hz.
    norm : bool
        Whether the largest magnitude becomes 1.

    Raises
    ------
    ParameterError
        When the samples are no finite floating-point numbers.

    Examples
    --------
    >>> import io, soundfile
    >>> file = io.BytesIO()
    >>> write_wav(file, np.float32([0, 0.5, -0.25]), 16000, norm=True)
    >>> soundfile.read(io.BytesIO(file.getvalue()))[0].tolist()
    [0.0, 1.0, -0.5]
    """
    import soundfile

    valid_audio(y)
    wav = normalize(y, norm=np.inf, axis=None) if norm else y
    subtype = "DOUBLE" if y.dtype.itemsize > 4 else "FLOAT"
    options = {"samplerate": int(sr), "subtype": subtype, "format": "WAV"}
    frames = wav.T if wav.ndim > 1 else wav
    if not isinstance(path, (str, os.PathLike)):
        soundfile.write(path, frames, **options)
        return
    with replacing(Path(path)) as temporary:
        soundfile.write(temporary, frames, **options)


def waveplot(
    y: Array, sr: float = 22050, max_points: float | None = 5e4, x_axis: str | None = "time",
    offset: float = 0.0, max_sr: float = 1000, ax: Any = None, **kwargs: Any,
) -> Any:  # fmt: skip
    """Draw the envelope of one signal, or of two above and below the axis, as librosa 0.8 did.

    Parameters
    ----------
    y : array of float, (n,) or (2, n)
        Samples.
    sr : float
        Sampling rate in Hz.
    max_points : float, optional
        With more samples than this, the largest magnitudes of blocks are drawn; None draws all.
    x_axis : str, optional
        "time" or a unit as of ``librosa.display.specshow``, whose marks an installed librosa makes;
        without it there are seconds. None hides the marks.
    offset : float
        Time of the first sample in seconds.
    max_sr : float
        The most blocks a second.
    ax : matplotlib axes, optional
        Where to draw, instead of the current axes.
    **kwargs
        As of matplotlib's ``fill_between``.

    Returns
    -------
    PolyCollection
        What ``fill_between`` returns.

    Raises
    ------
    ParameterError
        When the samples are no finite floating-point numbers of one or two channels, or `max_sr` or
        `max_points` is not positive.
    """
    import matplotlib.pyplot as plt

    valid_audio(y)
    channels = np.atleast_2d(y)
    if channels.ndim != 2 or len(channels) > 2:
        raise ParameterError(f"y must have one or two channels, got shape {y.shape}")
    if not max_sr > 0 or (max_points is not None and not max_points > 0):
        raise ParameterError(f"max_sr and max_points must be positive, got {max_sr}, {max_points}")
    hop = 1
    if max_points is not None and channels.shape[-1] > max_points:
        hop = max(1, int(sr // min(max_sr, sr * channels.shape[-1] // max_points)))
    count = channels.shape[-1] // hop
    blocks = np.abs(channels[:, : count * hop]).reshape(len(channels), count, hop).max(axis=-1)
    times = offset + np.arange(count) * (hop / sr)
    axes = plt.gca() if ax is None else ax
    drawn = axes.fill_between(times, -blocks[-1], blocks[0], **kwargs)
    if count:
        axes.set_xlim(times[0], times[-1])
    _mark(axes.xaxis, x_axis)
    return drawn


def _mark(axis: Any, kind: str | None) -> None:
    """Mark an axis of times as librosa does, where it is installed."""
    if kind in (None, "none", "off"):
        axis.set_ticks([])
        return
    lag, _, unit = kind.partition("_") if kind.startswith("lag") else ("", "", kind)
    with suppress(ImportError):
        formatter = forward.attribute("display", "TimeFormatter")
        axis.set_major_formatter(
            formatter(unit=None if unit in ("", "time") else unit, lag=bool(lag))
        )
    axis.set_label_text("Lag" if lag else "Time")


_CORE = {"autocorrelate": autocorrelate, "logamplitude": logamplitude}
_FEATURE = {"rms": rms, "rmse": rmse}
#: By module below librosa; a string names a module.
NAMES: dict[str, dict[str, Any]] = {
    "": {**_CORE, "output": "output"},
    "core": _CORE,
    "core.audio": {"autocorrelate": autocorrelate},
    "core.spectrum": {"logamplitude": logamplitude},
    "display": {"waveplot": waveplot},
    "effects": {"deemphasis": deemphasis},
    "feature": _FEATURE,
    "feature.spectral": _FEATURE,
    "output": {"write_wav": write_wav},
}
#: Modules that there are no more.
MODULES = ("output",)
