"""The head: from an encoder's vectors to emotions, and whether these can be trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models.archive import check_labels, parse_json
from quaver.models.networks import graph
from quaver.models.networks.graph import FLOAT, HEAD, Graph, Node

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 3

#: Standard deviations from the mean of training beyond which a value is not believed.
LIMIT = 3.0
#: Novelty from which a recording is called unlike training. Clips of RAVDESS have 1.2 to 2 for a
#: head that heard nEMO only, as have those of nEMO the other way round.
STRANGE = 2.0
#: Answers fall back to the priors by this power of novelty: between the corpora at hand they are
#: then about as often right as they say.
DISTRUST = 2.5
#: Standard deviations beyond which all is equally new, so that squares are numbers.
FAR = 1e4
# A longer one is none of an encoder, and larger weights are of no training.
_MOST_VALUES, _LARGEST = 1 << 16, 1e6


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no single truth
class Answers:
    """What a head says of vectors.

    Attributes
    ----------
    probabilities : ndarray of shape (n, n_classes), float64
        Rows sum to 1; the less of speech and the less like training, the nearer to the priors.
    speech : ndarray of shape (n,), float64
        Probability that there is speech.
    novelty : ndarray of shape (n,), float64
        What the main directions of training leave of the standardised values, over that of the
        strangest hundredth of clean clips of unseen speakers: above `STRANGE` a recording is
        unlike all of training.
    """

    probabilities: NDArray[np.float64]
    speech: NDArray[np.float64]
    novelty: NDArray[np.float64]

    def doubts(self) -> list[tuple[str, ...]]:
        """Return the warnings of each row: "no_speech" or "unlike_training"."""
        named = (("no_speech", self.speech < 0.5), ("unlike_training", self.novelty > STRANGE))
        return [tuple(name for name, found in named if found[i]) for i in range(len(self.speech))]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Linear scores of the limited standard scores of a vector.

    Attributes
    ----------
    classes : tuple of str
    mean, scale : ndarray of shape (n_values,), float32
        Of the vectors in training.
    matrix, bias : ndarray of shape (n_values, n_classes) and (n_classes,), float32
        To the logarithms of the emotions' probabilities, calibrated.
    speech_matrix, speech_bias : ndarray of shape (n_values, 1) and (1,), float32
        To the logarithm of the odds that there is speech.
    priors : ndarray of shape (n_classes,), float32
        Of the emotions where nothing is known.
    basis : ndarray of shape (n_values, n_directions), float32
        Main directions of the standard scores in training, orthogonal, each of the squared length
        n_directions / n_values: a mean square of projections is then a part of that of the scores.
    highest : ndarray of shape (1,), float32
        Mean square of what these directions leave of the strangest hundredth of clean speech.
    """

    classes: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    matrix: NDArray[np.float32]
    bias: NDArray[np.float32]
    speech_matrix: NDArray[np.float32]
    speech_bias: NDArray[np.float32]
    priors: NDArray[np.float32]
    basis: NDArray[np.float32]
    highest: NDArray[np.float32]

    def answers(self, vectors: NDArray[np.float32]) -> Answers:
        """Return what the graph of `graph_of` computes, in NumPy.

        Parameters
        ----------
        vectors : ndarray of shape (n, n_values), float32
        """
        scores = (vectors - self.mean) / self.scale
        novelty = left_over(scores, self.basis) / self.highest
        limited = np.clip(scores, -LIMIT, LIMIT)
        emotions = softmax(limited @ self.matrix + self.bias)
        speech = 1 / (1 + np.exp(-(limited @ self.speech_matrix + self.speech_bias)[:, 0]))
        known = (np.minimum(2 * speech, 1) / np.maximum(novelty, 1) ** DISTRUST)[:, None]
        probabilities = (known * emotions + (1 - known) * self.priors).astype(np.float64)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return Answers(probabilities, speech.astype(np.float64), novelty.astype(np.float64))

    def written(self, encoder: Mapping[str, Any], card: Mapping[str, Any]) -> bytes:
        """Return the file of the head: an ONNX graph with a checksum."""
        about = {
            "format": FORMAT,
            "kind": HEAD,
            "classes": check_labels(list(self.classes)),
            "encoder": dict(encoder),
            "card": dict(card),
        }
        weights = {name: getattr(self, name) for name in _WEIGHTS}
        n_values, n_classes = self.matrix.shape
        described = graph_of(n_values, n_classes, self.basis.shape[1])
        return graph.write(described, weights, json.dumps(about))


_WEIGHTS = tuple(Head.__slots__[1:])


