"""What the bytes of a recording say, and where libsndfile believes them too much or too little.

Everything here looks at bytes only through ``read(position, n)``, which returns fewer at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

Read = Callable[[int, int], bytes]
_Order = Literal["little", "big"]

#: Programs that write to a pipe leave a placeholder from here on as length of the data.
STREAMED = 0x7FFF0000
# 64-bit lengths from here on are none.
_NO_LENGTH = 1 << 62
#: Chunks, blocks or pages that are looked at before samples must have come, and what turns out to
#: be none: a forged file may hold millions.
MOST_CHUNKS = 4096
#: Recordings in one file, of which each is opened by itself.
MOST_RECORDINGS = 4096

#: Bytes in which a mark is looked for at a time, and those that two of them share: a header lies
#: whole in one of them.
BLOCK = 1 << 16
_SHARED = 1 << 10

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
    for _ in range(MOST_CHUNKS):
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
    for _ in range(MOST_CHUNKS):
        chunk = read(position, 8)
        if len(chunk) < 8:
            return None
        length = int.from_bytes(chunk[4:], order)
        if chunk[:4] == b"ds64":
            long = int.from_bytes(read(position + 16, 8), order), position + 16
        elif chunk[:4] == wanted:
            start = position + 8
            if length >= STREAMED and long is not None:
                is_open = long[0] >= _NO_LENGTH or (long[0] == 0 and start < size)
                promised = None if is_open else long[0]
                return Samples(start, promised, long[1], 8, order)
            is_open = length >= STREAMED or (
                length == 0 and wanted == b"data" and not _are_chunks(read, start, size, order)
            )
            return Samples(start, None if is_open else length, position + 4, 4, order)
        position += 8 + length + length % 2
    return None


def _are_chunks(read: Read, position: int, size: int, order: _Order) -> bool:
    """Tell whether nothing but whole chunks follows: then there really are no samples."""
    for _ in range(MOST_CHUNKS):
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
    for _ in range(MOST_CHUNKS):
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
    for _ in range(MOST_CHUNKS):
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


# How recordings begin that may follow another one, by their container's first bytes. Each has three
# zeros in a row soon after, but a FLAC whose first block is its last.
_FLAC = b"fLaC(?=[\0\x80]\0\0\x22)"
_BEGINNINGS = {
    b"fLaC": _FLAC,
    b"RIFF": b"RIFF(?=....WAVE)",
    b"RIFX": b"RIFX(?=....WAVE)",
    b"RF64": b"RF64(?=....WAVE)",
    b"BW64": b"BW64(?=....WAVE)",
    b"FORM": b"FORM(?=....AIF[FC])",
    b"caff": b"caff(?=\0\x01..desc)",
    b".snd": b"[.]snd(?=\0\0......\0\0\0)",
    b"riff": re.escape(_W64_RIFF) + b"(?=.{8}wave)",
    b"OggS": b"OggS(?=\0\x02\0{8})",
}
_ANY = re.compile(b"|".join(_BEGINNINGS.values()), re.DOTALL)
# Bytes by which the longest of them, that of W64, is known.
_LONGEST_MARK = 28
# Kinds of blocks in front of the frames of a FLAC.
_FLAC_BLOCKS = 7


def next_recording(read: Read, size: int) -> int | None:
    """Return where another recording begins behind the one at the beginning; None without one.

    Where more follows than the samples, one of the same kind may also begin in what those claim:
    then the first is cut. Where a FLAC or MP3 ends only decoding tells.
    """
    mark = read(0, 4)
    if mark == b"fLaC":
        return _next_of(read, size, _flac_frames(read), _ANY, _may_begin)
    if is_mpeg(mark):
        return _next_of(read, size, max(1, frame_length(mark)), _ANY, _may_begin)
    samples = find_samples(read, size)
    if samples is None or samples.length is None or samples.start + samples.length >= size:
        return None
    end = samples.start + samples.length
    same = re.compile(_BEGINNINGS.get(mark, re.escape(mark)), re.DOTALL)
    within = _next_of(read, end + _LONGEST_MARK, samples.start, same, lambda block: mark in block)
    if within is not None and within < end:
        return within
    marked = next_marked(read, size, end)
    return _next_mp3(read, size, end) if marked is None else marked


def _next_mp3(read: Read, size: int, start: int) -> int | None:
    """Return where an MP3 begins just behind the samples of another recording."""
    for begin in range(start, min(start + 2, size)):  # chunks end at even places
        behind = begin + tag_length(partial(_behind, read, begin))
        if _is_chain(read(behind, _MP3_CHAIN * _LONGEST_FRAME), 0):
            return behind
    return None


def _behind(read: Read, start: int, position: int, n: int) -> bytes:
    return read(start + position, n)


def next_marked(read: Read, size: int, start: int) -> int | None:
    """Return where a recording begins from a position on, None without one."""
    return _next_of(read, size, start, _ANY, lambda _: True)


def _flac_frames(read: Read) -> int:
    """Return where the frames of a FLAC begin: pictures and padding are in front of them."""
    position = 4
    for _ in range(MOST_CHUNKS):
        head = read(position, 4)
        if len(head) < 4 or head[0] & 0x7F >= _FLAC_BLOCKS:
            break
        position += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            break
    return position


def _may_begin(block: bytes) -> bool:
    """Tell whether a recording may begin among frames, much faster than by all the marks."""
    # Of three zeros two are a pair that lies on an even place.
    pairs = np.frombuffer(block, np.uint16, len(block) // 2)
    return b"fLaC" in block or (not pairs.all() and b"\0\0\0" in block)


def _next_of(
    read: Read, size: int, start: int, wanted: re.Pattern[bytes], likely: Callable[[bytes], bool]
) -> int | None:
    position = start
    while position < size:
        block = read(position, min(BLOCK, size - position))
        if likely(block) and (found := wanted.search(block)):
            return position + found.start()
        if len(block) <= _SHARED or position + len(block) >= size:
            break
        position += len(block) - _SHARED
    return None


def open_flac(read: Read) -> tuple[int, bytes] | None:
    """Return a patch that gives a FLAC without a length the greatest one, None if it tells."""
    head = read(0, 26)
    if head[:4] != b"fLaC" or len(head) < 26 or head[4] & 0x7F != 0:
        return None
    if head[21] & 0x0F or any(head[22:26]):
        return None
    return 21, bytes([head[21] | 0x0F, 0xFF, 0xFF, 0xFF, 0xFF])


def flac_seconds(head: bytes) -> float:
    """Return how long a FLAC says it is by its first bytes; 0 if it is none or does not tell."""
    if open_flac(lambda start, n: head[start : start + n]) is not None:
        return 0.0
    if head[:4] != b"fLaC" or len(head) < 26 or head[4] & 0x7F != 0:
        return 0.0
    rate = int.from_bytes(head[18:21], "big") >> 4
    frames = int.from_bytes(head[21:26], "big") & 0xFFFFFFFFF
    return frames / rate if rate else 0.0


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
        if _is_chain(data, start):
            return start
    return None


def _is_chain(data: bytes, start: int) -> bool:
    """Tell whether frames of an MP3 follow one another from a position on."""
    position = start
    for _ in range(_MP3_CHAIN):
        length = frame_length(data[position : position + 4])
        if length == 0 or data[position + 1] != data[start + 1]:
            return False
        position += length
    return True


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
