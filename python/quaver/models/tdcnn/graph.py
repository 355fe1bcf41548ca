"""The graph of an ONNX file: how it must be, and what is in one, read without ONNX; private.

A file from a stranger may hold loops without end, other files' contents or weights that a bit was
flipped in. So nothing but the graph of its configuration is taken, with finite weights of its
shapes, and a checksum over the whole file must hold, all of it before ONNX Runtime sees a byte.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.tdcnn.config import TDCNNConfig

OPSET = 17
IR_VERSION = 8
#: Keys of the metadata: what is said about the network, JSON, and the checksum of the file, taken
#: with zeros in its own place.
ABOUT, SEAL = "quaver", "sha256"
UNSEALED = "0" * 64
INPUTS = ["windows", "lengths"]

_FLOAT, _INT32, _INT64 = 1, 6, 7  # of TensorProto.DataType
_DTYPES: dict[int, np.dtype[Any]] = {_FLOAT: np.dtype("<f4"), _INT64: np.dtype("<i8")}
_MOST_FIELDS = 20_000


@dataclass(frozen=True, slots=True)
class Node:
    """An operation: its name, what it takes, what it makes, and its attributes."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)


def same_padding(kernel: int) -> list[int]:
    """Return how many zeros a convolution puts at each side."""
    before, after = (kernel - 1) // 2, kernel // 2
    return [before, before, after, after]


