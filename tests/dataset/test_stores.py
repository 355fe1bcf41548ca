"""Recordings and features in stores: a store in memory, a real S3 server, shards of WebDataset."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

import quaver
from parquets import rows_of
from quaver.audio import Segment
from quaver.corpus import Corpus
from quaver.dataset import shards, stores, work


def at(corpus: Corpus, prefix: str) -> Corpus:
    """The same clips with paths in a store."""
    columns = {name: corpus.column(name).tolist() for name in corpus.names}
    names = [os.path.basename(path) for path in columns["path"]]
    return Corpus.of_columns({**columns, "path": [f"{prefix}/{name}" for name in names]})


def uploaded(folder: Path, filesystem: Any, place: str) -> None:
    for file in folder.iterdir():
        filesystem.pipe_file(f"{place}/{file.name}", file.read_bytes())


@pytest.fixture
def memory() -> Iterator[Any]:
    filesystem = fsspec.filesystem("memory")
    yield filesystem
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, Any]]:
    """Options of fsspec for a server on this machine."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "key": "key",
        "secret": "secret",
        "endpoint_url": f"http://{host}:{port}",
        "client_kwargs": {"region_name": "eu-west-1"},
    }
    server.stop()


@pytest.fixture
def local(corpus: Corpus, tmp_path: Path) -> Any:
    quaver.extract_corpus(corpus, tmp_path / "local", partition=5)
    return rows_of(tmp_path / "local")


def same_but_paths(found: quaver.dataset.read.CorpusFeatures, local: Any) -> bool:
    names = list(found.names)
    values = np.stack([local[name].to_numpy() for name in names], axis=1)
    return np.array_equal(found.values, values) and local["end"].to_pylist() == [
        clip.end for clip in found.corpus
    ]


