"""Model files changed at random: each is read, or refused by a ValueError that names it.

The networks of ``.keras`` files are not built, nothing but what comes before that is tried.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import fuzzing
import quaver
import whisper_folders
from forging import SEAL
from quaver.models import archive, encoder, persistence
from quaver.models.encoder import head as heads
from quaver.models.encoder.whisper import read_weights
from quaver.models.networks import graph
from quaver.models.networks.file import ABOUT, VOCABULARY, kind
from quaver.models.tdcnn import file as tdcnn_file
from quaver.models.tdcnn import onnx as tdcnn_onnx
from quaver.models.tdcnn.graph import graph_of
from quaver.models.tdcnn.network import weight_shapes
from quaver.models.text import file as text_file
from quaver.models.text import onnx as text_onnx
from quaver.models.text.config import weight_shapes as text_shapes
from quaver.models.text.graph import graph_of as text_graph
from quaver.text import Vocabulary
from toys import SMALL

Entries = dict[str, bytes]
Load = Callable[[Path], Any]
_WEIGHTS = "model.weights.h5"
_MEMORY = 2 << 30  # of addresses: a thread that starts within takes many
_SLOWER = {".keras": 3, ".text.keras": 10}


def skops_file(file: Path) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 6)).astype(np.float32), np.array(list("abc") * 10)
    machine = CalibratedClassifierCV(SVC(), cv=2, ensemble=False)
    steps = make_pipeline(StandardScaler(), PCA(4), machine).fit(X, y)
    config = quaver.FeatureConfig().to_dict()
    about: dict[str, Any] = {"kind": "svm", "card": {"name": "x", "versions": {"n": 1}}}
    persistence.save(
        file, steps=steps, config=config, classes=("a", "b", "c"), probe=X[:3], **about
    )


def weights_of(shapes: list[tuple[int, ...]]) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as opened:
        for i, shape in enumerate(shapes):
            opened[f"layers/layer_{i % 9}/vars/{i}"] = np.full(shape, 0.01, np.float16)
    return stream.getvalue()


def keras_file(file: Path, entries: dict[str, str], weights: bytes) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in {**entries, "config.json": "{}", "metadata.json": "{}"}.items():
            packed.writestr(name, content)
        packed.writestr(_WEIGHTS, weights)
    archive.seal(file)


def tdcnn_keras(file: Path) -> None:
    about = {
        "format": 1,
        "kind": "tdcnn",
        "classes": ["a", "b"],
        "config": SMALL.to_dict(),
        "card": {"name": "x", "reports": []},
        "probe": [[0.5, 0.5]],
    }
    keras_file(file, {ABOUT: json.dumps(about)}, weights_of(weight_shapes(SMALL, 2)))


def text_keras(file: Path) -> None:
    words = Vocabulary(["good", "bad", "not"])
    about = {
        "format": 1,
        "classes": ["a", "b"],
        "multi_label": True,
        "thresholds": [0.4, 0.5],
        "length": 64,
        "truncating": "post",
        "dimensions": 4,
        "vocabulary": words.digest,
        "card": {},
        "probe": [[0.5, 0.5]] * 4,
    }
    entries = {ABOUT: json.dumps(about), VOCABULARY: words.to_json()}
    keras_file(file, entries, weights_of(text_shapes(words.n_ids, 2, 4)))


def onnx_file(file: Path) -> None:
    rng = np.random.default_rng(0)
    values = {
        name: rng.standard_normal(shape).astype(np.float32)
        for name, (_, shape) in graph_of(SMALL, 2).weights.items()
    }
    file.write_bytes(tdcnn_onnx.written(SMALL, ["a", "b"], {"name": "x"}, values))


def text_onnx_file(file: Path) -> None:
    words = Vocabulary(["a", "b"])
    rng = np.random.default_rng(0)
    values = {
        name: rng.standard_normal(shape).astype(dtype)
        for name, (dtype, shape) in text_graph(words.n_ids, 2, 4, multi_label=True).weights.items()
    }
    about = {"classes": ["x", "y"], "multi_label": True, "thresholds": [0.5, 0.5], "length": 8}
    about |= {"truncating": "post", "dimensions": 4, "card": {}}
    file.write_bytes(text_onnx.written(about, words, values))


def encoder_file(file: Path) -> None:
    whisper_file(file.parent / "model.bin")
    encoder.convert(file.parent, file)


def head_file(file: Path) -> None:
    rng = np.random.default_rng(0)
    shapes = ((6,), (6,), (6, 2), (2,), (6, 1), (1,))
    values = [np.abs(rng.standard_normal(shape)).astype(np.float32) for shape in shapes]
    priors = np.full(2, 0.5, np.float32)
    basis = np.eye(6, 2, dtype=np.float32)
    head = heads.Head(("a", "b"), *values, priors, basis, np.ones(1, np.float32))
    file.write_bytes(head.written({"blocks": [1], "sha256": "0" * 64}, {"name": "x"}))


def load_head(file: Path) -> None:
    with archive.reading(file, "head"):
        head, _, _ = heads.read(file.read_bytes())
    vectors = np.array([[0.0], [1.0], [-1e6]], np.float32) * np.ones(len(head.mean), np.float32)
    assert np.isfinite(head.answers(vectors).probabilities).all()


def whisper_file(file: Path) -> None:
    variables = whisper_folders.small_encoder(n_blocks=3)
    whisper_folders.write(file.parent, whisper_folders.with_integers(variables))


def load_skops(file: Path) -> Any:
    return persistence.load(file, kind="svm")


class Built(Exception):
    """The network would be built now: the file was taken."""


def built(*arguments: Any, **options: Any) -> None:
    raise Built


def load_keras(read: Callable[[Path], Any]) -> Load:
    def load(file: Path) -> None:
        kind(file)
        try:
            read(file)
        except ValueError as error:
            if not isinstance(error.__cause__, Built):
                raise

    return load


TARGETS: dict[str, tuple[Callable[[Path], None], Load]] = {
    ".skops": (skops_file, load_skops),
    ".onnx": (onnx_file, lambda file: tdcnn_onnx.load(file, threads=1)),
    ".text.onnx": (text_onnx_file, lambda file: text_onnx.load(file, threads=1)),
    ".encoder.onnx": (encoder_file, encoder.Encoder.load),
    ".head.onnx": (head_file, load_head),
    ".bin": (whisper_file, lambda file: read_weights(file.parent, 3)),
    ".keras": (tdcnn_keras, load_keras(tdcnn_file.read)),
    ".text.keras": (text_keras, load_keras(text_file.read)),
}


# mutations


def any_byte(rng: np.random.Generator, content: bytes) -> bytes:
    return fuzzing.mutated_bytes(rng, content)


def repacked(rng: np.random.Generator, content: bytes) -> bytes:
    """Change entries of an archive: bytes, values of JSON, arrays; new sums for them or not."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        entries = {name: packed.read(name) for name in packed.namelist()}
    seal = entries.pop(SEAL)
    for _ in range(int(rng.integers(1, 3))):
        edit_entry(rng, entries)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, entry in entries.items():
            packed.writestr(name, entry)
        if rng.random() < 0.1:
            packed.writestr(SEAL, seal)
    return stream.getvalue()


