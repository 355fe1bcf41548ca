"""Recordings that the core reads by itself, as the careful way would; and what is left."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from fuzzing import CALLS, mutated_bytes
from quaver._validate import Downmix
from quaver.recordings import native
from recorded import encoded, with_number

RATE = 16000
Reading = tuple[NDArray[np.float32], int]
# Container and subtype; all but WAV and FLAC of 16 bits through libsndfile.
KINDS = [
    ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_U8"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"),
    ("WAV", "IMA_ADPCM"), ("WAVEX", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"),
    ("FLAC", "PCM_S8"),
]  # fmt: skip


def at_once(
    file: Any, rate: int | None = None, downmix: Downmix = None, most: float | None = None
) -> Reading | None:
    return native.read(file, rate, downmix, most)


@pytest.fixture
def carefully(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`load` without the core's reader."""

    def load(*args: Any, **options: Any) -> Reading:
        with monkeypatch.context() as patch:
            patch.setattr(native, "read", lambda *_: None)
            return quaver.load(*args, **options)

    return load


def tune(n: int, channels: int = 1) -> NDArray[np.float32]:
    noise = np.random.default_rng(n).uniform(-0.4, 0.4, (n, channels))
    return noise.astype(np.float32)


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


@pytest.mark.parametrize(
    ("kind", "subtype", "channels"),
    [(*each, n) for each in KINDS for n in (1, 2, 3) if n < 3 or each[1] != "IMA_ADPCM"],
)
def test_as_the_careful_way(
    target: str, carefully: Any, tmp_path: Path, kind: str, subtype: str, channels: int
) -> None:
    data = encoded(tune(9000, channels), kind, subtype, 48000)
    path = tmp_path / "ä.wav"
    path.write_bytes(data)
    choices: list[Downmix] = [None, "mean"] if channels == 1 else [None, "mean", 1]
    for downmix in choices:
        for rate in (None, 48000, 16000, 22050):
            samples, found = carefully(data, rate, downmix=downmix)
            for file in (data, path, str(path), quaver.audio.Segment(path)):
                read = at_once(file, rate, downmix)
                assert read is not None
                assert read[1] == found
                assert read[0].dtype == np.float32
                np.testing.assert_array_equal(read[0], samples)


def test_chunks_before_and_behind(carefully: Any) -> None:
    """As editors leave them; the last of an odd length, with its padding and without."""
    wav = encoded(tune(2000), "WAV", "PCM_16")
    extra = chunk(b"LIST", b"INFOISFT" + bytes(7)) + chunk(b"_PMX", b"<x>" * 1001)
    for behind in (extra, extra[:-1]):
        data = wav[:12] + chunk(b"FLLR", bytes(4044)) + wav[12:] + behind
        read = at_once(data)
        assert read is not None
        np.testing.assert_array_equal(read[0], carefully(data)[0])


FLAC = encoded(tune(2000), "FLAC", "PCM_16")
WAV = encoded(tune(2000), "WAV", "PCM_16")
LEFT = {
    "empty": b"",
    "short": WAV[:43],
    "cut": WAV[:-2],
    "no samples": encoded(tune(0), "WAV", "PCM_16"),
    "streamed": with_number(WAV, b"data", 4, "<I", 0xFFFFFFFF),
    "longer than it says": with_number(WAV, b"data", 4, "<I", 3998),
    "joined": WAV + WAV,
    "joined with a FLAC": WAV + FLAC,
    "a WAV within one": WAV + chunk(b"LIST", WAV),
    "an MP3 behind": WAV + encoded(tune(4000), "MP3"),
    "a tag behind": WAV + b"ID3\x04\0\0\0\0\0\x0a" + bytes(10),
    "garbage behind": WAV + b"\x01\x02\x03\x04\x05\x06\x07\x08\x09",
    "a chunk that is cut": WAV + chunk(b"LIST", bytes(20))[:-4],
    "another beginning in the samples": (
        WAV[:1000] + WAV[:44] + WAV[1044:] + chunk(b"LIST", b"INFO")
    ),
    "odd frames": with_number(WAV, b"fmt ", 20, "<H", 3),
    "no rate": with_number(WAV, b"fmt ", 12, "<I", 0),
    "a rate beyond all": with_number(WAV, b"fmt ", 12, "<I", 1_000_001),
    "no channels": with_number(WAV, b"fmt ", 10, "<H", 0),
    "no format": WAV[:12] + WAV[36:],
    "two formats": WAV[:12] + WAV[12:36] + WAV[12:],
    "a name that is none": WAV[:12] + chunk(b"\0\1\2\3", b"1234") + WAV[12:],
    "big-endian": encoded(tune(2000), "AIFF", "PCM_16"),
    "a tag": b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + WAV,
    "a FLAC without a length": FLAC[:21] + bytes([FLAC[21] & 0xF0]) + bytes(4) + FLAC[26:],
    "a FLAC that is cut": FLAC[:-100],
    "a FLAC's header": FLAC[:42],
    "FLACs that are joined": FLAC + FLAC,
    "a FLAC that lies": FLAC[:25] + b"\xff" + FLAC[26:],
    "an Ogg": encoded(tune(2000), "OGG"),
    "an MP3": encoded(tune(4000), "MP3"),
    "text": b"RIFF" + b"x" * 100,
}


