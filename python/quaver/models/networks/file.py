"""Networks in ``.keras`` files of which nothing but numbers is taken; private.

A file is an ordinary archive of Keras, which Keras itself can load, with entries of our own beside
its. Reading does not even look at the network's description in it: the caller builds the network,
and a few answers stored with it tell whether it computes what it did.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.record import replacing

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

#: What is said about the network, JSON.
ABOUT = "quaver.json"
_WEIGHTS = "model.weights.h5"
# What a damaged or forged archive may make zipfile, json and Keras raise.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    TypeError,
    RuntimeError,
    EOFError,
    OSError,
)
_PROBE_TOLERANCE = 1e-3
_MAX_BYTES = 1 << 30


def check_name(file: str | os.PathLike[str]) -> Path:
    """Return the path of a file to be written, or raise ValueError."""
    target = Path(file)
    if target.suffix != ".keras":
        raise ValueError(f"{target}: expected a name that ends in .keras")
    return target


def write(file: Path, network: keras.Model, entries: Mapping[str, str]) -> None:
    """Write a network and entries beside it."""
    with replacing(file) as temporary:
        network.save(temporary)
        with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)


class Archive:
    """A file opened by `opened`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def entry(self, name: str) -> bytes:
        """Return the content of an entry."""
        size = self._archive.getinfo(name).file_size
        if size > _MAX_BYTES:
            raise ValueError(f"{name} is said to have {size} bytes, at most {_MAX_BYTES} are read")
        return self._archive.read(name)

    def about(self, format: int, kinds: Mapping[str, type]) -> dict[str, Any]:
        """Return what is said about the network, once each key is of its kind."""
        values = json.loads(self.entry(ABOUT))
        if not isinstance(values, dict) or values.get("format") != format:
            raise ValueError(f"{ABOUT} is not of format {format}")
        for key, kind in kinds.items():
            if not isinstance(values.get(key), kind):
                raise ValueError(f"{ABOUT}: {key} must be {kind.__name__}, got {values.get(key)!r}")
        return values

    def load_weights(self, network: keras.Model) -> None:
        """Put the numbers of the file into a network."""
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            weights = Path(folder) / _WEIGHTS
            weights.write_bytes(self.entry(_WEIGHTS))
            # Keras warns of what does not fit before it refuses it; the probe is the judge.
            warnings.simplefilter("ignore")
            network.load_weights(weights)


@contextmanager
def opened(file: str | os.PathLike[str], what: str) -> Iterator[Archive]:
    """Yield a file's archive; what is wrong with it becomes a ValueError with its name."""
    name = os.fsdecode(file)
    if not os.path.exists(file):
        raise FileNotFoundError(f"no such model: {name}")
    try:
        with zipfile.ZipFile(file) as archive:
            yield Archive(archive)
    except _UNREADABLE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        prefix = "" if str(error).startswith(name) else f"{name}: not a {what} of quaver: "
        raise ValueError(f"{prefix}{error}") from error


def kind(file: str | os.PathLike[str]) -> str:
    """Return "tdcnn" or "text", which older files do not say."""
    with opened(file, "model") as archive:
        values = json.loads(archive.entry(ABOUT))
        return str(values.get("kind", "text")) if isinstance(values, dict) else "text"


def check_probe(expected: Any, found: NDArray[np.float32]) -> None:
    """Raise ValueError if a network does not give the answers that were stored with it."""
    stored = np.asarray(expected, np.float64)
    if stored.shape != found.shape or not np.abs(found - stored).max() <= _PROBE_TOLERANCE:
        import keras

        raise ValueError(
            f"Keras {keras.__version__} does not compute what was stored with the network: weights"
            " are missing, or it is another version"
        )