def nodes(config: TDCNNConfig) -> list[Node]:
    """Return the operations of the network of a configuration, in their order."""
    made = [Node("Reshape", ["windows", "picture"], ["pictures"])]

    def add(kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> None:
        made.append(Node(kind, inputs, list(outputs), attributes))

    x = "pictures"
    for i, pool in enumerate(config.pools, 1):
        padding = same_padding(config.kernel)
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


def constants(config: TDCNNConfig) -> dict[str, NDArray[np.int64]]:
    """Return the sizes that stand in the graph of a configuration."""
    picture = [-1, 1, config.n_mels, config.window_frames]
    values = {"picture": picture, "n_features": [config.n_features], "one": [1], "zero": [0]}
    return {name: np.array(value, np.int64) for name, value in values.items()}


def shapes(config: TDCNNConfig, n_classes: int) -> dict[str, tuple[int, ...]]:
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


def inputs(config: TDCNNConfig) -> list[tuple[str, int, list[int | str]]]:
    """Return name, type and shape of what the network takes."""
    windows: list[int | str] = ["n", "windows", config.n_mels, config.window_frames]
    return [("windows", _FLOAT, windows), ("lengths", _INT32, ["n"])]


def outputs(n_classes: int) -> list[tuple[str, int, list[int | str]]]:
    """Return name, type and shape of what the network says."""
    return [("probabilities", _FLOAT, ["n", n_classes])]


@dataclass(slots=True)
class Parsed:
    """What is in a file; arrays look into its bytes."""

    about: bytes = b""
    seal: tuple[int, int] | None = None
    versions: dict[str, Any] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    inputs: list[tuple[str, int, list[int | str]]] = field(default_factory=list)
    outputs: list[tuple[str, int, list[int | str]]] = field(default_factory=list)


def parse(content: bytes) -> Parsed:
    """Return what is in a file, or raise ValueError for anything that no such network needs."""
    return _Parser(content).model()


def seal(content: bytes) -> bytes:
    """Return a file with its checksum in the place of `UNSEALED`."""
    span = parse(content).seal
    assert span is not None
    return content[: span[0]] + _digest(content, span).encode() + content[span[1] :]


def check(content: bytes, parsed: Parsed) -> None:
    """Raise ValueError if a file is not what was written."""
    if parsed.seal is None:
        raise ValueError(
            "no checksum, as in files of earlier versions: write it again from its .keras file by"
            " quaver.models.tdcnn.onnx.export(quaver.models.tdcnn.load(...), ...)"
        )
    if content[slice(*parsed.seal)] != _digest(content, parsed.seal).encode():
        raise ValueError("damaged or edited: its checksum is not the one in it")


def check_graph(parsed: Parsed, config: TDCNNConfig, n_classes: int) -> None:
    """Raise ValueError unless a graph is that of a configuration, its weights finite."""
    if parsed.versions != {"ir": IR_VERSION, "": OPSET}:
        raise ValueError(f"versions {parsed.versions}, expected {IR_VERSION} and {OPSET}")
    for found, wanted in zip(parsed.nodes, nodes(config), strict=False):
        if found != wanted:
            raise ValueError(f"the operation {found}, expected {wanted}")
    if len(parsed.nodes) != len(nodes(config)):
        raise ValueError(f"{len(parsed.nodes)} operations, expected {len(nodes(config))}")
    if (parsed.inputs, parsed.outputs) != (inputs(config), outputs(n_classes)):
        raise ValueError(f"takes {parsed.inputs} and makes {parsed.outputs}")
    sizes, wanted_shapes = constants(config), shapes(config, n_classes)
    if parsed.weights.keys() != sizes.keys() | wanted_shapes.keys():
        raise ValueError(f"the constants {sorted(parsed.weights)}")
    for name, array in parsed.weights.items():
        shape = sizes[name].shape if name in sizes else wanted_shapes[name]
        if array.shape != shape or array.dtype.kind != ("i" if name in sizes else "f"):
            raise ValueError(f"{name} is {array.dtype} of shape {array.shape}, expected {shape}")
        if name in sizes and not np.array_equal(array, sizes[name]):
            raise ValueError(f"{name} is {array.tolist()}, expected {sizes[name].tolist()}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite")


def _digest(content: bytes, span: tuple[int, int]) -> str:
    found = hashlib.sha256(memoryview(content)[: span[0]])
    found.update(UNSEALED.encode())
    found.update(memoryview(content)[span[1] :])
    return found.hexdigest()


_Span = tuple[int, int]
_Fields = Iterator[tuple[int, Any]]


class _Parser:
    """Reads the messages of onnx.proto that a network is made of; any other field is refused."""

    def __init__(self, content: bytes) -> None:
        self._content, self._left = content, _MOST_FIELDS

    def model(self) -> Parsed:
        """Read a ModelProto."""
        made = Parsed()
        for number, value in self._fields((0, len(self._content))):
            if number == 1:
                made.versions["ir"] = value
            elif number == 7:
                self._graph(value, made)
            elif number == 8:
                domain, version = self._pair(value, text=1)
                made.versions[domain] = version
            elif number == 14:
                self._property(value, made)
            elif number not in (2, 3, 5, 6):  # who made it, in words and numbers
                raise ValueError(f"field {number} of the model")
        return made

    def _property(self, span: _Span, made: Parsed) -> None:
        parts = dict(self._fields(span))
        key = self._text(parts.get(1, (0, 0)))
        if key == ABOUT and not made.about:
            made.about = self._content[slice(*parts[2])]
        elif key == SEAL and made.seal is None and parts[2][1] - parts[2][0] == len(UNSEALED):
            made.seal = parts[2]
        else:
            raise ValueError(f"the property {key!r:.200}")

    def _graph(self, span: _Span, made: Parsed) -> None:
        for number, value in self._fields(span):
            if number == 1:
                made.nodes.append(self._node(value))
            elif number == 5:
                name, array = self._tensor(value)
                if name in made.weights:
                    raise ValueError(f"{name} is there twice")
                made.weights[name] = array
            elif number in (11, 12):
                (made.inputs if number == 11 else made.outputs).append(self._value(value))
            elif number not in (2, 10):
                raise ValueError(f"field {number} of the graph")

    def _node(self, span: _Span) -> Node:
        node = Node("", [], [])
        kind = ""
        for number, value in self._fields(span):
            if number in (1, 2):
                (node.inputs if number == 1 else node.outputs).append(self._text(value))
            elif number == 4:
                kind = self._text(value)
            elif number == 5:
                name, found = self._attribute(value)
                node.attributes[name] = found
            elif number != 3:
                raise ValueError(f"field {number} of an operation")
        return Node(kind, node.inputs, node.outputs, node.attributes)

    def _attribute(self, span: _Span) -> tuple[str, Any]:
        name, kind, one, many = "", 0, 0, []
        number_of: Any = 0.0
        for number, value in self._fields(span):
            if number == 1:
                name = self._text(value)
            elif number == 2:
                (number_of,) = struct.unpack("<f", self._content[slice(*value)])
            elif number == 3:
                one = _signed(value)
            elif number == 8:
                many += self._integers(value)
            elif number == 20:
                kind = value
            else:
                raise ValueError(f"field {number} of the attribute {name!r:.200}")
        if kind not in (1, 2, 7):
            raise ValueError(f"the attribute {name!r:.200} of type {kind}")
        return name, {1: number_of, 2: one, 7: many}[kind]

    def _tensor(self, span: _Span) -> tuple[str, NDArray[Any]]:
        name, kind, raw = "", 0, (0, 0)
        shape: list[int] = []
        for number, value in self._fields(span):
            if number == 1:
                shape += self._integers(value)
            elif number == 2:
                kind = value
            elif number == 8:
                name = self._text(value)
            elif number == 9:
                raw = value
            else:  # numbers of another form, or in another file
                raise ValueError(f"field {number} of a tensor")
        if kind not in _DTYPES or min(shape, default=1) < 1:
            raise ValueError(f"{name!r:.200} is of type {kind} and shape {shape}")
        dtype, n_bytes = _DTYPES[kind], raw[1] - raw[0]
        if math.prod(shape) * dtype.itemsize != n_bytes:
            raise ValueError(f"{name!r:.200} has {n_bytes} bytes for the shape {shape}")
        values = np.frombuffer(self._content, dtype, math.prod(shape), raw[0])
        return name, values.reshape(shape)

    def _value(self, span: _Span) -> tuple[str, int, list[int | str]]:
        parts = self._only(span, (1, 2))
        tensor = self._only(self._only(parts[2], (1,))[1], (1, 2))
        shape: list[int | str] = []
        for _, dimension in self._fields(tensor[2]):
            ((number, value),) = self._fields(dimension)
            shape.append(self._text(value) if number == 2 else value)
        return self._text(parts[1]), tensor[1], shape

    def _only(self, span: _Span, numbers: tuple[int, ...]) -> dict[int, Any]:
        found = list(self._fields(span))
        if sorted(number for number, _ in found) != list(numbers):
            raise ValueError(f"the fields {found!r:.200}, expected {numbers}")
        return dict(found)

    def _pair(self, span: _Span, *, text: int) -> tuple[str, Any]:
        parts = dict(self._fields(span))
        return self._text(parts.pop(text, (0, 0))), parts.pop(2, 0)

    def _text(self, span: Any) -> str:
        return self._content[slice(*span)].decode()

    def _integers(self, value: Any) -> list[int]:
        """Return repeated integers, packed or not."""
        if isinstance(value, int):
            return [_signed(value)]
        found, at = [], value[0]
        while at < value[1]:
            number, at = self._varint(at, value[1])
            found.append(_signed(number))
        return found

    def _fields(self, span: _Span) -> _Fields:
        """Yield the number of each field, and its integer or where its bytes are."""
        at, end = span
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise ValueError(f"more than {_MOST_FIELDS} fields")
            key, at = self._varint(at, end)
            kind = key & 7
            if kind == 0:
                value, at = self._varint(at, end)
                yield key >> 3, value
                continue
            length = {1: 8, 5: 4}.get(kind)
            if kind == 2:
                length, at = self._varint(at, end)
            if length is None or length > end - at:
                raise ValueError("no ONNX file, or one that is cut off")
            yield key >> 3, (at, at + length)
            at += length

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if at >= end:
                break
            byte = self._content[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & (1 << 64) - 1, at
        raise ValueError("no ONNX file, or one that is cut off")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
