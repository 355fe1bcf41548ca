"""Tables of many clips: read and parted, without opening a recording."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np

from quaver import corpus
from quaver.models.protocols import folds_of


def test_a_million_rows(benchmark: Any, tmp_path: Path) -> None:
    """Segments with speakers, a split and a column of one's own; a thousand rows in tests."""
    n = 1_000_000 if benchmark.enabled else 1000
    table = tmp_path / "t.csv"
    with table.open("w") as lines:
        lines.write("path,label,speaker,sex,start,end,split,room\n")
        for i in range(n):
            start = 3 * (i % 10)
            lines.write(
                f"speaker{i % 1000:04}/recording_{i:07}.flac,label{i % 7},s{i % 1000},female,"
                f"{start},{start + 2.5},train,room{i % 9}\n"
            )

    def plan() -> tuple[corpus.Corpus, int]:
        clips = corpus.manifest(table)
        return clips, sum(len(test) for test in folds_of(clips, "speaker-independent"))

    tracemalloc.start()
    clips, tested = plan()
    benchmark.extra_info["peak MiB"] = round(tracemalloc.get_traced_memory()[1] / 2**20)
    tracemalloc.stop()
    assert len(clips) == tested == n
    assert np.bincount(clips.column("start").astype(int)).sum() == n
    benchmark.pedantic(plan, rounds=2)
