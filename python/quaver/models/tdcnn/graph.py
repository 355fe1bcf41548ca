"""The graph of the time-distributed network as ONNX has it; private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models.networks.graph import FLOAT, INT32, Graph, Node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.tdcnn.config import TDCNNConfig

INPUTS = ["windows", "lengths"]


def graph_of(config: TDCNNConfig, n_classes: int) -> Graph:
    """Return the network of a configuration."""
    windows: list[int | str] = ["n", "windows", config.n_mels, config.window_frames]
    float32 = np.dtype(np.float32)
    return Graph(
        "tdcnn",
        _nodes(config),
        [("windows", FLOAT, windows), ("lengths", INT32, ["n"])],
        [("probabilities", FLOAT, ["n", n_classes])],
        _constants(config),
        {name: (float32, shape) for name, shape in _shapes(config, n_classes).items()},
    )


def _same_padding(kernel: int) -> list[int]:
    """Return how many zeros a convolution puts at each side."""
    before, after = (kernel - 1) // 2, kernel // 2
    return [before, before, after, after]


def _nodes(config: TDCNNConfig) -> list[Node]:
    """Return the operations of the network of a configuration, in their order."""
    made = [Node("Reshape", ["windows", "picture"], ["pictures"])]

    def add(kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> None:
        made.append(Node(kind, inputs, list(outputs), attributes))

    x = "pictures"
    for i, pool in enumerate(config.pools, 1):
        padding = _same_padding(config.kernel)
        add("Conv", [x, f"kernel_{i}", f"bias_{i}"], f"conv_{i}", pads=padding)
        add("Elu", [f"conv_{i}"], f"elu_{i}", alpha=1.0)
        sizes = {"kernel_shape": list(pool), "strides": list(pool)}
        add("MaxPool", [f"elu_{i}"], f"pool_{i}", **sizes)
        x = f"pool_{i}"
    # (n windows, channels, rows, columns) to (windows, n, features), the order of ONNX' LSTM.
    add("Shape", ["windows"], "sizes", start=0, end=2)
    add("Concat", ["sizes", "n_features"], "rows", axis=0)
    add("Reshape", [x, "rows"], "features")
    add("Transpose", ["features"], "sequence", perm=[1, 0, 2])
    x = "sequence"
    for i, units in enumerate(config.units, 1):
        weights = [f"{name}_{i}" for name in ("input", "recurrent", "biases")]
        add("LSTM", [x, *weights, "lengths"], f"all_{i}", f"last_{i}", hidden_size=units)
        last = i == len(config.units)
        x = f"lstm_{i}"
        add("Squeeze", [f"last_{i}", "zero"] if last else [f"all_{i}", "one"], x)
    add("Gemm", [x, "kernel", "bias"], "scores")
    add("Softmax", ["scores"], "probabilities", axis=1)
    return made


def _constants(config: TDCNNConfig) -> dict[str, NDArray[np.int64]]:
    """Return the sizes that stand in the graph of a configuration."""
    picture = [-1, 1, config.n_mels, config.window_frames]
    values = {"picture": picture, "n_features": [config.n_features], "one": [1], "zero": [0]}
    return {name: np.array(value, np.int64) for name, value in values.items()}


def _shapes(config: TDCNNConfig, n_classes: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of a configuration."""
    found: dict[str, tuple[int, ...]] = {}
    channels = (1, *config.filters)
    for i in range(1, len(channels)):
        found[f"kernel_{i}"] = (channels[i], channels[i - 1], config.kernel, config.kernel)
        found[f"bias_{i}"] = (channels[i],)
    widths = (config.n_features, *config.units)
    for i in range(1, len(widths)):
        found[f"input_{i}"] = (1, 4 * widths[i], widths[i - 1])
        found[f"recurrent_{i}"] = (1, 4 * widths[i], widths[i])
        found[f"biases_{i}"] = (1, 8 * widths[i])
    return {**found, "kernel": (widths[-1], n_classes), "bias": (n_classes,)}
