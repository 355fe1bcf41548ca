"""Opening a recording, whatever it is given as: `opened`."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, BinaryIO

from quaver.recordings import containers, kinds
from quaver.recordings.segments import Segment
from quaver.recordings.views import Memory, View, drained

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What `quaver.load` takes as a recording.
AudioFile = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

# Read of each file at once; most headers end in it.
_HEAD = 4096
# An MP3 that does not tell its length is said to be so many times its size: libsndfile guesses how
# many frames there are from the first ones, and would read no more than that.
_FARTHER = 64


@dataclass(frozen=True, slots=True)
class _Link:
    """One of the recordings in a file.

    Attributes
    ----------
    open : callable
        Returns what soundfile opens.
    is_exact : bool
        Whether the number of its samples stands in a header.
    can_seek : bool
        Whether libsndfile finds a place in it.
    """

    open: Callable[[], Any]
    is_exact: bool = True
    can_seek: bool = True


@cache
def _forward() -> Any:
    """Return soundfile's class without the seeking that it does around each block it reads.

    That costs time, and fails at the end of a FLAC whose length is not known.
    """
    import soundfile

    class Forward(soundfile.SoundFile):  # type: ignore[misc]  # untyped base
        def seekable(self) -> bool:
            return False

    return Forward


class Sound:
    """An opened recording, or several that follow one another in a file.

    Attributes
    ----------
    name : str
        What errors call it.
    size : int
        In bytes.
    rate, channels : int
    frames : int or None
        Samples of each channel that a header promises; None where it does not, or where libsndfile
        can only guess.
    """

    def __init__(
        self, name: str, size: int, links: Sequence[_Link], held: Sequence[BinaryIO]
    ) -> None:
        self.name, self.size, self._links, self._held = name, size, links, held
        self._open(0)
        self.rate, self.channels = int(self._sound.samplerate), int(self._sound.channels)
        is_exact = len(links) == 1 and links[0].is_exact
        self.frames: int | None = self._sound.frames if is_exact else None

    @property
    def subtype(self) -> str:
        """What soundfile calls the type of the samples."""
        return str(self._sound.subtype)

    def _open(self, number: int) -> None:
        self._number, self._n_read = number, 0
        source = self._links[number].open()
        self._view = source if isinstance(source, View) else None
        try:
            self._sound = _forward()(source, closefd=False)
        finally:
            self._check()

    def _check(self) -> None:
        if self._view is not None and self._view.error is not None:
            raise self._view.error

    def read(self, out: NDArray[Any]) -> NDArray[Any]:
        """Fill an array, (n,) or (n, channels); return what was filled, empty at the end."""
        while True:
            try:
                block: NDArray[Any] = self._sound.read(out=out)
            finally:
                self._check()
            self._n_read += len(block)
            if len(block) > 0 or not self._open_next():
                return block

    def _open_next(self) -> bool:
        if len(self._links) > 1 and self._n_read < self._sound.frames:
            raise ValueError(
                f"{self.name}: number {self._number + 1} of {len(self._links)} recordings in one"
                f" file is damaged, {self._n_read} of {self._sound.frames} samples decode"
            )
        if self._number + 1 == len(self._links):
            return False
        self._sound.close()
        self._open(self._number + 1)
        found = int(self._sound.channels), int(self._sound.samplerate)
        if found != (self.channels, self.rate):
            raise ValueError(
                f"{self.name}: {len(self._links)} recordings in one file, the first of"
                f" {self.channels} channel(s) at {self.rate} Hz, number {self._number + 1} of"
                f" {found[0]} at {found[1]} Hz: take them apart"
            )
        return True

    def skip(self, n: int, buffer: NDArray[Any]) -> int:
        """Go forward by `n` samples from the beginning, and return by how many it was."""
        import soundfile

        if len(self._links) == 1 and self._links[0].can_seek:
            try:
                return int(self._sound.seek(n))
            except soundfile.LibsndfileError:  # behind the end, or of a codec without places
                self._check()
        skipped = 0
        while skipped < n and len(block := self.read(buffer[: n - skipped])):
            skipped += len(block)
        return skipped

    def __enter__(self) -> Sound:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close everything, and tell in Python's words why libsndfile could not go on."""
        self._sound.close()
        for each in self._held:
            each.close()
        if error is None:
            return
        import soundfile

        if isinstance(error, soundfile.LibsndfileError):
            raise _refused(self.name, _reason(error)) from None


