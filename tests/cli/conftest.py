"""A runner of commands, recordings, corpora, and models trained on them once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from commands import Run
from quaver.cli.app import app
from toys import tone


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "300")  # or long names of temporary folders are folded

    def call(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        if code in (0, 1):
            assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return call


@pytest.fixture
def folder(tmp_path: Path, speech: NDArray[np.float32]) -> Path:
    """Two recordings, one broken file and one that is no recording."""
    made = tmp_path / "recordings"
    (made / "deep").mkdir(parents=True)
    soundfile.write(made / "a.wav", speech, 16000)
    soundfile.write(made / "deep" / "b.flac", speech[::-1], 22050)
    (made / "broken.wav").write_text("no audio")
    (made / "notes.txt").write_text("no audio")
    return made


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of twelve short clips, two labels, two speakers."""
    made = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    rows = ["path,label,speaker"]
    for i in range(12):
        label, speaker = ("anger", "sadness")[i % 2], "pq"[i // 6]
        samples = (0.5, 0.02)[i % 2] * rng.uniform(-1, 1, 6000 + 50 * i)
        soundfile.write(made / f"{i}.wav", samples, 16000)
        rows.append(f"{i}.wav,{label},{speaker}")
    (made / "clips.csv").write_text("\n".join(rows))
    return made / "clips.csv"


@pytest.fixture(scope="session")
def moods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each of five labels of one's own, four speakers with four clips each."""
    folder = tmp_path_factory.mktemp("moods")
    for i, label in enumerate(("calm", "cross", "giddy", "weary", "unsure")):
        (folder / label).mkdir()
        for speaker in "abcd":
            for take in range(4):
                samples = (0.02 + 0.05 * take) * tone(300 * (i + 1), 6000, 7 * take + ord(speaker))
                soundfile.write(folder / label / f"{speaker}_{take}.wav", samples, 16000)
    return folder


@pytest.fixture(scope="session")
def trained(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "mine.skops"
    result = CliRunner().invoke(app, ["train", "svm", str(table), "-o", str(file), "--no-search"])
    assert result.exit_code == 0, result.output
    assert "12 clips, 2 labels" in result.output
    return file


@pytest.fixture(scope="session")
def texts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
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


@pytest.fixture(scope="session")
def trained_text(texts_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "mine.keras"
    result = CliRunner().invoke(
        app,
        [
            "train",
            "text",
            str(texts_folder),
            "-o",
            str(file),
            "--epochs",
            "2",
            "--batch-size",
            "16",
        ],
    )
    assert result.exit_code == 0, result.output
    assert "210 texts, macro-F1" in " ".join(result.output.split())
    return file
