"""Networks in ``.keras`` files of which nothing but numbers is taken; private.

A file is an ordinary archive of Keras, which Keras itself can load, with entries of our own beside
its. Reading does not even look at the network's description in it: the caller builds the network,
and a few answers stored with it tell whether it computes what it did.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models import archive
from quaver.models.archive import LARGEST_JSON, SEAL, open_regular, reading, seal
from quaver.record import replacing

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

Shape = tuple[int, ...]

#: What is said about the network, JSON.
ABOUT = "quaver.json"
#: The words of a network of texts, JSON.
VOCABULARY = "vocabulary.json"
_WEIGHTS = "model.weights.h5"
_ENTRIES = {"metadata.json", "config.json", _WEIGHTS, ABOUT, VOCABULARY, SEAL}
_PROBE_TOLERANCE = 1e-4
# Numbers that are read into a network at a time.
_PART = 1 << 20
# What a network takes when it is asked once: for each weight as much again, and a few layers'
# answers. So many bytes are free, beyond them so many times those of the file.
_BYTES_A_WEIGHT, _BYTES_A_VALUE = 8, 20
_FREE_BYTES, _MOST_TIMES = 250 << 20, 5
# Beyond so many weights, or values of a layer for a row, a network is not compiled to be asked:
# that would take as much again.
_LARGE, _LARGE_LAYER = 1 << 22, 1 << 21
_MOST_OBJECTS, _DEEPEST, _FEW = 2000, 10, 16


def write(file: Path, network: keras.Model, entries: Mapping[str, str]) -> None:
    """Write a network and entries beside it."""
    with replacing(file) as temporary:
        network.save(temporary)
        with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as written:
            for name, content in entries.items():
                n_bytes = len(content.encode())
                if n_bytes > LARGEST_JSON:
                    raise ValueError(f"{name} has {n_bytes} bytes, at most {LARGEST_JSON} are read")
                written.writestr(name, content)
        _check_memory(network.count_params(), 0, temporary.stat().st_size)
        seal(temporary)


class Archive(archive.Archive):
    """A file opened by `opened`."""

    def about(self, format: int, kinds: Mapping[str, type]) -> dict[str, Any]:
        """Return what is said about the network, once each key is of its kind."""
        values = self.json(ABOUT)
        if not isinstance(values, dict) or values.get("format") != format:
            raise ValueError(f"{ABOUT} is not of format {format}")
        for key, kind in kinds.items():
            if type(values.get(key)) is not kind:
                found = f"{values.get(key)!r:.200}"
                raise ValueError(f"{ABOUT}: {key} must be {kind.__name__}, got {found}")
        return values

    @contextmanager
    def weights(self) -> Iterator[Path]:
        """Yield the entry of the weights as a file, once nothing in it is elsewhere or missing."""
        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder) / _WEIGHTS
            with self.open(_WEIGHTS) as packed, weights.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
            yield weights

    def check_shapes(self, expected: Iterable[Shape], most_values: int = 0) -> None:
        """Raise ValueError unless the weights are finite and of the shapes of a network.

        Nor may it take more memory to find out what the network computes than the size of the file
        allows; `most_values` are those of a layer for one row of the probe.
        """
        wanted = Counter(expected)
        n_weights = sum(n * math.prod(shape) for shape, n in wanted.items())
        _check_memory(n_weights, most_values, self.n_bytes)
        with self.weights() as weights:
            found = Counter(_stored(weights))
        for shape in (wanted - found) or (found - wanted):
            raise ValueError(
                f"{wanted[shape]} weights of shape {shape} are expected, {found[shape]} are there"
            )

    def load_weights(self, network: keras.Model) -> None:
        """Put the numbers of the file into a network; `check_shapes` comes before."""
        with self.weights() as weights, warnings.catch_warnings(), _taking_parts(network):
            # Keras warns of what does not fit before it refuses it; the probe is the judge.
            warnings.simplefilter("ignore")
            network.load_weights(weights)


def _check_memory(n_weights: int, most_values: int, n_bytes: int) -> None:
    """Raise ValueError for a network that a file of so many bytes may not ask for."""
    needed = _BYTES_A_WEIGHT * n_weights + _BYTES_A_VALUE * most_values
    if needed > max(_FREE_BYTES, _MOST_TIMES * n_bytes):
        raise ValueError(
            f"a network that takes {needed:.3g} bytes of memory, too many for a file of {n_bytes}"
        )


@contextmanager
def _taking_parts(network: keras.Model) -> Iterator[None]:
    """Let large variables of TensorFlow be filled in place, from a file part by part.

    Keras would hold the numbers of each three times more: as they are in the file, as they are
    computed with, and as what they replace.
    """
    import keras

    large = [v for v in network.variables if v.dtype == "float32" and math.prod(v.shape) > _PART]
    if keras.backend.backend() != "tensorflow":
        large = []
    for variable in large:
        variable.assign = partial(_fill, variable)
    try:
        yield
    finally:
        for variable in large:
            del variable.assign


def _fill(variable: Any, values: Any) -> None:
    import tensorflow as tf  # type: ignore[import-untyped,unused-ignore]

    if tuple(values.shape) != tuple(variable.shape):
        raise ValueError(f"weights of shape {values.shape} for those of shape {variable.shape}")
    n_rows = max(1, _PART // math.prod(variable.shape[1:]))
    for start in range(0, variable.shape[0], n_rows):
        part = np.asarray(values[start : start + n_rows], np.float32)
        # Not by an index of the variable: that would keep it, and a copy would be written.
        tf.raw_ops.ResourceStridedSliceAssign(
            ref=variable.value.handle,
            begin=[start],
            end=[start + len(part)],
            strides=[1],
            value=part,
        )


def _stored(file: Path) -> list[Shape]:
    """Return the shapes of what is in an HDF5 file, finite and all of it there.

    HDF5 gives numbers of other files, numbers that a filter makes of few bytes, and zeros for
    numbers that nobody wrote.
    """
    import h5py

    shapes: list[Shape] = []
    n_objects = 0

    def look(group: Any, depth: int) -> None:
        nonlocal n_objects
        n_objects += len(group)
        if n_objects > _MOST_OBJECTS or depth > _DEEPEST:
            raise ValueError(f"{_WEIGHTS} holds more than {_MOST_OBJECTS} objects or is deep")
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{_WEIGHTS}: {name!r:.200} is a link")
            found = group[name]
            if isinstance(found, h5py.Group):
                look(found, depth + 1)
            else:
                add(name, found)

    def add(name: str, found: Any) -> None:
        plan = found.id.get_create_plist()
        plain = plan.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
        if not plain or plan.get_external_count() or found.shape is None:
            raise ValueError(f"{_WEIGHTS}: {name!r:.200} is not stored as it is")
        size = math.prod(found.shape)
        if found.id.get_storage_size() != size * found.dtype.itemsize:
            raise ValueError(f"{_WEIGHTS}: {name!r:.200} of shape {found.shape} is not all there")
        if found.dtype.kind in "iu" and size <= _FEW:  # such as the state of a generator
            return
        if found.dtype.kind != "f" or not np.isfinite(found[()]).all():
            raise ValueError(f"{_WEIGHTS}: {name!r:.200} must be finite, got {found.dtype}")
        shapes.append(found.shape)

    with h5py.File(file, "r") as opened:
        look(opened, 0)
    return shapes


@contextmanager
def opened(file: str | os.PathLike[str], what: str) -> Iterator[Archive]:
    """Yield a file's archive; what is wrong with it becomes a ValueError with its name."""
    with open_regular(file) as stream, reading(file, what):
        found = Archive(stream)
        unknown = found.names - _ENTRIES
        if unknown:
            raise ValueError(f"the entries {sorted(unknown)!r:.200}")
        yield found
        found.check_seal()  # last: what is wrong says more than that something was edited