@pytest.mark.parametrize("what", list(LEFT))
def test_what_is_left(tmp_path: Path, what: str) -> None:
    assert at_once(LEFT[what]) is None
    path = tmp_path / "a.wav"
    path.write_bytes(LEFT[what])
    assert at_once(path) is None


def test_what_is_left_of_paths(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    link = tmp_path / "link.wav"
    link.symlink_to(path)
    assert at_once(link) is not None
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    for other in (
        pipe, tmp_path, tmp_path / "none.wav", "", "a\0b", "\ud800", os.fsencode(path), None, 3,
        path.open("rb"), np.zeros(9), quaver.audio.Segment(path, 0.01),
        quaver.audio.Segment(path, end=0.1), bytearray(WAV), memoryview(WAV), Path("/dev/zero"),
    ):  # fmt: skip
        assert at_once(other) is None
        getattr(other, "close", int)()


def test_limits(tmp_path: Path) -> None:
    """Long recordings are read bit by bit, whatever they hold."""
    long = tune((1 << 21) + 1)
    assert at_once(encoded(long, "WAV", "PCM_16")) is None
    assert at_once(encoded(np.zeros_like(long), "FLAC", "PCM_16")) is None
    path = tmp_path / "a.wav"
    soundfile.write(path, long, RATE, "PCM_16")
    assert at_once(path) is None
    assert at_once(WAV, most=2000 / RATE) is not None
    assert at_once(WAV, most=1999 / RATE) is None
    stereo = encoded(tune(100, 2), "WAV", "PCM_16")
    assert at_once(stereo, downmix=2) is None
    assert at_once(WAV, downmix=0) is None
    assert at_once(WAV, 16001) is None  # which soxr can
    assert at_once(encoded(tune(1), "WAV", "PCM_16", 48000), 16000) is None  # nothing is left


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_of_damaged_files_nothing_else_is_read(carefully: Any, kind: str) -> None:
    """What the core reads, the careful way reads too, and to the same samples."""
    rng, numbers = random.Random(3), np.random.default_rng(3)
    n_read = 0
    for subtype, channels in (("PCM_16", 1), ("PCM_16", 2), ("PCM_24", 1)):
        good = encoded(tune(300, channels), kind, subtype)
        good += chunk(b"LIST", b"INFOISFT" + bytes(8)) if kind == "WAV" else b""
        for _ in range(CALLS // 6):
            data = bytearray(good)
            for _ in range(rng.randint(1, 3)):
                data[rng.randrange(64 if rng.random() < 0.7 else len(data))] = rng.randrange(256)
            if rng.random() < 0.2:
                data = bytearray(mutated_bytes(numbers, bytes(data)))
            read = at_once(bytes(data), 8000)
            if read is None:
                continue
            n_read += 1
            samples, rate = carefully(bytes(data), 8000)
            assert rate == read[1]
            np.testing.assert_array_equal(read[0], samples)
    assert n_read > CALLS // 20


@pytest.mark.parametrize("name", ["_ffi", "_snd"])
def test_another_soundfile(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert len(set(native.addresses().values())) == 5
    monkeypatch.setattr(soundfile, name, None)
    assert native.addresses() == {}
    monkeypatch.delattr(soundfile, name)
    assert native.addresses() == {}


@pytest.mark.parametrize("threads", [1, 3])
def test_many_files(tmp_path: Path, threads: int) -> None:
    """Rows and failures in their order, whoever reads."""
    clips: list[Any] = []
    for i, (kind, subtype) in enumerate(KINDS):
        path = tmp_path / f"{i}.bin"
        path.write_bytes(encoded(tune(9000 + i, 1 + i % 2), kind, subtype, 24000))
        clips += [path, path.read_bytes(), str(path)]
    clips += [WAV[:-2], tmp_path / "none.wav", encoded(tune(9000), "OGG"), WAV, tune(9000)[:, 0]]
    clips += [encoded(tune(100), "WAV", "PCM_16"), encoded(tune(9000) * np.nan, "WAV", "FLOAT")]
    told: list[int] = []
    batch = quaver.extract_many(
        clips[:-3] + clips[-2:], threads=threads, downmix="mean",
        progress=lambda done, _: told.append(done),
    )  # fmt: skip
    n = len(clips) - 1
    assert told == list(range(1, n + 1))
    assert [f.index for f in batch.failures] == [n - 6, n - 5, n - 2, n - 1]
    reasons = ["truncated", "no such recording", "400", "finite"]
    for failure, reason in zip(batch.failures, reasons, strict=True):
        assert reason in failure.reason
    assert batch.index.tolist() == [i for i in range(n) if i not in {n - 6, n - 5, n - 2, n - 1}]
    for i, clip in enumerate(clips[:-7]):
        expected = quaver.extract(quaver.load(clip, RATE, downmix="mean")[0], RATE)
        np.testing.assert_array_equal(batch.values[i], expected)
