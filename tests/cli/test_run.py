"""``quaver run``: scripts; what stands in for their libraries is tested in tests/compat."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands import Run
from quaver.cli.app import app

CODE = "import sys, python_speech_features as p; print(p.__name__, sys.argv, __name__, sys.path[0])"
STAND_IN = "quaver.compat.python_speech_features"


@pytest.fixture(autouse=True)
def _as_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["quaver"])


def run_as(run: Run, *arguments: str) -> str:
    return run("run", "-b", "python_speech_features", *arguments).output.strip()


@pytest.mark.parametrize("program", [["-c", CODE], [f"-c{CODE}"], ["--", "-c", CODE]])
def test_code_on_the_command_line(run: Run, program: list[str]) -> None:
    before = sys.modules["__main__"]
    found = run_as(run, *program, "x", "-b", "-m")
    assert found == f"{STAND_IN} ['-c', 'x', '-b', '-m'] __main__"
    assert sys.modules["__main__"] is before


def test_code_on_standard_input() -> None:
    latin = b"# coding: latin-1\nprint(ascii('\xe9'))"  # told as in a file
    for code, expected in ((CODE, f"{STAND_IN} ['-', 'x'] __main__"), (latin, ascii("\u00e9"))):
        command = ["run", "-b", "python_speech_features", "-", "x"]
        assert CliRunner().invoke(app, command, input=code).output.strip() == expected


@pytest.mark.parametrize("program", [["-m", "bpackage"], ["-mbpackage"]])
def test_a_module_whose_name_begins_like_an_option(
    run: Run, program: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bpackage.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    found = run_as(run, *program, "-x")
    assert found == f"{STAND_IN} ['{tmp_path / 'bpackage.py'}', '-x'] __main__ {tmp_path}"


def test_errors_of_code_are_its_own(run: Run) -> None:
    for code, line in (("1 / 0", 'File "<string>", line 1, in <module>'), ("x =", "SyntaxError")):
        result = run("run", "-b", "librosa", "-c", code, code=1)
        assert line in result.output
        assert "quaver" not in result.output


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (["-c"], "-c: code must follow"),
        (["-m"], "-m: the name of a module must follow"),
        (["-u", "x.py"], "no such option: -u (of Python's there are -m, -c and -)"),
        (["-mno.such"], "no such module: no.such"),
    ],
    ids=str,
)
def test_programs_that_there_are_not(run: Run, program: list[str], told: str) -> None:
    assert told in run("run", "-b", "librosa", *program, code=2).output


def test_a_script_keeps_its_own_encoding(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.stdout.errors)")
    command = [Path(sys.executable).with_name("quaver"), "run", "-b", "librosa", script]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "strict"
