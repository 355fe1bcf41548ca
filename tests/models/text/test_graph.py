"""ONNX files of text models that somebody has edited: refused before ONNX Runtime sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forging
import quaver_models
from quaver.models.base import kind_of
from quaver.models.networks import graph
from quaver.models.text import onnx as text_onnx
from quaver.text import Vocabulary

SHIPPED = (Path(str(quaver_models.files())) / "goemotions-text.onnx").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def unused() -> Any:
    with forging.without_runtime():
        yield


def refused(content: bytes, folder: Path, message: str = "not a text model of quaver") -> None:
    file = folder / "m.onnx"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        text_onnx.load(file, threads=1)
    assert str(caught.value).startswith(f"{file}: not a text model of quaver: ")


def about(**values: Any) -> bytes:
    return forging.change_about(SHIPPED, **values)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert forging.change_onnx(SHIPPED, lambda model: None) == SHIPPED
    said, vocabulary = text_onnx.OnnxClassifier._checked(SHIPPED)
    assert (len(said["classes"]), said["multi_label"], said["length"]) == (7, True, 40)
    assert vocabulary.id("happy") > 1
    (tmp_path / "m.onnx").write_bytes(SHIPPED)
    assert kind_of(tmp_path / "m.onnx").name == "text"
    assert len(SHIPPED) < 11e6


def test_no_bit_can_be_flipped(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for at in rng.integers(8 * len(SHIPPED), size=60):
        content = bytearray(SHIPPED)
        content[at // 8] ^= 1 << (at % 8)
        refused(bytes(content), tmp_path)


@pytest.mark.parametrize("n_bytes", [0, 1, 100, len(SHIPPED) - 1])
def test_no_byte_may_be_missing(tmp_path: Path, n_bytes: int) -> None:
    refused(SHIPPED[:n_bytes], tmp_path)


def another_layer(model: Any) -> None:
    next(node for node in model.graph.node if node.op_type == "Sigmoid").op_type = "Tanh"


def without_a_mask(model: Any) -> None:
    del next(node for node in model.graph.node if node.op_type == "LSTM").input[4]


EDITS = {
    "NaN in a bias": forging.change_weight("scores_bias", lambda w: w * np.nan),
    "an infinite vector": forging.change_weight("words", lambda w: w + np.float16(np.inf)),
    "a word less": forging.change_weight("words", lambda w: w[:-1]),
    "another type": forging.change_weight("kernel_1", lambda w: w.astype(np.float32)),
    "another layer": another_layer,
    "texts without ends": without_a_mask,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", EDITS)
def test_an_edited_file_with_the_right_checksum(tmp_path: Path, case: str) -> None:
    refused(forging.change_onnx(SHIPPED, EDITS[case]), tmp_path)


def shorter() -> str:
    """The vocabulary without its last word, as if it had been written so."""
    said = json.loads(graph.parse(SHIPPED).about)
    vocabulary = Vocabulary.from_json(said["vocabulary"])
    return Vocabulary(vocabulary.words[:-1], vocabulary.config).to_json()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: about(kind="tdcnn"), "a network of something else"),
        (lambda: about(format=2), "not of format 1"),
        (lambda: about(classes=["a"] * 7), "distinct names"),
        (lambda: about(classes=list("ab"), thresholds=[0.5, 0.5]), "makes"),
        (lambda: about(thresholds=[0.5]), "1 thresholds for 7 classes"),
        (lambda: about(thresholds=[None] * 7), "thresholds"),
        (lambda: about(multi_label=0), "wrong multi_label"),
        (lambda: about(multi_label=False), "the operation"),
        (lambda: about(length=2**40), "length must be at most"),
        (lambda: about(dimensions=100), "words is float16 of shape"),
        (lambda: about(truncating="middle"), "truncating must be"),
        (lambda: about(vocabulary="{}"), "vocabulary"),
        (lambda: about(vocabulary=shorter()), "words is float16 of shape"),
        (lambda: about(card=[]), "wrong card"),
    ],
)
def test_what_is_said_about_it_has_limits(
    tmp_path: Path, content: Callable[[], bytes], message: str
) -> None:
    refused(content(), tmp_path, message)