def test_a_store_in_memory(
    corpus: Corpus, corpus_folder: Path, memory: Any, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(corpus_folder, memory, "/in")
    clips = at(corpus, "memory://in")
    done = quaver.extract_corpus(clips, "memory://out/features/", partition=5)
    assert (done.place, done.rows, done.failed) == ("memory://out/features", 22, 0)
    found = quaver.read_corpus_features("memory://out/features")
    assert same_but_paths(found, local)
    assert found.corpus.column("path")[0] == "memory://in/0.wav"
    memory.rm("/out/features/part-000002.parquet")
    assert quaver.extract_corpus(clips, "memory://out/features", partition=5).done_before == 4
    with pytest.raises(ValueError, match="n_mfcc 13, not 20"):
        quaver.extract_corpus(
            clips, "memory://out/features", partition=5, config=quaver.FeatureConfig(n_mfcc=20)
        )
    # A store that moves files into their place, as those do that write in pieces.
    monkeypatch.setattr(stores, "_WHOLE", set())
    quaver.extract_corpus(clips, "memory://moved", partition=5)
    assert same_but_paths(quaver.read_corpus_features("memory://moved"), local)
    assert not [name for name in memory.ls("/moved", detail=False) if ".quaver-" in name]


def test_what_is_not_in_a_store_is_a_failure(memory: Any, tmp_path: Path) -> None:
    memory.pipe_file("/in/text.wav", b"no audio")
    clips = Corpus.of_columns(
        {"path": ["memory://in/no.wav", "memory://in/text.wav"], "label": ["a", "b"]}
    )
    done = quaver.extract_corpus(clips, tmp_path / "out", window=1.0)
    assert [(each.path, each.stage) for each in done.failures] == [
        ("memory://in/no.wav", "open"),
        ("memory://in/text.wav", "decode"),
    ]


def test_a_store_that_does_not_answer_costs_no_clip(
    corpus: Corpus,
    corpus_folder: Path,
    memory: Any,
    local: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uploaded(corpus_folder, memory, "/in")
    clips = at(corpus, "memory://in")
    monkeypatch.setattr(stores, "_WAIT", 0.0)
    answer, calls = type(memory).cat_file, []

    def shaky(self: Any, path: str, *args: Any, **kwargs: Any) -> bytes:
        calls.append(path)
        if len(calls) % 3 == 1:
            raise ConnectionError("reset by peer")
        return bytes(answer(self, path, *args, **kwargs))

    monkeypatch.setattr(type(memory), "cat_file", shaky)
    assert quaver.extract_corpus(clips, tmp_path / "out", partition=5, threads=1).rows == 22
    monkeypatch.setattr(type(memory), "cat_file", lambda *_, **__: 1 / 0)
    with pytest.raises(RuntimeError, match=r"memory://in/0\.wav: ZeroDivisionError"):
        quaver.extract_corpus(clips, tmp_path / "down", partition=5, retries=0)
    assert not list((tmp_path / "down").glob("part-*"))  # none with what would be missing
    monkeypatch.setattr(type(memory), "cat_file", answer)
    quaver.extract_corpus(clips, tmp_path / "down", partition=5)
    assert same_but_paths(quaver.read_corpus_features(tmp_path / "down"), local)


def test_from_and_to_s3(
    corpus: Corpus, corpus_folder: Path, s3: dict[str, Any], local: Any
) -> None:
    pytest.importorskip("s3fs")
    filesystem = fsspec.filesystem("s3", **s3)
    filesystem.mkdir("speech")
    uploaded(corpus_folder, filesystem, "speech/in")
    clips = at(corpus, "s3://speech/in")
    out = "s3://speech/features"
    with ThreadPoolExecutor(2) as executor:
        done = quaver.extract_corpus(clips, out, partition=5, executor=executor, storage_options=s3)
    assert (done.rows, done.failed, done.partitions) == (22, 0, 5)
    found = quaver.read_corpus_features(out, storage_options=s3)
    assert same_but_paths(found, local)
    assert rows_of_store(out, s3) == 22
    filesystem.rm("speech/features/part-000001.parquet")
    again = quaver.extract_corpus(clips, out, partition=5, storage_options=s3)
    assert (again.rows, again.done_before) == (22, 4)
    assert same_but_paths(quaver.read_corpus_features(out, storage_options=s3), local)


def rows_of_store(out: str, options: dict[str, Any]) -> int:
    import pyarrow.dataset

    filesystem, path = fsspec.core.url_to_fs(out, **options)
    return int(pyarrow.dataset.dataset(path, filesystem=filesystem).count_rows())


def test_a_store_for_the_output_that_does_not_answer(
    corpus: Corpus, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_WAIT", 0.0)
    kind = type(memory)
    for name in ("ls", "put_file"):
        with monkeypatch.context() as patch:
            patch.setattr(kind, name, lambda *_, **__: 1 / 0)
            with pytest.raises(RuntimeError, match=r"memory://out: ZeroDivisionError"):
                quaver.extract_corpus(corpus, "memory://out")
    assert quaver.extract_corpus(corpus, "memory://out").rows == 22


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "quaver\[scale\]"'):
        stores.Store.of("s3://bucket/out").names()
    with pytest.raises(stores.StoreError, match=r"s3://bucket/a\.wav"):
        stores.fetch("s3://bucket/a.wav", {})


def test_recordings_of_segments_in_a_store(
    corpus: Corpus, corpus_folder: Path, memory: Any
) -> None:
    uploaded(corpus_folder, memory, "/in")
    found = work.Recordings(at(corpus, "memory://in"), "/nowhere", {})
    assert isinstance(found[1], Segment)
    np.testing.assert_array_equal(quaver.load(found[1])[0], quaver.load(corpus[1])[0])


@pytest.fixture
def sharded(corpus: Corpus, corpus_folder: Path, tmp_path: Path) -> Path:
    """The files of the corpus in three shards, with labels in .json or .cls."""
    made = tmp_path / "shards"
    made.mkdir()
    files = {os.path.basename(clip.path): clip for clip in corpus}
    for number in range(3):
        with tarfile.open(made / f"speech-{number:03d}.tar", "w") as tar:
            for name, clip in list(files.items())[number::3]:
                key = name.partition(".")[0]
                add(tar, f"part/{name}", (corpus_folder / name).read_bytes())
                if int(key) % 2:
                    add(tar, f"part/{key}.cls", clip.label.encode())
                else:
                    said = {"label": clip.label, "speaker": clip.speaker, "text": "só"}
                    add(tar, f"part/{key}.json", json.dumps(said).encode())
            add(tar, "README", b"no sample")
    return made


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def test_shards(
    sharded: Path, corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "_AUDIO", {".wav", ".flac"})
    monkeypatch.setattr(work, "_SAMPLES", 3)  # several groups of a shard
    calls: list[tuple[int, int]] = []
    out = tmp_path / "out"
    done = quaver.extract_corpus(sharded, out, progress=lambda *call: calls.append(call))
    assert (done.rows, done.failed, done.partitions) == (20, 0, 3)
    assert calls == [(1, 3), (2, 3), (3, 3)]
    found = quaver.read_corpus_features(out)
    for clip, row in zip(found.corpus, found.values, strict=True):
        name = str(clip.path).partition("::")[0].rpartition("/")[2]
        samples, rate = quaver.load(corpus_folder / name)
        np.testing.assert_array_equal(row, quaver.extract(samples, rate))
        number = int(name.partition(".")[0])
        assert clip.label == ("calm", "bored")[number % 2]
        assert clip.speaker == ("" if number % 2 else "pqrs"[number // 5])
        assert clip.corpus.startswith("speech-00")
        assert json.loads(clip.extra["json"] or "{}").get("text") == (None if number % 2 else "só")
    # What a row calls its recording, fsspec finds.
    first = found.corpus.column("path")[0]
    assert first == f"tar://part/0.wav::{sharded}/speech-000.tar"
    with fsspec.open(first) as stream:
        assert stream.read() == (corpus_folder / "0.wav").read_bytes()
    assert quaver.extract_corpus(sharded, out).done_before == 3


def test_shards_with_faults_and_in_a_store(sharded: Path, tmp_path: Path, memory: Any) -> None:
    whole = (sharded / "speech-001.tar").read_bytes()
    (sharded / "speech-001.tar").write_bytes(whole[: len(whole) // 2])
    with tarfile.open(sharded / "speech-002.tar", "w") as tar:
        add(tar, "a.wav", b"no audio")
        add(tar, "a.json", b"{no json")
    names = [f"{sharded}/speech-{i:03d}.tar" for i in (1, 2, 9)]
    done = quaver.extract_corpus(names, tmp_path / "out", window=0.2)
    assert done.rows > 0
    told = {os.path.basename(each.path): (each.stage, each.error) for each in done.failures}
    assert told["speech-001.tar"] == ("open", "OSError")
    assert told["speech-002.tar"] == ("decode", "ValueError")  # tar://a.wav::…
    assert told["speech-009.tar"] == ("open", "FileNotFoundError")
    memory.pipe_file("/in/s.tar", (sharded / "speech-000.tar").read_bytes())
    found = quaver.extract_corpus("memory://in/s.tar", "memory://out")
    assert (found.rows, found.failed) == (7, 0)
    with pytest.raises(FileNotFoundError):
        quaver.extract_corpus(tmp_path / "nowhere", tmp_path / "other")
