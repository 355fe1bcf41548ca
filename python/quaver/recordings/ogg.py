"""The pages of an Ogg file, and the recordings that follow one another in it: `ogg_links`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from quaver.recordings.containers import (
    BLOCK,
    MOST_CHUNKS,
    MOST_RECORDINGS,
    Read,
    next_marked,
)


class _Page(NamedTuple):
    start: int
    end: int
    flags: int = 0
    granule: int = 0
    n_segments: int = 0
    is_whole: bool = False  # as far as its length tells

    @property
    def is_first(self) -> bool:
        return bool(self.flags & 2)

    @property
    def is_last(self) -> bool:
        return bool(self.flags & 4)


class _Forward:
    """Bytes of a file of which a block is kept: for many small looks, each behind the last.

    A forged file has millions of pages, and reading a block anew for each took minutes.
    """

    def __init__(self, read: Read, size: int) -> None:
        self._read, self._size = read, size
        self._block, self._start = b"", 0

    def at(self, position: int, n: int) -> bytes:
        """Return bytes at a position, fewer at the end."""
        offset = position - self._start
        if offset < 0 or offset + n > len(self._block):
            self._block, self._start, offset = self._read(position, max(n, BLOCK)), position, 0
        return self._block[offset : offset + n]

    def find(self, mark: bytes, position: int) -> int:
        """Return the position of a mark from another on, or the size."""
        while position < self._size:
            self.at(position, len(mark))
            found = self._block.find(mark, position - self._start)
            if found >= 0:
                return self._start + found
            position = max(position + 1, self._start + len(self._block) - len(mark) + 1)
        return self._size


def _ogg_pages(read: Read, size: int) -> Iterator[_Page]:
    """Yield the pages up to the end, or to where a recording of another container begins."""
    file = _Forward(read, size)
    position = n_damaged = 0
    while position < size:
        head = file.at(position, 27)
        if head[:4] != b"OggS"[: len(head)]:
            n_damaged += 1
            after = file.find(b"OggS", position)
            if n_damaged > MOST_CHUNKS or next_marked(read, after, position) is not None:
                return
            position = after
            continue
        if len(head) < 27:
            yield _Page(position, size)
            return
        end = position + 27 + head[26] + sum(file.at(position + 27, head[26]))
        is_whole = end <= size
        page = file.at(position, end - position)
        follows = file.at(end, 4) == b"OggS"[: max(size - end, 0)]
        # With a mark within it, what it claims may end at a page by chance.
        if end < size and (not follows or b"OggS" in page[4:]):
            is_whole = _is_intact(page)
            if not is_whole:  # cut, and others may begin in what it claims
                n_damaged += 1
                end = file.find(b"OggS", position + 4) if n_damaged <= MOST_CHUNKS else size
        granule = int.from_bytes(head[6:14], "little", signed=True)
        flags = 0 if head[4] else head[5]  # a page that is cut within its head has none
        yield _Page(position, end, flags, granule, head[26], is_whole)
        position = end


# Ogg's checksum is that of zlib from the other end of each byte.
_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


def _is_intact(page: bytes) -> bool:
    """Tell whether a page has the checksum that it names."""
    zeroed = page[:22] + bytes(4) + page[26:]
    found = zlib.crc32(zeroed.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return found.to_bytes(4, "big").translate(_MIRRORED) == page[22:26]


@dataclass(frozen=True, slots=True)
class OggLink:
    """One of the recordings that follow one another in an Ogg file.

    Attributes
    ----------
    start, end : int
    has_head : bool
        Whether it begins with what says how to decode it.
    is_cut : bool
        Whether it certainly lacks its end: the last page is not whole or is damaged, or its last
        packet goes on, or the header of a FLAC promises more. That no page is marked as the last
        says nothing: Android's writer of voice messages and ffmpeg's of segments never mark one.
    """

    start: int
    end: int
    has_head: bool
    is_cut: bool


def ogg_links(read: Read, size: int) -> list[OggLink]:
    """Return the recordings that follow one another in an Ogg file, up to one more than are read.

    Behind the last one there may be anything, also a recording of another container.
    """
    firsts, lasts = list[_Page](), list[_Page]()
    was_first = False
    for page in _ogg_pages(read, size):
        # Several first pages in a row belong to one recording, of several streams.
        if (page.is_first and not was_first) or not firsts:
            firsts.append(page)
            lasts.append(page)
        lasts[-1] = page
        was_first = page.is_first
        if len(firsts) > MOST_RECORDINGS:
            break
    ends = [*(page.start for page in firsts[1:]), lasts[-1].end]
    return [
        OggLink(first.start, end, first.is_first, _is_cut(read, first, last))
        for first, last, end in zip(firsts, lasts, ends[: len(firsts)], strict=True)
    ]


def _is_cut(read: Read, first: _Page, last: _Page) -> bool:
    if not last.is_whole:
        return True
    page = read(last.start, last.end - last.start)
    if not _is_intact(page):
        return True
    if last.is_last:
        return False
    # A segment of 255 bytes is not the last one of its packet.
    goes_on = last.n_segments > 0 and page[26 + last.n_segments] == 255
    return goes_on or last.granule < _ogg_flac_length(read(first.start, 64))


def _ogg_flac_length(page: bytes) -> int:
    """Return how many samples the first page of FLAC in Ogg promises, 0 for none."""
    return int.from_bytes(page[58:63], "big") & 0xFFFFFFFFF if page[28:33] == b"\x7fFLAC" else 0
