"""What commands take as recordings: standard input, folders with other files, limits."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from typer.testing import CliRunner

import quaver
from commands import DEMO, Run, read_csv, squeezed
from quaver.cli.app import app


def test_standard_input(tmp_path: Path) -> None:
    data = Path(DEMO).read_bytes()
    output = tmp_path / "x.csv"
    result = CliRunner().invoke(app, ["extract", "-", "-o", str(output)], input=data)
    assert result.exit_code == 0, result.output
    _, sources, values = read_csv(output)
    assert sources == ["-"]
    np.testing.assert_array_equal(values, quaver.extract_many([DEMO]).values)
    for options in ([], ["--timeline"], ["--max-duration", "60"], ["--text", "so good"]):
        arguments = ["predict", "-", "--json", *options]
        result = CliRunner().invoke(app, arguments, input=data)
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["predictions"][0]["file"] == "-"
    result = CliRunner().invoke(app, ["predict", "-", "--json"], input=b"")
    assert result.exit_code == 1
    assert "-: the file is empty" in json.loads(result.stdout)["failures"][0]["reason"]


def test_folders_say_what_they_leave_out(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "gone.wav").symlink_to(folder / "nothing.wav")
    (folder / "talk.m4a").write_bytes(b"\x00\x00\x00\x20ftypM4A " + bytes(40))
    (folder / "more.TXT").write_text("text")
    result = run("extract", folder, "-o", tmp_path / "x.csv", code=1)
    told = squeezed(result.stderr)
    assert "2 other files left out: 2 .txt" in told
    assert "gone.wav: a link to nothing" in told
    assert "talk.m4a" in told
    assert "3 failed" in told
    assert len(read_csv(tmp_path / "x.csv")[1]) == 2
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.pdf").touch()
    told = squeezed(run("predict", tmp_path / "none", code=1).stderr)
    assert "1 other file left out: 1 .pdf" in told
    assert "no audio file below" in told


def test_extract_averages_channels_as_predict_does(
    run: Run, tmp_path: Path, speech: NDArray[np.float32]
) -> None:
    file, output = tmp_path / "a.wav", tmp_path / "x.csv"
    soundfile.write(file, np.stack([speech, speech[::-1]], axis=1), 16000)
    run("extract", file, "-o", output)
    expected = quaver.extract_many([file], downmix="mean").values
    np.testing.assert_array_equal(read_csv(output)[2], expected)
    run("extract", file, "-o", output, "--downmix", 1)
    np.testing.assert_array_equal(
        read_csv(output)[2], quaver.extract_many([file], downmix=1).values
    )


def test_max_duration(run: Run, folder: Path, tmp_path: Path) -> None:
    limit = ("--max-duration", "1.7")  # of 2 s, and of 1.45 s
    told = squeezed(run("extract", folder, "-o", tmp_path / "x.csv", *limit, code=1).stderr)
    assert "holds 2.0 s of 1 channel(s) at 16000 Hz, --max-duration is 1.7 s" in told
    assert len(read_csv(tmp_path / "x.csv")[1]) == 1
    for options in ([], ["--timeline"], ["--model", "tdcnn"]):
        answer = run("predict", folder / "a.wav", "--json", *limit, *options, code=1)
        reason = json.loads(answer.stdout)["failures"][0]["reason"]
        assert "duration is 1.7 s" in reason


def test_messages_name_options(run: Run, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 16000)
    told = run("extract", tmp_path / "a.wav", "-o", tmp_path / "x.csv", code=1).stderr
    assert "give --pad to append zeros" in squeezed(told)


@pytest.mark.skipif(os.name != "posix", reason="other names")
def test_a_name_that_is_not_utf8(run: Run, tmp_path: Path, speech: NDArray[np.float32]) -> None:
    file = tmp_path / os.fsdecode(b"\xff.wav")
    try:
        file.touch()
    except OSError:
        pytest.skip("this file system has no such names")
    soundfile.write(str(tmp_path / "a.wav"), speech, 16000)
    (tmp_path / "a.wav").rename(file)
    name = os.fsencode(file)
    for options in ([], ["--timeline"], ["--max-duration", 60]):
        found = json.loads(run("predict", tmp_path, "--json", *options).stdout)
        assert found["failures"] == []
        assert os.fsencode(found["predictions"][0]["file"]) == name
        rows = run("predict", tmp_path, "--format", "tsv", *options).stdout_bytes.splitlines()
        assert rows[1].startswith(name + b"\t")
    assert "/\ufffd.wav" in run("predict", tmp_path, "--format", "table").stdout
    run("extract", tmp_path, "-o", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes().splitlines()[1].startswith(name + b",")
    assert run("extract", tmp_path, "-o", "-").stdout_bytes.splitlines()[1].startswith(name + b",")
    run("extract", tmp_path, "-o", tmp_path / "x.npz")
    assert os.fsencode(str(np.load(tmp_path / "x.npz")["files"][0])) == name
    parquet = pytest.importorskip("pyarrow.parquet")
    run("extract", tmp_path, "-o", tmp_path / "x.parquet")
    (shown,) = parquet.read_table(tmp_path / "x.parquet")["file"].to_pylist()
    assert shown.endswith(r"/\xff.wav")


@pytest.mark.skipif(os.name != "posix", reason="other names")
def test_failures_name_files_that_are_not_utf8(run: Run, tmp_path: Path) -> None:
    names = [tmp_path / os.fsdecode(name) for name in (b"\xfe.wav", b"\xfd.wav")]
    try:
        names[0].write_text("no audio")
    except OSError:
        pytest.skip("this file system has no such names")
    result = run("predict", *names, "--json", code=1)
    failures = json.loads(result.stdout)["failures"]
    assert [failure["file"] for failure in failures] == [str(names[1]), str(names[0])]
    assert squeezed(result.stderr).count(str(tmp_path)) == 2  # each reason names its file, once


@pytest.mark.parametrize(
    "arguments", [["train", "svm", ".", "-o", "m.skops"], ["evaluate", ".", "--model", "svm"]]
)
def test_links_to_nothing_are_told_in_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.wav").touch()
    (tmp_path / "gone.wav").symlink_to("nothing.wav")
    told = run(*arguments, "--kind", "ravdess", code=1).stderr
    assert "quaver: 1 left out below .: gone.wav: a link to nothing\n" in told
    assert "Warning" not in told
    assert ".py" not in told


def test_numbers_of_things(run: Run, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "x.csv"
    assert "x.csv: 1 recording, 420 features.\n" in run("extract", DEMO, "-o", output).stderr
    assert (
        "x.csv: 2 recordings, 420 features each." in run("extract", DEMO, DEMO, "-o", output).stderr
    )
    told = run("extract", folder / "broken.wav", "-o", "-", code=1).stderr
    assert "no recording could be used, nothing was written" in told
