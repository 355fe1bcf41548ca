"""Recording from the microphone through the optional sounddevice (PortAudio)."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import check_path, check_sample_rate

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Kinds of file that `record` writes.
RECORD_EXTENSIONS = (".wav", ".flac")

_BLOCK_SECONDS = 0.1
_PREFIX = ".quaver-"


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Recording:
    """What a microphone heard.

    Attributes
    ----------
    samples : ndarray of shape (n,), float32
        In [-1, 1].
    sample_rate : int
        In Hz.
    lost : bool
        True if the machine was too slow and samples are missing.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    lost: bool = False

    def __repr__(self) -> str:
        lost = ", samples are missing" if self.lost else ""
        return f"<Recording of {len(self.samples)} samples at {self.sample_rate} Hz{lost}>"

    @property
    def peak_db(self) -> float:
        """Largest magnitude in decibel of full scale; minus infinity for digital silence."""
        peak = float(np.abs(self.samples).max())
        return 20 * math.log10(peak) if peak > 0 else -math.inf


def capture(
    seconds: float = 5.0,
    sample_rate: float = 16000,
    *,
    device: int | str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Recording:
    """Record one channel from a microphone.

    Parameters
    ----------
    seconds : float, default 5.0
        How long; at least one sample.
    sample_rate : int, default 16000
        Sampling rate in Hz.
    device : int or str, optional
        Number or part of the name of the input device; the system's default one if None.
    progress : callable, optional
        Called with (done, total) samples after each block.

    Returns
    -------
    Recording

    Raises
    ------
    ModuleNotFoundError
        If sounddevice is not installed.
    OSError
        If PortAudio or the device is missing or refuses.
    ValueError
        For a duration or rate that is not positive.

    Examples
    --------
    >>> capture(seconds=0)
    Traceback (most recent call last):
    ...
    ValueError: seconds must be positive and finite, got 0
    """
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"seconds must be positive and finite, got {seconds}")
    rate = check_sample_rate(sample_rate)
    total = max(1, round(seconds * rate))
    block_length = max(1, round(_BLOCK_SECONDS * rate))
    samples = np.empty(total, np.float32)
    lost = False
    with listening(rate, device=device) as read:
        done = 0
        while done < total:
            block, overflowed = read(min(block_length, total - done))
            samples[done : done + len(block)] = block
            done += len(block)
            lost |= overflowed
            if progress is not None:
                progress(done, total)
    return Recording(samples, rate, lost)


@contextmanager
def listening(
    sample_rate: float = 16000, *, device: int | str | None = None
) -> Iterator[Callable[[int], tuple[NDArray[np.float32], bool]]]:
    """Open a microphone.

    Parameters
    ----------
    sample_rate, device
        As in `capture`.

    Yields
    ------
    callable
        Takes a number of samples, waits for them and returns them, shape (n,), with whether the
        machine was too slow, so that samples before them are missing.

    Raises
    ------
    ModuleNotFoundError, OSError, ValueError
        As in `capture`.

    Examples
    --------
    >>> with listening(48000) as read:  # doctest: +SKIP
    ...     samples, lost = read(4800)
    """
    rate = check_sample_rate(sample_rate)
    sounddevice = _sounddevice()
    try:
        with sounddevice.InputStream(
            samplerate=rate, channels=1, dtype="float32", device=device
        ) as stream:

            def read(n: int) -> tuple[NDArray[np.float32], bool]:
                block, overflowed = stream.read(n)
                return block[:, 0], bool(overflowed)

            yield read
    except sounddevice.PortAudioError as error:
        raise OSError(f"cannot record at {rate} Hz: {error}") from error


def record(
    file: str | os.PathLike[str],
    seconds: float = 5.0,
    sample_rate: float = 16000,
    *,
    device: int | str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Recording:
    """Record one channel from a microphone into a file of 16-bit samples.

    The file appears once it is complete: an interrupted recording leaves an older file as it was.

    Parameters
    ----------
    file : path
        Ends in one of `RECORD_EXTENSIONS`.
    seconds, sample_rate, device, progress
        As in `capture`.

    Returns
    -------
    Recording

    Raises
    ------
    ValueError
        For another extension, duration or rate; before anything is recorded.
    ModuleNotFoundError, OSError
        As in `capture`; also if the file cannot be written.

    Examples
    --------
    >>> record("voice.txt")
    Traceback (most recent call last):
    ...
    ValueError: voice.txt: unknown extension '.txt', expected one of .wav, .flac
    """
    import soundfile

    target = Path(file)
    if target.suffix.lower() not in RECORD_EXTENSIONS:
        raise ValueError(
            f"{target}: unknown extension {target.suffix!r}, expected one of"
            f" {', '.join(RECORD_EXTENSIONS)}"
        )
    # Entered first: a folder that cannot be written to is known before anyone speaks.
    with replacing(target) as temporary:
        recording = capture(seconds, sample_rate, device=device, progress=progress)
        with temporary.open("w+b") as stream:  # libsndfile's own names of files are UTF-8 and short
            soundfile.write(
                stream,
                recording.samples,
                recording.sample_rate,
                subtype="PCM_16",
                format=target.suffix[1:].upper(),
            )
    return recording


@contextmanager
def replacing(file: str | os.PathLike[str], *, durable: bool = False) -> Iterator[Path]:
    """Yield a new empty file that takes the place of `file` when the block ends without error.

    Until then, and after an error, an older file stays as it was. What a killed process left in the
    same folder is removed.

    Parameters
    ----------
    file : path
        What is to be written; through a symbolic link, what it points to.
    durable : bool, default False
        Whether it is to be on the disk, not on its way there, when it takes its place.

    Yields
    ------
    Path
        Beside the file, with the same extension; a durable one ends in ``.tmp``, since who reads a
        folder that is being filled goes by endings.

    Raises
    ------
    OSError
        If the path is a directory or its folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("new")
    >>> target.read_text()
    'new'
    """
    check_path(file)
    target = Path(os.path.realpath(file))
    if target.is_dir():
        raise IsADirectoryError(f"expected a file to write, got the directory {file}")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"no such directory: {target.parent}")
    _remove_left_over(target.parent)
    suffix = ".tmp" if durable else target.suffix
    temporary = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}{suffix}")
    with _locked(temporary):
        try:
            yield temporary
            if durable:
                _to_disk(temporary)
            temporary.replace(target)
            if durable and os.name != "nt":  # where folders cannot be opened
                _to_disk(target.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _locked(temporary: Path) -> Iterator[None]:
    """Make a file that is known to be in use as long as this process lives."""
    if fcntl is None:
        temporary.open("xb").close()
        yield
        return
    while True:
        with temporary.open("xb") as stream:  # unlike tempfile's, readable by whom the umask says
            with suppress(OSError):  # of a file system without locks
                fcntl.flock(stream, fcntl.LOCK_EX)
            if not temporary.exists():  # taken for left over before it was locked
                continue
            yield
            return


def _remove_left_over(folder: Path) -> None:
    """Remove what killed processes left: files of the name of ours that nobody has locked."""
    if fcntl is None:
        return
    for file in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError), file.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.unlink()


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a power cut."""
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'recording needs sounddevice: pip install "quaver[record]"', name=error.name
        ) from error
    except OSError as error:  # how sounddevice says that the shared library is missing
        raise OSError(
            f"{error}: recording needs the PortAudio library of the system"
            " (Debian, Ubuntu: apt install libportaudio2)"
        ) from error
    return sounddevice
