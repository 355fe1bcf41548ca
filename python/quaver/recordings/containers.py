"""What the bytes of a recording say, and where libsndfile believes them too much or too little.

Everything here looks at bytes only through ``read(position, n)``, which returns fewer at the end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Read = Callable[[int, int], bytes]
_Order = Literal["little", "big"]

# Programs that write to a pipe leave a placeholder from here on as length of the data.
_STREAMED = 0x7FFF0000
# 64-bit lengths from here on are none.
_NO_LENGTH = 1 << 62
# Chunks, blocks or pages that are looked at before samples must have come, and what turns out to be
# none: a forged file may hold millions.
_MOST_CHUNKS = 4096
#: Recordings in one file, of which each is opened by itself.
MOST_RECORDINGS = 4096

# Bytes in which a mark is looked for at a time.
_BLOCK = 1 << 16

# At the end of an MP3: bytes that are looked at, and frames in a row that are no accident.
_MP3_TAIL = 1 << 14
_MP3_CHAIN = 4
# Bytes of the longest frame: 320 kbit/s at 32 kHz, or 160 at 8 kHz.
_LONGEST_FRAME = 1441

_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")


@dataclass(frozen=True, slots=True)
class Samples:
    """Where a header says that the samples are.

    Attributes
    ----------
    start : int
        Position of the first.
    length : int or None
        Bytes that the header promises; None where it leaves that open.
    field, width : int
        Position and bytes of the number that says so.
    order : {"little", "big"}
    extra : int
        What that number counts beyond the samples.
    """

    start: int
    length: int | None
    field: int
    width: int
    order: _Order
    extra: int = 0

    def patch(self, length: int) -> tuple[int, bytes]:
        """Return position and bytes of a number that promises `length` bytes."""
        largest = 0xFFFFFFFF if self.width == 4 else (1 << 63) - 1
        value = min(length + self.extra, largest)
        return self.field, value.to_bytes(self.width, self.order)


def tag_length(read: Read) -> int:
    """Return the bytes of the ID3v2 tags in front of a recording."""
    position = 0
    for _ in range(_MOST_CHUNKS):
        head = read(position, 10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:]) > 127:
            break
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        position += 10 + size + (10 if head[5] & 0x10 else 0)
    return position


def find_samples(read: Read, size: int) -> Samples | None:
    """Return where the samples of a WAV, AIFF, W64, CAF or AU file are; None for other files."""
    head = read(0, 40)
    container, form = head[:4], head[8:12]
    if container in (b"RIFF", b"RF64", b"BW64") and form == b"WAVE":
        return _of_chunks(read, size, "little", b"data")
    if container == b"RIFX" and form == b"WAVE":
        return _of_chunks(read, size, "big", b"data")
    if container == b"FORM" and form in (b"AIFF", b"AIFC"):
        return _of_chunks(read, size, "big", b"SSND")
    if container == b"caff":
        return _of_caf(read)
    if head[:16] == _W64_RIFF:
        return _of_w64(read)
    if container in (b".snd", b"dns."):
        return _of_au(read, "big" if container == b".snd" else "little")
    return None


def _of_chunks(read: Read, size: int, order: _Order, wanted: bytes) -> Samples | None:
    position = 12
    long: tuple[int, int] | None = None  # 64-bit length of an RF64, and where it is
    for _ in range(_MOST_CHUNKS):
        chunk = read(position, 8)
        if len(chunk) < 8:
            return None
        length = int.from_bytes(chunk[4:], order)
        if chunk[:4] == b"ds64":
            long = int.from_bytes(read(position + 16, 8), order), position + 16
        elif chunk[:4] == wanted:
            start = position + 8
            if length >= _STREAMED and long is not None:
                is_open = long[0] >= _NO_LENGTH or (long[0] == 0 and start < size)
                promised = None if is_open else long[0]
                return Samples(start, promised, long[1], 8, order)
            is_open = length >= _STREAMED or (
                length == 0 and wanted == b"data" and not _are_chunks(read, start, size, order)
            )
            return Samples(start, None if is_open else length, position + 4, 4, order)
        position += 8 + length + length % 2
    return None


def _are_chunks(read: Read, position: int, size: int, order: _Order) -> bool:
    """Tell whether nothing but whole chunks follows: then there really are no samples."""
    for _ in range(_MOST_CHUNKS):
        if position >= size:
            return True
        chunk = read(position, 8)
        if len(chunk) < 8 or not (chunk[:4].isascii() and chunk[:4].decode().isprintable()):
            return False
        position += 8 + int.from_bytes(chunk[4:], order)
        position += position % 2
        if position > size + 1:
            return False
    return False


def _of_caf(read: Read) -> Samples | None:
    position = 8
    for _ in range(_MOST_CHUNKS):
        chunk = read(position, 12)
        if len(chunk) < 12:
            return None
        length = int.from_bytes(chunk[4:], "big", signed=True)
        if chunk[:4] == b"data":  # whose first four bytes count edits
            start = position + 16
            is_open = length < 4
            return Samples(start, None if is_open else length - 4, position + 4, 8, "big", 4)
        if length < 0:
            return None
        position += 12 + length
    return None


def _of_w64(read: Read) -> Samples | None:
    position = 40
    for _ in range(_MOST_CHUNKS):
        chunk = read(position, 24)
        if len(chunk) < 24:
            return None
        length = int.from_bytes(chunk[16:], "little")  # the chunk's own head included
        if chunk[:16] == _W64_DATA:
            is_open = length <= 24 or length >= _NO_LENGTH
            promised = None if is_open else length - 24
            return Samples(position + 24, promised, position + 16, 8, "little", 24)
        if length < 24:
            return None
        position += (length + 7) // 8 * 8
    return None


def _of_au(read: Read, order: _Order) -> Samples | None:
    head = read(4, 8)
    if len(head) < 8:
        return None
    start = int.from_bytes(head[:4], order)
    length = int.from_bytes(head[4:], order)
    return Samples(start, None if length in (0, 0xFFFFFFFF) else length, 8, 4, order)


# How recordings begin that may follow another one, and what stands a few bytes behind that.
_Beginning = tuple[bytes, int, tuple[bytes, ...]]
_FLAC: _Beginning = (b"fLaC", 4, (b"\0\0\0\x22", b"\x80\0\0\x22"))
_BEGINNINGS: tuple[_Beginning, ...] = (
    _FLAC,
    (b"RIFF", 8, (b"WAVE",)),
    (b"RIFX", 8, (b"WAVE",)),
    (b"RF64", 8, (b"WAVE",)),
    (b"BW64", 8, (b"WAVE",)),
    (b"FORM", 8, (b"AIFF", b"AIFC")),
    (b"caff\0\x01", 8, (b"desc",)),
    (b".snd\0\0", 12, (b"\0\0\0",)),
    (_W64_RIFF, 24, (b"wave",)),
)


def next_recording(read: Read, size: int) -> int | None:
    """Return where another recording begins behind the one at the beginning; None without one.

    Where more follows than the samples, one of the same kind may also begin in what those claim:
    then the first is cut. Where a FLAC ends only decoding tells.
    """
    if read(0, 4) == b"fLaC":
        return _next_of(read, size, 4, (_FLAC,))
    samples = find_samples(read, size)
    if samples is None or samples.length is None or samples.start + samples.length >= size:
        return None
    end = samples.start + samples.length
    same = tuple(each for each in _BEGINNINGS if read(0, len(each[0])) == each[0])
    within = _next_of(read, end, samples.start, same)
    return _next_of(read, size, end, _BEGINNINGS) if within is None else within


def _next_of(read: Read, size: int, start: int, beginnings: tuple[_Beginning, ...]) -> int | None:
    position = start
    n_tries = 0
    while position < size and n_tries < _MOST_CHUNKS:
        block = read(position, min(_BLOCK, size - position))
        found = [(block.find(mark), behind, then) for mark, behind, then in beginnings]
        first = min((each for each in found if each[0] >= 0), default=None)
        if first is None:
            position += max(1, len(block) - len(_W64_RIFF) + 1)
            continue
        at, behind, then = first
        position += at
        if read(position + behind, 4).startswith(then):
            return position
        position, n_tries = position + 1, n_tries + 1
    return None


def open_flac(read: Read) -> tuple[int, bytes] | None:
    """Return a patch that gives a FLAC without a length the greatest one, None if it tells."""
    head = read(0, 26)
    if head[:4] != b"fLaC" or len(head) < 26 or head[4] & 0x7F != 0:
        return None
    if head[21] & 0x0F or any(head[22:26]):
        return None
    return 21, bytes([head[21] | 0x0F, 0xFF, 0xFF, 0xFF, 0xFF])


# Bit rates in kbit/s of layer III: MPEG-1, and the others; samples a second of each version.
_BIT_RATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def is_mpeg(head: bytes) -> bool:
    """Tell whether four bytes begin a frame of MPEG audio of any layer, which AAC is not."""
    return len(head) >= 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 6 != 0


def frame_length(head: bytes) -> int:
    """Return the bytes of an MP3's frame by its first four; 0 if it is none or of free bit rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return 0
    if head[2] & 0xF0 == 0xF0 or head[2] & 0x0C == 0x0C:
        return 0
    version = head[1] >> 3 & 3
    kilobits = _BIT_RATES[version == 3][head[2] >> 4]
    per_frame = 144_000 if version == 3 else 72_000
    padding = head[2] >> 1 & 1
    return per_frame * kilobits // _RATES[version][head[2] >> 2 & 3] + padding if kilobits else 0


