"""The objects of a ``.skops`` archive, made here: nothing of it chooses what is called; private.

skops writes such files. Its reader trusts every estimator of scikit-learn, among them trees that
follow indices out of bounds, and reads what the file claims. This one knows a few classes that hold
numbers (`quaver.models.steps.CLASSES`), and arrays that are as long as they say.
"""

from __future__ import annotations

import importlib
import io
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models.archive import Archive, parse_json
from quaver.models.steps import CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The entry that says how the others belong together.
SCHEMA = "schema.json"

_PLAIN = {"DictNode": "builtins.dict", "ListNode": "builtins.list", "TupleNode": "builtins.tuple"}
_LOADERS = {*_PLAIN, "JsonNode", "NdArrayNode", "ObjectNode", "TypeNode"}
_KEYS = {"builtins.str": str, "builtins.int": int}
_KINDS = "fiubU"


class Untrusted(ValueError):
    """A class or function that is not among those that are made."""


def read_objects(archive: Archive) -> Any:
    """Return what an archive holds.

    Raises
    ------
    Untrusted
        For a class or function that is not known; none of the file's is looked for.
    ValueError
        For what is no such archive.
    """
    schema = archive.json(SCHEMA)
    unknown = _unknown(schema)
    if unknown:
        raise Untrusted(str(sorted(unknown)))
    return _Reader(archive).value(schema)


def _unknown(schema: Any) -> set[str]:
    """Return the names that stand in a schema and are not among those that are made."""
    found, ahead = set(), [schema]
    while ahead:
        value = ahead.pop()
        if isinstance(value, dict):
            loader = value.get("__loader__")
            if isinstance(loader, str):
                name = _name(value)
                known = {"ObjectNode": CLASSES, "TypeNode": _KEYS}.get(loader, {name})
                if loader not in _LOADERS or name not in known:
                    found.add(name)
            ahead += value.values()
        elif isinstance(value, list):
            ahead += value
    return found


class _Reader:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._arrays: dict[str, NDArray[Any]] = {}
        self._makers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "DictNode": self._dict,
            "ListNode": lambda node: [self.value(item) for item in _list(node)],
            "TupleNode": lambda node: tuple(self.value(item) for item in _list(node)),
            "JsonNode": lambda node: parse_json(_text(node, "content").encode(), SCHEMA),
            "NdArrayNode": self._array,
            "ObjectNode": self._object,
        }

    def value(self, node: Any) -> Any:
        """Return what a node of the schema stands for."""
        if not isinstance(node, dict):
            raise ValueError(f"{SCHEMA}: expected a node, got {type(node).__name__}")
        loader, found = _text(node, "__loader__"), _name(node)
        if loader not in self._makers or _PLAIN.get(loader, found) != found:
            raise Untrusted(found)
        return self._makers[loader](node)

    def _dict(self, node: dict[str, Any]) -> dict[Any, Any]:
        content, types = node.get("content"), node.get("key_types")
        if not isinstance(content, dict) or not isinstance(types, dict):
            raise ValueError(f"{SCHEMA}: a dictionary without content")
        kinds = [_name(kind) for kind in _list(types)]
        if len(kinds) != len(content) or not set(kinds) <= set(_KEYS):
            raise ValueError(f"{SCHEMA}: keys of {sorted(set(kinds))} for {len(content)} values")
        pairs = zip(kinds, content.items(), strict=True)
        return {_KEYS[kind](key): self.value(value) for kind, (key, value) in pairs}

    def _array(self, node: dict[str, Any]) -> Any:
        if node.get("type") == "json":  # of objects, such as the labels of a pandas column
            items = [self.value(item) for item in _list(node)]
            if not all(isinstance(item, (str, int, float)) for item in items):
                raise ValueError(f"{SCHEMA}: an array of other things than names and numbers")
            found = np.empty(len(items), object)
            found[:] = items
            return found
        if node.get("type") != "numpy":
            raise ValueError(f"{SCHEMA}: an array of the type {node.get('type')!r:.200}")
        name = _text(node, "file")
        if name not in self._arrays:
            self._arrays[name] = _npy(self._archive.read(name), name)
        array = self._arrays[name]
        return array if _name(node) == "numpy.ndarray" else array[()]

    def _object(self, node: dict[str, Any]) -> Any:
        name = _name(node)
        if name not in CLASSES:
            raise Untrusted(name)
        module, _, found = name.rpartition(".")
        kind = getattr(importlib.import_module(module), found)
        state = self.value(node.get("content"))
        if not isinstance(state, dict):
            raise ValueError(f"{SCHEMA}: {name} without content")
        taken = [key for key in state if not isinstance(key, str) or hasattr(kind, key)]
        if taken:
            raise ValueError(f"{SCHEMA}: {name} has no attributes {taken!r:.200} of its own")
        made = kind.__new__(kind)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a probe tells more than a comparison of versions
            getattr(made, "__setstate__", made.__dict__.update)(state)
        return made


def _name(node: Any) -> str:
    if not isinstance(node, dict):
        raise ValueError(f"{SCHEMA}: expected a node, got {type(node).__name__}")
    return f"{_text(node, '__module__')}.{_text(node, '__class__')}"


def _text(node: dict[str, Any], key: str) -> str:
    if not isinstance(node.get(key), str):
        raise ValueError(f"{SCHEMA}: {key} must be a str, got {node.get(key)!r:.200}")
    return str(node[key])


def _list(node: dict[str, Any]) -> list[Any]:
    if not isinstance(node.get("content"), list):
        raise ValueError(f"{SCHEMA}: content must be a list, got {node.get('content')!r:.200}")
    return list(node["content"])


def _npy(content: bytes, name: str) -> NDArray[Any]:
    """Return the array of an ``.npy`` entry that is as long as its header says."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name}: version {version} of the format")
    read = np.lib.format.read_array_header_1_0
    shape, fortran, dtype = (read if version == (1, 0) else np.lib.format.read_array_header_2_0)(
        stream
    )
    count, start = math.prod(shape), stream.tell()
    if dtype.kind not in _KINDS or min(shape, default=0) < 0 or len(shape) > 4:
        raise ValueError(f"{name}: an array of {dtype} and shape {shape}")
    if not dtype.itemsize or count * dtype.itemsize != len(content) - start:
        raise ValueError(f"{name}: {len(content) - start} bytes for {dtype} of shape {shape}")
    flat = np.frombuffer(content, dtype, offset=start)
    return flat.reshape(shape, order="F" if fortran else "C").astype(dtype.newbyteorder("="))
