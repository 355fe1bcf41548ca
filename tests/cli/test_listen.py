"""``quaver listen``: from a file, a pipe and a stand-in for the microphone."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from commands import Run, squeezed
from microphones import Microphone, PortAudioError
from quaver.cli import sources, tables
from quaver.cli.app import app
from quaver.cli.tables import Format, Table, emit_next
from recorded import encoded


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> Microphone:
    stand_in = Microphone()
    monkeypatch.setitem(sys.modules, "sounddevice", stand_in)
    return stand_in


@pytest.fixture
def recording(tmp_path: Path, speech: NDArray[np.float32]) -> Path:
    """Two channels at 22.05 kHz, the end silent."""
    file = tmp_path / "a.flac"
    samples = np.concatenate([speech, np.zeros(40000, np.float32)])
    soundfile.write(file, np.stack([samples, samples**2], axis=1), 22050)
    return file


def piped(data: bytes, model: Path, *arguments: object, code: int = 0) -> Result:
    given = map(str, ("listen", "-", "--model", model, "--window", 0.5, *arguments))
    result = CliRunner().invoke(app, [*given], input=data)
    assert result.exit_code == code, result.output
    return result


def rows_of(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def assert_alike(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected)
    for row, other in zip(found, expected, strict=True):
        assert row.pop("latency") > 0
        shares, others = row.pop("probabilities"), other.pop("probabilities")
        assert shares == pytest.approx(others, abs=1e-6)
        assert row == other


def test_a_file_has_the_rows_of_its_timeline(run: Run, trained: Path, recording: Path) -> None:
    options = (recording, "--model", trained, "--window", 1, "--hop", 0.3, "--json")
    timeline = json.loads(run("predict", *options, "--timeline").stdout)["predictions"]
    result = run("listen", *options)
    assert_alike(rows_of(result), timeline)
    assert {row["emotion"] for row in timeline} > {"silence"}
    told = squeezed(result.stderr)
    assert told.startswith(f"{len(timeline)} windows, latency")
    assert told.endswith("ms.")
    right = run("listen", *options, "--downmix", 1)
    timeline = json.loads(run("predict", *options, "--timeline", "--downmix", 1).stdout)
    assert_alike(rows_of(right), timeline["predictions"])


def test_a_shipped_model_marks_what_is_doubtful(run: Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(32000).astype(np.float32) / 10
    soundfile.write(tmp_path / "noise.wav", noise, 16000)
    arguments = ("listen", tmp_path / "noise.wav", "--model", "encoder", "--window", 1)
    rows = rows_of(run(*arguments, "--json"))
    assert [row["start"] for row in rows] == [0.0, 0.5, 1.0]
    assert all(not row["reliable"] and "no_speech" in row["warnings"] for row in rows)
    assert run(*arguments, "--format", "table").stdout.count("no speech") == 3


def test_formats(run: Run, trained: Path, recording: Path) -> None:
    options = ("listen", recording, "--model", trained, "--window", 1, "--hop", 1)
    table = run(*options, "--format", "table").stdout.splitlines()
    assert table[0].split() == ["from", "s", "to", "s", "emotion", "next", "ms", "doubtful"]
    assert table[1].split()[:2] == ["0.00", "1.00"]
    assert [line.split()[2] for line in table[-2:]] == ["silence", "silence"]
    assert len({line[:20] for line in table}) == len(table) == 5
    assert max(map(len, table)) < 80
    tsv = [line.split("\t") for line in run(*options).stdout.splitlines()]
    assert tsv[0][:4] == ["file", "start", "end", "emotion"]
    assert tsv[0][-1] == "latency"
    assert {len(line) for line in tsv} == {len(tsv[0])}
    assert rows_of(run(*options, "--format", "jsonl"))[0]["file"] == str(recording)
    assert rows_of(run(*options, "--json", "--format", "jsonl"))
    assert "a document ends, this does not" in squeezed(
        run(*options, "--format", "json", code=2).stderr
    )
    assert "goes with no other --format" in squeezed(
        run(*options, "--json", "--format", "tsv", code=2).stderr
    )


def test_columns_stay_where_they_are(run: Run, trained: Path, recording: Path) -> None:
    text = run("listen", recording, "--model", trained, "--format", "table", "--hop", 0.2).stdout
    heading, *lines = text.splitlines()
    end = heading.index("ms") + 2
    assert all(line[end - 1].isdigit() and not line[end : end + 2].strip() for line in lines)


def test_each_row_is_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    stream = SimpleNamespace(write=done.append, flush=lambda: done.append("flushed"))
    monkeypatch.setattr(sys, "stdout", stream)
    table = Table(("a", "b"), [("wide", "x"), ("1", "")])
    for first in (True, False):
        emit_next(Format.table, {"a": 1}, table, first=first)
        emit_next(Format.tsv, {"a": 1}, table, first=first)
        emit_next(Format.jsonl, {"a": 1}, table, first=first)
    texts = [" a     b\n 1\n", "a\n1\n", '{"a": 1}\n', " 1\n", "1\n", '{"a": 1}\n']
    assert done == [each for text in texts for each in (text, "flushed")]


def test_a_file_in_real_time(
    run: Run, monkeypatch: pytest.MonkeyPatch, trained: Path, recording: Path
) -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    clock = SimpleNamespace(perf_counter=lambda: now[0], sleep=sleep)
    monkeypatch.setattr(sources, "time", clock)
    heard = sources.of_file(recording, downmix="mean", realtime=True)
    found = list(heard.chunks)
    lengths = [len(chunk.samples) for chunk in found]
    assert sum(slept) == pytest.approx(72000 / 22050)
    np.testing.assert_allclose(
        [chunk.arrived for chunk in found], 100 + np.cumsum(lengths) / heard.rate
    )
    now[0] = 0.0  # late from now on: nothing is waited for, and the delay is told
    late = sources.of_file(recording, downmix="mean", realtime=True).chunks
    next(late)
    now[0] = 50.0
    slept.clear()
    assert next(late).arrived == pytest.approx(0.1, abs=1e-3)
    assert slept == [0.0]


# What comes through a pipe.


def test_wav_from_a_pipe(run: Run, trained: Path, recording: Path) -> None:
    samples, rate = soundfile.read(recording, dtype="float32")
    data = encoded(samples, "WAV", "PCM_24", rate)
    found = rows_of(piped(data, trained, "--json"))
    file = recording.with_suffix(".wav")
    file.write_bytes(data)
    expected = rows_of(run("listen", file, "--model", trained, "--window", 0.5, "--json"))
    for row in expected:
        assert row.pop("latency") > 0
        row["file"] = "-"
    assert_alike(found, expected)


def test_raw_samples_from_a_pipe(trained: Path, speech: NDArray[np.float32]) -> None:
    values = np.stack([speech, speech[::-1]], axis=1) * 20000
    data = values.astype("<i2").tobytes()
    wav = encoded(values.astype(np.int16), "WAV", "PCM_16", 8000)
    found = piped(data, trained, "--rate", 8000, "--channels", 2, "--json")
    expected = rows_of(piped(wav, trained, "--json"))
    for row in expected:
        assert row.pop("latency") > 0
    assert_alike(rows_of(found), expected)
    told = piped(wav, trained, "--rate", 8000, code=1)
    assert "begins with the header of a WAV, which says its rate itself" in squeezed(told.stderr)


def test_answers_do_not_wait_for_the_end_of_a_pipe(
    monkeypatch: pytest.MonkeyPatch, speech: NDArray[np.float32]
) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream, os.fdopen(writer, "wb", buffering=0) as sound:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        sound.write(encoded(speech, "WAV", "PCM_16")[: 44 + 1600])
        heard = sources.of_pipe(rate=None, channels=1, downmix="mean")
        assert len(next(heard.chunks).samples) == 800
        sound.write(b"\0" * 200)
        assert len(next(heard.chunks).samples) == 100
        heard.chunks.close()


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        (b"", (), "-: nothing came through the pipe"),
        (b"a", ("--rate", 16000), "-: the recording holds no samples"),
        (b"", ("--rate", 16000), "-: nothing came through the pipe"),
        (b"fLaC" + bytes(100), (), "raw samples need --rate"),
    ],
    ids=str,
)
def test_pipes_without_sound(
    trained: Path, data: bytes, arguments: tuple[object, ...], message: str
) -> None:
    assert message in squeezed(piped(data, trained, *arguments, code=1).stderr)


def test_what_cannot_be_used_is_told_with_its_place(
    trained: Path, speech: NDArray[np.float32]
) -> None:
    broken = speech.copy()
    broken[20000] = np.nan
    result = piped(encoded(broken, "WAV", "FLOAT"), trained, "--json", code=1)
    assert [row["start"] for row in rows_of(result)] == [0.0, 0.5]
    place = "-: samples must be finite and at most 1e12 in magnitude, got nan at sample 20000"
    assert place in squeezed(result.stderr)
    assert "(1.250 s)" in squeezed(result.stderr)
    cut = piped(encoded(speech, "WAV", "PCM_16")[:-1000], trained, "--json", code=1)
    assert "truncated, the header promises 32000 samples and 31500 came" in squeezed(cut.stderr)
    assert len(rows_of(cut)) == 3


def test_without_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ValueError, match="standard input is closed"):
        sources.of_pipe(rate=None, channels=1, downmix=None)


# The microphone.


def test_the_microphone(run: Run, trained: Path, microphone: Microphone) -> None:
    options = ("listen", "--model", trained, "--window", 1, "--seconds", 2.2, "--json")
    result = run(*options, "--device", 3)
    rows = rows_of(result)
    assert [row["start"] for row in rows] == pytest.approx([0.0, 0.5, 1.0, 1.2])
    assert {row["file"] for row in rows} == {"microphone"}
    assert all(row["latency"] > 0 for row in rows)
    assert microphone.asked == {
        "samplerate": 16000, "channels": 1, "dtype": "float32", "device": 3,
    }  # fmt: skip
    assert microphone.closed
    assert "Listening at 16000 Hz; Ctrl-C ends." in squeezed(result.stderr)
    assert "samples are missing" not in result.stderr
    microphone.overflow_at = microphone.blocks + 3
    result = run(*options, "--rate", 44100, "--device", "USB")
    assert squeezed(result.stderr).count("samples are missing") == 1
    assert (microphone.asked["samplerate"], microphone.asked["device"]) == (44100, "USB")


def test_ctrl_c_ends_it(run: Run, trained: Path, microphone: Microphone) -> None:
    microphone.interrupt_at = 31
    result = run("listen", "--model", trained, "--window", 1, "--json", code=130)
    assert [row["end"] for row in rows_of(result)] == [1.0, 1.5]
    assert "2 windows, latency" in squeezed(result.stderr)
    assert "Abort" not in result.output
    assert microphone.closed
    assert not [t for t in threading.enumerate() if "read_all" in t.name]


def test_a_reader_that_leaves_ends_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, trained: Path, microphone: Microphone
) -> None:
    def gone(text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(tables, "write", gone)
    result = run("listen", "--model", trained, "--window", 1, "--json", code=1)
    assert "Broken" not in result.output
    assert microphone.closed


def test_a_microphone_that_refuses(run: Run, trained: Path, microphone: Microphone) -> None:
    microphone.error = PortAudioError("Error querying device -1")
    result = run("listen", "--model", trained, code=1)
    assert "cannot record at 16000 Hz: Error querying device -1" in squeezed(result.stderr)


def test_without_sounddevice(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert 'needs sounddevice: pip install "quaver[record]"' in run("listen", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--realtime"], "goes with a file"),
        (["-", "--realtime"], "goes with a file"),
        (["FILE", "--rate", "8000"], "goes with a microphone or raw samples on stdin"),
        (["FILE", "--device", "1"], "goes with a microphone"),
        (["-", "--channels", "2"], "goes with raw samples on stdin and their --rate"),
        (["--downmix", "1"], "goes with a file or stdin"),
        (["FILE", "--seconds", "nan"], "--seconds"),
        ([""], "expected a recording"),
    ],
    ids=str,
)
def test_options_that_do_not_apply(
    run: Run, recording: Path, arguments: list[str], message: str
) -> None:
    given = [str(recording) if each == "FILE" else each for each in arguments]
    assert message in squeezed(run("listen", *given, code=2).stderr)


def test_what_is_no_recording(run: Run, trained: Path, folder: Path) -> None:
    options = ("--model", trained)
    assert "no such recording" in run("listen", folder / "none.wav", *options, code=1).stderr
    told = run("listen", folder / "broken.wav", *options, code=1).stderr
    assert "broken.wav" in told
    assert "Traceback" not in told
    told = run("listen", folder, *options, code=1).stderr
    assert "expected a recording, got the directory" in squeezed(told)