def mp3_joined(read: Read) -> int | None:
    """Return where the first whole frame of an MP3 begins that was joined within one."""
    data = read(0, (_MP3_CHAIN + 1) * _LONGEST_FRAME)
    for start in range(min(len(data), _LONGEST_FRAME)):
        position = start
        for _ in range(_MP3_CHAIN):
            length = frame_length(data[position : position + 4])
            if length == 0 or data[position + 1] != data[start + 1]:
                break
            position += length
        else:
            return start
    return None


def mp3_start(read: Read, size: int) -> int | None:
    """Return where the frames of an MP3 begin whose header tells no length, None if it tells one.

    What tells is a first frame of Xing or Info with a number of frames, unless more recordings
    follow the one that it counts.
    """
    head = read(0, 4)
    length = frame_length(head)
    if length == 0:
        return 0
    frame = read(0, length)
    is_mono = head[3] >> 6 == 3
    sides = (17 if is_mono else 32) if head[1] & 8 else (9 if is_mono else 17)
    at = 4 + sides + (0 if head[1] & 1 else 2)
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return 0
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    n_frames = int.from_bytes(frame[at + 8 : at + 12], "big")
    n_bytes = int.from_bytes(frame[at + 12 : at + 16], "big")
    if flags & 3 == 3 and n_bytes + length < size and frame_length(read(n_bytes, 4)):
        return length  # frames go on behind the last one that is counted
    return None if flags & 1 and n_frames else length


