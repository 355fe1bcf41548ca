"""The graph of Whisper's encoder as ONNX has it, and its weights; private."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from quaver._validate import check_int
from quaver.models.encoder.mel import N_MELS
from quaver.models.networks.graph import FLOAT, Graph, Node

if TYPE_CHECKING:
    from numpy.typing import NDArray

Precision = Literal["int8", "float32"]
PRECISIONS: tuple[Precision, ...] = ("int8", "float32")

INPUT = "pictures"
_EPSILON = float(np.float32(1e-5))  # as files have it
#: Of int8: the largest magnitude that both signs have.
_LARGEST = 127
# Far beyond the largest encoder that there is, and far from where products would overflow.
_MOST = {"width": 8192, "n_heads": 256, "n_positions": 65536, "n_blocks": 256}


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Sizes of an encoder.

    Attributes
    ----------
    width : int
        Values of a frame.
    n_heads : int
        Of the attention; each has ``width / n_heads`` values.
    n_positions : int
        Frames of the longest recording, 20 ms each.
    n_blocks : int
        Transformer blocks that are there.
    """

    width: int = 384
    n_heads: int = 6
    n_positions: int = 1500
    n_blocks: int = 3

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            if not 1 <= check_int(name, getattr(self, name)) <= most:
                raise ValueError(f"{name} must be from 1 to {most}, got {getattr(self, name)}")
        if self.width % self.n_heads:
            raise ValueError(f"width must be a multiple of {self.n_heads} heads, got {self.width}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EncoderConfig:
        """Return the configuration that `to_dict` made; ValueError for other keys."""
        if values.keys() != asdict(cls()).keys():
            raise ValueError(f"configuration with the keys {sorted(values)}")
        return cls(**values)

    def to_dict(self) -> dict[str, int]:
        """Return the values as JSON has them."""
        return asdict(self)


def check_precision(name: str, value: Any) -> Precision:
    """Return a precision; ValueError for anything else."""
    if value not in PRECISIONS:
        raise ValueError(f"{name} must be 'int8' or 'float32', got {value!r}")
    found: Precision = value
    return found


def products(config: EncoderConfig) -> dict[str, tuple[int, int]]:
    """Return the shapes of the matrices of all blocks, (inputs, outputs)."""
    width = config.width
    each = {
        "qkv": (width, 3 * width),
        "attended": (width, width),
        "wide": (width, 4 * width),
        "narrow": (4 * width, width),
    }
    blocks = range(1, config.n_blocks + 1)
    return {f"{name}_{block}": shape for block in blocks for name, shape in each.items()}


def quantized(weights: Mapping[str, NDArray[Any]], config: EncoderConfig) -> dict[str, Any]:
    """Return the weights with matrices of int8, each column with a scale of its own."""
    found = dict(weights)
    for name in products(config):
        values = np.asarray(weights[name], np.float32)
        largest = np.abs(values).max(axis=0)
        scale = np.where(largest > 0, largest / _LARGEST, 1).astype(np.float32)
        found[name] = np.rint(values / scale).astype(np.int8)
        found[f"{name}_scale"] = scale
    return found


def graph_of(
    config: EncoderConfig,
    *,
    stored: Precision,
    precision: Precision,
    blocks: tuple[int, ...],
    pooled: bool = True,
) -> Graph:
    """Return the network from pictures to what blocks say.

    Parameters
    ----------
    config : EncoderConfig
    stored : {"int8", "float32"}
        What the matrices are; of int8 the large other weights are float16.
    precision : {"int8", "float32"}
        What is multiplied. For int8 the weights must be.
    blocks : tuple of int
        From 1; in rising order. What comes after the last is left out.
    pooled : bool, default True
        Mean and deviation over frames, (n, 2 width), or else all frames, (n, frames, width).
    """
    builder = _Builder(config, stored, precision)
    x = builder.stem()
    outputs = []
    for block in range(1, blocks[-1] + 1):
        x = builder.block(x, block)
        if block in blocks:
            outputs.append(builder.output(x, block, pooled))
    shape: list[int | str] = ["n", 2 * config.width] if pooled else ["n", "frames", config.width]
    return Graph(
        "encoder",
        builder.nodes,
        [(INPUT, FLOAT, ["n", "pictures_frames", N_MELS])],
        [(name, FLOAT, shape) for name in outputs],
        builder.constants,
        builder.weights,
    )


class _Builder:
    """Collects operations, constants and shapes of weights; names of operations are results'."""

    def __init__(self, config: EncoderConfig, stored: Precision, precision: Precision) -> None:
        self._config, self._stored, self._precision = config, stored, precision
        self._half = np.dtype(np.float16 if stored == "int8" else np.float32)
        width, heads = config.width, config.n_heads
        self.nodes: list[Node] = []
        self.weights: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}
        self.constants: dict[str, NDArray[Any]] = {
            "half": np.array(0.5, np.float32),
            "one": np.array(1, np.float32),
            "root": np.array(0.5**0.5, np.float32),
            "start": np.array([0], np.int64),
            "rows": np.array([-1, width], np.int64),
            "width": np.array([width], np.int64),
            "heads": np.array([3 * heads, width // heads], np.int64),
        }

    def stem(self) -> str:
        """Two convolutions, of which the second halves the rate, and where each frame is."""
        config = self._config
        width = config.width
        self._add("Transpose", [INPUT], "bands", perm=[0, 2, 1])
        x = "bands"
        for i, (channels, stride) in enumerate(((N_MELS, 1), (width, 2)), 1):
            kernel = self._large(f"kernel_{i}", (width, channels, 3))
            sizes = {"pads": [1, 1], "strides": [stride]}
            self._add("Conv", [x, kernel, self._small(f"bias_{i}")], f"conv_{i}", **sizes)
            x = self._gelu(f"conv_{i}")
        self._add("Transpose", [x], "frames", perm=[0, 2, 1])
        self._add("Shape", ["frames"], "n_frames", start=1, end=2)
        positions = self._large("positions", (config.n_positions, width))
        self._add("Slice", [positions, "start", "n_frames"], "places")
        self._add("Add", ["frames", "places"], "placed")
        self._add("Shape", ["frames"], "sizes", start=0, end=2)
        self._add("Concat", ["sizes", "heads"], "by_head", axis=0)
        self._add("Concat", ["sizes", "width"], "by_frame", axis=0)
        return self._add("Reshape", ["placed", "rows"], "block_0")

    def block(self, x: str, block: int) -> str:
        """Attention over the frames, then two layers for each frame, both on top of the input."""
        attended = self._attention(self._norm(x, f"norm_a_{block}"), block)
        x = self._add("Add", [x, attended], f"x_{block}")
        wide = self._product(self._norm(x, f"norm_b_{block}"), f"wide_{block}")
        narrow = self._product(self._gelu(wide), f"narrow_{block}")
        return self._add("Add", [x, narrow], f"y_{block}")

    def output(self, x: str, block: int, pooled: bool) -> str:
        """Give what a block says of all frames, or their mean and deviation."""
        name = f"block_{block}"
        if not pooled:
            return self._add("Reshape", [x, "by_frame"], name)
        self._add("Reshape", [x, "by_frame"], f"all_{block}")
        over = {"axes": [1], "keepdims": 1}
        self._add("ReduceMean", [f"all_{block}"], f"mean_{block}", **over)
        self._add("Sub", [f"all_{block}", f"mean_{block}"], f"centred_{block}")
        self._add("Mul", [f"centred_{block}"] * 2, f"squared_{block}")
        self._add("ReduceMean", [f"squared_{block}"], f"variance_{block}", **over)
        self._add("Sqrt", [f"variance_{block}"], f"deviation_{block}")
        self._add("Concat", [f"mean_{block}", f"deviation_{block}"], f"pooled_{block}", axis=2)
        self._add("Flatten", [f"pooled_{block}"], name, axis=1)
        return name

    def _attention(self, x: str, block: int) -> str:
        """Heads side by side; the queries' weights hold the scale of the products."""
        found = self._product(x, f"qkv_{block}")
        self._add("Reshape", [found, "by_head"], f"split_{block}")
        self._add("Transpose", [f"split_{block}"], f"by_head_{block}", perm=[0, 2, 1, 3])
        parts = [f"{part}_{block}" for part in ("queries", "keys", "values")]
        self.nodes.append(Node("Split", [f"by_head_{block}"], parts, {"axis": 1}))
        self._add("Transpose", [parts[1]], f"keys_t_{block}", perm=[0, 1, 3, 2])
        self._add("MatMul", [parts[0], f"keys_t_{block}"], f"scores_{block}")
        self._add("Softmax", [f"scores_{block}"], f"shares_{block}", axis=-1)
        self._add("MatMul", [f"shares_{block}", parts[2]], f"mixed_{block}")
        self._add("Transpose", [f"mixed_{block}"], f"mixed_t_{block}", perm=[0, 2, 1, 3])
        self._add("Reshape", [f"mixed_t_{block}", "rows"], f"joined_{block}")
        return self._product(f"joined_{block}", f"attended_{block}")

    def _product(self, x: str, name: str) -> str:
        """Rows times a matrix and a bias, in the precision that is asked for."""
        shape = products(self._config)[name]
        bias = self._small(f"{name}_bias", shape[1])
        result = f"{name}_result"
        if self._stored == "float32":
            return self._add("Gemm", [x, self._weight(name, np.float32, shape), bias], result)
        matrix = self._weight(name, np.int8, shape)
        scale = self._small(f"{name}_scale", shape[1])
        if self._precision == "float32":  # ONNX Runtime does so once, when it reads the graph
            self._add("Cast", [matrix], f"{name}_cast", to=FLOAT)
            self._add("Mul", [f"{name}_cast", scale], f"{name}_float")
            return self._add("Gemm", [x, f"{name}_float", bias], result)
        rounded = [f"{name}_{part}" for part in ("rounded", "step", "zero")]
        self.nodes.append(Node("DynamicQuantizeLinear", [x], rounded))
        self._add("MatMulInteger", [rounded[0], matrix, rounded[2]], f"{name}_integers")
        self._add("Cast", [f"{name}_integers"], f"{name}_cast", to=FLOAT)
        self._add("Mul", [rounded[1], scale], f"{name}_steps")
        self._add("Mul", [f"{name}_cast", f"{name}_steps"], f"{name}_float")
        return self._add("Add", [f"{name}_float", bias], result)

    def _norm(self, x: str, name: str) -> str:
        inputs = [x, self._small(f"{name}_gain"), self._small(f"{name}_bias")]
        return self._add("LayerNormalization", inputs, name, axis=-1, epsilon=_EPSILON)

    def _gelu(self, x: str) -> str:
        """X (1 + erf(x / sqrt(2))) / 2, which ONNX Runtime knows by its shape."""
        self._add("Mul", [x, "root"], f"{x}_scaled")
        self._add("Erf", [f"{x}_scaled"], f"{x}_erf")
        self._add("Add", [f"{x}_erf", "one"], f"{x}_sum")
        self._add("Mul", [x, f"{x}_sum"], f"{x}_twice")
        return self._add("Mul", [f"{x}_twice", "half"], f"{x}_gelu")

    def _large(self, name: str, shape: tuple[int, ...]) -> str:
        self._weight(name, self._half, shape)
        if self._half == np.float32:
            return name
        return self._add("Cast", [name], f"{name}_float", to=FLOAT)

    def _small(self, name: str, size: int | None = None) -> str:
        return self._weight(name, np.float32, (size or self._config.width,))

    def _weight(self, name: str, dtype: Any, shape: tuple[int, ...]) -> str:
        self.weights[name] = (np.dtype(dtype), shape)
        return name

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(Node(kind, inputs, [output], attributes))
        return output
