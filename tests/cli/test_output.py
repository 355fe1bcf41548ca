"""What all commands share: data for programs, tables for people, options that do not apply, streams
that take nothing."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import quaver
from commands import DEMO, Run, squeezed
from quaver.cli import main, streams, texts
from quaver.cli.streams import ClosedOutput, streams_guarded
from quaver.cli.tables import Table, confusion_table, show
from quaver.models import evaluation


def read_tsv(text: str) -> list[dict[str, str]]:
    header, *rows = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


# data


def test_a_pipe_gets_data_in_full(run: Run, tmp_path: Path) -> None:
    name = tmp_path / "a\tb\nc\\d.flac"
    name.write_bytes(Path(DEMO).read_bytes())
    (row,) = json.loads(run("predict", name, "--json").stdout)["predictions"]
    (line,) = run("predict", name, "--format", "jsonl").stdout.splitlines()
    assert json.loads(line) == row
    for arguments in ([], ["--format", "tsv"]):
        (found,) = read_tsv(run("predict", name, *arguments).stdout)
        assert found["file"] == str(tmp_path) + r"/a\tb\nc\\d.flac"
        assert found["emotion"] == row["emotion"]
        shares = [float(found[f"probabilities.{label}"]) for label in row["probabilities"]]
        assert shares == list(row["probabilities"].values())


def test_scores_are_data_in_two_tables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    report = evaluation.score("fair", ["a", "b"], [(["a", "b"], ["a", "a"])])
    monkeypatch.setattr(evaluation, "run_protocol", lambda *_, **__: report)
    scores, confusion = run("evaluate", "DIR", "--protocol", "original").stdout.split("\n\n")
    (row,) = read_tsv(scores)
    assert (row["protocol"], row["accuracy"], row["folds"]) == ("fair", "0.5", "1")
    assert [(r["true"], r["a"], r["b"]) for r in read_tsv(confusion)] == [
        *(("a", "1", "0"), ("b", "1", "0"))
    ]
    lines = run("evaluate", "DIR", "--protocol", "original", "--format", "jsonl").stdout
    assert json.loads(lines) == report.to_dict()


def test_information_is_data_in_a_pipe(run: Run) -> None:
    found = {row["key"]: row["value"] for row in read_tsv(run("info").stdout)}
    assert found["target"] == quaver.show_config()["target"]
    assert json.loads(run("info", "--format", "jsonl").stdout) == quaver.show_config()
    assert "text or JSON" in run("info", "svm", "--format", "tsv", code=2).stderr


def test_json_is_one_format(run: Run) -> None:
    assert "--json" in run("info", "--json", "--format", "tsv", code=2).stderr
    assert "'xml'" in run("info", "--format", "xml", code=2).stderr


# tables


def test_a_narrow_terminal_cuts_no_heading_and_no_name(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = tmp_path / ("long" * 30 + ".flac")
    name.write_bytes(Path(DEMO).read_bytes())
    arguments = ["predict", name, "--format", "table", "--model", "svm"]
    wide = run(*arguments).stdout
    assert all(label in wide for label in quaver.LABELS)
    monkeypatch.setenv("COLUMNS", "80")
    heading, row = run(*arguments).stdout.splitlines()
    assert heading.split() == ["emotion", "next", "file"]
    assert row.endswith(f"  {name}")
    assert len(row) - len(str(name)) <= 60
    assert run(*arguments, "--timeline").stdout.count(str(name)) >= 2


@pytest.mark.parametrize("width", [20, 40, 80])
def test_confusions_fit(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    labels = list(quaver.LABELS)
    show(confusion_table(evaluation.score("x", labels, [(labels, labels)])))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[1:])) <= width
    assert all(any(label in line for line in lines) for label in labels)


def test_a_table_has_straight_columns_and_moves_no_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(Table(("name", "n"), [("漢字", "1"), ("a\x1b[2J", "22")]))
    assert capsys.readouterr().out.splitlines() == [
        *(" name       n", " 漢字       1", r" a\x1b[2J  22")
    ]


# options that do not apply


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["predict", "--text", "a", "--timeline"], "--timeline"),
        (["predict", "--text", "a", "--model", "none"], "--model"),
        (["predict", "--text", "a", "--downmix", "mean"], "--downmix"),
        (["predict", "--text", "a", "--threads", 1], "--threads"),
        (["predict", "--text", "a", "--max-duration", 1], "--max-duration"),
        (["predict", "--text", "a", "--window", 3], "--window"),
        (["predict", "--text", "a", "--fusion", "mean"], "--fusion"),
        (["predict", "--text-file", "a", "--hop", 1], "--hop"),
        (["predict", DEMO, "--fusion", "product"], "--fusion"),
        (["predict", DEMO, "--fusion", "nonsense"], "--fusion"),
        (["predict", DEMO, "--text-model", "none"], "--text-model"),
        (["predict", DEMO, "--window", 3.0], "--window"),
        (["predict", DEMO, "--hop", 1], "--hop"),
        (["predict", DEMO, "--timeline", "--threads", 2], "--threads"),
        (["predict", DEMO, "--text", "a", "--window", 2], "--window"),
        (["plot", DEMO, "-o", "x.png", "--no-timeline", "--model", "svm"], "--model"),
        (["plot", DEMO, "-o", "x.png", "--no-timeline", "--window", 1], "--window"),
        (["plot", DEMO, "-o", "x.png", "--no-timeline", "--hop", 1], "--hop"),
        (["evaluate", "DIR", "--model", "m", "--plain"], "--plain"),
        (["evaluate", "DIR", "--model", "m", "--no-search"], "--search/--no-search"),
        (["evaluate", "DIR", "--model", "m", "--jobs", 1], "--jobs"),
        (["evaluate", "DIR", "--protocol", "original", "--kind", "auto"], "--kind"),
        (["evaluate", "DIR", "--protocol", "all", "--no-search", "--jobs", 2], "--jobs"),
        (["evaluate", "tdcnn", "DIR", "--epochs", 60], "--epochs"),
        (["evaluate", "tdcnn", "DIR", "--seed", 0], "--seed"),
        (["train", "svm", "DIR", "-o", "m.skops", "--no-search", "--jobs", 2], "--jobs"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_options_that_do_not_apply_are_refused(run: Run, arguments: list[Any], option: str) -> None:
    told = squeezed(run(*arguments, code=2).stderr)
    assert f"Invalid value for {option}: goes with" in told or "is not one of" in told


def test_what_was_meant_is_named(run: Run) -> None:
    told = squeezed(run("predict", "--text", "a", "--model", "m.keras", code=2).stderr)
    assert "--model: goes with recordings; --text-model is that of" in told.replace(" │ │ ", " ")


# streams


def guarded(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Return the exit code of the whole command in this process."""
    monkeypatch.setattr(sys, "argv", ["quaver", *map(str, arguments)])
    with pytest.raises(SystemExit) as leaving:
        main()
    return int(leaving.value.code or 0)


