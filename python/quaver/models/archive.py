"""Model files from strangers: what is looked at before any library reads them; private.

Whatever is wrong with a file is a ValueError that names it, found out in time and memory that the
file's own size bounds: refusing one below 50 MB takes less than 300 MB and five seconds, beside
what the libraries take that are imported.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from quaver._validate import check_path

#: Bytes of a JSON text at most; and lists and objects in it, of which a million take seconds.
LARGEST_JSON = 4 << 20
#: Bytes of a file at most.
LARGEST_FILE = 1 << 30
#: What says what the other entries are, as the program sha256sum writes it.
SEAL = "quaver.sha256"

_DEEPEST_JSON = 200
_MOST_VALUES = 100_000
_LONGEST_INTEGER = 1000
_MOST_ENTRIES = 5000
_LARGEST_DIRECTORY = 1 << 20
# Weights hardly shrink; the rest of an archive is small.
_LARGEST_RATIO, _LARGEST_REST = 2, 16 << 20
_CHUNK = 1 << 20
_END = struct.Struct("<4s4H2LH")  # of an archive without comment
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20


@contextmanager
def reading(file: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Turn whatever is wrong with a file into a ValueError with its name.

    What the operating system says of it, and missing packages, stay what they are.
    """
    name = os.fsdecode(file)
    try:
        yield
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # libraries have one of their own for each kind of damage
        # Of a forged archive the system says that there is no place before a file's start.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        if isinstance(error, ValueError) and str(error).startswith(name):
            raise
        said = str(error) or type(error).__name__
        raise ValueError(f"{name}: not a {what} of quaver: {said}") from error


def named(file: str | os.PathLike[str], suffix: str) -> Path:
    """Return the path of a file to be written, or raise ValueError for another ending."""
    target = Path(file)
    if target.suffix != suffix:
        raise ValueError(f"{target}: expected a name that ends in {suffix}")
    return target


