"""Whisper's picture and encoder.

Radford et al., Robust speech recognition via large-scale weak supervision (arXiv:2212.04356), and
the code that they published with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import erf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.log_mel import stft_magnitude
from reference.mel import filter_bank

Array = NDArray[np.float64]
Weights = Mapping[str, NDArray[Any]]

_erf = np.vectorize(erf, otypes=[float])


def picture(samples: ArrayLike) -> Array:
    """(n // 160, 80): the last frame is dropped before the floor is found."""
    stft = stft_magnitude(samples, n_fft=400, hop_length=160, pad_mode="reflect")
    power = stft[:-1] ** 2 @ filter_bank(400, 16000, 80).T
    logarithm = np.log10(np.maximum(power, 1e-10))
    return (np.maximum(logarithm, logarithm.max() - 8) + 4) / 4


def gelu(x: Array) -> Array:
    return x * (1 + _erf(x / np.sqrt(2))) / 2


def convolution(x: Array, kernel: Array, bias: Array, stride: int) -> Array:
    """(frames, channels), a zero at each end; the kernel is (out, in, 3)."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=0)[::stride]
    return np.einsum("tcj,ocj->to", windows, kernel) + bias


def norm(x: Array, gain: Array, bias: Array) -> Array:
    centred = x - x.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5) * gain + bias


def attention(x: Array, weights: Weights, prefix: str, n_heads: int) -> Array:
    qkv = x @ weights[f"{prefix}/linear_0/weight"].T + weights[f"{prefix}/linear_0/bias"]
    found = []
    for q, k, v in zip(*(np.split(part, n_heads, 1) for part in np.split(qkv, 3, 1)), strict=True):
        scores = q @ k.T / np.sqrt(q.shape[1])
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        found.append(shares / shares.sum(axis=1, keepdims=True) @ v)
    joined = np.concatenate(found, axis=1)
    return joined @ weights[f"{prefix}/linear_1/weight"].T + weights[f"{prefix}/linear_1/bias"]


def blocks(frames: ArrayLike, variables: Weights, n_blocks: int) -> list[Array]:
    """What each block says, (positions, width), of variables that are named as in CTranslate2."""
    weights = {name: np.asarray(values, np.float64) for name, values in variables.items()}
    x = np.asarray(frames, np.float64)
    for i in (1, 2):
        x = gelu(convolution(x, weights[f"conv{i}/weight"], weights[f"conv{i}/bias"], i))
    x = x + weights["position_encodings/encodings"][: len(x)]
    found = []
    for block in range(n_blocks):
        part = f"layer_{block}/self_attention"
        normed = norm(x, *(weights[f"{part}/layer_norm/{name}"] for name in ("gamma", "beta")))
        x = x + attention(normed, weights, part, int(weights["num_heads"]))
        part = f"layer_{block}/ffn"
        normed = norm(x, *(weights[f"{part}/layer_norm/{name}"] for name in ("gamma", "beta")))
        wide = gelu(
            normed @ weights[f"{part}/linear_0/weight"].T + weights[f"{part}/linear_0/bias"]
        )
        x = x + wide @ weights[f"{part}/linear_1/weight"].T + weights[f"{part}/linear_1/bias"]
        found.append(x)
    return found


def pooled(frames: Array) -> Array:
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0)])
