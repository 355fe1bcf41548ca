"""``quaver info``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import quaver
import quaver.data
from commands import Run
from quaver.models import svm
from quaver.models.pretrained import shipped


def test_info(run: Run) -> None:
    assert json.loads(run("info", "--json").stdout) == quaver.show_config()
    assert quaver.show_config()["target"] in run("info").stdout


def test_info_of_a_model(run: Run, trained: Path) -> None:
    assert run("info", trained).stdout.startswith("# quaver SVM")
    assert json.loads(run("info", trained, "--json").stdout) == svm.load(trained).card


def test_info_of_an_encoder(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    assert run("info", "encoder").stdout.startswith("# ravdess-nemo-encoder\n")
    with shipped("whisper-tiny-en-encoder", ("whisper-tiny-en-encoder",), ".onnx") as file:
        assert run("info", file).stdout.startswith("# whisper-tiny-en\n")
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    assert "a.onnx: not a model of quaver" in run("info", tmp_path / "a.onnx", code=1).stderr
