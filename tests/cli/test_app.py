"""The command as a whole: how it starts, its help, packages that are missing, errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import quaver
import quaver.data
from commands import DEMO, Run, squeezed
from conftest import REPOSITORY
from quaver.cli import console
from quaver.cli.app import app
from quaver.models.base import default_voice, open_model
from test_minimal import run_python


def test_the_installed_command() -> None:
    command = Path(sys.executable).with_name("quaver")
    done = subprocess.run([command, "demo"], capture_output=True, text=True, check=True)
    label = open_model(default_voice(), "recordings").predict([DEMO])[0]
    assert f"Emotion: {label}" in done.stdout
    assert "zero_crossing_rate_mean" in done.stdout


def test_a_terminal_of_another_encoding(tmp_path: Path) -> None:
    name = tmp_path / "\u0433\u043e\u043b\u043e\u0441.flac"
    name.write_bytes(Path(DEMO).read_bytes())
    command = Path(sys.executable).with_name("quaver")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    for arguments, expected in ((["demo"], "####"), (["predict", str(name)], r"\u0433\u043e")):
        done = subprocess.run(
            [command, *arguments], capture_output=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout.decode("latin-1")


def test_the_version_goes_nowhere(run: Run) -> None:
    assert run("--version").output.startswith("quaver ")
    command = Path(sys.executable).with_name("quaver")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [command, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("quaver: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["predict", "extract"])
def test_an_empty_path_is_not_the_current_folder(run: Run, command: str) -> None:
    assert "got ''" in run(command, "", code=2).output


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from quaver.cli.app import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "heavy = ('sklearn', 'scipy', 'matplotlib', 'skops', 'soundfile', 'pyarrow');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


COMMANDS = [
    ["demo"], ["record"], ["predict"], ["listen"], ["extract"], ["evaluate"], ["plot"], ["info"],
    ["check"], ["train"], ["train", "svm"], ["train", "encoder"], ["train", "tdcnn"],
    ["train", "text"],
    ["evaluate", "voice"], ["evaluate", "tdcnn"], ["evaluate", "text"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_teaches(run: Run, command: list[str]) -> None:
    text = run(*command, "--help").output
    assert "Examples" in text
    assert f"$ quaver {' '.join(command)}" in text


def test_version_and_no_arguments(run: Run) -> None:
    assert run("--version").stdout == f"quaver {quaver.__version__}\n"
    assert "Commands" in run(code=2).output


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["predict", DEMO, "--model", "ravdess-nemo-svm"], "sklearn", "svm"),
        (["predict", DEMO, "--model", "svm"], "skops", "svm"),
        (["predict", DEMO, "--model", "encoder"], "onnxruntime", "encoder"),
        (["train", "encoder", ".", "-o", "x.onnx"], "quaver_models", "encoder"),
        (["evaluate", "encoder", "."], "sklearn", "encoder"),
        (["plot", DEMO, "-o", "x.png"], "matplotlib", "plot"),
        (["extract", DEMO, "-o", "x.parquet"], "pyarrow", "parquet"),
        (["record", "x.wav"], "sounddevice", "record"),
        (["listen"], "sounddevice", "record"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_missing_packages_are_named(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    package: str,
    extra: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    result = run(*arguments, code=2)
    assert f'pip install "quaver[{extra}]"' in squeezed(result.stderr)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["demo", "predict x.wav", "info x.skops"])
def test_missing_packages_in_a_fresh_process(command: str) -> None:
    code = (
        "import sys; sys.modules['sklearn'] = sys.modules['onnxruntime'] = None;"
        f"sys.argv = ['quaver', *{command.split()}]; from quaver.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "quaver[svm]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_without_typer() -> None:
    code = "import sys; sys.modules['typer'] = None; from quaver.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "quaver[cli]"' in done.stderr


@pytest.mark.slow
def test_evaluate_tdcnn_without_keras_the_command_says_what_to_install() -> None:
    done = run_python(
        "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None\n"
        "sys.argv = ['quaver', 'evaluate', 'tdcnn', '.']\n"
        "from quaver.cli import main; main()"
    )
    assert done.returncode == 2
    assert 'pip install "quaver[tdcnn]"' in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_predict_text_without_any_runtime_the_command_says_what_to_install() -> None:
    done = run_python(
        "import sys; sys.modules['keras'] = sys.modules['onnxruntime'] = None\n"
        "sys.argv = ['quaver', 'predict', '--text', 'a']\n"
        "from quaver.cli import main; main()"
    )
    assert done.returncode == 2
    assert 'pip install "quaver[text]"' in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_exit_codes_are_those_of_the_page(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = (REPOSITORY / "docs" / "command-line.md").read_text("utf-8")
    listed = re.findall(r"^\| (\d+) \|", page.partition("## Exit codes")[2], re.MULTILINE)
    assert listed == ["0", "1", "2", "130"]
    run("info", code=0)
    run("predict", tmp_path / "none.wav", code=1)
    run("predict", "--nonsense", code=2)
    run("nonsense", code=2)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(quaver, "show_config", interrupted)
    run("info", code=130)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_a_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 80)
    text = run(*command, "--help").output
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_debug_shows_the_traceback() -> None:
    result = CliRunner().invoke(app, ["--debug", "predict", DEMO, "--model", "none.skops"])
    assert isinstance(result.exception, FileNotFoundError)


@pytest.mark.slow
def test_notes_are_held_back_unless_something_fails(capfd: pytest.CaptureFixture[str]) -> None:
    def noting(number: str) -> None:
        with console.quiet():
            os.write(2, b"a note")
            int(number)

    noting("1")
    assert capfd.readouterr().err == ""
    with pytest.raises(ValueError, match="x"):
        noting("x")
    assert capfd.readouterr().err == "a note"
