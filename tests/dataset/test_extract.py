"""A corpus becomes a folder of Parquet: right rows, whole partitions, nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas
import polars
import pyarrow.parquet
import pytest

import quaver
from parquets import rows_of
from quaver.corpus import Clip, Corpus, manifest
from quaver.dataset import extract, plan, stores, work


def extracted(corpus: Any, out: Path, **options: Any) -> Any:
    return quaver.extract_corpus(corpus, out, **{"partition": 5, "threads": 2, **options})


def test_rows_are_those_of_extract(corpus: Corpus, tmp_path: Path) -> None:
    done = extracted(corpus, tmp_path / "out")
    assert (done.rows, done.failed, done.partitions, done.done_before) == (22, 0, 5, 0)
    assert done.failures == ()
    found = quaver.read_corpus_features(tmp_path / "out")
    assert found.corpus == corpus
    assert found.names == quaver.feature_names()
    assert (found.config, found.version) == (quaver.FeatureConfig(), quaver.__version__)
    for clip, row in zip(corpus, found.values, strict=True):
        samples, rate = quaver.load(clip, 16000)
        np.testing.assert_array_equal(row, quaver.extract(samples, rate))
    table = rows_of(tmp_path / "out")
    assert table.column_names[:9] == [
        *("path", "label", "speaker", "corpus", "sex", "start", "end", "split", "room")
    ]
    assert table.schema.field("energy_mean").type == pyarrow.float32()
    assert table["end"].to_pylist()[:4] == [0.2, 0.3, None, None]
    frame = found.to_frame()
    assert frame.shape == (22, 9 + 420)
    assert frame["room"].tolist() == ["hall"] * 22


def test_the_schema_says_how(corpus: Corpus, tmp_path: Path) -> None:
    config = quaver.FeatureConfig(n_mfcc=20, features=("energy",), statistics=("mean",))
    extracted(corpus, tmp_path / "out", config=config, window=0.1, hop=0.05)
    schema = pyarrow.parquet.read_schema(tmp_path / "out" / "part-000000.parquet")
    said = json.loads(schema.metadata[b"quaver"])
    assert quaver.FeatureConfig.from_dict(said["config"]) == config
    assert (said["version"], said["window"], said["hop"]) == (quaver.__version__, 0.1, 0.05)
    assert said["columns"] == ["room"]


def test_other_programs_read_the_folder_as_it_is(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "out"
    extracted(corpus, out)
    wanted = rows_of(out)
    assert pandas.read_parquet(out).shape == wanted.shape
    for place in (out, f"{out}/*.parquet"):
        read = polars.read_parquet(place)
        assert read.shape == wanted.shape
        assert read["energy_mean"].to_list() == wanted["energy_mean"].to_pylist()
        rows = duckdb.sql(f"select path, label, energy_mean from read_parquet('{place}')")
        assert sorted(rows.fetchall()) == sorted(
            zip(*(wanted[n].to_pylist() for n in ("path", "label", "energy_mean")), strict=True)
        )


def test_windows_are_rows(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_ROWS", 7)  # several tables of a partition
    extracted(corpus, tmp_path / "out", window=0.2, hop=0.1)
    found = quaver.read_corpus_features(tmp_path / "out")
    assert (found.window, found.hop) == (0.2, 0.1)
    # 0.2 s, 0.2 s, 0.125 s: a window each; the fourth clip, of 0.38125 s, three.
    first = found.to_frame()[["path", "start", "end"]].iloc[:6]
    assert first["start"].tolist() == [0.0, 0.1, 0.25, 0.0, 0.1, 0.18125]
    assert first["end"].tolist() == pytest.approx([0.2, 0.3, 0.375, 0.2, 0.3, 0.38125])
    samples, _ = quaver.load(corpus[3], 16000)
    np.testing.assert_array_equal(found.values[4], quaver.extract(samples[1600:4800], 16000))
    assert set(found.labels) == {"calm", "bored"}
    again = tmp_path / "default"
    extracted(corpus, again, window=0.2)
    assert quaver.read_corpus_features(again).hop == 0.2


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_executors_give_the_same_rows(
    kind: str, corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus_folder)  # relative paths are where the caller is
    corpus = manifest("clips.csv")
    extracted(corpus, tmp_path / "serial")
    made: Executor
    if kind == "threads":
        made = ThreadPoolExecutor(2)
    else:
        made = ProcessPoolExecutor(1, get_context("spawn"), os.chdir, ("/",))
    calls: list[tuple[int, int]] = []
    with made as executor:
        done = extracted(
            corpus,
            tmp_path / "out",
            executor=executor,
            threads=None,
            progress=lambda *call: calls.append(call),
        )
    assert done.rows == 22
    assert calls[-1] == (22, 22)
    assert len(calls) == 5
    assert rows_of(tmp_path / "out").equals(rows_of(tmp_path / "serial"))
    assert quaver.read_corpus_features(tmp_path / "out").corpus == corpus


def test_what_is_there_is_never_done_again(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    extracted(corpus, out)
    whole = rows_of(out)
    (out / "part-000003.parquet").unlink()
    (out / "part-000001.parquet").unlink()
    before = {file: file.stat().st_mtime_ns for file in out.glob("part-*")}
    numbers = []
    make = work.extract_partition
    monkeypatch.setattr(
        extract, "extract_partition", lambda job, *a: (numbers.append(job.number), make(job, *a))[1]
    )
    with pytest.raises(ValueError, match="not complete, 2 of 5 partitions are missing"):
        quaver.read_corpus_features(out)
    assert len(quaver.read_corpus_features(out, partial=True)) == 12
    calls: list[tuple[int, int]] = []
    done = extracted(corpus, out, progress=lambda *call: calls.append(call))
    assert numbers == [1, 3]
    assert (done.rows, done.done_before) == (22, 3)
    assert calls[0] == (12, 22)
    assert calls[-1] == (22, 22)
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert rows_of(out).equals(whole)


def test_another_configuration_or_corpus_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "out"
    extracted(corpus, out)
    files = sorted(out.iterdir())
    for options, said in (
        ({"config": quaver.FeatureConfig(n_mfcc=20)}, "n_mfcc 13, not 20"),
        ({"window": 1.0}, "window None, not 1.0"),
        ({"partition": 6}, "partition 5, not 6"),
        ({"pad": True}, "pad False, not True"),
        ({"downmix": 0}, "downmix 'mean', not 0"),
    ):
        with pytest.raises(ValueError, match=said):
            extracted(corpus, out, **options)
    with pytest.raises(ValueError, match="clips 22, not 21"):
        extracted(corpus[1:], out)
    with pytest.raises(ValueError, match="another corpus"):
        extracted(corpus.relabelled({"calm": "quiet"}), out)
    with pytest.raises(FileExistsError, match="begun already"):
        extracted(corpus, out, resume=False)
    assert sorted(out.iterdir()) == files
    (out / "_plan.parquet").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"_plan\.parquet: not written by quaver"):
        extracted(corpus, out)


def test_another_version_is_refused(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extracted(corpus, tmp_path / "out")

    class Newer:
        version = "99.0"

    monkeypatch.setattr(plan, "_core", Newer)
    with pytest.raises(ValueError, match=r"version '.*', not '99\.0'"):
        extracted(corpus, tmp_path / "out")


def test_wrong_arguments(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("")
    out = tmp_path / "out"
    for error, said, corpus_given, place, options in (
        (ValueError, "holds other files, mine.txt", corpus, tmp_path, {}),
        (ValueError, "out must be", corpus, "", {}),
        (ValueError, "hop goes with a window", corpus, out, {"hop": 1.0}),
        (ValueError, "window must be finite", corpus, out, {"window": 0.0}),
        (ValueError, "partition must be", corpus, out, {"partition": 0}),
        (ValueError, "0 clips", Corpus(), out, {}),
        (TypeError, "executor must be", corpus, out, {"executor": 3}),
        (TypeError, "corpus must be", 3, out, {}),
        (ValueError, "max_duration", corpus, out, {"max_duration": -1}),
    ):
        with pytest.raises(error, match=said):
            extracted(corpus_given, place, **options)  # type: ignore[arg-type]
    clash = Corpus([Clip(Path("a.wav"), "calm", "", "mine", extra={"energy_mean": "3"})])
    with pytest.raises(ValueError, match="called as features are: energy_mean"):
        extracted(clash, out)
    assert not out.exists()
    with pytest.raises(FileNotFoundError, match=r"_plan\.parquet is not there"):
        quaver.read_corpus_features(out)


@pytest.mark.parametrize(
    "name",
    [
        *("config", "window", "hop", "executor", "resume", "partition", "pad", "downmix"),
        *("max_duration", "threads", "retries", "storage_options"),
    ],
)
def test_what_is_no_argument_is_named(name: str, corpus: Corpus, tmp_path: Path) -> None:
    for value in (-1, "a", [], np.nan, 1j):
        options = {"window": 1.0, name: value} if name == "hop" else {name: value}
        with pytest.raises((ValueError, TypeError), match=name):
            extracted(corpus, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_failures_are_a_table(bad_files: Path, tmp_path: Path) -> None:
    done = extracted(bad_files, tmp_path / "out")
    assert (done.rows, done.failed) == (10, 3)
    found = quaver.read_corpus_features(tmp_path / "out")
    assert found.failures == done.failures
    folder = bad_files.parent
    told = [(each.path, each.stage, each.error) for each in done.failures]
    assert told == [
        (f"{folder}/missing.wav", "open", "FileNotFoundError"),
        (f"{folder}/text.wav", "decode", "ValueError"),
        (f"{folder}/nan.wav", "extract", "ValueError"),
    ]
    assert "no such recording" in done.failures[0].reason
    assert all(each.path in each.reason for each in done.failures)
    assert {path for path in found.corpus.column("path") if path.endswith("nan.wav")} == set()
    # The same of windows, where one of the bad file is bad.
    done = extracted(bad_files, tmp_path / "windows", window=0.25, hop=0.25)
    assert [each.stage for each in done.failures] == ["open", "decode", "extract"]
    assert (done.failures[2].start, done.failures[2].end) == (0.0, 0.25)


def test_a_partition_of_bad_files_only_is_complete(tmp_path: Path) -> None:
    clips = Corpus([Clip(tmp_path / f"{i}.wav", "calm", "", "mine") for i in range(7)])
    done = extracted(clips, tmp_path / "out")
    assert (done.rows, done.failed, len(quaver.read_corpus_features(tmp_path / "out"))) == (0, 7, 0)
    assert extracted(clips, tmp_path / "out").done_before == 2


def test_names_that_are_not_utf8(corpus_folder: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"m\xfcde.wav")
    (tmp_path / name).write_bytes((corpus_folder / "2.wav").read_bytes())
    missing = os.fsdecode(b"f\xfcr.wav")
    clips = Corpus([Clip(tmp_path / each, "calm", "", "mine") for each in (name, missing)])
    done = extracted(clips, tmp_path / "out")
    assert rows_of(tmp_path / "out")["path"].to_pylist() == [f"{tmp_path}/m\\xfcde.wav"]
    assert done.failures[0].path == f"{tmp_path}/f\\xfcr.wav"


def test_planning_opens_nothing_and_keeps_little(tmp_path: Path) -> None:
    import tracemalloc

    n = 50_000
    columns = {"path": [f"/no/{i}.wav" for i in range(n)], "label": ["calm"] * n}
    corpus = Corpus.of_columns(columns)
    settings = plan.Settings(quaver.FeatureConfig(), None, None, False, None, None, ())
    tracemalloc.start()
    clips, made = extract.planned(corpus, settings, 1000)
    jobs = extract.Jobs(clips, made, stores.Store.of(tmp_path / "out"), set(), 1, {})
    assert sum(len(job.clips) for job in jobs) == n
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (made.n_partitions, len(jobs)) == (50, 50)
    assert peak < 60e6  # of pieces: it does not grow with the corpus


STOPPED = """
import sys
import quaver
from quaver.corpus import manifest
clips = manifest(sys.argv[1])
def told(done, total):
    print(done, flush=True)
