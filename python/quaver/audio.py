"""Reading recordings: the only file input of the package."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from quaver import _core
from quaver._validate import (
    Downmix,
    as_recording,
    as_samples,
    check_downmix,
    check_real,
    check_sample_rate,
)
from quaver.recordings import native
from quaver.recordings.folders import find_audio
from quaver.recordings.kinds import AUDIO_EXTENSIONS, MEDIA_EXTENSIONS
from quaver.recordings.parts import Part, affordable, blocks_of, decode_buffer, opened_part
from quaver.recordings.rates import PIECE, resample_pieces, resampled, stream
from quaver.recordings.rates import QUALITY as RESAMPLE_QUALITY
from quaver.recordings.segments import Segment
from quaver.recordings.sources import AudioFile, describe, is_recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = [
    "AUDIO_EXTENSIONS",
    "MEDIA_EXTENSIONS",
    "RESAMPLE_QUALITY",
    "AudioFile",
    "Segment",
    "chunks",
    "describe",
    "find_audio",
    "is_recording",
    "load",
    "recording_at",
    "resample",
    "resampler",
]

# Values decoded at a time into what is returned: a forged header fills no more than that.
_BLOCK = 1 << 20
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
    max_duration: float | None = None,
) -> tuple[NDArray[Any], int]:
    """Read a recording.

    Parameters
    ----------
    file : path, bytes or binary file object
        By content, whatever the name: what libsndfile reads (WAV, FLAC, Ogg, Opus, MP3, AIFF, AU,
        CAF, W64 and more), and through an ``ffmpeg`` on PATH what that reads (m4a, mp4, webm, amr
        and more). A file object that cannot be placed, such as ``sys.stdin.buffer``, is read to
        its end, 1 GiB at the most. A `quaver.audio.Segment` or a clip of a corpus is the part that
        it names.
    sample_rate : int, optional
        Rate in Hz to resample to, as well as soxr does in its quality HQ: flat up to 0.91 of the
        lower rate's half, nothing above it. By default the file's own is kept.
    downmix : {None, "mean"} or int, default None
        How several channels become one; None keeps them.
    dtype : {"float32", "float64", "int16"}, default "float32"
        Type of the samples. Floats have full scale 1; int16 cannot be resampled, and is rounded
        and clipped where the recording or the mean of its channels is finer.
    offset : float, default 0.0
        Where to begin, in seconds.
    duration : float, optional
        How much to read, in seconds; by default all.
    max_duration : float, optional
        Longest recording, or part of it, in seconds, that is not refused. By default there is no
        limit but this: where no `duration` is given either, samples that take more than 256 MiB
        and more than 1,000 times the bytes of the file are refused.

    Returns
    -------
    samples : ndarray of shape (n,), or (channels, n) when there are several and no downmix
    sample_rate : int
        Rate of the samples in Hz.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        As the operating system says; what a file object raises is passed on.
    ValueError
        For what is not a recording, is truncated, too long or holds no samples; names the file and
        says what it is. What is cut cannot be recognised where nothing tells the length: in an MP3
        without a Xing or Info header, and in an Ogg that ends with a whole page (many writers,
        those of voice messages on Android among them, mark no page as the last).
    TypeError
        For another kind of `file`.

    Notes
    -----
    Lengths that are missing (a recorder was killed, or wrote to a pipe) or that libsndfile only
    guesses (MP3 without a Xing or Info header) are not relied on: all that decodes is returned.
    Of an MP3 that was joined while it ran that is from the first whole frame on. Whole recordings
    that follow one another in a file (WAV, AIFF, CAF, W64, AU, FLAC, Ogg, MP3) are returned as one,
    and refused where their rates or channels differ; what else follows the samples, such as a tag
    or padding, is left.

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
    check_max_duration(max_duration)
    check_downmix(downmix)
    wanted = None if sample_rate is None else check_sample_rate(sample_rate)
    if dtype == "float32" and offset == 0 and duration is None:
        at_once = native.read(file, wanted, downmix, max_duration)
        if at_once is not None:
            return at_once
    itemsize = np.dtype(dtype).itemsize
    with opened_part(file, offset, duration, max_duration, itemsize) as part:
        sound = part.sound
        if wanted is not None and wanted != sound.rate:
            return _read_resampled(part, dtype, wanted, downmix), wanted
        return np.ascontiguousarray(_read(part, dtype, downmix)), sound.rate


