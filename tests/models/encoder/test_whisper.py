"""Files of encoders: what CTranslate2 wrote, what is made of it, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import quaver_models
import whisper_folders
from quaver.models import base, encoder
from quaver.models.encoder import Encoder
from quaver.models.networks import graph
from quaver.models.tdcnn import onnx as tdcnn_onnx

FILES = Path(str(quaver_models.files()))
SAMPLES = np.sin(np.arange(8000) * 0.1)


def converted(folder: Path, variables: Any, **options: Any) -> Path:
    whisper_folders.write(folder, variables)
    encoder.convert(folder, folder / "made.onnx", **options)
    return folder / "made.onnx"


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_variables_of_other_types(tmp_path: Path, kind: str) -> None:
    variables = whisper_folders.small_encoder()
    wanted = Encoder.load(converted(tmp_path, variables, weights="float32"), precision="float32")
    if kind == "int8":
        smaller = whisper_folders.with_integers(variables)
    else:
        smaller = {
            name: values.astype(np.float16) if values.dtype == np.float32 else values
            for name, values in variables.items()
        }
    found = Encoder.load(converted(tmp_path, smaller, weights="float32"), precision="float32")
    exact, near = wanted.embed(SAMPLES, 16000), found.embed(SAMPLES, 16000)
    assert not np.array_equal(exact, near)
    np.testing.assert_allclose(near, exact, atol=0.1 * float(exact.std()))


@pytest.mark.parametrize("weights", ["int8", "float32"])
def test_what_is_written_is_an_onnx_file(tmp_path: Path, weights: Any) -> None:
    file = converted(
        tmp_path, whisper_folders.small_encoder(), n_blocks=2, weights=weights, card={"name": "x"}
    )
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    assert [output.name for output in model.graph.output] == ["block_1", "block_2"]
    found = Encoder.load(file)
    assert (found.blocks, found.card, found.precision) == ((1, 2), {"name": "x"}, "int8")
    assert repr(found) == "<Encoder 'x': blocks 1, 2, int8>"


def test_one_block_is_its_own_last_two(tmp_path: Path) -> None:
    file = converted(tmp_path, whisper_folders.small_encoder(n_blocks=1), n_blocks=1)
    assert Encoder.load(file).embed(SAMPLES, 16000).shape == (1, 16)


def test_what_cannot_be_converted(tmp_path: Path) -> None:
    variables = whisper_folders.small_encoder(n_blocks=1)
    file = tmp_path / "out.onnx"
    with pytest.raises(FileNotFoundError, match=r"model\.bin"):
        encoder.convert(tmp_path, file)
    whisper_folders.write(tmp_path, variables)
    with pytest.raises(ValueError, match=r"model\.bin: .*no variable encoder/layer_1/"):
        encoder.convert(tmp_path, file, n_blocks=2)
    with pytest.raises(ValueError, match=r"expected a name that ends in \.onnx"):
        encoder.convert(tmp_path, tmp_path / "out.bin", n_blocks=1)
    with pytest.raises(ValueError, match="weights must be 'int8' or 'float32', got 'float16'"):
        encoder.convert(tmp_path, file, n_blocks=1, weights="float16")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="n_blocks must be positive, got 0"):
        encoder.convert(tmp_path, file, n_blocks=0)
    content = (tmp_path / "model.bin").read_bytes()
    for n_bytes in (0, 3, 30, len(content) // 2):
        (tmp_path / "model.bin").write_bytes(content[:n_bytes])
        with pytest.raises(ValueError, match=r"model\.bin: not a Whisper encoder .* cut off"):
            encoder.convert(tmp_path, file, n_blocks=1)
    whisper_folders.write(tmp_path, variables, name="TransformerSpec")
    with pytest.raises(ValueError, match="kind 'TransformerSpec', expected 'WhisperSpec'"):
        encoder.convert(tmp_path, file, n_blocks=1)
    whisper_folders.write(tmp_path, whisper_folders.small_encoder(n_mels=128))
    with pytest.raises(ValueError, match="pictures of 80 bands is expected, got 128"):
        encoder.convert(tmp_path, file)
    huge = struct.pack("<BIIBI", 2, 2**14, 2**15, 0, 2**31)
    name = b"\x0a\0encoder/x\0"
    header = (tmp_path / "model.bin").read_bytes()[: 4 + 2 + 12 + 8]
    (tmp_path / "model.bin").write_bytes(header + name + huge)
    with pytest.raises(ValueError, match=r"cut off"):
        encoder.convert(tmp_path, file)
    assert not file.exists()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("conv1/bias", lambda v: v * np.float32(np.nan), "bias_1 must be finite"),
        ("layer_0/ffn/linear_0/weight", lambda v: v * np.float32(np.inf), "wide_1 must be finite"),
        ("layer_1/ffn/linear_1/weight", lambda v: v[:, 1:], "narrow_2 is int8 of shape"),
        ("conv1/weight", lambda v: v[0, 0], "not a Whisper encoder"),
        ("num_heads", lambda v: v * 0, "n_heads must be from 1"),
        ("num_heads", lambda v: v * 3, "multiple of"),
    ],
)
def test_variables_that_are_no_encoder(
    tmp_path: Path, name: str, change: Any, message: str
) -> None:
    variables = whisper_folders.small_encoder()
    with np.errstate(invalid="ignore"):
        variables[name] = np.array(change(variables[name]), order="C")
    with pytest.raises(ValueError, match=rf"model\.bin: .*{message}"):
        converted(tmp_path, variables)
    assert not (tmp_path / "made.onnx").exists()


def test_no_bit_can_be_flipped(tmp_path: Path) -> None:
    content = converted(tmp_path, whisper_folders.small_encoder()).read_bytes()
    file = tmp_path / "flipped.onnx"
    for at in np.random.default_rng(0).integers(8 * len(content), size=40):
        changed = bytearray(content)
        changed[at // 8] ^= 1 << (at % 8)
        file.write_bytes(changed)
        with pytest.raises(ValueError, match=r"flipped\.onnx: not a speech encoder of quaver"):
            Encoder.load(file)


def test_sealed_files_of_another_graph_are_refused(tmp_path: Path) -> None:
    content = converted(tmp_path, whisper_folders.small_encoder()).read_bytes()
    parsed = graph.parse(content)
    weights = {**parsed.weights, "bias_1": np.full(8, np.nan, np.float32)}
    config = encoder.graph.EncoderConfig(8, 2, 1500, 3)
    options: Any = {"stored": "int8", "precision": "float32", "blocks": (1, 2, 3)}
    file = tmp_path / "other.onnx"
    file.write_bytes(
        graph.write(encoder.graph.graph_of(config, **options), weights, parsed.about.decode())
    )
    with pytest.raises(ValueError, match="bias_1 must be finite"):
        Encoder.load(file)
    fewer = encoder.graph.graph_of(config, **{**options, "blocks": (1, 2)})
    file.write_bytes(graph.write(fewer, parsed.weights, parsed.about.decode()))
    with pytest.raises(ValueError, match=r"other\.onnx: not a speech encoder"):
        Encoder.load(file)


@pytest.mark.parametrize(
    "about",
    ["{}", "[]", "x", '{"format": 2}', '{"format": 1, "config": {}, "card": {}}'],
)
def test_what_is_said_about_a_file_is_looked_at(tmp_path: Path, about: str) -> None:
    content = converted(tmp_path, whisper_folders.small_encoder()).read_bytes()
    config = encoder.graph.EncoderConfig(8, 2, 1500, 3)
    network = encoder.graph.graph_of(config, stored="int8", precision="float32", blocks=(1, 2, 3))
    file = tmp_path / "other.onnx"
    file.write_bytes(graph.write(network, graph.parse(content).weights, about))
    with pytest.raises(ValueError, match=r"other\.onnx: not a speech encoder"):
        Encoder.load(file)


def test_other_kinds_of_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ravdess-tdcnn\.onnx: not a speech encoder"):
        Encoder.load(FILES / "ravdess-tdcnn.onnx")
    with pytest.raises(ValueError, match="not a time-distributed model"):
        tdcnn_onnx.load(FILES / "whisper-tiny-en-encoder.onnx")
    with pytest.raises(ValueError, match="not a time-distributed model"):
        base.open_model(FILES / "whisper-tiny-en-encoder.onnx")
    with pytest.raises(FileNotFoundError, match="no such model"):
        Encoder.load(tmp_path / "none.onnx")
