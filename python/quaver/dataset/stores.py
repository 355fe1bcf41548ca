"""Where a data set and its recordings lie: folders, or what fsspec reaches by URL."""

from __future__ import annotations

import io
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quaver._extras import extra
from quaver.record import replacing

# Stores whose objects are there whole or not at all; elsewhere a file is moved into its place.
_WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory"}
# How often a recording is asked for, and the first wait in seconds, which doubles.
_TRIES, _WAIT = 4, 0.5


class StoreError(RuntimeError):
    """A store that does not answer; no fault of one recording, so that work ends with it."""


@contextmanager
def _answering(place: str) -> Iterator[None]:
    """Tell the errors that only one store knows as a StoreError."""
    try:
        yield
    except (OSError, ImportError, RuntimeError):
        raise
    except Exception as error:
        raise StoreError(f"{place}: {type(error).__name__}: {error}") from error


class Fetched(io.BytesIO):
    """The bytes of a recording from a store, which has its URL for a name."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name

    def __fspath__(self) -> str:
        return str(self.name)


def is_url(path: str) -> bool:
    """Tell whether a path is for fsspec.

    Examples
    --------
    >>> is_url("s3://bucket/a.wav"), is_url("a.wav")
    (True, False)
    """
    return "://" in path


def opened_store(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it."""
    with extra("scale", user=f"{url.partition('://')[0]}://"):
        import fsspec.core
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:  # which says what to install
        raise ModuleNotFoundError(f"{url}: {error}", name=error.name) from None
    return filesystem, str(path)


def fetch(url: str, options: Mapping[str, Any]) -> Fetched:
    """Return a recording of a store.

    Raises
    ------
    OSError
        For what is not there or may not be read.
    StoreError
        If the store does not answer after some tries.
    """
    for attempt in range(_TRIES):
        try:
            filesystem, path = opened_store(url, options)
            return Fetched(filesystem.cat_file(path), url)
        except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
            raise type(error)(f"{url}: {error}") from error
        except (ModuleNotFoundError, TypeError, ValueError) as error:
            raise StoreError(f"{url}: {error}") from error
        except Exception as error:  # each store has its own
            if attempt + 1 == _TRIES:
                raise StoreError(f"{url}: {type(error).__name__}: {error}") from error
            time.sleep(_WAIT * 2**attempt)
    raise AssertionError


@dataclass(frozen=True)
class Store:
    """A folder of files that appear whole.

    Attributes
    ----------
    place : str
        An absolute path, or a URL.
    options : mapping
        Of fsspec, for a URL.
    """

    place: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, out: str | os.PathLike[str], options: Mapping[str, Any] | None = None) -> Store:
        """Return the store of a path or URL.

        Examples
        --------
        >>> Store.of("s3://bucket/features/").place
        's3://bucket/features'
        """
        place = os.fspath(out)
        if not place:
            raise ValueError("out must be a folder or a URL, got ''")
        if place.startswith("file://"):
            place = place[len("file://") :]
        if not is_url(place):
            return cls(os.path.abspath(place))
        return cls(place.rstrip("/"), dict(options or {}))

    @property
    def is_remote(self) -> bool:
        """Whether fsspec reaches it."""
        return is_url(self.place)

    def reached(self) -> tuple[Any, str]:
        """Return a file system for pyarrow, None for that of the machine, and the folder in it."""
        return opened_store(self.place, self.options) if self.is_remote else (None, self.place)

    def names(self) -> list[str]:
        """Return the names in the folder, sorted; none if it is not there."""
        if not self.is_remote:
            return sorted(os.listdir(self.place)) if os.path.isdir(self.place) else []
        with _answering(self.place):
            filesystem, path = self.reached()
            filesystem.invalidate_cache()
            try:
                found = filesystem.ls(path, detail=False)
            except FileNotFoundError:
                return []
        return sorted(str(name).rstrip("/").rpartition("/")[2] for name in found)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Yield a local file that is in the folder, whole, once the block ends without error."""
        if not self.is_remote:
            os.makedirs(self.place, exist_ok=True)
            with replacing(os.path.join(self.place, name), durable=True) as temporary:
                yield temporary
            return
        with tempfile.TemporaryDirectory(prefix="quaver-") as folder:
            local = Path(folder) / name
            yield local
            with _answering(self.place):
                self._send(local)

    def _send(self, local: Path) -> None:
        filesystem, path = self.reached()
        protocols = filesystem.protocol
        protocols = {protocols} if isinstance(protocols, str) else set(protocols)
        if protocols & _WHOLE:
            filesystem.put_file(os.fspath(local), f"{path}/{local.name}")
            return
        filesystem.makedirs(path, exist_ok=True)
        hidden = f"{path}/.quaver-{secrets.token_hex(8)}.tmp"
        filesystem.put_file(os.fspath(local), hidden)
        filesystem.mv(hidden, f"{path}/{local.name}")
