"""ONNX files that somebody has edited: refused before ONNX Runtime sees them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import forging
import quaver_models
from quaver.models.networks import graph
from quaver.models.tdcnn import TDCNNConfig
from quaver.models.tdcnn import onnx as tdcnn_onnx

SHIPPED = (Path(str(quaver_models.files())) / "ravdess-tdcnn.onnx").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def unused() -> Any:
    with forging.without_runtime():
        yield


def refused(content: bytes, folder: Path, message: str | None = None) -> None:
    file = folder / "m.onnx"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        tdcnn_onnx.load(file, threads=1)
    assert str(caught.value).startswith(str(file))


def changed(change: Callable[[Any], object]) -> bytes:
    return forging.change_onnx(SHIPPED, change)


def about(**values: Any) -> bytes:
    return forging.change_about(SHIPPED, **values)


def config(**values: Any) -> bytes:
    return about(config={**TDCNNConfig().to_dict(), **values})


def test_what_is_written_is_read() -> None:
    assert changed(lambda model: None) == SHIPPED
    found, classes, card = tdcnn_onnx.OnnxClassifier._checked(SHIPPED)
    assert (found, len(classes), card["protocol"]) == (TDCNNConfig(), 7, "original")
    weights = graph.parse(SHIPPED).weights
    expected = onnx.load_from_string(SHIPPED).graph.initializer
    assert list(weights) == [each.name for each in expected]
    for each in expected:
        np.testing.assert_array_equal(weights[each.name], onnx.numpy_helper.to_array(each))


def test_no_bit_can_be_flipped(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for at in rng.integers(8 * len(SHIPPED), size=60):
        content = bytearray(SHIPPED)
        content[at // 8] ^= 1 << (at % 8)
        refused(bytes(content), tmp_path, "not a time-distributed model of quaver")


@pytest.mark.parametrize("n_bytes", [0, 1, 100, len(SHIPPED) - 1])
def test_no_byte_may_be_missing(tmp_path: Path, n_bytes: int) -> None:
    refused(SHIPPED[:n_bytes], tmp_path)


def test_files_of_earlier_versions_say_how_to_write_them_again(tmp_path: Path) -> None:
    def without(model: Any) -> None:
        del model.metadata_props[1]

    refused(changed(without), tmp_path, r"no checksum, .* write it again from its \.keras file")


def loop(model: Any) -> None:
    body = onnx.helper.make_graph([], "body", [], [])
    node = onnx.helper.make_node("Loop", ["trips", "go"], ["probabilities"], body=body)
    model.graph.node.append(node)


def domain(model: Any) -> None:
    model.graph.node[1].domain = "evil"


def another(model: Any) -> None:
    model.graph.node[2].op_type = "Relu"


def attribute(model: Any) -> None:
    model.graph.node[1].attribute[0].ints[0] = 2**40


def external(model: Any) -> None:
    onnx.external_data_helper.set_external_data(model.graph.initializer[1], "/etc/passwd")


def function(model: Any) -> None:
    model.functions.append(onnx.helper.make_function("f", "f", [], [], [], []))


def one_more(model: Any) -> None:
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones(3, np.float32), "more"))


def twice(model: Any) -> None:
    model.graph.initializer.append(model.graph.initializer[1])


def another_output(model: Any) -> None:
    model.graph.output.append(model.graph.input[0])


def operators(model: Any) -> None:
    model.opset_import.append(onnx.helper.make_opsetid("evil", 1))


EDITS = {
    "NaN in a bias": forging.change_weight("bias", lambda w: w * np.nan),
    "infinite kernel": forging.change_weight("kernel_1", lambda w: w / np.float32(0)),
    "another shape": forging.change_weight("kernel", lambda w: w[:, :6]),
    "another type": forging.change_weight("kernel", lambda w: w.astype(np.float64)),
    "another size": forging.change_weight("picture", lambda w: w * 2),
    "a flat bias": forging.change_weight("bias", lambda w: w[:, None]),
    "a loop": loop,
    "an operator of somebody": domain,
    "another operator": another,
    "another padding": attribute,
    "a file elsewhere": external,
    "a function": function,
    "a weight more": one_more,
    "a weight twice": twice,
    "an output more": another_output,
    "operators of somebody": operators,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", EDITS)
def test_an_edited_file_with_the_right_checksum(tmp_path: Path, case: str) -> None:
    refused(changed(EDITS[case]), tmp_path, "not a time-distributed model of quaver")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: about(classes=["a"] * 7), "two labels, distinct"),
        (lambda: about(classes=[1, 2, 3, 4, 5, 6, 7]), "two labels, distinct"),
        (lambda: about(classes=["", *"bcdefg"]), "two labels, distinct"),
        (lambda: about(classes=list("ab")), "expected|makes"),
        (lambda: about(classes=["\ud800", *"bcdefg"]), "no JSON|surrogates"),
        (lambda: about(card=[]), "wrong card"),
        (lambda: about(format=2), "not of format 1"),
        (lambda: about(more=[[]] * 2 * 10**6), "bytes, expected at most"),
        (lambda: config(seconds=1e9), "seconds must be at most 16777216 samples"),
        (lambda: config(offset=1e9), "offset must be at most"),
        (lambda: config(top_db=10**400), "top_db must be at most"),
        (lambda: config(units=[60000, 128]), "units must be at most 4096, got 60000"),
        (lambda: config(filters=[2**20] * 4), "filters must be at most 4096"),
        (lambda: config(n_mels=2**20), "n_mels must be at most 1024"),
        (lambda: config(hop_length=1, window_step=1), "a network of .* values"),
        (lambda: config(filters=[4096] * 4), "a network of .* values in a layer for a window"),
        (lambda: config(filters=[32, 32, 64, 128]), "expected"),
        (lambda: config(filters=None), "filters must be 4 whole numbers"),
        (lambda: config(n_mels="x"), "n_mels must be an int"),
    ],
)
def test_what_is_said_about_it_has_limits(
    tmp_path: Path, content: Callable[[], bytes], message: str
) -> None:
    refused(content(), tmp_path, message)


def test_many_fields_are_not_counted_to_the_end(tmp_path: Path) -> None:
    refused(b"\x10\x01" * 10**7, tmp_path, "more than 20000 fields|field 2")
    node = b"\x0a\x00" * 10**6
    length = bytes([0x80 | len(node) & 127, 0x80 | len(node) >> 7 & 127, len(node) >> 14])
    refused(b"\x3a" + length + node, tmp_path, "more than 20000 fields")


def test_files_that_never_end_are_refused_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "m.onnx"
    os.mkfifo(fifo)
    for file in (fifo, Path("/dev/zero")):
        with pytest.raises(ValueError, match=re.escape(f"{file}: expected a regular file")):
            tdcnn_onnx.load(file)
