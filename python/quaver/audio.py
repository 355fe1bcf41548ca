"""Reading recordings: the only file input of the package."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

import numpy as np

from quaver._validate import Downmix, as_samples, check_sample_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What `load` takes as a recording.
AudioFile = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

AUDIO_EXTENSIONS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc")


def load(
    file: AudioFile,
    sample_rate: int | None = None,
    *,
    downmix: Downmix = None,
    dtype: Literal["float32", "float64", "int16"] = "float32",
    offset: float = 0.0,
    duration: float | None = None,
) -> tuple[NDArray[Any], int]:
    """Read a recording.

    Parameters
    ----------
    file : path, bytes or binary file object
        WAV, FLAC, Ogg, MP3 or AIFF, by content; a path must end in one of `AUDIO_EXTENSIONS`.
    sample_rate : int, optional
        Rate in Hz to resample to (soxr, high quality); by default the file's own is kept.
    downmix : {None, "mean"} or int, default None
        How several channels become one; None keeps them.
    dtype : {"float32", "float64", "int16"}, default "float32"
        Type of the samples. Floats lie in [-1, 1]; int16 cannot be resampled.
    offset : float, default 0.0
        Where to begin, in seconds.
    duration : float, optional
        How much to read, in seconds; by default all.

    Returns
    -------
    samples : ndarray of shape (n,), or (channels, n) when there are several and no downmix
    sample_rate : int
        Rate of the samples in Hz.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        As the operating system says.
    ValueError
        For what is not a recording, is truncated or holds no samples; names the file.
    TypeError
        For another kind of `file`.

    Examples
    --------
    >>> import io, numpy as np, soundfile
    >>> buffer = io.BytesIO()
    >>> soundfile.write(buffer, np.zeros(800), 8000, format="WAV")
    >>> samples, rate = load(buffer.getvalue(), 16000)
    >>> samples.shape, samples.dtype, rate
    ((1600,), dtype('float32'), 16000)
    """
    if dtype not in ("float32", "float64", "int16"):
        raise ValueError(f"dtype must be float32, float64 or int16, got {dtype!r}")
    if not offset >= 0 or (duration is not None and not duration > 0):
        raise ValueError(
            f"offset must be at least 0 and duration positive, got {offset} and {duration}"
        )
    wanted = None if sample_rate is None else check_sample_rate(sample_rate)
    samples, rate = _decode(file, dtype, offset, duration)
    if samples.ndim == 2:
        samples = samples.T if downmix is None else as_samples(samples.T, downmix)
    if wanted is not None and wanted != rate:
        if dtype == "int16":
            raise ValueError(f"int16 cannot be resampled from {rate} to {wanted} Hz: use a float")
        samples, rate = _resample(samples, rate, wanted), wanted
    return np.ascontiguousarray(samples), rate


def find_audio(path: str | os.PathLike[str]) -> list[Path]:
    """Return the recordings below a directory, sorted, or the file itself.

    Parameters
    ----------
    path : path
        A directory, searched recursively by `AUDIO_EXTENSIONS`, or a recording.

    Returns
    -------
    list of Path

    Raises
    ------
    FileNotFoundError
        If there is nothing at the path.
    ValueError
        For a directory without recordings or a file of another extension.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.wav").write_bytes(b"")
    >>> [found.name for found in find_audio(folder)]
    ['a.wav']
    """
    root = Path(path)
    if root.is_dir():
        found = sorted(p for p in root.rglob("*") if p.suffix.lower() in AUDIO_EXTENSIONS)
        if not found:
            raise ValueError(f"no recording ({', '.join(AUDIO_EXTENSIONS)}) below {root}")
        return found
    _check_path(root)
    return [root]


def describe(file: object) -> str:
    """Return how messages name a recording."""
    if isinstance(file, (str, os.PathLike)):
        return os.fspath(cast("str", file))
    if isinstance(file, (bytes, bytearray, memoryview)):
        return f"<{len(file)} bytes>"
    return str(getattr(file, "name", "<file object>"))


def is_recording(value: object) -> bool:
    """Tell whether `load` takes this kind of value."""
    kinds = (str, os.PathLike, bytes, bytearray, memoryview)
    return isinstance(value, kinds) or (hasattr(value, "read") and hasattr(value, "seek"))


def _check_path(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"no such recording: {path}")
    if path.is_dir():
        raise IsADirectoryError(f"expected a recording, got the directory {path}")
    if path.suffix.lower() not in AUDIO_EXTENSIONS:
        raise ValueError(
            f"{path}: unknown extension {path.suffix!r}, expected one of"
            f" {', '.join(AUDIO_EXTENSIONS)}"
        )


def _open(file: AudioFile) -> tuple[Any, int]:
    """Return what soundfile opens and the size in bytes."""
    if isinstance(file, (bytes, bytearray, memoryview)):
        return io.BytesIO(file), len(file)
    if isinstance(file, (str, os.PathLike)):
        path = Path(file)
        _check_path(path)
        return str(path), path.stat().st_size
    if hasattr(file, "read") and hasattr(file, "seek"):
        start = file.tell()
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        return file, size
    raise TypeError(
        f"file must be a path, bytes or a binary file object, got {type(file).__name__}"
    )


def _decode(
    file: AudioFile, dtype: str, offset: float, duration: float | None
) -> tuple[NDArray[Any], int]:
    import soundfile

    source, size = _open(file)
    name = describe(file)
    if size == 0:
        raise ValueError(f"{name}: the file is empty")
    _check_wav_size(source, size, name)
    try:
        with soundfile.SoundFile(source) as sound:
            rate = int(sound.samplerate)
            start = round(offset * rate)
            if start:
                if start >= sound.frames:
                    raise ValueError(
                        f"{name}: offset {offset} s lies behind the end"
                        f" ({sound.frames / rate:.3f} s)"
                    )
                sound.seek(start)
            count = -1 if duration is None else max(1, round(duration * rate))
            expected = sound.frames - start if count < 0 else min(count, sound.frames - start)
            samples = sound.read(count, dtype=dtype)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{name}: not a readable recording ({error.error_string})") from None
    if len(samples) == 0:
        raise ValueError(f"{name}: the recording holds no samples")
    if len(samples) < expected:
        raise ValueError(
            f"{name}: truncated, the header promises {expected} samples and {len(samples)} follow"
        )
    return samples, rate


def _check_wav_size(source: Any, size: int, name: str) -> None:
    """Refuse a WAV whose data chunk is longer than the file: libsndfile reads it in silence."""
    stream = open(source, "rb") if isinstance(source, str) else source  # noqa: SIM115
    start = stream.tell()
    try:
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return
        position = 12
        while len(chunk := stream.read(8)) == 8:
            length = int.from_bytes(chunk[4:], "little")
            position += 8
            if chunk[:4] == b"data":
                # Streaming writers leave the length at its maximum: then the file's end counts.
                if length < 0xFFFFFF00 and position + length > size:
                    raise ValueError(
                        f"{name}: truncated, the header promises {length} bytes of samples and"
                        f" {size - position} follow"
                    )
                return
            position += length + length % 2
            stream.seek(start + position)
    finally:
        if isinstance(source, str):
            stream.close()
        else:
            stream.seek(start)


def _resample(samples: NDArray[Any], rate: int, wanted: int) -> NDArray[Any]:
    import soxr

    resampled = soxr.resample(samples.T, rate, wanted, quality="HQ").T
    if resampled.shape[-1] == 0:
        raise ValueError(
            f"{samples.shape[-1]} samples at {rate} Hz are too few to resample to {wanted} Hz"
        )
    return cast("NDArray[Any]", resampled)
