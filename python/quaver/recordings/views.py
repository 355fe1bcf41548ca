"""Parts of files as libsndfile takes them, with errors kept and numbers of headers mended."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, BinaryIO

#: Read of each file at once; most headers end in it.
HEAD = 4096
# What is read of a file that cannot be placed, such as standard input, at the most.
_MOST_PIPED = 1 << 30
_PIPED_BLOCK = 1 << 20
# mpg123 looks for a tag in the last bytes of a file, and gives up where it can read none.
_LAST_TAG = 128


class View:
    """A part of a binary file.

    Errors of the file are kept in ``error``: libsndfile, which calls from C, would swallow them.

    Parameters
    ----------
    stream : binary file object
        Can be placed.
    start, size : int
        Of the part, in bytes.
    patch : (int, bytes), optional
        A position, and what stands there in place of the file's own bytes.
    claimed : int, optional
        Size that is told, beyond which there are zeros.
    """

    def __init__(
        self,
        stream: BinaryIO,
        start: int,
        size: int,
        *,
        patch: tuple[int, bytes] | None = None,
        claimed: int | None = None,
    ) -> None:
        self._stream, self._start, self._size, self._patch = stream, start, size, patch
        self._claimed = size if claimed is None else claimed
        self._position = 0
        self.error: BaseException | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Place the view; what lies before its first byte is its first byte."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._claimed}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer and return how many bytes there were."""
        wanted = len(buffer)
        if self._claimed > self._size and self._position >= self._claimed - _LAST_TAG:
            buffer[:wanted] = bytes(wanted)
            return wanted
        try:
            data = self.at(self._position, wanted)
        except BaseException as error:
            self.error = self.error or error
            return 0
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def at(self, position: int, n: int) -> bytes:
        """Return bytes at a position, fewer at the end; errors are raised."""
        n = min(n, self._size - position)
        if n <= 0:
            return b""
        self._stream.seek(self._start + position)
        data = self._stream.read(n)
        while len(data) < n and (more := self._stream.read(n - len(data))):
            data += more
        if self._patch is not None:
            at, new = self._patch
            first, last = max(at, position), min(at + len(new), position + len(data))
            if first < last:
                patched = bytearray(data)
                patched[first - position : last - position] = new[first - at : last - at]
                return bytes(patched)
        return data


class Source:
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
        self.head = self.view().at(0, HEAD) if head is None else head

    def read(self, position: int, n: int) -> bytes:
        """Return bytes at a position, fewer at the end."""
        if position + n <= len(self.head) or len(self.head) == self.size:
            return self.head[position : position + n]
        return self.view().at(position, n)

    def part(self, start: int, end: int) -> Source:
        """Return some of the bytes as a recording of its own."""
        return Source(self.name, self.stream, end - start, start=self._start + start)

    def behind(self, n: int) -> Source:
        """Return the recording without what is in front of it, such as a tag."""
        return self.part(n, self.size)

    def view(self, start: int = 0, end: int | None = None, **options: Any) -> View:
        """Return a part of the recording."""
        size = (self.size if end is None else end) - start
        return View(self.stream, self._start + start, size, **options)


class Memory(io.BytesIO):
    """Bytes in which a cut file's decoder may ask for a place before the first of them."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Place it; what lies before the first byte is the first byte."""
        return super().seek(max(0, offset) if whence == 0 else offset, whence)


def drained(stream: BinaryIO, name: str) -> bytes:
    """Return all that a stream still gives, up to a bound."""
    data = bytearray()
    while block := stream.read(_PIPED_BLOCK):
        data += block
        if len(data) > _MOST_PIPED:
            raise ValueError(
                f"{name}: more than {_MOST_PIPED >> 20} MiB came through a pipe, write them to a"
                " file first"
            )
    return bytes(data)