def kind(file: str | os.PathLike[str]) -> str:
    """Return "tdcnn" or "text", which older files do not say.

    A file that is neither is refused here, seconds before Keras is there.
    """
    from quaver.models.tdcnn.config import TDCNNConfig  # of numbers only

    with opened(file, "model") as found:
        values = found.json(ABOUT)
        if find_spec("h5py") is not None:
            with found.weights() as weights:
                _stored(weights)
        name = str(values.get("kind", "text")) if isinstance(values, dict) else "text"
        if name == "tdcnn" and isinstance(values.get("config"), dict):
            TDCNNConfig.from_dict(values["config"])
        return name


def answers(
    network: keras.Model,
    rows: NDArray[Any],
    most_values: int,
    run: Callable[[keras.Model, NDArray[Any]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return what a network says of a few rows; a large one, or one of large layers, row by row.

    `most_values` are those of a layer for one row; `run` is how its models run it, so that its
    graph is made here and not while somebody waits for an answer.
    """
    if network.count_params() <= _LARGE and most_values <= _LARGE_LAYER:
        return run(network, rows)
    found = [np.asarray(network(rows[i : i + 1], training=False)) for i in range(len(rows))]
    return np.concatenate(found)


def check_probe(expected: Any, found: NDArray[np.float32]) -> None:
    """Raise ValueError if a network does not give the answers that were stored with it."""
    stored = np.asarray(expected, np.float64)
    if stored.shape != found.shape or not np.abs(found - stored).max() <= _PROBE_TOLERANCE:
        import keras

        raise ValueError(
            f"Keras {keras.__version__} does not compute what was stored with the network: weights"
            " are missing, or it is another version"
        )
