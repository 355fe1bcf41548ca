"""Small encoders in files as CTranslate2 writes them, for the tests of what reads them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Variables = dict[str, NDArray[Any]]
_KINDS = [np.dtype(name) for name in ("<f4", "i1", "<i2", "<i4", "<f2")]


def small_encoder(*, width: int = 8, n_blocks: int = 4, n_mels: int = 80) -> Variables:
    """Return the variables of an encoder with two heads, drawn at random."""
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> NDArray[np.float32]:
        fan_in = np.prod(shape[1:]) if len(shape) > 1 else 10
        return (rng.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32)

    found: Variables = {
        "num_heads": np.array(2, np.int16),
        "position_encodings/encodings": drawn(1500, width),
        "conv1/weight": drawn(width, n_mels, 3),
        "conv1/bias": drawn(width),
        "conv2/weight": drawn(width, width, 3),
        "conv2/bias": drawn(width),
    }
    for block in range(n_blocks):
        sizes = {"self_attention": (3 * width, width, width), "ffn": (4 * width, width, 4 * width)}
        for part, (wide, inner, narrow) in sizes.items():
            home = f"layer_{block}/{part}"
            found[f"{home}/linear_0/weight"] = drawn(wide, inner)
            found[f"{home}/linear_0/bias"] = drawn(wide)
            found[f"{home}/linear_1/weight"] = drawn(width, narrow)
            found[f"{home}/linear_1/bias"] = drawn(width)
            found[f"{home}/layer_norm/gamma"] = 1 + drawn(width)
            found[f"{home}/layer_norm/beta"] = drawn(width)
    return found


def with_integers(variables: Mapping[str, NDArray[Any]]) -> Variables:
    """Return the variables with matrices of int8 and a scale for each row."""
    found = dict(variables)
    for name, values in variables.items():
        if name.endswith("weight") and values.ndim == 2:
            scale = 127 / np.abs(values).max(axis=1)
            found[name] = np.rint(values * scale[:, None]).astype(np.int8)
            found[f"{name}_scale"] = scale.astype(np.float32)
    return found


def write(
    folder: Path, variables: Mapping[str, NDArray[Any]], *, name: str = "WhisperSpec"
) -> Path:
    """Write a folder with the variables of an encoder, and one of a decoder; return it."""
    parts = [struct.pack("<I", 6), _text(name), struct.pack("<II", 3, len(variables) + 1)]
    named = {f"encoder/{key}": values for key, values in variables.items()}
    for key, values in {**named, "decoder/scale": np.ones(3, np.float32)}.items():
        kind = _KINDS.index(values.dtype)
        sizes = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        parts += [_text(key), sizes, struct.pack("<BI", kind, values.nbytes), values.tobytes()]
    (folder / "model.bin").write_bytes(b"".join(parts))
    return folder


def _text(value: str) -> bytes:
    content = value.encode() + b"\0"
    return struct.pack("<H", len(content)) + content
