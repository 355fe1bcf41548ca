"""Commands of the time-distributed network: what they print and write, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

import quaver.data
from quaver.cli.app import app
from quaver.models import tdcnn
from quaver.models.tdcnn import classifier, onnx, recognizer
from test_minimal import run_python
from toys import SMALL, tone

pytestmark = pytest.mark.slow

DEMO = quaver.data.demo_clip()
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
    """A table of low and high tones, two speakers."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = ["path,label,speaker"]
    for i in range(16):
        soundfile.write(folder / f"{i}.wav", 0.5 * tone(400 if i % 2 else 2000, 9000, i), 16000)
        lines.append(f"{i}.wav,{'sadness' if i % 2 else 'anger'},{'ab'[i // 8]}")
    table = folder / "clips.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the default network be one that trains in seconds."""
    monkeypatch.setattr(classifier, "TDCNNConfig", lambda: SMALL)


def test_predict_says_what_the_library_says(run: Run) -> None:
    printed = json.loads(run("predict", DEMO, "--model", "tdcnn", "--json").stdout)
    (row,) = printed["predictions"]
    expected = tdcnn.predict(tdcnn.load_pretrained(), [DEMO])
    assert row["emotion"] == expected.labels[0]
    found = list(row["probabilities"].values())
    np.testing.assert_allclose(found, expected.probabilities[0], atol=1e-4)
    table = run("predict", DEMO, "--model", "tdcnn").stdout
    assert expected.labels[0] in table


def test_without_onnxruntime_keras_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run("predict", DEMO, "--model", "tdcnn").stdout
    monkeypatch.setattr("quaver.models.base.find_spec", lambda name: None)
    assert run("predict", DEMO, "--model", "tdcnn").stdout == expected


def test_a_timeline_has_a_row_for_each_window(run: Run) -> None:
    shown = run(
        "predict", DEMO, "--model", "tdcnn", "--timeline", "--window", 1, "--hop", 0.5, "--json"
    )
    rows = json.loads(shown.stdout)["predictions"]
    samples, rate = quaver.load(DEMO)
    expected = tdcnn.predict_timeline(tdcnn.load_pretrained(), samples, rate, window=1, hop=0.5)
    assert [row["start"] for row in rows] == pytest.approx(expected.starts.tolist())
    assert len(rows) == len(expected)


def test_a_bad_file_is_reported_and_the_others_go_on(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF")
    shown = run("predict", DEMO, bad, "--model", "tdcnn", "--json", code=1)
    printed = json.loads(shown.stdout)
    assert len(printed["predictions"]) == 1
    assert "bad.wav" in printed["failures"][0]["file"]


def test_threads_are_passed_on_and_change_no_answer(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int | None] = []
    check = recognizer.check_threads

    def watching(threads: int | None) -> int:
        given.append(threads)
        return check(threads)

    monkeypatch.setattr(recognizer, "check_threads", watching)
    command = ["predict", DEMO, DEMO, "--model", "tdcnn"]
    assert run(*command).stdout == run(*command, "--threads", 2).stdout
    assert given == [None, 2]


def test_train_writes_a_model_and_its_curves(
    run: Run, corpus: Path, tmp_path: Path, small: None
) -> None:
    output, curves = tmp_path / "mine.keras", tmp_path / "curves.png"
    shown = run("train", "tdcnn", corpus, "-o", output, "--epochs", 2, "--curves", curves)
    assert "epoch 2 of 2" in shown.stdout
    assert curves.read_bytes().startswith(b"\x89PNG")
    model = tdcnn.load(output)
    assert model.classes_.tolist() == ["anger", "sadness"]
    assert model.card_["data"]["clips"] == 16
    assert len(model.card_["history"]) == 2
    assert "mine" in run("info", output).stdout
    printed = json.loads(run("predict", DEMO, "--model", output, "--json").stdout)
    assert set(printed["predictions"][0]["probabilities"]) == {"anger", "sadness"}
    exported = tmp_path / "mine.onnx"
    onnx.export(model, exported)
    again = json.loads(run("predict", DEMO, "--model", exported, "--json").stdout)
    assert again["predictions"][0]["probabilities"] == pytest.approx(
        printed["predictions"][0]["probabilities"], abs=1e-4
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "tdcnn", "x.csv", "-o", "mine.h5"], "ends in .keras"),
        (["train", "tdcnn", "x.csv", "-o", "gone/mine.keras"], "no such folder"),
        (["evaluate", "tdcnn", "x", "--protocol", "other"], "expected original or speaker"),
        (["evaluate", "tdcnn", "x", "--train", "--model", "m.keras"], "one of --train and --model"),
        (["evaluate", "tdcnn", "x", "--picture", "a.txt"], "expected one of"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], message: str) -> None:
    assert message in run(*arguments, code=2).output


def test_a_picture_with_the_networks_timeline(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "clip.png"
    run("plot", DEMO, "-o", output, "--model", "tdcnn")
    assert output.read_bytes().startswith(b"\x89PNG")


def test_without_keras_the_command_says_what_to_install() -> None:
    done = run_python(
        "import sys; sys.modules['keras'] = None\n"
        "sys.argv = ['quaver', 'evaluate', 'tdcnn', '.']\n"
        "from quaver.cli import main; main()"
    )
    assert done.returncode == 2
    assert 'pip install "quaver[tdcnn]"' in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
