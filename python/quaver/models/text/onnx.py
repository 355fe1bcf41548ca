"""The network of texts without Keras or TensorFlow: an ONNX file and ONNX Runtime.

`export` writes a model of `quaver.models.text` (needs onnx and Keras), `load` reads it (needs
onnxruntime only). The answers are those of the ``.keras`` file to rounding; a process is ready in
a tenth of the time, and a sentence takes a tenth of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from quaver._extras import extra
from quaver.models.archive import named
from quaver.models.base import short
from quaver.models.networks import graph
from quaver.models.networks.onnx import Exported, lstm, normalisation, said_in
from quaver.models.text.config import FILTERS, KEYS, PRETRAINED, UNITS, check_about
from quaver.models.text.graph import INPUT, graph_of
from quaver.models.text.reader import Reader
from quaver.record import replacing
from quaver.text import FIRST_ID, Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.text.classifier import TextClassifier

    _Said = tuple[dict[str, Any], Vocabulary]

__all__ = ["OnnxClassifier", "export", "load", "load_pretrained"]

_FORMAT = 1


class OnnxClassifier(Reader, Exported):
    """A trained network of texts run by ONNX Runtime; made by `load`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels in the order of the probabilities.
    multi_label : bool
        Any number of labels for a text, each with a probability of its own and a threshold.
    thresholds_ : ndarray of shape (n_classes,), float64
        From which probability on a label is given.
    vocabulary_ : Vocabulary
    length : int
        Tokens of a text that are looked at.
    truncating : {"post", "pre"}
        The side on which longer texts are cut.
    card_ : dict
        The model card.

    Examples
    --------
    >>> load_pretrained().predict_labels(["What a wonderful day, thank you so much!"])
    [('happiness',)]
    """

    pretrained: ClassVar[str] = PRETRAINED
    what: ClassVar[str] = "text model"

    def __init__(
        self, content: bytes, session: Any, about: Mapping[str, Any], vocabulary: Vocabulary
    ) -> None:
        self._content, self._session = content, session
        self.classes_, self.card_ = np.array(about["classes"]), about["card"]
        self.thresholds_ = np.array(about["thresholds"], np.float64)
        self.multi_label, self.length = about["multi_label"], about["length"]
        self.truncating, self.vocabulary_ = about["truncating"], vocabulary

    def __repr__(self) -> str:
        return short(self)

    @classmethod
    def _checked(cls, content: bytes) -> _Said:
        parsed, about = said_in(content, _FORMAT, KEYS, "text")
        if about.get("kind") != graph.TEXT:
            raise ValueError("a network of something else")
        check_about(about)
        vocabulary = Vocabulary.from_json(about["vocabulary"])
        graph.check_graph(parsed, _graph(about, vocabulary))
        return about, vocabulary

    @classmethod
    def _of(cls, content: bytes, session: Any, said: _Said) -> OnnxClassifier:
        return cls(content, session, *said)

    def _answer(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._session.run(None, {INPUT: ids})[0]
        return found


def export(model: TextClassifier, file: str | os.PathLike[str]) -> None:
    """Write a fitted classifier as an ONNX file, its matrices of float16 as in a ``.keras`` file.

    Vocabulary, labels, thresholds and card are in the file, and its own checksum. The input is
    ``ids``, (n, length) with a length that is a multiple of 8, 0 behind each text.

    Parameters
    ----------
    model : quaver.models.text.TextClassifier
        Fitted.
    file : path
        Ends in ``.onnx``; an older file is replaced once the new one is complete.

    Raises
    ------
    ValueError
        For a file of another ending.
    ModuleNotFoundError
        Without onnx, with the command that installs it.
    """
    target = named(file, ".onnx")
    model._check_ready()
    from quaver.models.text.file import rounded  # with Keras

    about = model._about(model.card)
    network = rounded(model.network_, about, model.vocabulary_)
    with extra("onnx", "onnx"):
        content = written(about, model.vocabulary_, _weights(network))
    with replacing(target) as temporary:
        temporary.write_bytes(content)


def written(
    about: Mapping[str, Any], vocabulary: Vocabulary, weights: Mapping[str, NDArray[Any]]
) -> bytes:
    """Return the file of a network of these weights, by their names in its graph."""
    import onnx

    said = {"format": _FORMAT, "kind": graph.TEXT, **about, "vocabulary": vocabulary.to_json()}
    content = graph.write(_graph(said, vocabulary), weights, json.dumps(said))
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    OnnxClassifier._checked(content)
    return content


def _graph(about: Mapping[str, Any], vocabulary: Vocabulary) -> graph.Graph:
    return graph_of(
        FIRST_ID + len(vocabulary),
        len(about["classes"]),
        about["dimensions"],
        multi_label=about["multi_label"],
    )


def _weights(network: Any) -> dict[str, NDArray[Any]]:
    """Return the weights of a network by their names in the graph."""
    found: dict[str, NDArray[Any]] = {"words": network.get_layer("embedding").get_weights()[0]}
    for i in range(1, len(FILTERS) + 1):
        kernel, found[f"bias_{i}"] = network.get_layer(f"conv_{i}").get_weights()
        found[f"kernel_{i}"] = kernel.transpose(2, 1, 0)
        scale, shift = normalisation(network.get_layer(f"norm_{i}"))
        found[f"scale_{i}"], found[f"shift_{i}"] = scale[:, None], shift[:, None]
    for i in range(1, len(UNITS) + 1):
        values = lstm(network.get_layer(f"lstm_{i}"))
        found.update({f"{kind}_{i}": each for kind, each in values.items()})
    for name, layer in (("hidden", "dense"), ("scores", "classification")):
        kernel, bias = network.get_layer(layer).get_weights()
        found[f"{name}_kernel"], found[f"{name}_bias"] = kernel, bias
    return found


load = OnnxClassifier.load
load_pretrained = OnnxClassifier.load_pretrained
