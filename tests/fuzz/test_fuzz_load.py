"""`load` on damaged recordings of every format: samples, or an error that names the file.

Seeded, so that a failure can be had again; ``QUAVER_FUZZ_SEED`` is another seed.
"""

from __future__ import annotations

import io
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import quaver
from fuzzing import CALLS, memory_limit, mutated_bytes

# Where headers are: damaged more often than the rest.
_HEADER = 128
# Numbers that lengths, rates and counts should not be.
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
# Samples of one call: silence in a small file may be long, but not without end.
_MOST_BYTES = 300 << 20


def seeds() -> list[bytes]:
    """A small recording of each format and type of samples, and of those that are put together."""
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.5, 0.5, (900, 2)).astype(np.float32)
    made = []
    for kind in sorted(set(soundfile.available_formats()) - {"RAW", "SD2"}):
        for subtype in soundfile.available_subtypes(kind):
            for channels in (1, 2):
                buffer = io.BytesIO()
                try:
                    soundfile.write(buffer, samples[:, :channels], 8000, subtype, format=kind)
                except soundfile.LibsndfileError:
                    continue
                made.append(buffer.getvalue())
    ogg = [data for data in made if data[:4] == b"OggS"]
    mp3 = [data for data in made if data[0] == 0xFF]
    tag = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
    wav = next(data for data in made if data[:4] == b"RIFF")
    joined = [
        ogg[0] + ogg[0],
        ogg[0] + ogg[-1],
        mp3[0] + mp3[0],
        tag + wav,
        tag + mp3[0],
        wav + wav,
    ]
    others = [b"\x00\x00\x00\x20ftypM4A " + bytes(40), b"#!AMR\n" + bytes(40), b"<html>", b"{}"]
    return made + joined + others


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A recording with a few bytes, numbers or parts changed, in its header most of all."""
    if rng.random() < 0.3:
        return mutated_bytes(np.random.default_rng(rng.randrange(1 << 32)), data)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        end = min(len(changed), rng.choice((16, 48, _HEADER, len(changed) or 1)))
        at = rng.randrange(end) if end else 0
        what = rng.randrange(8)
        if what == 0 and changed:
            changed[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            width, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
            value = rng.choice(_NUMBERS) & ((1 << 8 * width) - 1)
            changed[at : at + width] = value.to_bytes(width, order)
        elif what == 2:
            changed[at : at + 4] = rng.randbytes(4)
        elif what == 3:
            del changed[rng.randrange(len(changed) + 1) :]
        elif what == 4:
            del changed[at : at + rng.choice((1, 2, 4, 100))]
        elif what == 5:
            changed[at:at] = rng.randbytes(rng.choice((1, 2, 4, 100)))
        elif what == 6:
            other = rng.choice(others)
            cut = rng.randrange(len(other) + 1)
            changed[at:] = other[cut:] if rng.random() < 0.5 else other[:cut]
        else:
            changed += changed[at:] * rng.choice((1, 3))
    return bytes(changed)


def options(rng: random.Random) -> dict[str, Any]:
    """Arguments of `load` that suit any recording."""
    chosen: dict[str, Any] = {}
    if rng.random() < 0.4:
        chosen["sample_rate"] = rng.choice((8000, 11025, 16000))
    if rng.random() < 0.5:
        chosen["downmix"] = rng.choice(("mean", 0, 1))
    if rng.random() < 0.4:
        chosen["dtype"] = rng.choice(("float64", "int16"))
    if rng.random() < 0.3:
        chosen["offset"] = rng.choice((0.001, 0.05, 2.0))
    if rng.random() < 0.3:
        chosen["duration"] = rng.choice((0.001, 0.05, 3600.0))
    if rng.random() < 0.3:
        chosen["max_duration"] = rng.choice((0.05, 1.0, 60.0))
    return chosen


def test_load_of_damaged_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # without ffmpeg, which would take most of the time
    monkeypatch.setattr("quaver.recordings.parts._FREE_BYTES", 1 << 24)
    rng = random.Random(int(os.environ.get("QUAVER_FUZZ_SEED", "1")))
    originals = seeds()
    path = tmp_path / "a.wav"
    reasons: list[tuple[int, str]] = []
    for call in range(4 * CALLS):
        data = damaged(rng.choice(originals), originals, rng)
        chosen = options(rng)
        file: Any = data
        if call % 3 == 1:
            path.write_bytes(data)
            file = path
        elif call % 3 == 2:
            file = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]  # raw enough
        try:
            with memory_limit(1 << 30):
                samples, rate = quaver.load(file, **chosen)
        except ValueError as error:
            reasons.append((call, str(error)))
            continue
        except BaseException:
            print(f"call {call}, {chosen}: {data[:200]!r} ({len(data)} bytes)")
            raise
        assert samples.dtype == chosen.get("dtype", "float32")
        assert samples.size > 0
        assert rate == chosen.get("sample_rate", rate)
        assert samples.nbytes < _MOST_BYTES
        assert samples.ndim == 1 or "downmix" not in chosen
    names = (str(path), "<file object>", "<")
    assert [reason for reason in reasons if not reason[1].startswith(names)] == []
    assert CALLS < len(reasons) < 4 * CALLS  # some damage is not seen
