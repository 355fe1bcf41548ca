"""Model files that somebody has edited, for the tests of what reads them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quaver.models.networks import graph

SEAL = "quaver.sha256"
Content = bytes | Callable[[bytes], bytes]


def rewrite(file: Path, changes: Mapping[str, Content | None] = {}, **options: Any) -> Path:
    """Write an archive anew with other entries; without the checksums, as an older file has it."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist() if name != SEAL}
    for name, change in changes.items():
        if change is None:
            del entries[name]
        else:
            entries[name] = change(entries[name]) if callable(change) else change
    with zipfile.ZipFile(file, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file


def change_json(**values: Any) -> Callable[[bytes], bytes]:
    """Return a change of the keys of a JSON object."""
    return lambda content: json.dumps({**json.loads(content), **values}).encode()


def nodes(value: Any, key: str) -> Iterator[Any]:
    """Yield what stands under a key anywhere in a schema."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == key:
                yield item
            yield from nodes(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item, key)


def change_array(file: Path, attribute: str, change: Callable[[Any], Any]) -> Path:
    """Change the array of an estimator's attribute in a ``.skops`` file."""
    with zipfile.ZipFile(file) as archive:
        schema = json.loads(archive.read("schema.json"))
        entry = next(n["file"] for n in nodes(schema, attribute) if n.get("type") == "numpy")
        array = change(np.load(io.BytesIO(archive.read(entry))))
    stream = io.BytesIO()
    np.save(stream, array)
    return rewrite(file, {entry: stream.getvalue()})


def change_node(file: Path, attribute: str, value: Any) -> Path:
    """Change the JSON value of an estimator's attributes of one name in a ``.skops`` file."""

    def change(content: bytes) -> bytes:
        schema = json.loads(content)
        for node in nodes(schema, attribute):
            node["content"] = json.dumps(value)
        return json.dumps(schema).encode()

    return rewrite(file, {"schema.json": change})


@contextmanager
def without_runtime() -> Iterator[None]:
    """Let nothing reach ONNX Runtime."""
    import onnxruntime

    def reached(*arguments: Any, **options: Any) -> None:
        raise AssertionError("ONNX Runtime was asked")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(onnxruntime, "InferenceSession", reached)
        yield


def seal_onnx(model: Any) -> bytes:
    """Return the bytes of an ONNX model with the checksum that they have now."""
    for entry in model.metadata_props:
        if entry.key == graph.SEAL:
            entry.value = graph.UNSEALED
    content: bytes = model.SerializeToString()
    digest = hashlib.sha256(content).hexdigest()
    start = content.rfind(graph.UNSEALED.encode())
    return (
        content[:start] + digest.encode() + content[start + len(digest) :] if start > 0 else content
    )


def change_onnx(content: bytes, change: Callable[[Any], object]) -> bytes:
    """Change an ONNX model and seal it."""
    import onnx

    model = onnx.load_from_string(content)
    change(model)
    return seal_onnx(model)


def change_about(content: bytes, **values: Any) -> bytes:
    """Change what an ONNX model says about itself."""

    def change(model: Any) -> None:
        for entry in model.metadata_props:
            if entry.key == graph.ABOUT:
                entry.value = json.dumps({**json.loads(entry.value), **values})

    return change_onnx(content, change)


def change_weight(name: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Return a change of a weight, for `change_onnx`."""
    from onnx import numpy_helper

    def edit(model: Any) -> None:
        for tensor in model.graph.initializer:
            if tensor.name == name:
                values = change(numpy_helper.to_array(tensor).copy())
                tensor.CopyFrom(numpy_helper.from_array(values, name))

    return edit
