"""Commands on texts: what they print and write, and their exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import quaver.data
from conftest import REPOSITORY
from quaver import LABELS
from quaver.cli import console
from quaver.cli import texts as commands
from quaver.cli.app import app
from quaver.models import svm, text
from test_minimal import run_python

pytestmark = pytest.mark.slow

DEMO = quaver.data.demo_clip()
HAPPY = "I love this so much, what a wonderful day, thank you!"
ANGRY = "This is fucking infuriating, I hate you, shut up you idiot"
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like GoEmotions', small and easy."""
    folder = tmp_path_factory.mktemp("corpus")
    names = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"]
    (folder / "labels.txt").write_text("\n".join(names) + "\n")
    rng = np.random.default_rng(0)
    for part, count in (("train", 210), ("dev", 70), ("test", 70)):
        lines = []
        for i in range(count):
            label = i % 7
            filler = " ".join(f"word{n}" for n in rng.integers(0, 30, 4))
            more = f",{(label + 1) % 7}" if i % 10 == 0 else ""
            lines.append(f"{filler} it is {names[label]} !\t{label}{more}\tid{i}\n")
        (folder / f"{part}.tsv").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module")
def trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "mine.keras"
    result = CliRunner().invoke(
        app, ["train", "text", str(corpus), "-o", str(file), "--epochs", "2", "--batch-size", "16"]
    )
    assert result.exit_code == 0, result.output
    assert "210 texts, macro-F1" in " ".join(result.output.split())
    return file


def test_predict_a_text(run: Run) -> None:
    found = json.loads(run("predict", "--text", HAPPY, "--json").stdout)
    (row,) = found["predictions"]
    assert found["failures"] == []
    assert row["text"] == HAPPY
    assert row["emotion"] == "happiness"
    assert "happiness" in row["labels"]
    assert list(row["probabilities"]) == list(LABELS)
    shown = run("predict", "--text", ANGRY).stdout
    assert "anger" in shown.split("I hate you")[1]


def test_predict_the_lines_of_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_bytes(
        f"\ufeff{HAPPY}\r\n\n".encode() + b"\xff\xfe\n" + ANGRY.encode() + "\n😀".encode()
    )
    result = run("predict", "--text-file", file, "--json", code=1)
    found = json.loads(result.stdout)
    assert [row["text"] for row in found["predictions"]] == [HAPPY, "", ANGRY, "😀"]
    assert [f["file"] for f in found["failures"]] == [f"{file}, line 3"]
    assert "UnicodeDecodeError" in result.stderr
    file.write_text("")
    assert run("predict", "--text-file", file).stdout == ""


def test_predict_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(HAPPY.encode())))
    assert commands.read_texts(Path("-")) == ([HAPPY], [])


def test_predict_a_recording_with_its_words(run: Run) -> None:
    found = json.loads(run("predict", DEMO, "--text", HAPPY, "--json").stdout)
    (row,) = found["predictions"]
    voice = np.array([row["voice"][label] for label in LABELS])
    words = np.array([row["words"][label] for label in LABELS])
    both = np.array([row["probabilities"][label] for label in LABELS])
    np.testing.assert_allclose(both, (voice + words) / 2, atol=1e-9)
    alone = svm.predict(svm.load_pretrained(), [DEMO]).probabilities[0]
    np.testing.assert_allclose(voice, alone, atol=1e-9)
    np.testing.assert_allclose(
        words, text.load_pretrained().predict_distribution([HAPPY])[0], atol=1e-6
    )
    assert row["emotion"] == LABELS[both.argmax()]
    product = json.loads(
        run("predict", DEMO, "--text", HAPPY, "--fusion", "product", "--json").stdout
    )["predictions"][0]["probabilities"]
    expected = voice * words / (voice * words).sum()
    np.testing.assert_allclose([product[label] for label in LABELS], expected, atol=1e-9)
    shown = run("predict", DEMO, "--text", HAPPY).stdout
    assert all(name in shown for name in ("voice", "words", "both"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--text", "a", "--text-file", "b"],
        [DEMO, "--text-file", "b"],
        [DEMO, DEMO, "--text", "a"],
        [DEMO, "--text", "a", "--timeline"],
        [REPOSITORY, "--text", "a"],
        [DEMO, "--text", "a", "--fusion", "max"],
    ],
)
def test_predict_refuses(run: Run, arguments: list[Any]) -> None:
    assert "Error" in run("predict", *arguments, code=2).stderr


def test_predict_names_files_that_are_not_there(run: Run, tmp_path: Path) -> None:
    assert "absent.txt" in run("predict", "--text-file", tmp_path / "absent.txt", code=1).stderr
    model = tmp_path / "absent.keras"
    assert "absent.keras" in run("predict", "--text", "a", "--text-model", model, code=1).stderr


def test_train_and_use_a_model(run: Run, trained: Path, corpus: Path) -> None:
    found = json.loads(run("predict", "--text", "a", "--text-model", trained, "--json").stdout)
    assert list(found["predictions"][0]["probabilities"]) == list(LABELS)
    assert json.loads(run("info", trained, "--json").stdout)["data"]["texts"] == 210
    reports = json.loads(run("evaluate", "text", corpus, "--model", trained, "--json").stdout)
    assert [report["name"] for report in reports] == ["network", "TF-IDF", "network and TF-IDF"]
    assert reports[1]["test_macro_f1"] > 0.9
    assert (reports[0]["n_test"], reports[0]["n_single"]) == (70, 63)
    shown = run("evaluate", "text", corpus, "--model", trained, "--no-baseline").stdout
    assert "network" in shown
    assert "TF-IDF" not in shown


def test_train_refuses(run: Run, corpus: Path, tmp_path: Path) -> None:
    assert "ends in .keras" in run("train", "text", corpus, "-o", "a.h5", code=2).stderr
    assert (
        "no such folder"
        in run("train", "text", corpus, "-o", tmp_path / "b/a.keras", code=2).stderr
    )
    assert "labels.txt" in run("train", "text", tmp_path, "-o", tmp_path / "a.keras", code=1).stderr


def test_evaluate_goes_to_the_voice_by_default(run: Run) -> None:
    assert "one of --protocol and --model" in " ".join(
        run("evaluate", "DIR", code=2).stderr.split()
    )
    assert "one of --protocol" in " ".join(run("evaluate", "voice", "DIR", code=2).stderr.split())
    run("evaluate", "--protocol", "all", "DIR", code=1)
    listed = run("evaluate", "--help").stdout
    assert "voice" in listed
    assert "text" in listed


def test_without_keras_the_command_says_what_to_install() -> None:
    done = run_python(
        "import sys; sys.modules['keras'] = None\n"
        "sys.argv = ['quaver', 'predict', '--text', 'a']\n"
        "from quaver.cli import main; main()"
    )
    assert done.returncode == 2
    assert 'pip install "quaver[text]"' in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


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
