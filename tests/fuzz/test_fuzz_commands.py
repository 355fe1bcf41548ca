"""Random options of every command: an answer or a refusal in words, never a traceback."""

from __future__ import annotations

import shutil
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from commands import DEMO
from fuzzing import CALLS, choice
from quaver import LABELS
from quaver.cli import models as cli_models
from quaver.cli import sources
from quaver.cli.app import app
from quaver.models import base
from quaver.models.predictions import Predictions

#: What would wait for a microphone, or run someone else's program.
LEFT_OUT = {"record", "run"}
VALUES = (
    "",
    "0",
    "1",
    "2",
    "-1",
    "3.5",
    "1e400",
    "nan",
    "inf",
    "a",
    "mean",
    "svm",
    "original",
    "all",
)
VALUES += (
    "auto",
    "ravdess",
    "manifest",
    "product",
    "energy",
    "\0",
    "é👍",
    "x" * 3000,
    "--json",
    "-",
)
NUMBERS = ("0", "1", "2", "40", "-1", "0.5", "3", "nan", "inf", "1e9", "99999999999999999999", "x")
NUMERIC = {"window", "hop", "threads", "sample_rate", "dpi", "jobs", "epochs", "cycles", "seed"}
NUMERIC |= {"batch_size", "rate", "channels", "seconds"}
NAMED: dict[str, tuple[str, ...]] = {
    "output": (
        "table",
        "tsv",
        "json",
        "jsonl",
        "out.csv",
        "out.npz",
        "out.png",
        "m.skops",
        "m.keras",
    ),
    "rule": ("mean", "product"),
    "downmix": ("mean", "0", "1"),
    "protocol": ("all", "original", "speaker-independent"),
    "kind": ("auto", "manifest", "ravdess"),
    "model": ("svm", "text", "none.skops", "clip.flac"),
    "features": ("energy", "", "mfcc_1,energy", "x"),
}


class Words:
    """A text model that is quick."""

    classes, card = LABELS, {"name": "words"}

    def predict_labels(self, texts: list[str]) -> list[tuple[str, ...]]:
        return [("anger",) for _ in texts]

    def predict_distribution(self, texts: list[str]) -> Any:
        return np.full((len(texts), 7), 1 / 7)

    def predict_proba(self, texts: list[str]) -> Any:
        return self.predict_distribution(texts)

    def predict_texts(self, texts: list[str]) -> Predictions:
        shares = self.predict_distribution(texts)
        return Predictions.of(np.array(LABELS), shares, np.arange(len(texts)), ())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return paths of all kinds, below a folder that may be filled."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr(sources, "_paced", sources._stamped)  # --realtime
    opened = lru_cache(base.open_model)
    monkeypatch.setattr(
        cli_models,
        "open_model",
        lambda model, takes=None: (
            Words() if model == "text" and takes != "recordings" else opened(model, takes)
        ),
    )
    (tmp_path / "empty").mkdir()
    shutil.copy(DEMO, tmp_path / "clip.flac")
    (tmp_path / "broken.wav").write_bytes(b"RIFF" + bytes(40))
    (tmp_path / "clips.csv").write_text("path,label,speaker\nclip.flac,a,p\n")
    (tmp_path / "lines.txt").write_bytes("one\n\xff\nthree :(\n".encode("latin-1"))
    names = [
        "clip.flac",
        "clip.flac",
        "broken.wav",
        "clips.csv",
        "lines.txt",
        "empty",
        "none.wav",
        ".",
    ]
    return [
        *names,
        "/dev/null",
        "out.csv",
        "out.npz",
        "out.parquet",
        "out.png",
        "out.svg",
        "m.skops",
    ]


def all_commands() -> dict[tuple[str, ...], Any]:
    """Return the commands by name."""
    found: dict[tuple[str, ...], Any] = {}

    def walk(command: Any, path: tuple[str, ...]) -> None:
        for name, child in getattr(command, "commands", {}).items():
            if hasattr(child, "commands"):
                walk(child, (*path, name))
            elif name not in LEFT_OUT:
                found[(*path, name)] = child

    walk(typer.main.get_command(app), ())
    return found


def random_value(rng: np.random.Generator, name: str, files: list[str]) -> str:
    if rng.random() < 0.7:
        return str(choice(rng, NUMBERS if name in NUMERIC else NAMED.get(name, files)))
    return str(choice(rng, VALUES))


def random_arguments(rng: np.random.Generator, command: Any, files: list[str]) -> list[str]:
    given: list[str] = []
    for parameter in command.params:
        value = random_value(rng, parameter.name, files)
        flags = [flag for flag in (*parameter.opts, *parameter.secondary_opts) if flag[0] == "-"]
        if not flags:
            given += [value] if rng.random() < 0.9 else []
        elif rng.random() < (0.9 if parameter.required else 0.15):
            given += [choice(rng, flags), *([] if parameter.is_flag else [value])]
    if rng.random() < 0.1:
        given.append(choice(rng, ["--nonsense", "--help", "-o", *VALUES]))
    return given


def test_any_options_are_an_answer_or_a_refusal(files: list[str]) -> None:
    rng = np.random.default_rng(5)
    known = all_commands()
    assert ("predict",) in known
    assert ("train", "tdcnn") in known
    for i in range(CALLS // 4):
        name = list(known)[i % len(known)]
        arguments = [*name, *random_arguments(rng, known[name], files)]
        result = CliRunner().invoke(app, arguments)
        wrong = result.exception is not None and not isinstance(result.exception, SystemExit)
        assert not wrong, (arguments, result.exception)
        assert result.exit_code in (0, 1, 2), (arguments, result.output)
        assert "Traceback" not in result.output
        if result.exit_code == 1:
            assert result.stderr.strip(), arguments
