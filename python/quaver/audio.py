"""Reading recordings: the only file input of the package."""

from __future__ import annotations

import io
import math
import os
import threading
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np

from quaver import _core
from quaver._validate import (
    HIGHEST_RATE,
    Downmix,
    as_recording,
    as_samples,
    check_downmix,
    check_sample_rate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import ArrayLike, DTypeLike, NDArray

#: What `load` takes as a recording.
AudioFile = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

AUDIO_EXTENSIONS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc")

#: soxr's recipe; its stop band lies below the noise of 16-bit recordings.
RESAMPLE_QUALITY = "HQ"

# Decoding by blocks keeps a forged header from claiming memory that the file cannot fill.
_BLOCK = 1 << 24
# Frames that are resampled at a time: they stay in the second cache, and results in memory that the
# allocator keeps. The fresh pages of a whole recording would cost as much as all the work.
_PIECE = 1 << 15
# For the same reason each thread keeps what it decodes into: bytes at the most.
_KEPT = 1 << 22
# libsndfile reports a length near 2**63 where the header leaves it open.
_UNKNOWN_LENGTH = 1 << 40
# Programs that write to a pipe leave a placeholder from here on as length of the data.
_STREAMED = 0x7FFF0000
# A factor beyond this comes from a damaged header and would fill the memory.
_MAX_RATIO = 256


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
        Type of the samples. Floats have full scale 1; int16 cannot be resampled, and is rounded
        and clipped where the recording or the mean of its channels is finer.
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
        For what is not a recording, is truncated or holds no samples; names the file. A cut MP3
        or Ogg whose header does not tell its length cannot be recognised.
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
    if not 0 <= offset < math.inf:
        raise ValueError(f"offset must be finite and at least 0, got {offset}")
    if duration is not None and not 0 < duration < math.inf:
        raise ValueError(f"duration must be finite and positive, got {duration}")
    check_downmix(downmix)
    wanted = None if sample_rate is None else check_sample_rate(sample_rate)
    name = describe(file)

    def read(sound: Any, expected: int) -> tuple[NDArray[Any], int]:
        rate = int(sound.samplerate)
        if rate > HIGHEST_RATE:
            raise ValueError(f"{name}: claims {rate} Hz, at most {HIGHEST_RATE} Hz are read")
        if wanted is None or wanted == rate:
            return _downmix(_read(sound, expected, dtype, name).T, downmix, name), rate
        _check_resampling(np.dtype(dtype), rate, wanted, name)
        return _read_resampled(sound, expected, dtype, wanted, downmix, name), wanted

    samples, rate = _decode(file, offset, duration, read)
    return np.ascontiguousarray(samples), rate


def find_audio(path: str | os.PathLike[str]) -> list[Path]:
    """Return the recordings below a directory, sorted, or the file itself.

    Parameters
    ----------
    path : path
        A directory, searched recursively by `AUDIO_EXTENSIONS` in either case, or a recording.
        Hidden files (such as the ``._*`` that macOS puts into archives) and what lies in hidden
        directories are left out.

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
    from pathlib import Path  # and urllib with it: not for those who only have arrays

    root = Path(path)
    if root.is_dir():
        found = sorted(
            p
            for p in root.rglob("*")
            if p.suffix.lower() in AUDIO_EXTENSIONS
            and not any(part.startswith(".") for part in p.relative_to(root).parts)
            and p.is_file()
        )
        if not found:
            raise ValueError(f"no audio file ({', '.join(AUDIO_EXTENSIONS)}) below {root}")
        return found
    _check_path(root)
    return [root]


def describe(file: object) -> str:
    """Return how messages name a recording."""
    if isinstance(file, (str, os.PathLike)):
        return os.fsdecode(file)
    if isinstance(file, (bytes, bytearray, memoryview)):
        return f"<{memoryview(file).nbytes} bytes>"
    return str(getattr(file, "name", "<file object>")) if hasattr(file, "read") else "<array>"


def is_recording(value: object) -> bool:
    """Tell whether `load` takes this kind of value."""
    kinds = (str, os.PathLike, bytes, bytearray, memoryview)
    if isinstance(value, io.TextIOBase):
        return False
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


class _Memory(io.BytesIO):
    """Bytes in which a cut file's decoder may ask for a place before the first of them."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return super().seek(max(0, offset) if whence == 0 else offset, whence)


def _open(file: AudioFile) -> tuple[Any, int]:
    """Return what soundfile opens, placed at its beginning, and the size in bytes."""
    if isinstance(file, (bytes, bytearray, memoryview)):
        return _Memory(file), memoryview(file).nbytes
    if isinstance(file, (str, os.PathLike)):
        from pathlib import Path

        path = Path(file)
        _check_path(path)
        return str(path), path.stat().st_size
    if not is_recording(file):
        raise TypeError(
            f"file must be a path, bytes or a binary file object, got {type(file).__name__}"
        )
    start = file.tell()
    size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    # libsndfile counts from the first byte of the object, wherever it stands.
    is_copied = start != 0 or isinstance(file, io.BytesIO)  # whose bytes are shared, not copied
    return (_Memory(file.read()) if is_copied else file), size


def _decode(
    file: AudioFile,
    offset: float,
    duration: float | None,
    read: Callable[[Any, int], tuple[NDArray[Any], int]],
) -> tuple[NDArray[Any], int]:
    """Return what `read` makes of the opened file and the number of frames to expect."""
    import soundfile

    source, size = _open(file)
    name = describe(file)
    if size <= 0:
        raise ValueError(f"{name}: the file is empty")
    _check_size(source, size, name)
    try:
        with soundfile.SoundFile(source) as sound:
            rate = int(sound.samplerate)
            if sound.frames >= _UNKNOWN_LENGTH:
                raise ValueError(f"{name}: the header does not tell the length; encode it again")
            start = round(offset * rate)
            if 0 < sound.frames <= start:
                raise ValueError(
                    f"{name}: offset {offset} s lies behind the end ({sound.frames / rate:.3f} s)"
                )
            expected = sound.frames - start
            if duration is not None:
                expected = min(expected, max(1, round(duration * rate)))
            if start:
                sound.seek(start)
            return read(sound, expected)
    except soundfile.LibsndfileError as error:
        reason = error.error_string or "the decoder failed"
        raise ValueError(f"{name}: not a readable recording ({reason})") from None


def _blocks(
    sound: Any, expected: int, dtype: str, name: str, buffer: NDArray[Any] | None = None
) -> Iterator[NDArray[Any]]:
    """Yield blocks of shape (n,) or (n, channels), each in the place of the last with a buffer."""
    left = expected
    while left > 0:
        if buffer is None:
            block = sound.read(min(left, _BLOCK), dtype=dtype)
        else:
            block = sound.read(out=buffer[:left])
        left -= len(block)
        if len(block) == 0:
            break
        yield block
    if left == expected:
        raise ValueError(f"{name}: the recording holds no samples")
    if left > 0:
        raise ValueError(
            f"{name}: truncated, the header promises {expected} samples and {expected - left}"
            " follow"
        )


def _read(sound: Any, expected: int, dtype: str, name: str) -> NDArray[Any]:
    # libsndfile does not scale floats to integers: full scale would become 0 and 1.
    scale = dtype == "int16" and sound.subtype in ("FLOAT", "DOUBLE")
    kind = "float64" if scale else dtype
    blocks = list(_blocks(sound, expected, kind, name))
    samples: NDArray[Any] = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
    if scale:
        if not np.isfinite(samples).all():
            raise ValueError(f"{name}: NaN or infinity cannot become int16")
        samples = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    return samples


def _read_resampled(
    sound: Any, expected: int, dtype: str, wanted: int, downmix: Downmix, name: str
) -> NDArray[Any]:
    """As `resample` of what `_read` and `_downmix` return."""
    rate = int(sound.samplerate)
    blocks = _blocks(sound, expected, dtype, name, decode_buffer(sound, dtype))
    mixed = (_downmix(block.T, downmix, name).T for block in blocks)
    samples = resample_pieces(mixed, rate, wanted).T
    return _resampled(samples, expected, rate, wanted, name)


def _check_size(source: Any, size: int, name: str) -> None:
    """Refuse WAV and AIFF that are shorter than they say: libsndfile reads them in silence."""
    if isinstance(source, str):
        with open(source, "rb") as stream:
            promised, position = _data_chunk(stream)
    else:
        promised, position = _data_chunk(source)
        source.seek(0)
    if position + promised > size:
        raise ValueError(
            f"{name}: truncated, the header promises {promised} bytes of samples and"
            f" {size - position} follow"
        )


def _data_chunk(stream: BinaryIO) -> tuple[int, int]:
    """Return length and position of the samples as the header says, (0, 0) when it does not."""
    head = stream.read(12)
    container, form = head[:4], head[8:]
    if (container, form) in ((b"RIFF", b"WAVE"), (b"RF64", b"WAVE")):
        order: Literal["little", "big"] = "little"
    elif (container, form) in ((b"RIFX", b"WAVE"), (b"FORM", b"AIFF"), (b"FORM", b"AIFC")):
        order = "big"
    else:
        return 0, 0
    position = 12
    long_length = 0
    while len(chunk := stream.read(8)) == 8:
        length = int.from_bytes(chunk[4:], order)
        position += 8
        if chunk[:4] == b"ds64":  # 64-bit lengths of an RF64: of the file, of the samples
            long_length = int.from_bytes(stream.read(16)[8:], order)
        elif chunk[:4] in (b"data", b"SSND"):
            if length >= _STREAMED:
                length = long_length
            return length, position
        position += length + length % 2
        stream.seek(position)
    return 0, 0


def _downmix(samples: NDArray[Any], downmix: Downmix, name: str) -> NDArray[Any]:
    if downmix is None or (downmix == "mean" and samples.ndim == 1):
        return samples
    if downmix != "mean":
        try:
            return as_samples(samples, downmix)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    # Infinities of both signs become NaN, which is for those to refuse who use the samples.
    with np.errstate(invalid="ignore", over="ignore"):
        mean = samples.mean(axis=0, dtype=np.float64)
        if samples.dtype == np.int16:
            mean = np.rint(mean)
        mono: NDArray[Any] = mean.astype(samples.dtype)
    return mono


class _Kept(threading.local):
    memory: NDArray[np.uint8] | None = None


_kept = _Kept()


def decode_buffer(sound: Any, dtype: DTypeLike) -> NDArray[Any]:
    """Return this thread's memory for frames of an opened recording, as ``read(out=...)`` takes."""
    if _kept.memory is None:
        _kept.memory = np.empty(_KEPT, np.uint8)
    values = _kept.memory.view(dtype)
    if sound.channels == 1:
        return values
    n_frames = values.size // sound.channels
    return values[: n_frames * sound.channels].reshape(n_frames, sound.channels)


def resample_pieces(
    blocks: Iterable[NDArray[Any]], rate: float, wanted: float, quality: str = RESAMPLE_QUALITY
) -> NDArray[Any]:
    """Resample blocks of shape (n,) or (n, channels), at least one, as if they were one array."""
    import soxr

    rest = iter(blocks)
    head = next(rest)
    channels = 1 if head.ndim == 1 else head.shape[1]
    stream = soxr.ResampleStream(rate, wanted, channels, dtype=head.dtype, quality=quality)
    results = [
        stream.resample_chunk(block[first : first + _PIECE])
        for block in chain([head], rest)
        for first in range(0, len(block), _PIECE)
    ]
    return np.concatenate([*results, stream.resample_chunk(head[:0], last=True)])


def _check_resampling(dtype: np.dtype[Any], rate: int, wanted: int, name: str) -> None:
    if dtype == np.int16:
        raise ValueError(
            f"{name}: int16 cannot be resampled from {rate} to {wanted} Hz: use a float dtype"
        )
    if not 1 / _MAX_RATIO <= wanted / rate <= _MAX_RATIO:
        raise ValueError(
            f"{name}: cannot be resampled from {rate} to {wanted} Hz, a factor beyond {_MAX_RATIO}"
        )


def _resampled(
    samples: NDArray[Any], before: int, rate: int, wanted: int, name: str
) -> NDArray[Any]:
    if samples.shape[-1] == 0:
        raise ValueError(
            f"{name}: {before} samples at {rate} Hz are too few to resample to {wanted} Hz"
        )
    return samples


def resample(samples: NDArray[Any], rate: int, wanted: int, name: str = "samples") -> NDArray[Any]:
    """Return float samples of shape (n,) or (channels, n) at another rate; `name` is for errors."""
    import soxr

    _check_resampling(samples.dtype, rate, wanted, name)
    resampled = soxr.resample(samples.T, rate, wanted, quality=RESAMPLE_QUALITY).T
    return _resampled(resampled, samples.shape[-1], rate, wanted, name)


def recording_at(
    samples: ArrayLike, rate: int, wanted: int, downmix: Downmix = None
) -> NDArray[Any]:
    """Return mono float samples at another rate; errors name indices of what was passed in."""
    mono = as_recording(samples, downmix)
    _core.require_finite(mono)
    return mono if rate == wanted else resample(mono, rate, wanted)
