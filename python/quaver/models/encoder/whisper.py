"""Whisper's weights from a folder that CTranslate2 wrote, as faster-whisper uses them."""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from quaver._validate import check_size
from quaver.models.archive import open_regular, reading
from quaver.models.encoder.file import FORMAT, checked
from quaver.models.encoder.graph import (
    EncoderConfig,
    Precision,
    check_precision,
    graph_of,
    quantized,
)
from quaver.models.encoder.mel import N_MELS
from quaver.models.networks import graph
from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOME = "encoder/"
_SCALE = "_scale"
_DTYPES = [np.dtype(name) for name in ("<f4", "i1", "<i2", "<i4", "<f2")]


def convert(
    folder: str | os.PathLike[str],
    file: str | os.PathLike[str],
    *,
    n_blocks: int = 3,
    weights: Precision = "int8",
    card: Mapping[str, Any] | None = None,
) -> None:
    """Write the first blocks of a Whisper encoder as a file that `load` reads.

    Parameters
    ----------
    folder : path
        With CTranslate2's ``model.bin``, of float32, float16 or int8.
    file : path
        Ends in ``.onnx``; an older file is replaced once the new one is complete.
    n_blocks : int, default 3
        Transformer blocks that are kept.
    weights : {"int8", "float32"}, default "int8"
        What the matrices are stored as: a quarter of the size, or as they are.
    card : mapping, optional
        Origin and licence, JSON types.

    Raises
    ------
    FileNotFoundError
        Without ``model.bin``.
    ValueError
        For a file that is no Whisper encoder of 80 bands, fewer blocks in it, or another ending.

    Examples
    --------
    >>> convert("no_such_folder", "encoder.onnx")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no such model: no_such_folder/model.bin
    """
    target = Path(file)
    if target.suffix != ".onnx":
        raise ValueError(f"{target}: expected a name that ends in .onnx")
    check_precision("weights", weights)
    config, values = read_weights(folder, check_size("n_blocks", n_blocks))
    if weights == "int8":
        values = quantized(values, config)
    network = graph_of(
        config, stored=weights, precision="float32", blocks=tuple(range(1, n_blocks + 1))
    )
    about = {
        "format": FORMAT,
        "config": config.to_dict(),
        "weights": weights,
        "card": dict(card or {}),
    }
    content = graph.write(network, values, json.dumps(about))
    with reading(Path(folder) / "model.bin", "Whisper encoder"):
        checked(content)
    with replacing(target) as temporary:
        temporary.write_bytes(content)


def read_weights(
    folder: str | os.PathLike[str], n_blocks: int
) -> tuple[EncoderConfig, dict[str, NDArray[np.float32]]]:
    """Return sizes and weights of the stem and of the first blocks; see `convert`."""
    file = Path(folder) / "model.bin"
    with open_regular(file) as stream, reading(file, "Whisper encoder"):
        variables = read_variables(stream)
        try:
            return _from_whisper(variables, n_blocks)
        except KeyError as error:
            raise ValueError(f"no variable {_HOME}{error.args[0]}") from error


def read_variables(stream: IO[bytes]) -> dict[str, NDArray[Any]]:
    """Return what belongs to the encoder in a file of CTranslate2, by name.

    The file is a number of the format, the name and a number of the specification, then how many
    variables there are, and of each its name, sizes, type, number of bytes, and the bytes. Texts
    are their length with a closing zero in 16 bits, and so many bytes.
    """
    end = stream.seek(0, os.SEEK_END)
    stream.seek(0)

    def numbers(kinds: str) -> tuple[int, ...]:
        return struct.unpack(f"<{kinds}", taken(struct.calcsize(f"<{kinds}")))

    def taken(size: int) -> bytes:
        if size > end - stream.tell():  # first: the memory for it would be taken
            raise ValueError("no file of CTranslate2, or one that is cut off")
        return stream.read(size)

    def text() -> str:
        return taken(*numbers("H")).rstrip(b"\0").decode()

    numbers("I")
    if (name := text()) != "WhisperSpec":
        raise ValueError(f"a model of the kind {name!r:.100}, expected 'WhisperSpec'")
    numbers("I")
    found: dict[str, NDArray[Any]] = {}
    for _ in range(*numbers("I")):
        name = text()
        (rank,) = numbers("B")
        shape = numbers(f"{rank}I")
        kind, n_bytes = numbers("BI")
        if kind >= len(_DTYPES) or math.prod(shape) * _DTYPES[kind].itemsize != n_bytes:
            raise ValueError(f"{name!r:.100} of type {kind}, shape {shape} and {n_bytes} bytes")
        content = taken(n_bytes)
        if name.startswith(_HOME):
            array = np.frombuffer(content, _DTYPES[kind]).reshape(shape)
            found[name.removeprefix(_HOME)] = array
    return _dequantized(found)


def _dequantized(variables: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the variables with integers divided by their rows' scales."""
    scales = {n.removesuffix(_SCALE): v for n, v in variables.items() if n.endswith(_SCALE)}
    for name, scale in scales.items():
        values = variables[name].astype(np.float32)
        columns = (-1, *[1] * (values.ndim - 1))
        variables[name] = values / scale.astype(np.float32).reshape(columns)
    return {name: v for name, v in variables.items() if not name.endswith(_SCALE)}


def _from_whisper(
    variables: Mapping[str, NDArray[Any]], n_blocks: int
) -> tuple[EncoderConfig, dict[str, NDArray[np.float32]]]:
    positions = variables["position_encodings/encodings"]
    heads = int(variables["num_heads"])
    config = EncoderConfig(positions.shape[1], heads, positions.shape[0], n_blocks)
    if variables["conv1/weight"].shape[1] != N_MELS:
        bands = variables["conv1/weight"].shape[1]
        raise ValueError(f"an encoder of pictures of {N_MELS} bands is expected, got {bands}")
    found = {"positions": positions}
    for i in (1, 2):
        found[f"kernel_{i}"], found[f"bias_{i}"] = (
            variables[f"conv{i}/{part}"] for part in ("weight", "bias")
        )
    for block in range(1, n_blocks + 1):
        for name, where in _layers(block):
            part = variables[where]
            found[name] = part.T if part.ndim == 2 else part
        for name in (f"qkv_{block}", f"qkv_{block}_bias"):
            scaled = np.array(found[name], np.float32)
            scaled[..., : config.width] *= (config.width // heads) ** -0.5
            found[name] = scaled
    weights = {n: np.ascontiguousarray(v, np.float32) for n, v in found.items()}
    spoilt = [name for name, values in weights.items() if not np.isfinite(values).all()]
    if spoilt:
        raise ValueError(f"{spoilt[0]} must be finite")
    return config, weights


def _layers(block: int) -> Iterator[tuple[str, str]]:
    """Yield our name of each weight of a block, and CTranslate2's."""
    home = f"layer_{block - 1}"
    for ours, theirs in (
        ("qkv", "self_attention/linear_0"),
        ("attended", "self_attention/linear_1"),
        ("wide", "ffn/linear_0"),
        ("narrow", "ffn/linear_1"),
    ):
        yield f"{ours}_{block}", f"{home}/{theirs}/weight"
        yield f"{ours}_{block}_bias", f"{home}/{theirs}/bias"
    for ours, theirs in (("norm_a", "self_attention"), ("norm_b", "ffn")):
        yield f"{ours}_{block}_gain", f"{home}/{theirs}/layer_norm/gamma"
        yield f"{ours}_{block}_bias", f"{home}/{theirs}/layer_norm/beta"
