"""ONNX graphs without ONNX: how one must be, what is in a file, how one is written; private.

A file from a stranger may hold loops without end, other files' contents or weights that a bit was
flipped in. So nothing but the graph that is expected is taken, with finite weights of its shapes,
and a checksum over the whole file must hold, all of it before ONNX Runtime sees a byte.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models.archive import open_regular, parse_json, reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Keys of the metadata: what is said about the network, JSON, and the checksum of the file, taken
#: with zeros in its own place.
ABOUT, SEAL = "quaver", "sha256"
UNSEALED = "0" * 64

FLOAT, INT8, INT32, INT64, FLOAT16 = 1, 3, 6, 7, 10  # of TensorProto.DataType
#: What weights and constants may be.
_DTYPES: dict[int, np.dtype[Any]] = {
    FLOAT: np.dtype("<f4"),
    INT8: np.dtype("i1"),
    INT64: np.dtype("<i8"),
    FLOAT16: np.dtype("<f2"),
}
_MOST_FIELDS = 20_000

#: What the file of a head on an encoder says that it is.
HEAD = "encoder-head"
#: And that of a network of texts.
TEXT = "text"

#: Name, type and shape of what a graph takes or makes.
Value = tuple[str, int, list[int | str]]


@dataclass(frozen=True, slots=True)
class Node:
    """An operation: its name, what it takes, what it makes, and its attributes."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """A network without its weights.

    Attributes
    ----------
    name : str
        What its kind is called.
    nodes : list of Node
    inputs, outputs : list of Value
    constants : dict of str to ndarray
        The sizes and the like that stand in it.
    weights : dict of str to (dtype, shape)
        What is learned.
    opset, ir_version : int
        The oldest that has its operations, so that older runtimes read it.
    """

    name: str
    nodes: list[Node]
    inputs: list[Value]
    outputs: list[Value]
    constants: dict[str, NDArray[Any]]
    weights: dict[str, tuple[np.dtype[Any], tuple[int, ...]]]
    opset: int = 17
    ir_version: int = 8


@dataclass(slots=True)
class Parsed:
    """What is in a file; arrays look into its bytes."""

    about: bytes = b""
    seal: tuple[int, int] | None = None
    versions: dict[str, Any] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)


def kind(file: str | os.PathLike[str]) -> str:
    """Return "encoder" of a file of a head, "text" of a network of texts, "tdcnn" of any other."""
    with open_regular(file) as stream, reading(file, "model"):
        about = parse(stream.read()).about
        said = parse_json(about, "what is said about the network") if about else None
        written = said.get("kind") if isinstance(said, dict) else None
        return {HEAD: "encoder", TEXT: "text"}.get(str(written), "tdcnn")


def parse(content: bytes) -> Parsed:
    """Return what is in a file, or raise ValueError for anything that no such network needs."""
    return _Parser(content).model()


def check(content: bytes, parsed: Parsed) -> None:
    """Raise ValueError if a file is not what was written."""
    if parsed.seal is None:
        raise ValueError("no checksum in it")
    if content[slice(*parsed.seal)] != _digest(content, parsed.seal).encode():
        raise ValueError("damaged or edited: its checksum is not the one in it")


def check_graph(parsed: Parsed, wanted: Graph) -> None:
    """Raise ValueError unless a file holds the expected graph, its weights finite."""
    if parsed.versions != {"ir": wanted.ir_version, "": wanted.opset}:
        raise ValueError(
            f"versions {parsed.versions}, expected {wanted.ir_version} and {wanted.opset}"
        )
    for found, node in zip(parsed.nodes, wanted.nodes, strict=False):
        if found != node:
            raise ValueError(f"the operation {found}, expected {node}")
    if len(parsed.nodes) != len(wanted.nodes):
        raise ValueError(f"{len(parsed.nodes)} operations, expected {len(wanted.nodes)}")
    if (parsed.inputs, parsed.outputs) != (wanted.inputs, wanted.outputs):
        raise ValueError(f"takes {parsed.inputs} and makes {parsed.outputs}")
    if parsed.weights.keys() != wanted.constants.keys() | wanted.weights.keys():
        raise ValueError(f"the constants {sorted(parsed.weights)}")
    for name, array in parsed.weights.items():
        constant = wanted.constants.get(name)
        dtype, shape = (
            wanted.weights[name] if constant is None else (constant.dtype, constant.shape)
        )
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(f"{name} is {array.dtype} of shape {array.shape}, expected {shape}")
        if constant is not None and not np.array_equal(array, constant):
            raise ValueError(f"{name} is {array.tolist()}, expected {constant.tolist()}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite")


def write(graph: Graph, weights: Mapping[str, NDArray[Any]], about: str) -> bytes:
    """Return the file of a network: its graph, its weights, what is said about it, the checksum.

    Parameters
    ----------
    graph : Graph
    weights : mapping of str to ndarray
        Those that the graph names; others are left out.
    about : str
        JSON.
    """
    learned = {name: np.asarray(weights[name], dtype) for name, (dtype, _) in graph.weights.items()}
    parts = [
        *(_field(1, _node(node)) for node in graph.nodes),
        _field(2, graph.name.encode()),
        *(_field(5, _tensor(n, v)) for n, v in {**graph.constants, **learned}.items()),
        *(_field(11, _value(value)) for value in graph.inputs),
        *(_field(12, _value(value)) for value in graph.outputs),
    ]
    entries = {ABOUT: about, SEAL: UNSEALED}
    content = b"".join(
        [
            _field(1, graph.ir_version),
            _field(2, b"quaver"),
            _field(7, b"".join(parts)),
            _field(8, _field(2, graph.opset)),
            *(
                _field(14, _field(1, k.encode()) + _field(2, v.encode()))
                for k, v in entries.items()
            ),
        ]
    )
    span = parse(content).seal
    assert span is not None
    return content[: span[0]] + _digest(content, span).encode() + content[span[1] :]


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

    def _value(self, span: _Span) -> Value:
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


def _field(number: int, value: int | float | bytes) -> bytes:
    """Return one field of a message: an integer, a float or bytes."""
    if isinstance(value, float):
        return _encoded(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return _encoded(number << 3) + _encoded(value)
    return _encoded(number << 3 | 2) + _encoded(len(value)) + value


def _encoded(value: int) -> bytes:
    value &= (1 << 64) - 1
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def _property(key: str, value: str) -> bytes:
    return _field(1, key.encode()) + _field(2, value.encode())


def _node(node: Node) -> bytes:
    return b"".join(
        [
            *(_field(1, name.encode()) for name in node.inputs),
            *(_field(2, name.encode()) for name in node.outputs),
            _field(4, node.kind.encode()),
            *(_field(5, _attribute(*each)) for each in node.attributes.items()),
        ]
    )


def _attribute(name: str, value: float | int | list[int]) -> bytes:
    number, kind = {float: (2, 1), int: (3, 2), list: (8, 7)}[type(value)]
    values = value if isinstance(value, list) else [value]
    written = b"".join(_field(number, each) for each in values)
    return _field(1, name.encode()) + written + _field(20, kind)


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    (kind,) = (kind for kind, dtype in _DTYPES.items() if dtype == array.dtype)
    sizes = b"".join(_field(1, size) for size in array.shape)
    return sizes + _field(2, kind) + _field(8, name.encode()) + _field(9, array.tobytes())


def _value(value: Value) -> bytes:
    name, kind, shape = value
    sizes = (_field(2, s.encode()) if isinstance(s, str) else _field(1, s) for s in shape)
    dimensions = b"".join(_field(1, size) for size in sizes)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, kind) + _field(2, dimensions)))