def open_regular(file: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading; pipes, devices and sockets, which may never end, are refused."""
    check_path(file)
    name = os.fsdecode(file)
    try:
        mode = os.stat(file).st_mode
    except FileNotFoundError:
        raise FileNotFoundError(f"no such model: {name}") from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if not stat.S_ISREG(mode):
        raise ValueError(f"{name}: expected a regular file, got a pipe, device or socket")
    stream = open(file, "rb")  # noqa: SIM115  # the caller closes it
    size = os.fstat(stream.fileno()).st_size
    if size > LARGEST_FILE:
        stream.close()
        raise ValueError(f"{name}: {size} bytes, models have at most {LARGEST_FILE}")
    return stream


def parse_json(content: bytes, what: str) -> Any:
    """Return the values of a JSON text, or raise ValueError if it is none, too large or too deep.

    Parameters
    ----------
    content : bytes
        In UTF-8.
    what : str
        Its name in messages.

    Examples
    --------
    >>> parse_json(b'{"a": [1, 2.5]}', "x")
    {'a': [1, 2.5]}
    >>> parse_json(b"[" * 1000, "x")
    Traceback (most recent call last):
    ...
    ValueError: x is nested more than 200 deep
    """
    if len(content) > LARGEST_JSON:
        raise ValueError(f"{what} has {len(content)} bytes, expected at most {LARGEST_JSON}")
    n_values = content.count(b"[") + content.count(b"{")
    if n_values > _MOST_VALUES:
        raise ValueError(f"{what} holds {n_values} lists, expected at most {_MOST_VALUES}")
    try:
        text = content.decode()
        values = json.loads(text, parse_int=_integer)
    except RecursionError:
        raise ValueError(f"{what} is nested more than {_DEEPEST_JSON} deep") from None
    except ValueError as error:
        raise ValueError(f"{what} is no JSON text in UTF-8: {error}") from error
    level: list[Any] = [values]
    depth = 0
    while level:
        depth += 1
        if depth > _DEEPEST_JSON:
            raise ValueError(f"{what} is nested more than {_DEEPEST_JSON} deep")
        inner = (item for value in level for item in _in(value))
        level = [item for item in inner if isinstance(item, (list, dict))]
    if "\\ud" in text.lower():  # half characters, with which nothing can be printed
        json.dumps(values, ensure_ascii=False).encode()
    return values


def _in(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def check_labels(labels: Any, *, at_least: int = 2, numbers: bool = False) -> list[Any]:
    """Return labels, or raise ValueError unless they are distinct names, or perhaps numbers."""
    kinds = {type(label) for label in labels} if isinstance(labels, list) else set()
    if (
        kinds not in ([{str}, {int}, {float}, {bool}] if numbers else [{str}])
        or "" in labels
        or not at_least <= len(labels) == len(set(labels))
    ):
        least = {1: "one label", 2: "two labels"}[at_least]
        raise ValueError(f"expected at least {least}, distinct names, got {labels!r:.200}")
    return list(labels)


def check_names(labels: Iterable[Any]) -> None:
    """Raise ValueError for a label that no file can hold: an empty one, or one that is no text."""
    for name in map(str, labels):
        if not name or name != name.encode(errors="replace").decode():
            raise ValueError(f"a label must be a name in Unicode, got {name!r:.100}")


class Archive:
    """The entries of a zip archive, few, of plain names and of bounded size."""

    def __init__(self, stream: BinaryIO) -> None:
        size = self.n_bytes = _check_end(stream)
        self._zip = zipfile.ZipFile(stream)
        infos = self._zip.infolist()
        self._infos = {info.filename: info for info in infos}
        if len(infos) > _MOST_ENTRIES or len(self._infos) < len(infos):
            raise ValueError(f"{len(infos)} entries, expected at most {_MOST_ENTRIES}, distinct")
        for info in infos:
            _check_entry(info)
        total, largest = sum(i.file_size for i in infos), _LARGEST_RATIO * size + _LARGEST_REST
        if total > largest:
            raise ValueError(f"holds {total} bytes, expected at most {largest} in {size}")

    @property
    def names(self) -> set[str]:
        """Names of the entries."""
        return set(self._infos)

    def size(self, name: str) -> int:
        """Return the bytes of an entry."""
        return self._info(name).file_size

    def open(self, name: str) -> IO[bytes]:
        """Return an entry to be read; its end checks its sum."""
        return self._zip.open(self._info(name))

    def read(self, name: str) -> bytes:
        """Return the content of an entry."""
        with self.open(name) as stream:
            return stream.read()

    def json(self, name: str) -> Any:
        """Return the values of an entry, see `parse_json`."""
        if self.size(name) > LARGEST_JSON:
            raise ValueError(f"{name} has {self.size(name)} bytes, at most {LARGEST_JSON} are read")
        return parse_json(self.read(name), name)

    def check_seal(self) -> None:
        """Raise ValueError if the entries are not those that were sealed.

        Files of earlier versions have no seal.
        """
        if SEAL not in self._infos:
            return
        if self.size(SEAL) > LARGEST_JSON or self.read(SEAL).decode() != self.digests():
            raise ValueError("damaged or edited: the entries are not what their checksums say")

    def digests(self) -> str:
        """Return a line of SHA-256 and name of each entry."""
        lines = []
        for name in sorted(self.names - {SEAL}):
            found = hashlib.sha256()
            with self.open(name) as stream:
                while chunk := stream.read(_CHUNK):
                    found.update(chunk)
            lines.append(f"{found.hexdigest()}  {name}\n")
        return "".join(lines)

    def _info(self, name: str) -> zipfile.ZipInfo:
        if name not in self._infos:
            raise ValueError(f"no entry {name}")
        return self._infos[name]


def seal(file: Path) -> None:
    """Append the checksums of an archive's entries to it, once it is one that can be read."""
    with file.open("rb") as stream:
        lines = Archive(stream).digests()
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SEAL, lines)


def _check_end(stream: BinaryIO) -> int:
    """Return the size of an archive whose directory is small enough to be read at all."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _END.size - _LOCATOR_SIZE))
    tail = stream.read()
    stream.seek(0)
    if len(tail) < _END.size or not tail[-_END.size :].startswith(b"PK\x05\x06"):
        raise ValueError("no archive, or one that is cut off")
    _, _, _, _, entries, directory, _, _ = _END.unpack(tail[-_END.size :])
    if tail.startswith(_LOCATOR) or entries > _MOST_ENTRIES or directory > _LARGEST_DIRECTORY:
        raise ValueError(f"{entries} entries in a directory of {directory} bytes")
    return size


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if not (name.isascii() and name.replace(".", "").replace("_", "").isalnum()):
        raise ValueError(f"an entry of the name {name!r:.200}")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is compressed by method {info.compress_type}")
    if info.flag_bits & 1:
        raise ValueError(f"{name} is encrypted")
