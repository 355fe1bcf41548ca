"""What a speech recogniser hears of a voice: vectors of a pre-trained encoder.

The first blocks of Whisper's encoder (Radford et al. 2022, Robust speech recognition via
large-scale weak supervision, arXiv:2212.04356) under ONNX Runtime, on log-mel pictures from the
kernels; mean and deviation over time of what a block says make a vector that a plain classifier
learns emotions from. `load_pretrained` gives such a classifier, `train` makes one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._lazy import lazy

if TYPE_CHECKING:
    from quaver.models.base import predict, predict_timeline, save
    from quaver.models.encoder.classifier import (
        PRETRAINED,
        EncoderClassifier,
        load,
        load_pretrained,
    )
    from quaver.models.encoder.features import EncoderFeatures
    from quaver.models.encoder.mel import picture
    from quaver.models.encoder.model import (
        LONGEST,
        SHORTEST,
        Embeddings,
        Encoder,
        embed,
        embed_many,
    )
    from quaver.models.encoder.pauses import spoken
    from quaver.models.encoder.training import train
    from quaver.models.encoder.whisper import convert

__all__ = [
    "LONGEST",
    "PRETRAINED",
    "SHORTEST",
    "Embeddings",
    "Encoder",
    "EncoderClassifier",
    "EncoderFeatures",
    "convert",
    "embed",
    "embed_many",
    "load",
    "load_pretrained",
    "picture",
    "predict",
    "predict_timeline",
    "save",
    "spoken",
    "train",
]

_HOMES = {
    "whisper": ["convert"],
    "features": ["EncoderFeatures"],
    "file": [],
    "graph": [],
    "discriminant": [],
    "evaluation": [],
    "head": [],
    "logistic": [],
    "classifier": ["PRETRAINED", "EncoderClassifier", "load", "load_pretrained"],
    "model": ["LONGEST", "SHORTEST", "Embeddings", "Encoder", "embed", "embed_many"],
    "mel": ["picture"],
    "pauses": ["spoken"],
    "selection": [],
    "training": ["train"],
    "vectors": [],
    "quaver.models.base": ["predict", "predict_timeline", "save"],
}
__getattr__, __dir__ = lazy(__name__, _HOMES)
