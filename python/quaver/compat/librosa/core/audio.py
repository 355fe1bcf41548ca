"""Reading and resampling, as librosa.core.audio."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver.compat.librosa import _release, forward
from quaver.compat.librosa._names import CORE
from quaver.compat.librosa._release import UNGIVEN
from quaver.compat.librosa.core import windowed_sinc
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import fix_length, valid_audio
from quaver.recordings import native
from quaver.recordings.parts import decode_buffer
from quaver.recordings.rates import as_soxr, resample_pieces

Array = NDArray[Any]

_LARGEST_RATIO = 4096


def load(
    path: Any, *, sr: float | None = 22050, mono: bool = True, offset: float = 0.0,
    duration: float | None = None, dtype: Any = np.float32, res_type: str = "soxr_hq",
) -> tuple[Array, float]:  # fmt: skip
    """Read a recording, mix it down and resample it.

    Arguments as librosa's. Formats that libsndfile cannot read and open files of audioread are left
    to an installed librosa. Returns the samples, (n,) or (channels, n), and the rate in Hz.

    Examples
    --------
    >>> import io, soundfile
    >>> buffer = io.BytesIO()
    >>> soundfile.write(buffer, np.zeros(16000), 16000, format="WAV")
    >>> buffer.seek(0)
    0
    >>> y, sr = load(buffer)
    >>> y.shape, y.dtype, sr
    ((22050,), dtype('float32'), 22050)
    """
    import soundfile

    if isinstance(path, (str, os.PathLike)) and duration is None and offset == 0:
        at_once = native.read(path, None, None, None) if dtype in (np.float32, "float32") else None
        if at_once is not None:
            y, rate = to_mono(at_once[0]) if mono else at_once[0], at_once[1]
            if sr is None:
                return y, rate
            return resample(y, orig_sr=rate, target_sr=sr, res_type=res_type), sr
    try:
        with path if isinstance(path, soundfile.SoundFile) else soundfile.SoundFile(path) as sound:
            rate = int(sound.samplerate)
            count = _seek(sound, offset, duration)
            is_float = dtype in (np.float32, np.float64, "float32", "float64")
            if sr is not None and sr != rate and res_type.startswith("soxr") and is_float:
                return _read_resampled(sound, count, dtype, mono, sr, res_type), sr
            # soundfile takes names of types and the classes of NumPy, as librosa's users do.
            y = sound.read(frames=count, dtype=dtype, always_2d=False).T
    except soundfile.SoundFileRuntimeError:
        if not isinstance(path, (str, os.PathLike)):
            raise
        if not os.path.exists(path):
            raise FileNotFoundError(2, "No such file or directory", os.fspath(path)) from None
        return _load_elsewhere(path, locals())
    except TypeError:
        if not _is_of_audioread(path):
            raise
        return _load_elsewhere(path, locals())
    if mono:
        y = to_mono(y)
    if sr is None:
        return y, rate
    return resample(y, orig_sr=rate, target_sr=sr, res_type=res_type), sr


def _is_of_audioread(path: Any) -> bool:
    """Tell an open file of audioread, whatever its back end, without importing that."""
    return any(base.__module__.partition(".")[0] == "audioread" for base in type(path).__mro__)


def _load_elsewhere(path: Any, given: dict[str, Any]) -> tuple[Array, float]:
    """Let librosa, which knows other decoders, read what libsndfile cannot."""
    names = ("sr", "mono", "offset", "duration", "dtype", "res_type")
    y, rate = forward.attribute("", "load")(path, **{name: given[name] for name in names})
    return y, rate


def _seek(sound: Any, offset: float, duration: float | None) -> int:
    """Go to where reading begins, and return the number of frames to read, -1 for all."""
    rate = int(sound.samplerate)
    if offset < 0 and not _release.is_before_1():
        sound.seek(-int(-offset * rate), whence=os.SEEK_END)
    elif offset:
        sound.seek(int(offset * rate))
    return -1 if duration is None else int(duration * rate)


def _read_resampled(
    sound: Any, count: int, dtype: Any, mono: bool, sr: float, res_type: str
) -> Array:
    """As `resample` of all that is read."""
    _ratio(sound.samplerate, sr)
    buffer = decode_buffer(sound, dtype)
    n_read = 0

    def blocks() -> Iterator[Array]:
        nonlocal n_read
        while True:
            wanted = buffer if count < 0 else buffer[: count - n_read]
            block = sound.read(out=wanted)
            n_read += len(block)
            if mono and block.ndim > 1:
                yield to_mono(block.T)
            else:
                valid_audio(block)
                yield block
            if len(block) < len(buffer):
                return

    native = int(sound.samplerate)
    y = np.ascontiguousarray(resample_pieces(blocks(), native, sr, res_type).T)
    return fix_length(y, size=int(np.ceil(n_read * float(sr) / native)))


def to_mono(
    *signals: Array, y: Array = UNGIVEN, pad: bool = UNGIVEN, norm: bool = UNGIVEN,
    out: Array | None = UNGIVEN,
) -> Array:  # fmt: skip
    """Average all dimensions but the last, and several signals.

    Arguments as librosa's: several signals, `pad`, `norm` and `out` as 1.0, one signal, which may
    be named `y`, before. Returns (n,).

    Examples
    --------
    >>> to_mono(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([2., 3.])
    """
    if _release.is_before_1():
        if pad is not UNGIVEN or norm is not UNGIVEN or out is not UNGIVEN:
            _release.refuse("to_mono", pad=pad, norm=norm, out=out)
        signals = (*signals, y) if _release.is_given(y) else signals
        if len(signals) != 1:
            raise TypeError(f"to_mono() takes one signal, got {len(signals)}")
        valid_audio(signals[0])
        return _combined(signals[0], True)
    _release.refuse("to_mono", y=y)
    if not signals:
        raise ParameterError("at least one signal must be given, got none")
    return _mixed(signals, **_release.given(pad=pad, norm=norm, out=out))


def _mixed(
    signals: tuple[Array, ...], pad: bool = True, norm: bool = True, out: Array | None = None
) -> Array:
    for y in signals:
        valid_audio(y)
    if len(signals) == 1 and out is None:  # without a sum to begin with
        mixed = _combined(signals[0], norm)
        return np.asarray(mixed + mixed.dtype.type(0))
    sizes = [y.shape[-1] for y in signals]
    total = _mono_buffer(out, max(sizes) if pad else min(sizes), np.result_type(*signals))
    for y in signals:
        total += fix_length(_combined(y, norm), size=total.shape[-1])
    if norm and len(signals) > 1:
        total /= len(signals)
    return total


def _combined(y: Array, norm: bool) -> Array:
    """Return the mean or the sum of channels; NumPy is slow to reduce no axis at all."""
    if y.ndim == 1:
        return y
    combine: Any = np.mean if norm else np.sum
    return np.asarray(combine(y, axis=tuple(range(y.ndim - 1))))


def _mono_buffer(out: Array | None, size: int, dtype: Any) -> Array:
    if out is None:
        return np.zeros(size, dtype)
    if out.shape != (size,):
        raise ParameterError(f"out must have shape ({size},), got {out.shape}")
    if np.promote_types(out.dtype, dtype) != out.dtype:
        raise ParameterError(f"out must hold {dtype}, got {out.dtype}")
    out[...] = 0
    return out


def resample(
    y: Array, *, orig_sr: float, target_sr: float, res_type: str = "soxr_hq", fix: bool = True,
    scale: bool = False, axis: int = -1, **kwargs: Any,
) -> Array:  # fmt: skip
    """Resample to another rate.

    Arguments as librosa's: the types ``soxr_*``, "kaiser_best" and "kaiser_fast" need nothing,
    "fft", "scipy" and "polyphase" SciPy, others librosa. Kaiser filters for ratios of long periods
    are resampy's where it is installed, which is faster. Returns the type of `y`, and `y` itself
    when the rates are equal.

    Examples
    --------
    >>> resample(np.zeros(16000, np.float32), orig_sr=16000, target_sr=22050).shape
    (22050,)
    """
    valid_audio(y)
    if orig_sr == target_sr:
        return y
    ratio = _ratio(orig_sr, target_sr)
    n_samples = int(np.ceil(y.shape[axis] * ratio))
    if res_type in ("scipy", "fft", "polyphase"):
        out = _resample_scipy(y, orig_sr, target_sr, res_type, n_samples, axis)
    elif res_type.startswith("soxr"):
        import soxr

        def run(channel: Array) -> Array:
            if res_type == "soxr_hq":
                return as_soxr(channel, orig_sr, target_sr)
            return np.asarray(soxr.resample(channel, orig_sr, target_sr, quality=res_type))

        out = run(y) if y.ndim == 1 else np.apply_along_axis(run, axis, y)
    else:
        filtered = None
        if res_type in windowed_sinc.FILTERS:
            filtered = windowed_sinc.resample(
                np.moveaxis(y, axis, -1), orig_sr, target_sr, res_type
            )
            if filtered is None and importlib.util.find_spec("resampy") is None:
                filtered = windowed_sinc.resample_anywhere(
                    np.moveaxis(y, axis, -1), orig_sr, target_sr, res_type
                )
        if filtered is None:
            given = {"orig_sr": orig_sr, "target_sr": target_sr, "res_type": res_type}
            return _resample_elsewhere(y, given, fix=fix, scale=scale, axis=axis, **kwargs)
        out = np.moveaxis(filtered, -1, axis)
    if fix:
        out = fix_length(out, size=n_samples, axis=axis, **kwargs)
    if scale:
        out = out / np.sqrt(ratio)
    return np.asarray(out, dtype=y.dtype)


def _resample_elsewhere(y: Array, given: dict[str, Any], **options: Any) -> Array:
    """Let librosa, which knows other resamplers, do what is not ours."""
    try:
        real = forward.attribute("", "resample")
    except ImportError:
        raise ImportError(
            f"res_type {given['res_type']!r} needs librosa, and the resampler that it takes for it:"
            " pip install librosa resampy samplerate"
        ) from None
    return np.asarray(real(y, **given, **options))


def _ratio(orig_sr: float, target_sr: float) -> float:
    """Return target_sr / orig_sr, or refuse what soxr never ends, or has no memory for."""
    ratio = float(target_sr) / orig_sr
    if not (orig_sr > 0 and target_sr > 0):
        raise ValueError(f"rates must be positive, got {orig_sr} and {target_sr}")
    if not 1 / _LARGEST_RATIO <= ratio <= _LARGEST_RATIO:
        raise ParameterError(
            f"rates must not differ by more than a factor of {_LARGEST_RATIO},"
            f" got {orig_sr} and {target_sr}"
        )
    return ratio


def _resample_scipy(
    y: Array, orig_sr: float, target_sr: float, res_type: str, n_samples: int, axis: int
) -> Array:
    try:
        from scipy import signal
    except ModuleNotFoundError:
        raise ImportError(f"res_type {res_type!r} needs SciPy: pip install scipy") from None
    if res_type != "polyphase":
        return np.asarray(signal.resample(y, n_samples, axis=axis))
    if int(orig_sr) != orig_sr or int(target_sr) != target_sr:
        raise ParameterError(
            f"polyphase takes rates that are integers, got {orig_sr} and {target_sr}"
        )
    common = np.gcd(int(orig_sr), int(target_sr))
    up, down = int(target_sr) // common, int(orig_sr) // common
    return np.asarray(signal.resample_poly(y, up, down, axis=axis))


def get_duration(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int = 2048,
    hop_length: int = 512, center: bool = True, path: Any = None, filename: Any = UNGIVEN,
) -> float:  # fmt: skip
    """Return the duration of samples, a spectrogram or a file in seconds.

    Arguments as librosa's; a path goes before `y`, and `y` before `S`. `filename`, which is gone in
    1.0, goes before them all.

    Examples
    --------
    >>> get_duration(y=np.zeros(11025))
    0.5
    """
    if _release.is_given(filename):
        path = _release.renamed("get_duration", "filename", filename, "path")
    if path is not None:
        import soundfile

        try:
            return float(soundfile.info(path).duration)
        except soundfile.SoundFileRuntimeError:
            return float(forward.attribute("", "get_duration")(path=path))
    if y is not None:
        return float(y.shape[-1]) / sr
    if S is None:
        raise ParameterError("y, S or path must be given, got none")
    n_samples = n_fft + hop_length * (S.shape[-1] - 1) - (2 * (n_fft // 2) if center else 0)
    return float(n_samples) / sr


# Names of librosa's that quaver keeps elsewhere, or lacks.
__getattr__ = forward.attach_module("core.audio", CORE)
