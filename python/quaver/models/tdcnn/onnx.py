"""The time-distributed network without Keras or TensorFlow: an ONNX file and ONNX Runtime.

`export` writes a model of `quaver.models.tdcnn` (needs onnx and Keras), `load` reads it (needs
onnxruntime only). The answers are the same to rounding; a process is ready in a tenth of the time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from quaver._extras import extra
from quaver._validate import Downmix
from quaver.models.archive import check_labels, named
from quaver.models.base import predict, predict_timeline, short
from quaver.models.networks import graph
from quaver.models.networks.onnx import Exported, lstm, normalisation, said_in
from quaver.models.tdcnn.config import TDCNNConfig
from quaver.models.tdcnn.graph import INPUTS, graph_of
from quaver.models.tdcnn.recognizer import Recognizer
from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.tdcnn.classifier import TDCNNClassifier

    _Said = tuple[TDCNNConfig, NDArray[np.str_], dict[str, Any]]

__all__ = ["OnnxClassifier", "export", "load", "load_pretrained", "predict", "predict_timeline"]

PRETRAINED = "ravdess-tdcnn"

_FORMAT = 1
_KEYS = {"config": dict, "classes": list, "card": dict}


class OnnxClassifier(Recognizer, Exported):
    """A trained network run by ONNX Runtime; made by `load`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), str
        Labels in the order of the probabilities.
    config_ : TDCNNConfig
    card_ : dict
        The model card.
    sample_rate : int or None
        Rate in Hz of recordings that are arrays; required when there are any.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.

    Examples
    --------
    >>> import quaver.data
    >>> load_pretrained().predict_proba([quaver.data.demo_clip()]).shape
    (1, 7)
    """

    pretrained: ClassVar[str] = PRETRAINED
    what: ClassVar[str] = "time-distributed model"

    def __init__(
        self,
        content: bytes,
        session: Any,
        config: TDCNNConfig,
        classes: NDArray[np.str_],
        card: dict[str, Any],
        *,
        sample_rate: int | None = None,
        downmix: Downmix = "mean",
    ) -> None:
        self._content, self._session = content, session
        self.config_, self.classes_, self.card_ = config, classes, card
        self.sample_rate, self.downmix = sample_rate, downmix

    def __repr__(self) -> str:
        return short(self)

    @classmethod
    def _checked(cls, content: bytes) -> _Said:
        parsed, about = said_in(content, _FORMAT, _KEYS, "tdcnn")
        config, classes = TDCNNConfig.from_dict(about["config"]), check_labels(about["classes"])
        graph.check_graph(parsed, graph_of(config, len(classes)))
        return config, np.array(classes), about["card"]

    @classmethod
    def _of(cls, content: bytes, session: Any, said: _Said) -> OnnxClassifier:
        return cls(content, session, *said)

    def _answer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = batch.any(axis=(2, 3, 4)).sum(axis=1).astype(np.int32)
        feed = dict(zip(INPUTS, (batch[..., 0], lengths), strict=True))
        found: NDArray[np.float32] = self._session.run(None, feed)[0]
        return found


def export(model: TDCNNClassifier, file: str | os.PathLike[str]) -> None:
    """Write a fitted classifier as an ONNX file of float32 weights.

    Batch normalisations become part of the convolutions before them; labels are stored as text. The
    file holds its own checksum. The inputs are ``windows``,
    (n, windows, mel bands, frames), and ``lengths``, how many of the windows are no padding.

    Parameters
    ----------
    model : quaver.models.tdcnn.TDCNNClassifier
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
    labels = [str(label) for label in model.classes_]
    with extra("onnx", "onnx"):
        content = written(model.config_, labels, model.card, _weights(model))
    with replacing(target) as temporary:
        temporary.write_bytes(content)


def written(
    config: TDCNNConfig,
    labels: list[str],
    card: dict[str, Any],
    weights: Mapping[str, NDArray[np.float32]],
) -> bytes:
    """Return the file of a network of these weights, by their names in its graph."""
    import onnx

    about = {
        "format": _FORMAT,
        "config": config.to_dict(),
        "classes": check_labels(labels),
        "card": card,
    }
    content = graph.write(graph_of(config, len(labels)), weights, json.dumps(about))
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    OnnxClassifier._checked(content)
    return content


def _weights(model: TDCNNClassifier) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a network by their names in the graph."""
    config, network = model.config_, model.network_
    found: dict[str, NDArray[np.float32]] = {}
    for i in range(1, len(config.filters) + 1):
        layers = (network.get_layer(f"each_{name}_{i}").layer for name in ("conv", "norm"))
        found[f"kernel_{i}"], found[f"bias_{i}"] = _folded(*layers)
    picture = config.picture
    order = np.arange(config.n_features).reshape(*picture, config.filters[-1])
    for i in range(1, len(config.units) + 1):
        rows = order.transpose(2, 0, 1).ravel() if i == 1 else None
        values = lstm(network.get_layer(f"lstm_{i}"), rows)
        found.update({f"{kind}_{i}": each for kind, each in values.items()})
    found["kernel"], found["bias"] = network.get_layer("classification").get_weights()
    return found


def _folded(convolution: Any, norm: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel and bias of a convolution that normalises, too; channels first."""
    kernel, bias = (np.asarray(w, np.float64) for w in convolution.get_weights())
    scale, shift = normalisation(norm)
    folded = (kernel * scale).transpose(3, 2, 0, 1)
    return folded.astype(np.float32), (bias * scale + shift).astype(np.float32)


load = OnnxClassifier.load
load_pretrained = OnnxClassifier.load_pretrained
