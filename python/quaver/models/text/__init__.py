"""Emotion of a text by convolutions and recurrent layers over its words.

The estimator takes str and follows scikit-learn: one label for each text, or any number of them.
Sequences come from `quaver.text`, the network is Keras', and a file holds it with its vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._lazy import lazy

if TYPE_CHECKING:
    from quaver.models.base import save
    from quaver.models.text.classifier import TextClassifier, load, load_pretrained
    from quaver.models.text.config import PRETRAINED
    from quaver.models.text.file import read_word2vec
    from quaver.models.text.scores import best_thresholds, macro_f1

__all__ = [
    "PRETRAINED",
    "TextClassifier",
    "best_thresholds",
    "load",
    "load_pretrained",
    "macro_f1",
    "read_word2vec",
    "save",
]

_HOMES = {
    "classifier": ["TextClassifier", "load", "load_pretrained"],
    "config": ["PRETRAINED"],
    "evaluation": [],
    "file": ["read_word2vec"],
    "quaver.models.base": ["save"],
    "onnx": [],
    "scores": ["best_thresholds", "macro_f1"],
}
__getattr__, __dir__ = lazy(__name__, _HOMES, needs="text")
