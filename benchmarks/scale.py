"""What a core, two workers of a cluster and a plan of a million rows take: docs/scale.md.

    python benchmarks/scale.py RAVDESS [--rounds 3]

RAVDESS is the folder with the clips of `quaver.corpus.ravdess`. Seconds of the processor for one
core, so that neighbours count little; minima of the rounds. Files lie in the system's memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import soundfile

import quaver
from quaver.corpus import Corpus, manifest, ravdess
from quaver.dataset import extract, plan, stores

CLIPS = 480
ROWS = 1_000_000


def as_files(corpus: Corpus, folder: Path) -> tuple[dict[str, Corpus], float]:
    """The same clips as WAV and FLAC at 16 and 48 kHz, and how many seconds they last."""
    paths: dict[str, list[str]] = {}
    seconds = 0.0
    for clip in corpus:
        for rate in (16000, 48000):
            samples, _ = quaver.load(clip, rate)
            seconds += len(samples) / rate / 2
            for kind in ("wav", "flac"):
                file = folder / f"{clip.path.stem}_{rate}.{kind}"
                soundfile.write(file, samples, rate)
                paths.setdefault(f"{kind}, {rate} Hz", []).append(str(file))
    columns = {name: {"path": p, "label": [""] * len(p)} for name, p in paths.items()}
    return {name: Corpus.of_columns(c) for name, c in columns.items()}, seconds


def a_core(corpora: dict[str, Corpus], seconds: float, rounds: int) -> None:
    """Print seconds of sound a second of one core, and bytes a row."""
    for name, corpus in corpora.items():
        for windows in ({}, {"window": 3.0, "hop": 1.0}):
            best, size, rows = float("inf"), 0, 0
            for _ in range(rounds):
                with tempfile.TemporaryDirectory() as out:
                    began = time.process_time()
                    done = quaver.extract_corpus(corpus, out, threads=1, **windows)
                    best = min(best, time.process_time() - began)
                    size = sum(os.path.getsize(p) for p in Path(out).glob("part-*"))
                    rows = done.rows
            what = "3 s every 1 s" if windows else "a row a clip"
            print(
                f"{name}, {what}: {seconds / best:,.0f} times real time, {size / rows:.0f} B a row"
            )


def a_cluster(corpus: Corpus, rounds: int) -> None:
    """Print how much faster two workers are than one, each a process of one thread.

    By the clock, and by the processor's seconds of the busier worker, which neighbours do not move.
    """
    from distributed import Client, LocalCluster

    clock: dict[int, float] = {}
    busy: dict[int, float] = {}
    for _ in range(rounds):
        for n in (1, 2):
            with (
                LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=":0") as cluster,
                Client(cluster) as client,
                tempfile.TemporaryDirectory() as folder,
            ):
                options: dict[str, Any] = {"executor": client.get_executor(pure=False)}
                options["partition"] = 250
                # Workers import what they need.
                quaver.extract_corpus(corpus[: 1000 * n], f"{folder}/first", **options)
                before, began = client.run(time.process_time), time.perf_counter()
                quaver.extract_corpus(corpus, f"{folder}/out", **options)
                clock[n] = min(clock.get(n, float("inf")), time.perf_counter() - began)
                after = client.run(time.process_time)
                most = max(after[worker] - before[worker] for worker in before)
                busy[n] = min(busy.get(n, float("inf")), most)
    print(
        f"two workers: {clock[1] / clock[2]:.2f} times one by the clock, {clock[1]:.1f} and"
        f" {clock[2]:.1f} s; {busy[1] / busy[2]:.2f} times by the processor, {busy[1]:.1f} and"
        f" {busy[2]:.1f} s"
    )


def a_plan(folder: Path) -> None:
    """Print what planning a million rows of a manifest takes."""
    table = folder / "million.csv"
    with table.open("w") as lines:
        lines.write("path,label,speaker,start,end\n")
        for i in range(ROWS):
            label = ("calm", "bored", "cross")[i % 3]
            lines.write(f"s{i % 5000:05d}/{i:07d}.flac,{label},s{i % 5000},{i % 7},{i % 7 + 3.5}\n")
    began = time.process_time()
    corpus = manifest(table)
    read = time.process_time() - began
    settings = plan.Settings(quaver.FeatureConfig(), None, None, False, "mean", None, ())
    clips, planned = extract.planned(corpus, settings, 1000)
    store = stores.Store.of(folder / "planned")
    done = plan.begun(store, planned, resume=True)
    jobs = extract.Jobs(clips, planned, store, done, 1, {})
    next(iter(jobs))
    whole = time.process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"a million rows: read {read:.1f} s, planned {whole:.1f} s, {most:.0f} MiB at the most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    corpus = ravdess(arguments.corpus)
    with tempfile.TemporaryDirectory() as folder:
        a_plan(Path(folder))
        a_core(*as_files(corpus[:CLIPS], Path(folder)), arguments.rounds)
    a_cluster(Corpus.joined([corpus] * 6), arguments.rounds)


if __name__ == "__main__":
    main()
