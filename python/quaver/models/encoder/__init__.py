"""What a speech recogniser hears of a voice: vectors of a pre-trained encoder.

The first blocks of Whisper's encoder (Radford et al. 2022, Robust speech recognition via
large-scale weak supervision, arXiv:2212.04356) under ONNX Runtime, on log-mel pictures from the
kernels; mean and deviation over time of what a block says make a vector that a plain classifier
learns emotions from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._lazy import lazy

if TYPE_CHECKING:
    from quaver.models.encoder.features import EncoderFeatures
    from quaver.models.encoder.mel import picture
    from quaver.models.encoder.model import (
        LONGEST,
        PRETRAINED,
        SHORTEST,
        Embeddings,
        Encoder,
        embed,
        embed_many,
        load,
        load_pretrained,
    )
    from quaver.models.encoder.whisper import convert

__all__ = [
    "LONGEST",
    "PRETRAINED",
    "SHORTEST",
    "Embeddings",
    "Encoder",
    "EncoderFeatures",
    "convert",
    "embed",
    "embed_many",
    "load",
    "load_pretrained",
    "picture",
]

_HOMES = {
    "whisper": ["convert"],
    "features": ["EncoderFeatures"],
    "file": [],
    "graph": [],
    "model": [
        "LONGEST",
        "PRETRAINED",
        "SHORTEST",
        "Embeddings",
        "Encoder",
        "embed",
        "embed_many",
        "load",
        "load_pretrained",
    ],
    "mel": ["picture"],
}
__getattr__, __dir__ = lazy(__name__, _HOMES, needs="encoder")
