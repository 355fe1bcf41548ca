"""Recordings that are not what their names or headers say: all samples, or an error of it."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from quaver.recordings.containers import frame_length, tag_length
from quaver.recordings.sources import opened
from recorded import RATE, Wrap, as_path, encoded, with_number, without_info

# Lengths that libsndfile guesses, or that are missing.


@pytest.mark.parametrize(("first", "second"), [(1.0, 1.0), (1e-3, 1.0), (1.0, 1e-3)])
@pytest.mark.parametrize(("rate", "per_frame"), [(16000, 576), (44100, 1152)])
@pytest.mark.parametrize("tag", [b"", b"TAG" + bytes(125)], ids=["", "tag"])
def test_mp3_that_does_not_tell_its_length(
    tmp_path: Path, wrap: Wrap, first: float, second: float, rate: int, per_frame: int, tag: bytes
) -> None:
    levels = np.repeat([first, second], rate)
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 2 * rate) * levels
    data, n_frames = without_info(encoded(samples, "MP3", rate=rate))
    found, _ = quaver.load(wrap(data + tag, tmp_path))
    assert len(found) == n_frames * per_frame
    part, _ = quaver.load(wrap(data + tag, tmp_path), offset=0.5, duration=0.25)
    start = rate // 2
    np.testing.assert_allclose(part, found[start : start + rate // 4], atol=1e-6)
    with pytest.raises(ValueError, match="behind the end"):
        quaver.load(wrap(data, tmp_path), offset=60)


@pytest.mark.parametrize("bitrate_mode", ["CONSTANT", "VARIABLE"])
def test_mp3_that_was_cut_within_a_frame(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], bitrate_mode: str
) -> None:
    buffer = io.BytesIO()
    soundfile.write(
        buffer, noise, RATE, format="MP3", bitrate_mode=bitrate_mode, compression_level=0.3
    )
    data, _ = without_info(buffer.getvalue())
    ends = [0]
    while ends[-1] < len(data):
        ends.append(ends[-1] + frame_length(data[ends[-1] : ends[-1] + 4]))
    whole, _ = quaver.load(data)
    for n in (8, len(ends) // 2, len(ends) - 2):
        for more in (0, 1, 3, 4, 5, ends[n + 1] - ends[n] - 1):
            found, _ = quaver.load(wrap(data[: ends[n] + more], tmp_path))
            assert len(found) == n * 576, (n, more)
            np.testing.assert_allclose(found[:-576], whole[: len(found) - 576], atol=1e-6)


def test_mp3_whose_encoder_was_killed(tmp_path: Path, wrap: Wrap) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 2 * RATE)
    data = encoded(samples, "MP3")
    mark = b"Xing" if b"Xing" in data else b"Info"
    _, n_frames = without_info(data)
    killed = with_number(data, mark, 8, ">I", 0)
    assert len(quaver.load(wrap(killed, tmp_path))[0]) == n_frames * 576


def opened_flac(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[21] &= 0xF0
    changed[22:26] = bytes(4)
    return bytes(changed)


W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
#: Headers that killed recorders and pipes leave behind.
OPEN = {
    "wav 0": lambda x: with_number(encoded(x, "WAV"), b"data", 4, "<I", 0),
    "wav ffffffff": lambda x: with_number(encoded(x, "WAV"), b"data", 4, "<I", 0xFFFFFFFF),
    "wav 0, riff 0": lambda x: with_number(
        with_number(encoded(x, "WAV"), b"data", 4, "<I", 0), b"RIFF", 4, "<I", 0
    ),
    "wav 0, riff 36": lambda x: with_number(
        with_number(encoded(x, "WAV"), b"data", 4, "<I", 0), b"RIFF", 4, "<I", 36
    ),
    "float wav 0": lambda x: with_number(encoded(x, "WAV", "FLOAT"), b"data", 4, "<I", 0),
    "rf64 0": lambda x: with_number(encoded(x, "RF64"), b"ds64", 16, "<q", 0),
    "rf64 -1": lambda x: with_number(encoded(x, "RF64"), b"ds64", 16, "<q", -1),
    "au 0": lambda x: with_number(encoded(x, "AU"), b".snd", 8, ">I", 0),
    "au ffffffff": lambda x: with_number(encoded(x, "AU"), b".snd", 8, ">I", 0xFFFFFFFF),
    "caf 0": lambda x: with_number(encoded(x, "CAF"), b"data", 4, ">q", 0),
    "caf -1": lambda x: with_number(encoded(x, "CAF"), b"data", 4, ">q", -1),
    "w64 0": lambda x: with_number(encoded(x, "W64"), W64_DATA, 16, "<q", 0),
    "w64 largest": lambda x: with_number(encoded(x, "W64"), W64_DATA, 16, "<q", 2**63 - 1),
    "aiff 0": lambda x: with_number(encoded(x, "AIFF"), b"SSND", 4, ">I", 0),
    "flac 0": lambda x: opened_flac(encoded(x, "FLAC")),
}


@pytest.mark.parametrize("kind", OPEN)
def test_a_length_that_was_never_written(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], kind: str
) -> None:
    found, _ = quaver.load(wrap(OPEN[kind](noise), tmp_path))
    np.testing.assert_allclose(found, noise, atol=1 / 32768)
    part, _ = quaver.load(wrap(OPEN[kind](noise), tmp_path), offset=0.25, duration=0.5)
    np.testing.assert_array_equal(part, found[4000:12000])


@pytest.mark.parametrize("kind", ["au 0", "rf64 0", "w64 0", "caf 0"])
def test_a_long_recording_without_length(
    tmp_path: Path, noise: NDArray[np.float32], kind: str
) -> None:
    path = as_path(OPEN[kind](noise), tmp_path)
    n_bytes = 5 << 30
    os.truncate(path, n_bytes)  # of which the file system stores almost nothing
    with opened(path, "a") as sound:
        assert sound.frames is not None
        assert abs(sound.frames - n_bytes // 2) < 5000


def test_a_wav_without_length_that_is_too_long(tmp_path: Path, noise: NDArray[np.float32]) -> None:
    path = as_path(OPEN["wav 0"](noise), tmp_path)
    os.truncate(path, 3 << 30)
    with opened(path, "a") as sound:
        assert sound.frames == (3 << 29) - 22
    os.truncate(path, 5 << 30)
    with pytest.raises(ValueError, match=r"a\.bin: a WAV without a length .* more than 4 GiB"):
        quaver.load(path)


def test_no_samples_ahead_of_other_chunks() -> None:
    empty = encoded(np.zeros(0, np.float32), "WAV")
    with pytest.raises(ValueError, match="holds no samples"):
        quaver.load(empty + b"LIST" + struct.pack("<I", 6) + b"INFOab")


@pytest.mark.parametrize("kind", ["AU", "CAF", "W64"])
def test_other_containers_that_are_cut(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], kind: str
) -> None:
    data = encoded(noise, kind)
    with pytest.raises(ValueError, match=r"truncated, the header promises 32000 bytes .* 31000"):
        quaver.load(wrap(data[:-1000], tmp_path))


def tag(n: int) -> bytes:
    return b"ID3\x04\0\0" + bytes([n >> 21 & 127, n >> 14 & 127, n >> 7 & 127, n & 127]) + bytes(n)


@pytest.mark.parametrize("n", [0, 4101, 70000])
@pytest.mark.parametrize("kind", ["WAV", "FLAC", "AIFF", "AU", "OGG", "CAF", "MP3"])
def test_behind_a_tag(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], kind: str, n: int
) -> None:
    data = encoded(noise, kind)
    found, _ = quaver.load(wrap(tag(n) + data, tmp_path))
    np.testing.assert_array_equal(found, quaver.load(data)[0])
    tags = tag(n) + tag(7)
    assert tag_length(lambda at, n: tags[at : at + n]) == len(tags)


# Names and formats.


@pytest.mark.parametrize("ending", ["", ".au", ".caf", ".w64", ".wave", ".raw", ".gsm", ".xyz"])
@pytest.mark.parametrize("kind", ["WAV", "AU", "FLAC", "OGG"])
def test_formats_are_known_by_content(
    tmp_path: Path, noise: NDArray[np.float32], kind: str, ending: str
) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(encoded(noise, kind))
    found, _ = quaver.load(path)
    np.testing.assert_array_equal(found, quaver.load(path.read_bytes())[0])


@pytest.mark.parametrize("kind", sorted(set(soundfile.available_formats()) - {"RAW", "SD2"}))
def test_every_format_of_libsndfile(tmp_path: Path, noise: NDArray[np.float32], kind: str) -> None:
    for subtype in soundfile.available_subtypes(kind):
        rate = 8000 if kind == "WVE" else RATE
        path = tmp_path / f"a.{kind}"
        try:
            soundfile.write(path, noise, rate, format=kind, subtype=subtype)
            expected, rate = soundfile.read(path, dtype="float32")
        except soundfile.LibsndfileError:
            continue  # written in parts only, or not read by its content
        for file in (path, path.read_bytes()):
            found, found_rate = quaver.load(file)
            np.testing.assert_allclose(found, expected, atol=1e-7 if kind == "MP3" else 0)
            assert found_rate == rate


def test_a_name_that_is_not_utf8(tmp_path: Path, noise: NDArray[np.float32]) -> None:
    name = os.fsdecode(b"\xff.wav")
    try:
        (tmp_path / name).write_bytes(encoded(noise, "WAV"))
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    assert len(quaver.load(tmp_path / name)[0]) == len(noise)
    assert len(quaver.load(str(tmp_path / name), 8000)[0]) == len(noise) // 2
    batch = quaver.extract_many([tmp_path / name, str(tmp_path / "none")])
    assert (len(batch), len(batch.failures)) == (1, 1)


def test_a_path_that_is_long(tmp_path: Path, noise: NDArray[np.float32]) -> None:
    folder = tmp_path
    try:
        while len(str(folder)) < 1100:
            folder /= "d" * 200
            folder.mkdir()
    except OSError:
        pytest.skip("this system has no such paths")
    (folder / "a.wav").write_bytes(encoded(noise, "WAV"))
    assert len(quaver.load(folder / "a.wav")[0]) == len(noise)


# What is no recording.

NO_RECORDINGS = {
    "a Git LFS pointer, fetch it": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",
    "a git-annex pointer, fetch it": b"/annex/objects/SHA256E-s1--ab.wav\n",
    "an HTML page": b"\n<!DOCTYPE html>\n<html><body>404</body></html>",
    "XML or JSON text": b'{"error": "not found"}',
    "a playlist": b"#EXTM3U\nhttp://example.org/a.mp3\n",
    "a macOS resource fork": b"\x00\x05\x16\x07" + bytes(100),
    "a ZIP archive, unpack it": b"PK\x03\x04" + bytes(100),
    "a gzip archive, unpack it": b"\x1f\x8b" + bytes(100),
    "a PDF document": b"%PDF-1.4\n\xff",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "only zeros": bytes(5000),
    "text": "caf\xe9 ".encode() * 1000,
}


@pytest.mark.parametrize("what", NO_RECORDINGS, ids=lambda what: what[:12])
def test_what_is_no_recording_is_named(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(NO_RECORDINGS[what])
    with pytest.raises(ValueError, match=rf"a\.wav: not a readable recording \({what}"):
        quaver.load(path)
    with pytest.raises(ValueError, match=what):
        quaver.load(NO_RECORDINGS[what])


def test_no_path() -> None:
    with pytest.raises(ValueError, match="file must be the path of a recording, got ''"):
        quaver.load("")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(ValueError, match=r"a\.wav: a pipe or device"):
        quaver.load(tmp_path / "a.wav")


# File objects.


def test_a_closed_file_object_is_called_that(noise: NDArray[np.float32]) -> None:
    file = io.BytesIO(encoded(noise, "WAV"))
    file.close()
    with pytest.raises(ValueError, match=r"<file object>: the file object is closed"):
        quaver.load(file)


def test_an_object_at_its_end(noise: NDArray[np.float32]) -> None:
    stream = io.BytesIO()
    stream.write(encoded(noise, "WAV"))
    with pytest.raises(ValueError, match=r"the file object stands at its end, seek\(0\) first"):
        quaver.load(stream)


@pytest.mark.parametrize("size", [0, 10**6], ids=["on disk", "in memory"])
def test_a_spooled_file(noise: NDArray[np.float32], size: int) -> None:
    with tempfile.SpooledTemporaryFile(size) as stream:
        stream.write(encoded(noise, "WAV"))
        if size == 0:
            stream.rollover()
        with pytest.raises(ValueError, match=r"<file object>: the file object stands at its end"):
            quaver.load(stream)  # type: ignore[arg-type]
        stream.seek(0)
        assert len(quaver.load(stream)[0]) == len(noise)  # type: ignore[arg-type]


def test_objects_of_text(tmp_path: Path, noise: NDArray[np.float32]) -> None:
    path = as_path(encoded(noise, "WAV"), tmp_path)
    with path.open() as text, pytest.raises(TypeError, match="open it with mode 'rb'"):
        quaver.load(text)  # type: ignore[arg-type]
    spooled = tempfile.SpooledTemporaryFile(mode="w+")  # noqa: SIM115
    with spooled, pytest.raises(TypeError, match="a binary file object, got"):
        quaver.load(spooled)  # type: ignore[arg-type]


class Pipe(io.RawIOBase):
    """Bytes that come a few at a time, once."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(memoryview(buffer)[:777])


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_an_object_that_cannot_be_placed(noise: NDArray[np.float32], kind: str) -> None:
    data = encoded(noise, kind)
    found, _ = quaver.load(io.BufferedReader(Pipe(data)))
    np.testing.assert_array_equal(found, quaver.load(data)[0])
    reader, writer = os.pipe()
    with open(reader, "rb") as stream:
        os.write(writer, data[:30000])
        os.close(writer)
        if len(data) <= 30000:
            np.testing.assert_array_equal(quaver.load(stream)[0], found)


class Failing(io.BytesIO):
    """A file on a disk that fails: every read from the one with a number on."""

    def __init__(self, data: bytes, last: int) -> None:
        super().__init__(data)
        self.n_reads, self._last = 0, last

    def read(self, n: int | None = -1, /) -> bytes:
        self.n_reads += 1
        if self.n_reads > self._last:
            raise OSError(5, "Input/output error")
        return super().read(n)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seekable(self) -> bool:
        return True


class Wrapped:
    """A file object that is no class of Python's."""

    def __init__(self, stream: Failing) -> None:
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell


@pytest.mark.parametrize("kind", ["OGG", "FLAC", "WAV", "MP3"])
def test_an_error_of_a_file_object_is_raised_at_every_place(
    noise: NDArray[np.float32], kind: str
) -> None:
    data = encoded(np.tile(noise, 2), kind)
    whole = Failing(data, 10**9)
    quaver.load(Wrapped(whole))  # type: ignore[arg-type]
    assert whole.n_reads > 3
    for last in range(whole.n_reads):
        with pytest.raises(OSError, match="Input/output error"):
            quaver.load(Wrapped(Failing(data, last)), 8000)  # type: ignore[arg-type]