def edit_entry(rng: np.random.Generator, entries: Entries) -> None:
    name = fuzzing.choice(rng, list(entries))
    way = rng.random()
    if way < 0.05:
        del entries[name]
    elif way < 0.1:
        entries[fuzzing.choice(rng, ["x.npy", "../up", "config.json"])] = entries.pop(name)
    elif name.endswith(".json") and way < 0.8:
        entries[name] = edit_json(rng, entries[name])
    elif name.endswith(".npy") and way < 0.8:
        entries[name] = edit_array(rng, entries[name])
    elif name.endswith(".h5") and way < 0.6:
        entries[name] = edit_weights(rng, entries[name])
    else:
        entries[name] = fuzzing.mutated_bytes(rng, entries[name])


UGLY = [
    *(None, True, -1, 0, 2**31, 2**64, 10**400, 1e308, float("nan"), float("inf"), ""),
    *("x", "\ud800", "0" * 5000, [], [[]] * 100, {}, {"__loader__": "ListNode"}, 0.5, [1, 2]),
    *("numpy", "builtins", "FunctionNode", "os", "system", "[" * 5000),
]


def edit_json(rng: np.random.Generator, content: bytes) -> bytes:
    """Replace a value somewhere in a JSON text, or take one away or twice."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return content
    at, key = {"": values}, ""
    found: Any = values
    while isinstance(found, (dict, list)) and found and rng.random() < 0.9:
        keys = list(found) if isinstance(found, dict) else range(len(found))
        at, key = found, fuzzing.choice(rng, keys)
        found = at[key]
    way = rng.random()
    if way < 0.15 and at is not values:
        del at[key]
    elif way < 0.3 and isinstance(found, list) and found:
        found.append(fuzzing.choice(rng, found))
    elif way < 0.4 and isinstance(found, (int, float)):
        at[key] = found * -7.5
    else:
        at[key] = fuzzing.choice(rng, UGLY)
    return json.dumps(values).encode()


def edit_array(rng: np.random.Generator, content: bytes) -> bytes:
    """Change shape, type or values of an array, or what its header says."""
    if rng.random() < 0.3:
        return fuzzing.mutated_bytes(rng, content[:128]) + content[128:]
    try:
        array = np.load(io.BytesIO(content))
        found = np.asarray(fuzzing.choice(rng, fuzzing.ugly_arrays(array)))
        stream = io.BytesIO()
        np.save(stream, found if found.nbytes < 1 << 20 else array[:1], allow_pickle=False)
    except Exception:  # of an array that was spoilt before, whatever NumPy says of it
        return content
    return stream.getvalue()


def edit_weights(rng: np.random.Generator, content: bytes) -> bytes:
    """Change a data set of an HDF5 file, or put a link in its place."""
    stream = io.BytesIO(content)
    try:
        with h5py.File(stream, "r+") as opened:
            group = opened[f"layers/layer_{int(rng.integers(9))}/vars"]
            name = fuzzing.choice(rng, list(group))
            shape = group[name].shape
            del group[name]
            for _ in range(int(rng.integers(2))):
                shape = (*shape, 1) if rng.random() < 0.3 else tuple(reversed(shape))
            way = int(rng.integers(7))
            if way == 0:
                group.create_dataset(name, (2**20, 2**10), "f2")
            elif way == 1:
                group[name] = h5py.SoftLink("/layers")
            elif way == 2:
                group[name] = h5py.ExternalLink("/dev/zero", "x")
            elif way == 3:
                data = np.ones(shape, np.float16)
                group.create_dataset(name, data=data, chunks=True, compression="gzip")
            elif way == 4:
                group[name] = opened["layers"]
            elif way == 5:
                group[name] = np.full(shape, fuzzing.choice(rng, fuzzing.REALS), np.float32)
            else:
                group[name] = "text"
    except (KeyError, OSError, ValueError, RuntimeError, AttributeError, TypeError):
        return content
    return stream.getvalue()


def resealed(rng: np.random.Generator, content: bytes) -> bytes:
    """Change an ONNX file and give it the checksum that it has now."""
    parsed = graph.parse(content)
    assert parsed.seal is not None
    start, end = parsed.seal
    plain = content[:start] + graph.UNSEALED.encode() + content[end:]
    at = plain.index(parsed.about)
    if rng.random() < 0.3:  # of the same length, so that the file is still one
        about = edit_json(rng, parsed.about)[: len(parsed.about)].ljust(len(parsed.about))
        plain = plain[:at] + about + plain[at + len(about) :]
    elif rng.random() < 0.5:
        changed = bytearray(plain)
        for place in rng.integers(len(plain), size=3):
            changed[place] ^= 1 << int(rng.integers(8))
        plain = bytes(changed)
    else:
        plain = fuzzing.mutated_bytes(rng, plain, 2)
    place = plain.rfind(graph.UNSEALED.encode())
    digest = hashlib.sha256(plain).hexdigest().encode()
    return plain if place < 0 else plain[:place] + digest + plain[place + len(digest) :]


def reshaped(rng: np.random.Generator, content: bytes) -> bytes:
    """Change one of the sizes, types and texts between the values of a file of CTranslate2."""
    found = bytearray(content)
    at = content.index(b"encoder/", int(rng.integers(len(content) - 200)) // 2)
    for place in rng.integers(at, at + 60, size=2):
        found[place] = fuzzing.choice(rng, [0, 1, 2, 4, 127, 255])
    return bytes(found)


#: What is changed within a file of each kind; the others are archives.
INSIDE = {
    **dict.fromkeys([".onnx", ".text.onnx", ".encoder.onnx", ".head.onnx"], resealed),
    ".bin": reshaped,
}


@pytest.fixture(autouse=True)
def nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdcnn_file, "build_network", built)
    monkeypatch.setattr(text_file, "build_network", built)


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_are_taken(tmp_path: Path, target: str) -> None:
    write, load = TARGETS[target]
    file = tmp_path / f"model{target}"
    write(file)
    load(file)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("way", ["bytes", "values"])
def test_a_changed_file_is_read_or_refused_by_name(tmp_path: Path, target: str, way: str) -> None:
    write, load = TARGETS[target]
    file = tmp_path / f"model{target}"
    write(file)
    content = file.read_bytes()
    inside = INSIDE.get(target, repacked)
    for seed in range(1 + fuzzing.CALLS // _SLOWER.get(target, 1)):
        rng = np.random.default_rng([seed, len(target)])
        changed = (any_byte if way == "bytes" else inside)(rng, content)
        file.write_bytes(changed)
        problem = problem_of(load, file)
        assert problem is None, f"seed {seed}: {problem}"


def problem_of(load: Load, file: Path) -> str | None:
    """Return what is wrong with how a file is refused, if it is."""
    try:
        with fuzzing.memory_limit(_MEMORY):
            load(file)
    except ValueError as error:
        return None if str(error).startswith(str(file)) else f"without a name: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