class _Source:
    """Where the bytes of a recording are.

    Attributes
    ----------
    name : str
        What errors call it.
    stream : binary file object
        That can be placed; the recording begins at `start`.
    size : int
        In bytes.
    plain : callable
        Returns what soundfile opens where nothing has to be mended.
    path : path, optional
    """

    def __init__(
        self,
        name: str,
        stream: BinaryIO,
        size: int,
        plain: Callable[[], Any] | None = None,
        *,
        start: int = 0,
        path: str | None = None,
        head: bytes | None = None,
    ) -> None:
        self.name, self.stream, self.size, self.path = name, stream, size, path
        self._start = start
        self.plain = self.view if plain is None else plain
        self.head = self.view().at(0, _HEAD) if head is None else head

    def read(self, position: int, n: int) -> bytes:
        """Return bytes at a position, fewer at the end."""
        if position + n <= len(self.head) or len(self.head) == self.size:
            return self.head[position : position + n]
        return self.view().at(position, n)

    def behind(self, tag: int) -> _Source:
        """Return the recording without the bytes of a tag in front of it."""
        return _Source(self.name, self.stream, self.size - tag, start=self._start + tag)

    def view(self, start: int = 0, end: int | None = None, **options: Any) -> View:
        """Return a part of the recording."""
        size = (self.size if end is None else end) - start
        return View(self.stream, self._start + start, size, **options)


def describe(file: object) -> str:
    """Return how messages name a recording."""
    file = getattr(file, "recording", file)  # of a corpus' clip
    if isinstance(file, Segment):
        return str(file)
    if isinstance(file, (str, os.PathLike)):
        return os.fsdecode(file)
    if isinstance(file, (bytes, bytearray, memoryview)):
        return f"<{memoryview(file).nbytes} bytes>"
    if not hasattr(file, "read"):
        return "<array>"
    name = getattr(file, "name", None)
    return os.fsdecode(name) if isinstance(name, (str, bytes)) and name else "<file object>"


def is_recording(value: object) -> bool:
    """Tell whether `load` takes this kind of value."""
    kinds = (str, os.PathLike, bytes, bytearray, memoryview)
    if isinstance(value, io.TextIOBase):
        return False
    return isinstance(value, kinds) or (hasattr(value, "read") and hasattr(value, "seek"))


def opened(file: AudioFile, name: str, *, seconds: float | None = None) -> Sound:
    """Return an opened recording, to be closed by ``with``.

    Parameters
    ----------
    file
        As `quaver.load` takes it.
    name : str
        What errors call it.
    seconds : float, optional
        Where reading will end, for decoders that work ahead.

    Raises
    ------
    OSError, ValueError, TypeError
        As `quaver.load` does.
    """
    import soundfile

    held: list[BinaryIO] = []
    try:
        source = _source(file, name, held)
        try:
            return Sound(source.name, source.size, _links(source), held)
        except soundfile.LibsndfileError as error:
            converted = _converted(source, _reason(error), seconds, held)
        try:
            return Sound(source.name, source.size, _links(converted), held)
        except soundfile.LibsndfileError as error:
            raise _refused(source.name, _reason(error)) from None
    except BaseException:
        for each in held:
            each.close()
        raise


def _reason(error: Any) -> str:
    return error.error_string or "the decoder failed"


def _unreadable(name: str, why: str) -> ValueError:
    return ValueError(f"{name}: not a readable recording ({why})")


def _refused(name: str, reason: str) -> ValueError:
    return _unreadable(name, f"{reason} Copy it again, or convert it to WAV")


def _source(file: AudioFile, name: str, held: list[BinaryIO]) -> _Source:
    if isinstance(file, (str, os.PathLike)) and not isinstance(file, io.BytesIO):
        path = os.fspath(file)
        if not path:
            raise ValueError("file must be the path of a recording, got ''")
        return _of_path(path, name, held)
    if isinstance(file, (bytes, bytearray, memoryview)):
        return _of_bytes(bytes(file), name)
    if not is_recording(file):
        raise TypeError(
            f"file must be a path, bytes or a binary file object, got {type(file).__name__}"
            + (": open it with mode 'rb'" if hasattr(file, "read") else "")
        )
    return _of_object(file, name)


def _of_path(path: str | bytes, name: str, held: list[BinaryIO]) -> _Source:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise FileNotFoundError(f"no such recording: {name}") from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"expected a recording, got the directory {name}")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{name}: a pipe or device, no file: pass what it gives as a file object")
    held.append(open(path, "rb"))  # noqa: SIM115  # closed with the sound
    return _of_file(held[-1], name, os.fsdecode(path))


def _of_file(stream: BinaryIO, name: str, path: str | None = None) -> _Source:
    """Return the source of an opened file, which libsndfile reads by itself."""
    descriptor = stream.fileno()

    def plain() -> Any:
        # By number: libsndfile's names of files are UTF-8 and shorter than 1,024 bytes, and their
        # endings would count.
        if os.name == "nt" and path is not None:
            return path
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    size = os.fstat(descriptor).st_size
    _check_not_empty(size, name)
    return _Source(name, stream, size, plain, path=path, head=stream.read(_HEAD))


