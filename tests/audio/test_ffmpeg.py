"""What ffmpeg reads, through a script that stands for it: few machines of tests have one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
from quaver.recordings import ffmpeg
from recorded import RATE, Wrap, as_path, encoded, with_number

M4A = b"\x00\x00\x00\x20ftypM4A " + bytes(40)
MEDIA = {
    "MPEG-4": M4A,
    "WebM or Matroska": b"\x1aE\xdf\xa3" + bytes(40),
    "AMR": b"#!AMR\n" + bytes(40),
    "AAC": b"\xff\xf1\x50\x80" + bytes(40),
    "Windows Media": b"0&\xb2u\x8ef\xcf\x11" + bytes(40),
}


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a script in the place of ffmpeg, and nothing else on PATH."""
    if os.name != "posix":
        pytest.skip("no such scripts")
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(script: str) -> Path:
        program = folder / "ffmpeg"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return folder

    return put


@pytest.mark.parametrize("kind", MEDIA)
def test_without_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = as_path(MEDIA[kind], tmp_path)
    message = rf"a\.bin: {kind}, which needs ffmpeg, .*: install it, or convert .*ffmpeg -i"
    with pytest.raises(ValueError, match=message):
        quaver.load(path)
    batch = quaver.extract_many([path, MEDIA[kind]])
    assert [failure.error for failure in batch.failures] == ["ValueError"] * 2


@pytest.mark.parametrize("kind", MEDIA)
def test_through_ffmpeg(
    tmp_path: Path,
    wrap: Wrap,
    noise: NDArray[np.float32],
    stand_in: Callable[[str], Path],
    kind: str,
) -> None:
    streamed = with_number(encoded(noise, "WAV", "FLOAT"), b"data", 4, "<I", 0xFFFFFFFF)
    (tmp_path / "out.wav").write_bytes(streamed)
    folder = stand_in(f'printf "%s\\n" "$@" > "{tmp_path}/args"\n/bin/cat "{tmp_path}/out.wav"')
    found, rate = quaver.load(wrap(MEDIA[kind], tmp_path))
    np.testing.assert_array_equal(found, noise)
    assert rate == RATE
    given = (tmp_path / "args").read_text().splitlines()
    assert "-nostdin" in given
    assert given[given.index("-protocol_whitelist") + 1] == "file,pipe"
    assert not {"hls", "concat", "dash", "sdp"} & set(
        given[given.index("-format_whitelist") + 1].split(",")
    )
    assert given[given.index("-i") + 1].startswith("file:/")
    assert "-t" not in given
    part, _ = quaver.load(wrap(MEDIA[kind], tmp_path), offset=0.25, duration=0.5)
    np.testing.assert_array_equal(part, noise[4000:12000])
    given = (tmp_path / "args").read_text().splitlines()
    assert float(given[given.index("-t") + 1]) == 1.75
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "echo moov atom not found >&2; exit 1",
            r"ffmpeg cannot decode it \(moov atom not found\)",
        ),
        ("exit 0", "ffmpeg cannot decode it"),
        ("echo stream 0: partial file >&2; echo x", r"truncated \(ffmpeg: stream 0: partial file"),
        ("echo Stream map matches no streams >&2; exit 1", "a film without sound"),
        ("echo rubbish", "not a readable recording"),
        ("exec /bin/sleep 60", "ffmpeg took more than 0 s"),
    ],
)
def test_what_ffmpeg_cannot_read(
    stand_in: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    if "sleep" in script:
        monkeypatch.setattr(ffmpeg, "_SECONDS", 0.3)
    stand_in(script)
    with pytest.raises(ValueError, match=rf"<\d+ bytes>: {message}"):
        quaver.load(M4A)


# Where there is none, the stand-in of the tests above is all that can be tried.
if ffmpeg.find() is not None:

    @pytest.mark.parametrize("ending", ["m4a", "webm", "aac", "mka"])
    def test_with_a_real_ffmpeg(tmp_path: Path, noise: NDArray[np.float32], ending: str) -> None:
        (tmp_path / "a.wav").write_bytes(encoded(noise, "WAV"))
        program = str(ffmpeg.find())
        path = tmp_path / f"-a b.{ending}"
        command = [
            program,
            "-nostdin",
            "-v",
            "error",
            "-i",
            str(tmp_path / "a.wav"),
            f"file:{path}",
        ]
        subprocess.run(command, check=True)
        for file in (path, path.read_bytes()):
            found, _ = quaver.load(file, RATE)
            assert abs(len(found) - len(noise)) < 3000
            assert np.std(found) > 0.05
        with pytest.raises(ValueError, match=r"not a readable recording|ffmpeg|truncated"):
            quaver.load(path.read_bytes()[:200])