quaver.extract_corpus(clips, sys.argv[2], partition=2, threads=2, progress=told)
"""


@contextmanager
def running(table: Path, out: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", STOPPED, str(table), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process


def test_killed_and_taken_up_again(corpus: Corpus, corpus_folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    out = tmp_path / "out"
    for clips in (3, 8, 14):  # done when it is killed, a moment later
        with running(corpus_folder / "clips.csv", out) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if int(line) >= clips:
                    break
            time.sleep(float(rng.uniform(0, 0.01)))
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        for file in out.glob("*.parquet"):  # those that are there are whole
            pyarrow.parquet.read_table(file)
    done = quaver.extract_corpus(corpus, out, partition=2)
    assert done.rows == 22
    assert done.done_before > 0
    quaver.extract_corpus(corpus, tmp_path / "undisturbed", partition=2)
    assert rows_of(out).equals(rows_of(tmp_path / "undisturbed"))
    assert not list(out.glob(".quaver-*"))  # what the killed left


def test_a_full_disk_is_told_and_nothing_is_lost(corpus: Corpus, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    out = tmp_path / "out"
    extracted(corpus, out)
    whole = rows_of(out)
    for number in (2, 4):
        (out / f"part-{number:06d}.parquet").unlink()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # a partition takes more
    try:
        with pytest.raises(OSError, match=r"part-000002.parquet was not written") as caught:
            extracted(corpus, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(out) in str(caught.value)
    assert "goes on after them" in str(caught.value)
    assert len(list(out.glob("part-*"))) == 3
    assert not list(out.glob(".quaver-*"))
    assert extracted(corpus, out).done_before == 3
    assert rows_of(out).equals(whole)


@pytest.fixture
def powerless() -> Iterator[Path]:
    """A folder that this process may not write to, even if it is root's."""
    import tempfile

    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    else:
        made.chmod(0o555)
    yield made
    os.seteuid(user)
    made.chmod(0o755)
    made.rmdir()


