"""Good recordings among bad ones of many kinds: rows for those, a reason for each of these."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import quaver
from quaver.audio import Segment
from recorded import RATE, encoded

#: Good recordings, and times that each kind of bad one comes: 300 and 3 for the proof.
N_GOOD, TIMES = (int(n) for n in os.environ.get("QUAVER_GOOD_AND_BAD", "40,1").split(","))


def noise(n: int = 8000, channels: int = 1) -> Any:
    return np.random.default_rng(n).uniform(-0.3, 0.3, (n, channels)).astype(np.float32)


def forged(data: bytes, at: int, layout: str, value: int) -> bytes:
    return data[:at] + struct.pack(layout, value) + data[at + struct.calcsize(layout) :]


def no_file(path: Path) -> None:
    pass


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_suffix(".gone"))


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def cut_in_the_middle(data: bytes) -> bytes:
    return data[: len(data) // 2]


WAV, FLAC = encoded(noise(), "WAV"), encoded(noise(), "FLAC")
NAN = encoded(np.full(8000, np.nan), "WAV", "FLOAT")
#: What is in the file, or makes it, and what its reason says.
BAD: dict[str, tuple[bytes | Callable[[Path], None], str]] = {
    "missing": (no_file, "no such recording"),
    "folder": (a_folder, "expected a recording, got the directory"),
    "dangling": (a_link_to_nothing, "no such recording"),
    "pipe": (a_pipe, "a pipe or device, no file: pass what it gives as a file object"),
    "empty": (b"", "the file is empty, copy or record it again"),
    "zeros": (bytes(9000), "only zeros, the copy or the disk failed"),
    "text": (b"a transcript of what was said\n", "not a readable recording (text)"),
    "page": (b"<!DOCTYPE html><html>404", "an HTML page, the download failed or needs a login"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "fetch it with 'git lfs pull'"),
    "archive": (b"PK\x03\x04" + bytes(99), "a ZIP archive, unpack it first"),
    "fork": (b"\x00\x05\x16\x07" + bytes(99), "use the file without the prefix"),
    "m4a": (b"\x00\x00\x00\x20ftypM4A " + bytes(40), "install it, or convert the file"),
    "random": (np.random.default_rng(1).bytes(5000), "not a readable recording"),
    "cut wav": (cut_in_the_middle(WAV), "truncated, the header promises 16000 bytes"),
    "cut flac": (cut_in_the_middle(FLAC), "recording"),
    "no samples": (encoded(np.zeros(0), "WAV"), "holds no samples, leave it out"),
    "short": (encoded(noise(100), "WAV"), "pad"),
    "nan": (NAN, "finite"),
    "stereo": (encoded(noise(8000, 2), "WAV"), "pass downmix='mean' or a channel index"),
    "500 MHz": (forged(WAV, 24, "<I", 500_000_000), "claims 500000000 Hz, at most 1000000"),
    "no codec": (forged(WAV, 20, "<H", 0x1234), "not a readable recording"),
    "forged": (forged(FLAC, 22, ">I", 0xFFFFFFFF), "pass max_duration, in seconds, to read"),
}


def test_good_recordings_among_bad_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # without ffmpeg
    kinds = ("WAV", "FLAC", "OGG", "MP3", "AIFF", "CAF")
    good, bad = [], []
    for i in range(N_GOOD):
        good.append(tmp_path / f"good {i}.{kinds[i % len(kinds)].lower()}")
        soundfile.write(good[-1], noise(8000 + 10 * i)[:, 0], RATE)
    for i in range(TIMES):
        for name, (what, _) in BAD.items():
            bad.append(tmp_path / f"{name} {i}.wav")
            what(bad[-1]) if callable(what) else bad[-1].write_bytes(what)
    clips: list[Any] = [*good, *bad, Segment(good[0], 60, 61)]
    order = np.random.default_rng(0).permutation(len(clips))
    batch = quaver.extract_many([clips[i] for i in order], threads=2)
    assert sorted(order[batch.index]) == list(range(N_GOOD))
    assert np.isfinite(batch.values).all()
    failures = {clips[order[failure.index]]: failure for failure in batch.failures}
    assert len(failures) == len(BAD) * TIMES + 1
    for path in bad:
        name = path.stem.rsplit(" ", 1)[0]
        reason = failures[path].reason
        assert str(path) in reason
        assert BAD[name][1] in reason
    assert "lies behind the end" in failures[clips[-1]].reason