def chunks(
    file: AudioFile, seconds: float = 0.05, *, downmix: Downmix = None
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Read a recording bit by bit; the chunks, one after the other, are what `load` returns.

    Parameters
    ----------
    file, downmix
        As in `load`. No limit is put on the length: each chunk is memory of its own.
    seconds : float, default 0.05
        Length of a chunk, one sample at the least; the last one may be shorter.

    Yields
    ------
    samples : ndarray of shape (n,), or (channels, n) when there are several and no downmix, float32
    sample_rate : int

    Raises
    ------
    OSError, ValueError, TypeError
        As `load` does; of a truncated file once all of it was given.

    Examples
    --------
    >>> import io, numpy as np, soundfile
    >>> buffer = io.BytesIO()
    >>> soundfile.write(buffer, np.zeros(1000), 8000, format="WAV")
    >>> [(samples.shape, rate) for samples, rate in chunks(buffer.getvalue())]
    [((400,), 8000), ((400,), 8000), ((200,), 8000)]
    """
    check_downmix(downmix)
    if not 0 < check_real("seconds", seconds) < math.inf:
        raise ValueError(f"seconds must be finite and positive, got {seconds}")
    file = getattr(file, "recording", file)
    most = getattr(file, "max_duration", None)
    with opened_part(file, 0.0, None, math.inf if most is None else most, 4) as part:
        sound = part.sound
        n = min(_BLOCK, max(1, round(seconds * sound.rate)))
        shape = (n,) if sound.channels == 1 else (n, sound.channels)
        for block in blocks_of(part, np.empty(shape, np.float32)):
            yield mixed_down(block, downmix, sound.name).T.copy(), sound.rate


def check_max_duration(max_duration: float | None) -> None:
    """Refuse what is neither None nor a positive number of seconds."""
    if max_duration is not None and not check_real("max_duration", max_duration) > 0:
        raise ValueError(f"max_duration must be positive, got {max_duration}")


def _read(part: Part, dtype: str, downmix: Downmix) -> NDArray[Any]:
    """Return samples of shape (n,) or (channels, n)."""
    sound, length = part.sound, part.length
    # libsndfile does not scale floats to integers: full scale would become 0 and 1.
    scale = dtype == "int16" and sound.is_float
    if length is not None and length * sound.channels * np.dtype(dtype).itemsize > affordable(
        sound
    ):
        length = None  # an array for it would fill the memory before the file is found to be cut
    if length is not None and sound.channels == 1 and not scale:
        return mixed_down(_read_whole(part, length, dtype), downmix, sound.name)

    def finished(block: NDArray[Any]) -> NDArray[Any]:
        mixed: NDArray[Any] = mixed_down(
            _as_int16(block, sound.name) if scale else block, downmix, sound.name
        ).T
        return mixed

    buffer = decode_buffer(sound, "float64" if scale else dtype)[:PIECE]
    blocks = map(finished, blocks_of(part, buffer))
    if length is None:
        return np.concatenate([block.copy() for block in blocks], axis=-1)
    is_mono = sound.channels == 1 or downmix is not None
    out: NDArray[Any] = np.empty(length if is_mono else (sound.channels, length), dtype)
    n_read = 0
    for block in blocks:
        out[..., n_read : n_read + block.shape[-1]] = block
        n_read += block.shape[-1]
    return out


def _read_whole(part: Part, length: int, dtype: str) -> NDArray[Any]:
    """Return a recording of one channel and known length, decoded where it is to be."""
    out: NDArray[Any] = np.empty(length, dtype)
    n_read = 0
    while n_read < length:
        block = part.sound.read(out[n_read : n_read + _BLOCK])
        if len(block) == 0:
            break
        n_read += len(block)
    part.finish(n_read)
    return out


def _as_int16(samples: NDArray[Any], name: str) -> NDArray[np.int16]:
    if not np.isfinite(samples).all():
        raise ValueError(f"{name}: NaN or infinity cannot become int16")
    # Clipped first, too: the largest doubles would overflow.
    scaled: NDArray[Any] = np.rint(np.clip(samples, -1, 1) * 32768)
    rounded: NDArray[np.int16] = np.minimum(scaled, 32767).astype(np.int16)
    return rounded


def _read_resampled(part: Part, dtype: str, wanted: int, downmix: Downmix) -> NDArray[Any]:
    """Return what `resample` would of samples of shape (n,) or (channels, n)."""
    sound = part.sound
    _check_resampling(np.dtype(dtype), sound.rate, wanted, sound.name)
    buffer = decode_buffer(sound, dtype)
    n_read = 0

    def mixed() -> Iterator[NDArray[Any]]:
        nonlocal n_read
        # libsndfile fills the rest of the last block with zeros: an unknown end must not be far.
        for block in blocks_of(part, buffer if part.length is not None else buffer[:PIECE]):
            n_read += len(block)
            yield mixed_down(block, downmix, sound.name)

    samples = resample_pieces(mixed(), sound.rate, wanted).T
    return np.ascontiguousarray(_checked(samples, n_read, sound.rate, wanted, sound.name))


def mixed_down(samples: NDArray[Any], downmix: Downmix, name: str) -> NDArray[Any]:
    """Return samples of shape (n,), or (n, channels) without a downmix, of such."""
    if downmix is None or (downmix == "mean" and samples.ndim == 1):
        return samples
    if downmix != "mean":
        try:
            channel: NDArray[Any] = as_samples(samples.T, downmix)
            return channel
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    # Infinities of both signs become NaN, which is for those to refuse who use the samples.
    with np.errstate(invalid="ignore", over="ignore"):
        mean = samples.mean(axis=1, dtype=np.float64)
        if samples.dtype == np.int16:
            mean = np.rint(mean)
        mono: NDArray[Any] = mean.astype(samples.dtype)
    return mono


def resampler(rate: int, wanted: int, dtype: DTypeLike) -> Any:
    """Return a stream of mono float samples, which gives bit for bit what `resample` does.

    Its ``resample_chunk(samples, last=...)`` returns what is ready.
    """
    _check_resampling(np.dtype(dtype), rate, wanted, "samples")
    return stream(rate, wanted, 1, dtype)


def _check_resampling(dtype: np.dtype[Any], rate: int, wanted: int, name: str) -> None:
    if dtype == np.int16:
        raise ValueError(
            f"{name}: int16 cannot be resampled from {rate} to {wanted} Hz: use a float dtype"
        )
    if not 1 / _MAX_RATIO <= wanted / rate <= _MAX_RATIO:
        raise ValueError(
            f"{name}: cannot be resampled from {rate} to {wanted} Hz, a factor beyond {_MAX_RATIO}"
        )


def _checked(samples: NDArray[Any], before: int, rate: int, wanted: int, name: str) -> NDArray[Any]:
    if samples.shape[-1] == 0:
        raise ValueError(
            f"{name}: {before} samples at {rate} Hz are too few to resample to {wanted} Hz"
        )
    return samples


def resample(samples: NDArray[Any], rate: int, wanted: int, name: str = "samples") -> NDArray[Any]:
    """Return float samples of shape (n,) or (channels, n) at another rate; `name` is for errors."""
    _check_resampling(samples.dtype, rate, wanted, name)
    return _checked(resampled(samples, rate, wanted), samples.shape[-1], rate, wanted, name)


def recording_at(
    samples: ArrayLike, rate: int, wanted: int, downmix: Downmix = None
) -> NDArray[Any]:
    """Return mono float samples at another rate; errors name indices of what was passed in."""
    mono = as_recording(samples, downmix)
    _core.require_finite(mono)
    return mono if rate == wanted else resample(mono, rate, wanted)
