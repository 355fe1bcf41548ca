"""A Dask cluster of separate processes: the rows of a serial run, also where a worker dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import quaver
from parquets import rows_of
from quaver.corpus import Corpus

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("default")  # of Dask's own


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        distributed.Client(cluster) as made,
    ):
        yield made


def test_equal_to_a_serial_run(client: Any, corpus: Corpus, tmp_path: Path) -> None:
    quaver.extract_corpus(corpus, tmp_path / "serial", partition=3)
    done = quaver.extract_corpus(
        corpus, tmp_path / "out", partition=3, executor=client.get_executor(pure=False)
    )
    assert (done.rows, done.partitions) == (22, 8)
    assert rows_of(tmp_path / "out").equals(rows_of(tmp_path / "serial"))


def test_a_worker_that_is_killed_costs_nothing(client: Any, corpus: Corpus, tmp_path: Path) -> None:
    quaver.extract_corpus(corpus, tmp_path / "serial", partition=1)
    processes = list(client.run(os.getpid).values())
    killed = threading.Event()

    def told(done: int, total: int) -> None:
        if done >= 4 and not killed.is_set():
            killed.set()
            os.kill(processes[0], signal.SIGKILL)

    done = quaver.extract_corpus(
        corpus,
        tmp_path / "out",
        partition=1,
        executor=client.get_executor(pure=False),
        progress=told,
    )
    assert killed.is_set()
    assert done.rows == 22
    assert rows_of(tmp_path / "out").equals(rows_of(tmp_path / "serial"))
    assert set(client.run(os.getpid).values()) != set(processes)