class Full(io.TextIOWrapper):
    """A stream on a full disk, which only its flush notices."""

    def __init__(self, number: int) -> None:
        super().__init__(io.BytesIO())
        self._number = number
        self._nothing = open(os.devnull, "w")  # noqa: SIM115

    def fileno(self) -> int:
        return self._nothing.fileno()

    def flush(self) -> None:
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize("arguments", [["info"], ["--version"], ["--help"], ["predict", "--help"]])
@pytest.mark.parametrize(
    ("stream", "told"),
    [
        (None, "quaver: standard output is closed\n"),
        (Full(errno.ENOSPC), "quaver: No space left on device\n"),
        (Full(errno.EPIPE), ""),
    ],
    ids=["closed", "full", "left"],
)
def test_output_that_is_lost_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    stream: Any,
    told: str,
) -> None:
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # put back what the guard replaces
    monkeypatch.setattr(sys, "stdout", stream)
    assert guarded(monkeypatch, *arguments) == 1
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("stream", [None, Full(errno.ENOSPC)], ids=["closed", "full"])
def test_lost_notes_lose_no_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stream: Any
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert guarded(monkeypatch, "demo") == 0
    assert "Emotion: " in capsys.readouterr().out
    monkeypatch.setattr(sys, "stderr", stream)
    assert guarded(monkeypatch, "predict", DEMO, "missing.wav") == 1
    assert "demo.flac" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stderr", stream)
    assert guarded(monkeypatch, "predict", "--nonsense") == 2


def test_a_script_finds_its_streams_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    before = sys.stderr

    def script() -> None:
        with streams_guarded(of_a_script=True):
            assert sys.stdout is None
            assert sys.stderr is before
            sys.exit(7)

    with pytest.raises(SystemExit) as leaving:
        script()
    assert leaving.value.code == 7


def test_closed_descriptors_are_occupied(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def closed(number: int) -> None:
        if number == 2:
            raise OSError(errno.EBADF, "closed")

    fake = SimpleNamespace(
        fstat=closed,
        open=lambda *arguments: opened.append(arguments),
        devnull=os.devnull,
        O_RDONLY=os.O_RDONLY,
        O_WRONLY=os.O_WRONLY,
    )
    monkeypatch.setattr(streams, "os", fake)
    streams._occupy_descriptors()
    assert opened == [(os.devnull, os.O_WRONLY)]


def test_closed_streams_of_a_process() -> None:
    command = [sys.executable, "-m", "quaver.cli", "predict", DEMO, "--model", "svm"]
    quoted = " ".join(f"'{part}'" for part in command)
    shell = ["sh", "-c", f"{quoted} 2>&-; echo $?; {quoted} 2>&1 >&-; echo $?"]
    done = subprocess.run(shell, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    first, second = done.stdout.split("\n0\n")
    assert "demo.flac" in first
    assert second == "quaver: standard output is closed\n1\n"


def test_closed_output_takes_nothing() -> None:
    with pytest.raises(OSError, match="standard output is closed"):
        ClosedOutput().write("a")


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ValueError, match="standard input is closed"):
        texts.read_texts(Path("-"))