def test_a_folder_that_cannot_be_written_to_is_told(corpus: Corpus, powerless: Path) -> None:
    with pytest.raises(PermissionError, match=str(powerless)):
        extracted(corpus, powerless)
    assert list(powerless.iterdir()) == []


def test_a_partition_is_tried_again(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, tries = work.extract_partition, []

    def shaky(job: work.Job, report: Any = None) -> work.Done:
        tries.append(job.number)
        if job.number == 1 and tries.count(1) < 3:
            raise stores.StoreError("no answer")
        return make(job, report)

    monkeypatch.setattr(extract, "extract_partition", shaky)
    assert extracted(corpus, tmp_path / "a").rows == 22
    assert tries.count(1) == 3
    tries.clear()
    with pytest.raises(RuntimeError, match=r"StoreError: no answer; partitions that are complete"):
        extracted(corpus, tmp_path / "b", retries=1)
    tries.clear()
    with ThreadPoolExecutor(1) as pool:
        assert extracted(corpus, tmp_path / "c", executor=pool).rows == 22
        tries.clear()
        with pytest.raises(RuntimeError, match=r"part-000001.parquet could not be made.*no answer"):
            extracted(corpus, tmp_path / "d", executor=pool, retries=0)
    assert len(list((tmp_path / "d").glob("part-*"))) == 4  # the others go on
    assert extracted(corpus, tmp_path / "d").rows == 22


class Broken(Executor):
    """A pool whose process dies with the second task."""

    def __init__(self) -> None:
        self._n = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._n += 1
        if self._n == 2:
            future.set_exception(BrokenProcessPool("a process died"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_a_broken_pool_is_told(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"part-000001\.parquet could not be made, Broken"):
        extracted(corpus, tmp_path / "out", executor=Broken())
    assert extracted(corpus, tmp_path / "out").rows == 22
