"""``quaver predict`` of texts, and of a recording with its words."""

from __future__ import annotations

import json
import os
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands import DEMO, Run
from conftest import REPOSITORY
from quaver import LABELS
from quaver.cli import texts
from quaver.models import svm, text

pytestmark = pytest.mark.slow

HAPPY = "I love this so much, what a wonderful day, thank you!"
ANGRY = "This is fucking infuriating, I hate you, shut up you idiot"


def test_predict_a_text(run: Run) -> None:
    found = json.loads(run("predict", "--text", HAPPY, "--json").stdout)
    (row,) = found["predictions"]
    assert found["failures"] == []
    assert row["text"] == HAPPY
    assert row["emotion"] == "happiness"
    assert "happiness" in row["labels"]
    assert list(row["probabilities"]) == list(LABELS)
    assert row["reliable"] is True
    shown = run("predict", "--text", ANGRY, "--format", "table").stdout
    assert shown.splitlines()[1].startswith(" anger ")


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


def test_predict_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(HAPPY.encode())))
    assert texts.read_texts(Path("-")) == ([HAPPY], [])


def test_a_file_without_texts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "none.txt").touch()
    for file in (tmp_path / "none.txt", os.devnull):
        told = run("predict", "--text-file", file, code=1).stderr
        assert told.endswith(f"{file}: holds no texts, give one in each line\n")


def test_a_text_without_a_known_word_has_no_emotion(run: Run) -> None:
    for given in ("Всё хорошо", "", "?!", "123"):
        (row,) = json.loads(run("predict", "--text", given, "--json").stdout)["predictions"]
        assert row["emotion"] == "no known word"
        assert (row["reliable"], row["warnings"], row["labels"]) == (False, ["no_known_word"], [])
        assert list(row["probabilities"].values()) == [0] * 7
    assert "no known word" in run("predict", "--text", "qwrtzp", "--format", "table").stdout
    alone = json.loads(run("predict", DEMO, "--json").stdout)["predictions"][0]
    both = json.loads(run("predict", DEMO, "--text", "qwrtzp", "--json").stdout)["predictions"][0]
    assert both["probabilities"] == pytest.approx(alone["probabilities"])
    assert both["emotion"] == alone["emotion"]
    assert (both["reliable"], both["warnings"]) == (False, ["no_known_word"])
    table = run("predict", DEMO, "--text", "qwrtzp", "--format", "table").stdout
    assert "no known word" in table


def test_predict_a_recording_with_its_words(run: Run) -> None:
    arguments = ("predict", DEMO, "--model", "svm", "--text", HAPPY)
    found = json.loads(run(*arguments, "--json").stdout)
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
    found = json.loads(run(*arguments, "--fusion", "product", "--json").stdout)
    product = found["predictions"][0]["probabilities"]
    expected = voice * words / (voice * words).sum()
    np.testing.assert_allclose([product[label] for label in LABELS], expected, atol=1e-9)
    assert (row["reliable"], row["warnings"]) == (True, [])
    shown = run(*arguments, "--format", "table").stdout
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