def mp3_end(read: Read, size: int) -> int:
    """Return where an MP3's last frame ends that is whole, the size where none is cut.

    Frames at the end are followed one by one; what is no chain of them, such as a tag, is left.
    """
    tail = max(0, size - _MP3_TAIL)
    data = read(tail, size - tail)
    for start in range(len(data) - 3):
        n_frames, last, position = 0, start, start
        while (length := frame_length(data[position : position + 4])) > 0:
            n_frames, last, position = n_frames + 1, position, position + length
        if n_frames < _MP3_CHAIN:
            continue
        if position > len(data):
            return tail + last
        rest = data[position : position + 4]
        return tail + position if 0 < len(rest) < 4 and rest[0] == 0xFF else size
    return size


@dataclass(frozen=True, slots=True)
class _Page:
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


def _ogg_pages(read: Read, size: int) -> Iterator[_Page]:
    position = n_damaged = 0
    while position < size:
        head = read(position, 27)
        if head[:4] != b"OggS"[: len(head)]:
            position = _find(read, b"OggS", position, size)
            continue
        if len(head) < 27:
            yield _Page(position, size)
            return
        end = position + 27 + head[26] + sum(read(position + 27, head[26]))
        is_whole = end <= size
        if end < size and read(end, 4) != b"OggS"[: size - end]:
            is_whole = n_damaged < _MOST_CHUNKS and _is_intact(read(position, end - position))
            if not is_whole:  # cut, and others may begin in what it claims
                n_damaged += 1
                end = _find(read, b"OggS", position + 4, size)
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


def _find(read: Read, mark: bytes, position: int, size: int) -> int:
    """Return the position of a mark from another on, or the size."""
    while position < size:
        block = read(position, min(_BLOCK, size - position))
        found = block.find(mark)
        if found >= 0:
            return position + found
        position += max(1, len(block) - len(mark) + 1)
    return size


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
    """Return the recordings that follow one another in an Ogg file."""
    firsts, lasts = list[_Page](), list[_Page]()
    was_first = False
    for page in _ogg_pages(read, size):
        # Several first pages in a row belong to one recording, of several streams.
        if (page.is_first and not was_first) or not firsts:
            firsts.append(page)
            lasts.append(page)
        lasts[-1] = page
        was_first = page.is_first
    ends = [*(page.start for page in firsts[1:]), size]
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
