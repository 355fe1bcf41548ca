"""The graph of the network of texts as ONNX has it; private.

Padding is passed over as in Keras: what lies beyond the end of a text is zero before each
convolution, and the recurrent layers are told where the end is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from quaver.models.networks.graph import FLOAT, INT32, Graph, Node
from quaver.models.text.config import FILTERS, HIDDEN, KERNEL, POOL, UNITS

INPUT = "ids"

_CONSTANTS = {"zero": [0], "one": [1], "last_two": [1, 2]}
_HALF, _SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def graph_of(n_ids: int, n_classes: int, dimensions: int, *, multi_label: bool) -> Graph:
    """Return the network of a vocabulary and labels, its matrices stored as float16."""
    builder = _Builder()
    builder.weights["words"] = (_HALF, (n_ids, dimensions))
    x = builder.convolutions(dimensions)
    x = builder.recurrences(x)
    x = builder.dense(x, "hidden", UNITS[-1], HIDDEN)
    x = builder.add("Relu", [x], "hidden_relu")
    x = builder.dense(x, "scores", HIDDEN, n_classes)
    if multi_label:
        builder.add("Sigmoid", [x], "probabilities")
    else:
        builder.add("Softmax", [x], "probabilities", axis=1)
    return Graph(
        "text",
        builder.nodes,
        [(INPUT, INT32, ["n", "length"])],
        [("probabilities", FLOAT, ["n", n_classes])],
        {name: np.array(value, np.int64) for name, value in _CONSTANTS.items()},
        builder.weights,
    )


class _Builder:
    """Collects operations and shapes of weights; names of operations are results'."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.weights: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}

    def add(self, kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        """Add an operation and return its first result that has a name."""
        self.nodes.append(Node(kind, inputs, list(outputs), attributes))
        return next(filter(None, outputs))

    def single(self, name: str, *shape: int) -> str:
        """Add a weight of float32."""
        self.weights[name] = (_SINGLE, shape)
        return name

    def half(self, name: str, *shape: int) -> str:
        """Add a weight of float16, and what makes it one of float32."""
        self.weights[name] = (_HALF, shape)
        return self.add("Cast", [name], f"{name}_single", to=FLOAT)

    def convolutions(self, dimensions: int) -> str:
        """Add everything from ids to what the convolutions say, (steps, n, filters)."""
        rows = self.add("Gather", ["words", INPUT], "rows", axis=0)
        x = self.add("Cast", [rows], "rows_single", to=FLOAT)
        x = self.add("Transpose", [x], "rows_turned", perm=[0, 2, 1])
        present = self.add("Sign", [INPUT], "signs")  # ids are not negative, that of padding is 0
        present = self.add("Cast", [present], "signs_single", to=FLOAT)
        present = self.add("Unsqueeze", [present, "one"], "present_0")
        pads = [(KERNEL - 1) // 2, KERNEL // 2]
        for i, (before, filters) in enumerate(pairwise((dimensions, *FILTERS)), 1):
            kernel = self.half(f"kernel_{i}", filters, before, KERNEL)
            bias = self.single(f"bias_{i}", filters)
            x = self.add("Mul", [x, present], f"shown_{i}")
            x = self.add("Conv", [x, kernel, bias], f"conv_{i}", pads=pads)
            x = self.add("Relu", [x], f"relu_{i}")
            pool = {"kernel_shape": [POOL], "strides": [POOL]}
            x = self.add("MaxPool", [x], f"pool_{i}", **pool)
            present = self.add("MaxPool", [present], f"present_{i}", **pool)
            x = self.add("Mul", [x, self.single(f"scale_{i}", filters, 1)], f"scaled_{i}")
            x = self.add("Add", [x, self.single(f"shift_{i}", filters, 1)], f"norm_{i}")
        total = self.add("ReduceSum", [present, "last_two"], "total", keepdims=0)
        self.add("Cast", [total], "lengths", to=INT32)
        return self.add("Transpose", [x], "sequence", perm=[2, 0, 1])

    def recurrences(self, x: str) -> str:
        """Add the recurrent layers, down to the last one's state at the end of each text."""
        for i, (before, units) in enumerate(pairwise((FILTERS[-1], *UNITS)), 1):
            weights = [
                self.half(f"input_{i}", 1, 4 * units, before),
                self.half(f"recurrent_{i}", 1, 4 * units, units),
                self.single(f"biases_{i}", 1, 8 * units),
            ]
            outputs = (f"all_{i}", f"last_{i}")
            self.add("LSTM", [x, *weights, "lengths"], *outputs, hidden_size=units)
            last = i == len(UNITS)
            x = f"lstm_{i}"
            self.add("Squeeze", [f"last_{i}", "zero"] if last else [f"all_{i}", "one"], x)
        return x

    def dense(self, x: str, name: str, before: int, after: int) -> str:
        """Add a dense layer."""
        weights = [self.half(f"{name}_kernel", before, after), self.single(f"{name}_bias", after)]
        return self.add("Gemm", [x, *weights], name)