def left_over(scores: NDArray[np.float32], basis: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean square of scores without their projections; see `Head.basis`."""
    bounded = np.clip(scores, -FAR, FAR)
    whole = np.square(bounded, dtype=np.float64).mean(axis=1)
    return np.asarray(whole - np.square(bounded @ basis, dtype=np.float64).mean(axis=1))


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Return probabilities from their logarithms up to a constant, over the last axis."""
    found = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(found / found.sum(axis=-1, keepdims=True))


def read(content: bytes) -> tuple[Head, dict[str, Any], dict[str, Any]]:
    """Return the head of a file, what it says of its encoder, and its card.

    Raises ValueError for anything that `Head.written` does not write.
    """
    parsed = graph.parse(content)
    graph.check(content, parsed)
    about = parse_json(parsed.about, "what is said about the head")
    if not isinstance(about, dict) or about.get("kind") != HEAD:
        raise ValueError("a model of another kind, or the encoder itself")
    if about.get("format") != FORMAT:
        raise ValueError(f"of format {about.get('format')!r:.20}, not {FORMAT}: train it again")
    wrong = [key for key in ("encoder", "card") if not isinstance(about.get(key), dict)]
    if wrong or not isinstance(about.get("classes"), list):
        raise ValueError(f"wrong {', '.join(wrong) or 'classes'}")
    classes = check_labels(about["classes"])
    mean = parsed.weights.get("mean")
    if mean is None or mean.ndim != 1 or not 1 <= mean.size <= _MOST_VALUES:
        raise ValueError(f"expected means of at most {_MOST_VALUES} values")
    basis = parsed.weights.get("basis")
    if basis is None or basis.ndim != 2 or not 1 <= basis.shape[1] <= mean.size:
        raise ValueError(f"expected a basis of 1 to {mean.size} directions")
    graph.check_graph(parsed, graph_of(mean.size, len(classes), basis.shape[1]))
    weights = parsed.weights
    for name in ("scale", "priors", "highest"):
        if not (weights[name] > 0).all():
            raise ValueError(f"{name} must be positive")
    for name in _WEIGHTS:
        if np.abs(weights[name]).max() > _LARGEST:
            raise ValueError(f"{name} must be at most {_LARGEST:g}")
    if abs(float(weights["priors"].sum()) - 1) > 1e-3:
        raise ValueError(f"priors must sum to 1, got {weights['priors'].tolist()}")
    return Head(tuple(classes), *(weights[n] for n in _WEIGHTS)), about["encoder"], about["card"]


def graph_of(n_values: int, n_classes: int, n_directions: int) -> Graph:
    """Return the graph of a head, from vectors to emotions, speech and novelty."""
    over = {"axes": [1], "keepdims": 1}
    nodes = [
        Node("Sub", ["vector", "mean"], ["centred"]),
        Node("Div", ["centred", "scale"], ["scores"]),
        Node("Clip", ["scores", "least", "most"], ["limited"]),
        Node("Gemm", ["limited", "matrix", "bias"], ["logits"]),
        Node("Softmax", ["logits"], ["emotions"], {"axis": -1}),
        Node("Gemm", ["limited", "speech_matrix", "speech_bias"], ["odds"]),
        Node("Sigmoid", ["odds"], ["speech"]),
        Node("Clip", ["scores", "nearest", "farthest"], ["bounded"]),
        Node("Mul", ["bounded", "bounded"], ["squares"]),
        Node("ReduceMean", ["squares"], ["whole"], over),
        Node("MatMul", ["bounded", "basis"], ["projections"]),
        Node("Mul", ["projections", "projections"], ["projected"]),
        Node("ReduceMean", ["projected"], ["usual"], over),
        Node("Sub", ["whole", "usual"], ["distance"]),
        Node("Div", ["distance", "highest"], ["novelty"]),
        Node("Max", ["novelty", "one"], ["strangeness"]),
        Node("Add", ["speech", "speech"], ["twice"]),
        Node("Min", ["twice", "one"], ["heard"]),
        Node("Pow", ["strangeness", "distrust"], ["divisor"]),
        Node("Div", ["heard", "divisor"], ["known"]),
        Node("Mul", ["emotions", "known"], ["believed"]),
        Node("Sub", ["one", "known"], ["unknown"]),
        Node("Mul", ["priors", "unknown"], ["supposed"]),
        Node("Add", ["believed", "supposed"], ["probabilities"]),
    ]
    numbers = np.dtype(np.float32)
    return Graph(
        HEAD,
        nodes,
        [("vector", FLOAT, ["n", n_values])],
        [
            ("probabilities", FLOAT, ["n", n_classes]),
            ("speech", FLOAT, ["n", 1]),
            ("novelty", FLOAT, ["n", 1]),
        ],
        {
            "least": np.array(-LIMIT, np.float32),
            "most": np.array(LIMIT, np.float32),
            "nearest": np.array(-FAR, np.float32),
            "farthest": np.array(FAR, np.float32),
            "one": np.array(1, np.float32),
            "distrust": np.array(DISTRUST, np.float32),
        },
        {
            "mean": (numbers, (n_values,)),
            "scale": (numbers, (n_values,)),
            "matrix": (numbers, (n_values, n_classes)),
            "bias": (numbers, (n_classes,)),
            "speech_matrix": (numbers, (n_values, 1)),
            "speech_bias": (numbers, (1,)),
            "priors": (numbers, (n_classes,)),
            "basis": (numbers, (n_values, n_directions)),
            "highest": (numbers, (1,)),
        },
    )
