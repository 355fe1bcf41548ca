"""Shards of WebDataset: tar files of ``key.wav`` with ``key.json`` or ``key.cls``."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from quaver.audio import AUDIO_EXTENSIONS, MEDIA_EXTENSIONS
from quaver.corpora.table import COLUMNS
from quaver.dataset.stores import Fetched, StoreError, is_url, opened_store

#: Further column of rows from shards: all that the sample's JSON says.
JSON = "json"

_AUDIO = {*AUDIO_EXTENSIONS, *MEDIA_EXTENSIONS}
_WORDS = ("label", "speaker", "corpus", "sex", "split")


@dataclass(slots=True)
class Sample:
    """A recording of a shard, with what lies beside it.

    Attributes
    ----------
    recording : Fetched
    words : dict of str to str
        By column.
    """

    recording: Fetched
    words: dict[str, str]


@dataclass(slots=True)
class _Members:
    """What a shard holds of one key."""

    key: str
    audio: tuple[str, bytes] | None = None
    json: str = ""
    label: str = ""
    other: list[str] = field(default_factory=list)


def is_shard(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is that of a shard, by its name.

    Examples
    --------
    >>> is_shard("speech-0001.tar"), is_shard("speech.csv")
    (True, False)
    """
    return os.fspath(path).lower().endswith((".tar", ".tar.gz", ".tgz"))


def shards_of(given: object) -> list[str] | None:
    """Return the shards that are meant, or None if something else is.

    Parameters
    ----------
    given : path or sequence of paths
        Shards, or a folder or URL that holds some.
    """
    if isinstance(given, (str, os.PathLike)):
        path = os.fspath(given)
        if is_shard(path):
            return [path]
        if not is_url(path) and os.path.isdir(path):
            return [str(p) for p in sorted(Path(path).iterdir()) if is_shard(p)] or None
        return None
    if not isinstance(given, (list, tuple)):
        return None
    are_paths = all(isinstance(each, (str, os.PathLike)) for each in given)
    if not (given and are_paths and all(map(is_shard, given))):
        return None
    return [os.fspath(path) for path in given]


def samples_of(shard: str, options: Mapping[str, Any]) -> Iterator[Sample]:
    """Yield the samples of a shard in their order, reading it once from its beginning to its end.

    Members of a sample follow one another and have its key: their path up to the first dot of
    their name.

    Raises
    ------
    OSError
        For a shard that is not there or not whole, after the samples before that.
    StoreError
        For one that can be had at other times.
    """
    try:
        with _opened(shard, options) as stream, tarfile.open(fileobj=stream, mode="r|*") as tar:
            for members in _grouped(tar):
                if members.audio is not None:
                    yield _sample(shard, members)
    except (tarfile.TarError, EOFError) as error:
        raise OSError(f"{shard}: not a whole tar file: {error}") from error
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except OSError as error:
        raise StoreError(f"{shard}: {error}") from error


@contextmanager
def _opened(shard: str, options: Mapping[str, Any]) -> Iterator[BinaryIO]:
    if not is_url(shard):
        with open(shard, "rb") as stream:
            yield stream
        return
    try:
        filesystem, path = opened_store(shard, options)
        opened = filesystem.open(path, "rb", cache_type="readahead", block_size=16 << 20)
    except OSError:
        raise
    except Exception as error:
        raise StoreError(f"{shard}: {type(error).__name__}: {error}") from error
    with opened as stream:
        yield stream


def _grouped(tar: tarfile.TarFile) -> Iterator[_Members]:
    current: _Members | None = None
    for member in tar:
        folder, _, name = member.name.rpartition("/")
        stem, dot, ending = name.partition(".")
        stream = tar.extractfile(member) if dot and stem and member.isfile() else None
        if stream is None:
            continue
        key = f"{folder}/{stem}" if folder else stem
        if current is None or current.key != key:
            if current is not None:
                yield current
            current = _Members(key)
        _take(current, ending, stream.read())
    if current is not None:
        yield current


def _take(members: _Members, ending: str, data: bytes) -> None:
    last = ending.lower().rpartition(".")[2]
    if last == "json":
        members.json = data.decode("utf-8", "backslashreplace")
    elif last == "cls":
        members.label = data.decode("utf-8", "backslashreplace").strip()
    elif f".{last}" in _AUDIO:
        members.audio = (ending, data)


def _sample(shard: str, members: _Members) -> Sample:
    assert members.audio is not None
    ending, data = members.audio
    said = _object(members.json)
    words = {name: _text(said.get(name)) for name in _WORDS}
    words["label"] = members.label or words["label"]
    words["sex"] = words["sex"] or "unknown"
    words["corpus"] = words["corpus"] or os.path.basename(shard).partition(".")[0]
    # As fsspec names what lies in an archive.
    words["path"] = f"tar://{members.key}.{ending}::{shard}"
    words[JSON] = members.json.strip()
    return Sample(Fetched(data, words["path"]), words)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def in_groups(samples: Iterable[Sample], size: int, most: int) -> Iterator[Sequence[Sample]]:
    """Yield samples in lists of at most `size`, or of about `most` bytes; an OSError after them."""
    group: list[Sample] = []
    held = 0
    fault: OSError | None = None
    try:
        for sample in samples:
            group.append(sample)
            held += sample.recording.getbuffer().nbytes
            if len(group) == size or held >= most:
                yield group
                group, held = [], 0
    except OSError as error:
        fault = error
    if group:
        yield group
    if fault is not None:
        raise fault


assert set(_WORDS) < set(COLUMNS)
