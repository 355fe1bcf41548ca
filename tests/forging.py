"""Model files that somebody has edited, for the tests of what reads them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

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
