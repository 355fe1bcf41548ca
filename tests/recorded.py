"""Recordings as bytes, damaged on purpose, and the ways to pass them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import soundfile
from numpy.typing import NDArray

from quaver.recordings.containers import frame_length

RATE = 16000
Wrap = Callable[[bytes, Path], Any]


def encoded(
    samples: NDArray[Any], kind: str, subtype: str | None = None, rate: int = RATE
) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def as_path(data: bytes, folder: Path) -> Path:
    path = folder / "a.bin"
    path.write_bytes(data)
    return path


def as_object(data: bytes, folder: Path) -> Any:
    return io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]  # raw enough


def as_bytes(data: bytes, folder: Path) -> bytes:
    return data


def without_info(mp3: bytes) -> tuple[bytes, int]:
    """An MP3 without its first frame, which tells the length, and the frames that are left."""
    rest = mp3[frame_length(mp3[:4]) :]
    position = n = 0
    while position < len(rest):
        position += frame_length(rest[position : position + 4])
        n += 1
    return rest, n


def with_number(data: bytes, mark: bytes, behind: int, layout: str, value: int) -> bytes:
    """A file whose header has another number, so many bytes behind a mark."""
    changed = bytearray(data)
    at = data.index(mark) + behind
    changed[at : at + struct.calcsize(layout)] = struct.pack(layout, value)
    return bytes(changed)
