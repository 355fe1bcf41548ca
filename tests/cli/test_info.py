"""``quaver info``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import quaver
import quaver.data
from commands import DEMO, Run, squeezed
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
    card = run("info", "encoder").stdout
    assert card.startswith("# whisper-tiny-en\n")
    with shipped("whisper-tiny-en-encoder", "whisper-tiny-en-encoder", ".onnx") as file:
        assert run("info", file).stdout == card
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    assert "a.onnx: not a time-distributed model" in run("info", tmp_path / "a.onnx", code=1).stderr
    told = squeezed(run("predict", DEMO, "--model", "encoder", code=1).stderr)
    assert "encoder: has vectors in place of labels" in told
    assert "expected svm, tdcnn, text or a file" in told
