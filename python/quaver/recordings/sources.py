"""Opening a recording, whatever it is given as: `opened`."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, BinaryIO

from quaver._validate import check_path
from quaver.recordings import kinds
from quaver.recordings.links import HEADLESS, Link, joined_links, links_of, unreadable
from quaver.recordings.segments import Segment
from quaver.recordings.views import HEAD, Memory, Source, View, drained

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What `quaver.load` takes as a recording.
AudioFile = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


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
        self, name: str, size: int, links: Sequence[Link], held: Sequence[BinaryIO]
    ) -> None:
        self.name, self.size, self._links, self._held = name, size, links, held
        self._open(0)
        self.rate, self.channels = int(self._sound.samplerate), int(self._sound.channels)
        is_exact = len(links) == 1 and links[0].is_exact
        self.frames: int | None = self._sound.frames if is_exact else None

    @property
    def is_float(self) -> bool:
        """Whether the samples are stored as floats."""
        return self._sound.subtype in ("FLOAT", "DOUBLE")

    @property
    def _form(self) -> str:
        """What all recordings in a file must have in common."""
        channels, rate = int(self._sound.channels), int(self._sound.samplerate)
        return f"{channels} channel(s) at {rate} Hz{' as floats' if self.is_float else ''}"

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
            # What follows the last of several, such as a tag, would be taken for a damaged frame.
            is_bounded = len(self._links) > 1 and self._links[self._number].is_exact
            end = self._sound.frames - self._n_read if is_bounded else None
            try:
                block: NDArray[Any] = self._sound.read(out=out[:end])
            finally:
                self._check()
            self._n_read += len(block)
            if len(block) > 0 or not self._open_next():
                return block

    def _open_next(self) -> bool:
        link = self._links[self._number]
        if len(self._links) > 1 and link.is_exact and self._n_read < self._sound.frames:
            raise ValueError(
                f"{self.name}: number {self._number + 1} of {len(self._links)} recordings in one"
                f" file is damaged, {self._n_read} of {self._sound.frames} samples decode"
            )
        if self._number + 1 == len(self._links):
            return False
        first = self._form
        self._sound.close()
        self._open(self._number + 1)
        found = self._form
        if found != first:
            raise ValueError(
                f"{self.name}: {len(self._links)} recordings in one file, the first of {first},"
                f" number {self._number + 1} of {found}: take them apart"
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
        Where reading will end, for decoders that work ahead, and so that no more than is needed is
        looked through.

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
            return Sound(source.name, source.size, links_of(source, seconds), held)
        except soundfile.LibsndfileError as error:
            joined = joined_links(source)
            reason = _reason(error)
        try:
            links = joined or links_of(_converted(source, reason, seconds, held))
            return Sound(source.name, source.size, links, held)
        except soundfile.LibsndfileError as error:
            raise _refused(source.name, _reason(error)) from None
    except BaseException:
        for each in held:
            each.close()
        raise


def _reason(error: Any) -> str:
    return error.error_string or "the decoder failed"


def _refused(name: str, reason: str) -> ValueError:
    return unreadable(name, f"{reason} Copy it again, or convert it to WAV")


def _source(file: AudioFile, name: str, held: list[BinaryIO]) -> Source:
    if isinstance(file, (str, os.PathLike)) and not isinstance(file, io.BytesIO):
        path = os.fspath(file)
        if not path:
            raise ValueError("file must be the path of a recording, got ''")
        check_path(path)
        return _of_path(path, name, held)
    if isinstance(file, (bytes, bytearray, memoryview)):
        return _of_bytes(bytes(file), name)
    if not is_recording(file):
        raise TypeError(
            f"file must be a path, bytes or a binary file object, got {type(file).__name__}"
            + (": open it with mode 'rb'" if hasattr(file, "read") else "")
        )
    return _of_object(file, name)


def _of_path(path: str | bytes, name: str, held: list[BinaryIO]) -> Source:
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


def _of_file(stream: BinaryIO, name: str, path: str | None = None) -> Source:
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
    return Source(name, stream, size, plain, path=path, head=stream.read(HEAD))


def _of_bytes(data: bytes, name: str) -> Source:
    _check_not_empty(len(data), name)
    plain = partial(Memory, data)
    return Source(name, io.BytesIO(data), len(data), plain, head=data[:HEAD])


def _of_object(file: BinaryIO, name: str) -> Source:
    if getattr(file, "closed", False):
        raise ValueError(f"{name}: the file object is closed")
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
    return Source(name, file, size, start=start)


def _check_not_empty(size: int, name: str) -> None:
    if size <= 0:
        raise ValueError(f"{name}: the file is empty, copy or record it again")


def _converted(source: Source, reason: str, seconds: float | None, held: list[BinaryIO]) -> Source:
    """Return what ffmpeg makes of a file that libsndfile refuses, or raise what the file is."""
    from quaver.recordings import ffmpeg

    name = kinds.media_name(source.head)
    if name is None and not kinds.may_hold_others(source.head):
        what = HEADLESS if b"OggS" in source.head else kinds.other_name(source.head)
        raise (unreadable(source.name, what) if what else _refused(source.name, reason)) from None
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