def _of_bytes(data: bytes, name: str) -> _Source:
    _check_not_empty(len(data), name)
    plain = partial(Memory, data)
    return _Source(name, io.BytesIO(data), len(data), plain, head=data[:_HEAD])


def _of_object(file: BinaryIO, name: str) -> _Source:
    if isinstance(file.read(0), str):  # as a SpooledTemporaryFile may
        raise TypeError(
            f"{name}: file must be a binary file object, got one of text: open it with mode 'rb'"
        )
    can_seek = getattr(file, "seekable", None)  # which a SpooledTemporaryFile lacks before 3.11
    if can_seek is not None and not can_seek():
        return _of_bytes(drained(file, name), name)
    start = file.tell()
    file.seek(0, os.SEEK_END)
    size = file.tell() - start
    file.seek(start)
    if size <= 0 < start:
        raise ValueError(f"{name}: the file object stands at its end, seek(0) first")
    _check_not_empty(size, name)
    if isinstance(file, io.BytesIO):  # whose bytes are shared, not copied
        return _of_bytes(file.read(), name)
    return _Source(name, file, size, start=start)


def _check_not_empty(size: int, name: str) -> None:
    if size <= 0:
        raise ValueError(f"{name}: the file is empty, copy or record it again")


def _links(source: _Source) -> list[_Link]:
    """Return the recordings in a file, with what libsndfile would take for granted mended."""
    tag = containers.tag_length(source.read) if source.head[:3] == b"ID3" else 0
    # What follows a tag loses its end, unless libsndfile reads the file by itself.
    body = source.behind(tag) if tag else source
    if containers.is_mpeg(body.head):
        return [_mpeg_link(body)]
    if body.head[:4] == b"OggS":
        links = containers.ogg_links(body.read, body.size)
        if len(links) < 2:
            return [_Link(body.plain)]
        return [_Link(partial(body.view, a, b), can_seek=False) for a, b in links]
    patch = containers.open_flac(body.read)
    if patch is not None:
        return [_Link(partial(body.view, patch=patch), is_exact=False, can_seek=False)]
    return [_plain_link(body)]


def _mpeg_link(source: _Source) -> _Link:
    start = containers.mp3_start(source.read, source.size)
    if start is None:
        return _Link(source.plain)
    claimed = (source.size - start) * _FARTHER
    end = containers.mp3_end(source.read, source.size)
    return _Link(lambda: source.view(start, end, claimed=claimed), is_exact=False)


def _plain_link(source: _Source) -> _Link:
    """Refuse what is shorter than it says, which libsndfile would read in silence."""
    samples = containers.find_samples(source.read, source.size)
    if samples is None:
        return _Link(source.plain)
    there = source.size - samples.start
    if (
        samples.length is None
        and there > 0xFFFFFFFF
        and source.head[8:12] == b"WAVE"
        and (samples.width == 4)
    ):
        raise ValueError(
            f"{source.name}: a WAV without a length that holds more than 4 GiB, of which libsndfile"
            " would read the first: convert it to RF64 or FLAC"
        )
    if samples.length is None:  # a recorder was killed, or wrote to a pipe
        patch = samples.patch(max(0, there))
        return _Link(lambda: source.view(patch=patch))
    if samples.length > there:
        raise ValueError(
            f"{source.name}: truncated, the header promises {samples.length} bytes of samples and"
            f" {max(0, there)} follow: copy it again, or encode what is there anew"
        )
    return _Link(source.plain)


def _converted(
    source: _Source, reason: str, seconds: float | None, held: list[BinaryIO]
) -> _Source:
    """Return what ffmpeg makes of a file that libsndfile refuses, or raise what the file is."""
    from quaver.recordings import ffmpeg

    name = kinds.media_name(source.head)
    if name is None and not kinds.may_hold_others(source.head):
        what = kinds.other_name(source.head)
        raise (_unreadable(source.name, what) if what else _refused(source.name, reason)) from None
    program = ffmpeg.find()
    if program is None and name is None:
        raise _refused(source.name, reason) from None
    if program is None:
        raise ValueError(
            f"{source.name}: {name}, which needs ffmpeg, and there is none on PATH: install it, or"
            " convert the file where there is one (ffmpeg -i FILE FILE.wav)"
        ) from None
    path = source.path
    if path is None:  # ffmpeg must be able to go back and forth in it
        import tempfile  # and much with it, which those who only have arrays need not wait for

        copy: Any = tempfile.NamedTemporaryFile()  # noqa: SIM115  # closed with the sound
        held.append(copy)
        copy.write(source.view().at(0, source.size))
        copy.flush()
        path = copy.name
    try:
        held.append(ffmpeg.convert(program, path, source.size, source.name, seconds=seconds))
    except ValueError as error:
        if name is None:  # libsndfile knows the container, and what is wrong with it
            raise _refused(source.name, reason) from None
        raise error from None
    return _of_file(held[-1], source.name)
